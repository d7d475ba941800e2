"""The routers that come with the package, registered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable

from audiorouter.plugins.hookspecs import hookimpl
from audiorouter.routing.interface import RouterFactory
from audiorouter.routing.prompted import PromptedFactory
from audiorouter.routing.strategies import (
    AllFactory,
    FixedFactory,
    NoneFactory,
    RandomFactory,
    RulesFactory,
)


@hookimpl
def register_routers(register: Callable[[RouterFactory], None]) -> None:
    """Register every built-in router."""
    for factory in (
        NoneFactory(),
        AllFactory(),
        RandomFactory(),
        RulesFactory(),
        FixedFactory(),
        PromptedFactory(),
    ):
        register(factory)
