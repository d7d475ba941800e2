"""Tools for music."""
