"""What comes with the package, registered through the same hooks as everybody's."""
