"""What a batch would do, without doing it."""
