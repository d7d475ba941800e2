"""Code of a plugin that misbehaves in every way that its hooks allow: a module for each kind."""
