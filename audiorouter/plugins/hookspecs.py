"""The hooks. A plugin implements any of them in a module named by an `audiorouter` entry point.

A plugin may say which version of them it was written for (`audiorouter_api = 1`); one that needs a
newer version is left out with a message. docs/plugins.md shows each hook at work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    import typer

    from audiorouter.benchmarks import Benchmark
    from audiorouter.clips import AudioSource
    from audiorouter.providers.interface import Answer, Provider, Request
    from audiorouter.questions import Question
    from audiorouter.routing.interface import RouterFactory
    from audiorouter.toolbox.interface import Tool
    from audiorouter.weights import Weights

API_VERSION = 2
"""Grows when a hook is added or changes its meaning."""

hookspec = pluggy.HookspecMarker("audiorouter")
hookimpl = pluggy.HookimplMarker("audiorouter")


@hookspec
def register_tools(register: Callable[[Tool[Any]], None]) -> None:
    """Call `register(tool)` for each tool that the plugin brings."""


@hookspec
def register_providers(register: Callable[[Provider[Any]], None]) -> None:
    """Call `register(provider)` for each provider of reasoners that the plugin brings."""


@hookspec
def register_routers(register: Callable[[RouterFactory], None]) -> None:
    """Call `register(factory)` for each routing strategy that the plugin brings."""


@hookspec
def register_audio_sources(register: Callable[[AudioSource], None]) -> None:
    """Call `register(source)` for each kind of file that the plugin can decode."""


@hookspec
def register_weights(register: Callable[[Weights], None]) -> None:
    """Call `register(weights)` for each set of weights that no tool of the plugin holds itself."""


@hookspec
def register_benchmarks(register: Callable[[Benchmark], None]) -> None:
    """Call `register(benchmark)` for each benchmark that `batch` is to know by its name."""


@hookspec
def register_commands(app: typer.Typer) -> None:
    """Add commands to `app`; they appear beside the built-in ones."""


@hookspec
def prepare_request(request: Request) -> Request | None:
    """Change what the reasoner is asked (question, findings), but not its choices; or None."""


@hookspec
def judge_answer(question: Question, answer: Answer) -> bool | None:
    """Say whether an answer is right, in place of the built-in scoring; None: no opinion."""


@hookspec
def answered(row: Mapping[str, Any]) -> None:
    """Hear of each row of a batch when it is finished, with the fields of the answers file."""
