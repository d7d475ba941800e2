"""Tools for speech."""
