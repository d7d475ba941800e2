"""This machine: files, folders, processes, signals, what is installed, and credentials."""
