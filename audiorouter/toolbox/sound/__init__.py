"""Tools for sounds of any kind."""
