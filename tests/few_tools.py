"""A registry of few tools; a module of its own, since it imports little and many need no more."""

from audiorouter.plugins import Registry, load_registry


def few_tools(*names: str) -> Registry:
    """What comes with AudioRouter, with no tools but these."""
    registry = load_registry(third_party=False)
    registry.tools = {name: registry.tools[name] for name in names}
    return registry
