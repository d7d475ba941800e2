"""What became of questions in runs of the store and in answers files, held against each other."""
