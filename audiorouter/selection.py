"""From names on the command line to what they mean: reasoners and routers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.errors import UsageError

if TYPE_CHECKING:
    from audiorouter.plugins import Registry
    from audiorouter.providers.interface import Reasoner
    from audiorouter.routing.interface import Router

DEFAULT_PROVIDER = "cascade"
DEFAULT_ROUTER = "rules"


def open_reasoner(registry: Registry, name: str) -> Reasoner:
    """The reasoner called `PROVIDER` or `PROVIDER:MODEL`; its model is loaded when first used.

    Raises:
        UsageError: there is no such provider, or something has to be installed for it.
    """
    provider_name, _, model = name.partition(":")
    provider = registry.providers.get(provider_name)
    if provider is None:
        known = ", ".join(registry.providers)
        raise UsageError(f"there is no provider {provider_name!r} (known: {known})")
    return provider.open(model)


def open_router(registry: Registry, name: str | None) -> Router:
    """The router called `NAME` or `NAME:ARGUMENT`; None means the default.

    Raises:
        UsageError: there is no such router.
    """
    factory_name, _, argument = (name or DEFAULT_ROUTER).partition(":")
    factory = registry.routers.get(factory_name)
    if factory is None:
        known = ", ".join(registry.routers)
        raise UsageError(f"there is no router {factory_name!r} (known: {known})")
    usable = {name: tool for name, tool in registry.tools.items() if tool.missing() is None}
    return factory.open(argument, usable)
