"""The answers file: written as rows are finished, and read back."""
