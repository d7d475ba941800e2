"""The catalogue of weights, registered as a plugin would register its own."""

from __future__ import annotations

from collections.abc import Callable

from audiorouter.plugins.hookspecs import hookimpl
from audiorouter.weights import Weights


@hookimpl
def register_weights(register: Callable[[Weights], None]) -> None:
    """Register every set of the catalogue."""
    from audiorouter.weights import CATALOGUE

    for weights in CATALOGUE:
        register(weights)
