"""This machine: files, mounts, processes, signals, what is installed, keys, secrets and URLs."""
