"""The providers that come with the package, registered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from audiorouter.plugins.hookspecs import hookimpl
from audiorouter.providers.cascade import CascadeProvider
from audiorouter.providers.interface import Provider
from audiorouter.providers.openai import OpenAIProvider
from audiorouter.providers.transformers import TransformersProvider


@hookimpl
def register_providers(register: Callable[[Provider[Any]], None]) -> None:
    """Register every built-in provider."""
    register(CascadeProvider())
    register(TransformersProvider())
    register(OpenAIProvider())
