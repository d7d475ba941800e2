"""This machine: files, mounts, processes, signals, what is installed, credentials, secrets, URLs."""
