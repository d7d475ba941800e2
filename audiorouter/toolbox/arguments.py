"""Arguments of calls, as tools read and check them; what comes of it is checked once more.

Built-in tools do so where they are asked. Others do it on a thread apart, where it is bounded in
time: reading arguments is running code that is not ours.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from audiorouter.border import crossing, foreign
from audiorouter.border.threads import OverdueError, apart
from audiorouter.border.values import json_text
from audiorouter.errors import ToolError
from audiorouter.toolbox.interface import Tool, ToolCall

ARGUMENT_SECONDS = 60.0
"""What a tool may take to read the arguments of a call."""


def reading(tool: Tool[Any]) -> str:
    """What is said to have failed where it does."""
    return f"{tool.name}: reading its arguments"


def normal_call(tool: Tool[Any], call: ToolCall) -> ToolCall:
    """The call of `tool` with its arguments checked and defaults left out.

    Raises:
        ToolError: the arguments do not fit, or the tool failed over them.
    """
    return _bounded(tool, lambda: _normal(tool, call))


def call_for_question(
    tool: Tool[Any], call: ToolCall, question: str, choices: tuple[str, ...]
) -> ToolCall:
    """The call of `tool` as it is made for a question, see `Tool.call_for`.

    Raises:
        ToolError: its arguments do not fit, or the tool failed over them.
    """
    return _bounded(tool, lambda: read_call(tool, call, question, choices))


def read_call(tool: Tool[Any], call: ToolCall, question: str, choices: tuple[str, ...]) -> ToolCall:
    """`call_for_question` on the thread that calls it.

    Raises:
        ToolError: as there.
    """
    normal = _normal_of_ours(tool, call) if tool.is_built_in else _normal(tool, call)
    with crossing(reading(tool), ToolError):
        return _checked(tool, tool.call_for(normal, question, choices))


@lru_cache(maxsize=1024)
def _normal_of_ours(tool: Tool[Any], call: ToolCall) -> ToolCall:
    """A route's call is the same for many questions, and ours read it the same way each time."""
    return _normal(tool, call)


def _normal(tool: Tool[Any], call: ToolCall) -> ToolCall:
    with crossing(reading(tool), ToolError):
        return _checked(tool, ToolCall(tool.name, tool.normalised(call.arguments)))


def _checked(tool: Tool[Any], given: object) -> ToolCall:
    """The call, whose arguments are plain JSON: it is hashed, kept and compared from here on."""
    if not isinstance(given, ToolCall):
        raise ToolError(f"{reading(tool)} gave {type(given).__name__} instead of a ToolCall")
    if given.tool != tool.name:
        raise ToolError(f"{reading(tool)} gave a call of another tool")
    if not given.arguments:
        return ToolCall(tool.name)
    try:
        arguments = json_text(dict(given.arguments))
    except ValueError as error:
        raise ToolError(f"{reading(tool)} gave what cannot be kept: {error}") from None
    return ToolCall(tool.name, json.loads(arguments))


def _bounded(tool: Tool[Any], work: Callable[[], ToolCall]) -> ToolCall:
    if tool.is_built_in:
        return work()
    result = apart(work, seconds=ARGUMENT_SECONDS)
    if isinstance(result.error, OverdueError):
        raise ToolError(
            f"{reading(tool)} took longer than {ARGUMENT_SECONDS:g} s"
        ) from result.error
    if result.error is not None:
        raise foreign(reading(tool), result.error, ToolError) from None
    call: ToolCall = result.value
    return call
