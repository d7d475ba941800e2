"""What a language model writes as its decision: a JSON list of calls, or `[]` for none."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from audiorouter.errors import ToolError
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.toolbox.interface import Tool


def written(calls: Sequence[ToolCall], tools: Mapping[str, Tool[Any]]) -> str:
    """A decision as the model is to write it: no space too much, arguments where there are some.

    They come in the order of the tool's schema, in which alone its grammar has them.

    Raises:
        ToolError: arguments do not fit their tool.

    >>> from audiorouter.plugins import load_registry
    >>> part = ToolCall("key", {"end": 4.0, "start": 2.5})
    >>> written([ToolCall("tempo"), part], load_registry().tools)
    '[{"tool":"tempo"},{"tool":"key","arguments":{"start":2.5,"end":4.0}}]'
    """
    listed = []
    for call in calls:
        arguments = tools[call.tool].normalised(call.arguments)
        listed.append({"tool": call.tool} | ({"arguments": arguments} if arguments else {}))
    return json.dumps(listed, separators=(",", ":"), ensure_ascii=False)


def read_decision(
    text: str, tools: Mapping[str, Tool[Any]], *, max_calls: int
) -> tuple[ToolCall, ...]:
    """The calls of a decision among `tools`, with defaults left out and each call once.

    It is read strictly, since what the model has to learn is to write this and nothing else.

    Raises:
        ValueError: it is no such list, names another tool, gives it arguments that it does not
            take, or is longer than `max_calls`; the message says what.
    """
    try:
        listed = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(listed, list):
        raise ValueError(f"a {type(listed).__name__} instead of a list of calls")
    if len(listed) > max_calls:
        raise ValueError(f"{len(listed)} calls, {max_calls} at most")
    return tuple(dict.fromkeys(_call(item, tools) for item in listed))


def _call(item: Any, tools: Mapping[str, Tool[Any]]) -> ToolCall:
    if not isinstance(item, dict) or not isinstance(name := item.get("tool"), str):
        raise ValueError("a call names no tool")
    if unknown := item.keys() - {"tool", "arguments"}:
        raise ValueError(f"a call has {', '.join(sorted(unknown))}")
    if name not in tools:
        raise ValueError(f"no tool {name!r} is on offer")
    arguments = item.get("arguments", {})
    if not isinstance(arguments, dict):
        raise ValueError(f"the arguments of {name} are no object")
    try:
        return ToolCall(name, tools[name].normalised(arguments))
    except ToolError as error:
        raise ValueError(str(error)) from None


def decision_schema(tools: Sequence[Tool[Any]], *, max_calls: int) -> dict[str, Any]:
    """JSON schema of every decision that can be made with `tools`, none of which may be missing."""
    definitions: dict[str, Any] = {}
    calls = []
    for tool in tools:
        # Two tools may give one name to two things of their own.
        schema = tool.Arguments.model_json_schema(ref_template=f"#/$defs/{tool.name}.{{model}}")
        own = schema.pop("$defs", {})
        definitions |= {f"{tool.name}.{name}": value for name, value in own.items()}
        properties = {"tool": {"const": tool.name}, "arguments": schema}
        calls.append(
            {
                "type": "object",
                "properties": properties,
                "required": ["tool"],
                "additionalProperties": False,
            }
        )
    return {
        "type": "array",
        "items": {"anyOf": calls},
        "maxItems": max_calls if tools else 0,
        "$defs": definitions,
    }
