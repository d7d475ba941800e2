"""Tools that are scheduled; a module of its own, as tools have to be."""

from audiorouter import Domain, Finding, NoArguments, Tool


class Steady(Tool[NoArguments]):
    """Finds something, whatever it hears."""

    description = "Hears."
    version = "1"
    licence = "none"
    domain = Domain.SOUND
    Arguments = NoArguments

    def __init__(self, name: str):
        self.name = name

    def run(self, clip, arguments):
        return Finding({}, f"{self.name} heard it.")


class Weak(Steady):
    """Never finds anything."""
