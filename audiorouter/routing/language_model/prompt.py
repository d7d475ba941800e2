"""What a language model reads before it decides: the tools on offer, the clip, the question.

Words only: a tool is what it says of itself, so that one which was not there in training can be
called as well.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from audiorouter.toolbox.interface import SpanArguments

if TYPE_CHECKING:
    from audiorouter.routing.interface import RouteRequest
    from audiorouter.toolbox.interface import Tool

VERSION = 2
"""Raised with every change of what is written here; in the key of every decision that is kept."""
TASK = (
    'Which tools would help to answer? Write JSON, such as [{"tool":"NAME"}] or '
    '[{"tool":"NAME","arguments":{"ARGUMENT":"VALUE"}}], or [] for none.'
)
_SPANS = "Tools (most also take start and end, in s):"
"""Said once, since nearly all hear a part of a clip."""
_WORDS_OF_USE, _WORDS_OF_LIMIT = 10, 6
_LONGEST_QUESTION, _LONGEST_CHOICES = 1_500, 1_500
"""Characters of a question, and of its choices together, that are read; most have far less."""


class ToolDetail(StrEnum):
    """How much of each tool is read: all that it says, or its first words."""

    BRIEF = "brief"
    """First words of what it is for and not for, names of its arguments: about 30 tokens a tool."""
    FULL = "full"
    """All of both, and the JSON schema of its arguments: about 150 tokens a tool."""


def messages(
    request: RouteRequest, tools: Sequence[Tool[Any]], detail: ToolDetail
) -> list[dict[str, str]]:
    """What is asked about one question, as a chat of what to do and whereof."""
    say = _briefly if detail is ToolDetail.BRIEF else _fully
    offered = "\n".join(f"- {say(tool)}" for tool in tools) or "- none"
    asked = _one_line(request.question, _LONGEST_QUESTION)
    if request.choices:
        each = max(20, _LONGEST_CHOICES // len(request.choices))
        asked += f"\nChoices: {' | '.join(_one_line(choice, each) for choice in request.choices)}"
    head = _SPANS if any(_hears_parts(tool) for tool in tools) else "Tools:"
    content = f"{head}\n{offered}\n\nClip: {_clip(request)}\n\nQuestion: {asked}"
    return [{"role": "system", "content": TASK}, {"role": "user", "content": content}]


def prompt_text(tokenizer: Any, chat: Sequence[dict[str, str]]) -> str:
    """A chat in the model's own template, up to where its turn begins.

    A template that knows no system's turn gets all of it as the user's, a model without a template
    plain text. A token with which all texts begin is left to the tokenizer where it adds one.
    Tokens that end a turn end none where a question, a choice or a tool has them.
    """
    from jinja2 import TemplateError

    chat = [turn | {"content": _plain(turn["content"], tokenizer)} for turn in chat]
    joined = "\n\n".join(turn["content"] for turn in chat)
    if not tokenizer.chat_template:
        # A space at the end would be one token with what is to be written.
        return f"{joined}\n\nCalls:\n"
    options = {"tokenize": False, "add_generation_prompt": True}
    try:
        text = str(tokenizer.apply_chat_template(list(chat), **options))
    except TemplateError:
        alone = [{"role": "user", "content": joined}]
        text = str(tokenizer.apply_chat_template(alone, **options))
    adds_beginning = tokenizer("a")["input_ids"][:1] == [tokenizer.bos_token_id]
    return text.removeprefix(tokenizer.bos_token) if adds_beginning else text


def _plain(text: str, tokenizer: Any) -> str:
    added = [str(token) for token in tokenizer.added_tokens_decoder.values() if token.special]
    for token in sorted({*tokenizer.all_special_tokens, *added}, key=len, reverse=True):
        text = text.replace(token, " ")
    return text


def _one_line(text: str, most: int) -> str:
    return " ".join(text.split())[:most]


def _clip(request: RouteRequest) -> str:
    facts = request.facts
    parts = [f"{facts.duration:.1f} s, {facts.rms_dbfs:.0f} dB."]
    parts += [evidence.text for evidence in request.heard]
    return " ".join(parts)


def _hears_parts(tool: Tool[Any]) -> bool:
    return issubclass(tool.Arguments, SpanArguments)


def _briefly(tool: Tool[Any]) -> str:
    own = [name for name in tool.Arguments.model_fields if name not in SpanArguments.model_fields]
    arguments = f"({', '.join(own)})" if own else ""
    use = _first_words(tool.description, _WORDS_OF_USE)
    limit = f" {_first_words(tool.not_for, _WORDS_OF_LIMIT)}" if tool.not_for else ""
    return f"{tool.name}{arguments}: {use}{limit}"


def _fully(tool: Tool[Any]) -> str:
    schema = _without_titles(tool.Arguments.model_json_schema())
    for name in ("description", "additionalProperties"):
        schema.pop(name, None)
    arguments = json.dumps(schema, separators=(",", ":"))
    return f"{tool.name}: {tool.description} {tool.not_for} Arguments: {arguments}"


def _without_titles(schema: Any) -> Any:
    """A JSON schema without what says nothing new: titles, and that what may be left out may."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for name, value in schema.items():
        if name in ("title", "default") and not isinstance(value, dict):
            continue
        kept[name] = _without_titles(value)
    kinds = [kind for kind in kept.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        del kept["anyOf"]
        kept = {**kinds[0], **kept}
    return kept


def _first_words(text: str, count: int) -> str:
    words = text.split()
    return text if len(words) <= count else " ".join(words[:count]).rstrip(",.;:") + "."
