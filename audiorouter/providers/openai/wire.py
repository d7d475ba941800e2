"""Requests and replies of chat completions, as values of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from audiorouter.errors import ReasonerError
from audiorouter.machine.secrets import blanked
from audiorouter.providers.interface import Answer, Request
from audiorouter.providers.openai import OpenAIOptions
from audiorouter.providers.openai.endings import Ending, ending_of
from audiorouter.providers.openai.label_scores import label_probabilities
from audiorouter.providers.parsing import read_answer
from audiorouter.providers.prompt import labels, user_text

TOP_LOGPROBS = 20
"""Most that OpenAI gives."""
MAX_TEXT = 300_000
"""Characters of a text with all its thoughts: a hundred pages; it is read, shown and kept."""
_LONGER = "let it write more by -P max_tokens=…"
_QUOTED = 200
"""Characters of what is quoted in an error."""
_MOST_COUNTS, _LONGEST_COUNT = 64, 100
"""How many numbers of what was used are kept, and characters of their names."""
_LARGEST_COUNT = 1e15
"""More of anything is not true of one reply; sums of less stay finite."""


def body(
    model: str, request: Request, audio: str | None, options: OpenAIOptions, *, official: bool
) -> dict[str, Any]:
    """Arguments of `chat.completions.create`; without `audio` the same question unheard."""
    parts: list[dict[str, Any]] = []
    if audio is not None:
        parts.append(_audio_part(audio, options.audio))
    parts.append({"type": "text", "text": user_text(request)})
    scored = options.answer == "score" and bool(request.choices) and not request.tools
    unheard = audio is None and not request.text_only  # asked for its count of tokens alone
    tokens = 1 if scored or unheard else options.max_tokens
    fields: dict[str, Any] = {
        "model": model,
        "messages": [{"role": "user", "content": parts}],
        "max_completion_tokens" if official else "max_tokens": tokens,
    }
    if options.temperature is not None:
        fields["temperature"] = options.temperature
    if scored:
        fields |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
    if request.tools:
        fields["tools"] = [{"type": "function", "function": t.as_json()} for t in request.tools]
    extra = options.extra_body
    return {n: v for n, v in (fields | extra).items() if v is not None or n not in extra}


def _audio_part(audio: str, kind: str) -> dict[str, Any]:
    if kind == "audio_url":
        return {"type": "audio_url", "audio_url": {"url": f"data:audio/wav;base64,{audio}"}}
    return {"type": "input_audio", "input_audio": {"data": audio, "format": "wav"}}


def read_reply(
    reply: Mapping[str, Any], request: Request, *, scored: bool, secrets: Sequence[str] = ()
) -> Answer:
    """The answer in a reply, without the secrets also where they lie across several of its parts.

    Raises:
        ValueError: the reply is not whole.
        ReasonerError: it holds no answer: it was filtered, refused, cut off or empty, or came
            without the log-probabilities that were asked for.
    """
    choice = reply["choices"][0]
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise ValueError(f"a reply without a message: {_short(choice, secrets)}")
    ending, word = ending_of(choice)
    if ending is Ending.FILTERED:
        raise ReasonerError(
            f"the server's content filter stopped the reply ({word}){_beside(message, secrets)}",
            ending="refused",
        )
    if message.get("refusal"):
        raise ReasonerError(f"the model refuses{_beside(message, secrets)}", ending="refused")
    usage = usage_of(reply) or None
    if scored:
        probabilities = label_probabilities(choice, labels(request.choices))
        index = max(range(len(probabilities)), key=probabilities.__getitem__)
        return Answer(request.choices[index], index, probabilities, usage=usage)
    # Half signs and NULs, which no store takes, are no words.
    text = _text(message.get("content")).encode(errors="replace").decode().replace("\0", "")
    text = blanked(text, secrets).strip()
    if request.tools and (calls := _calls(message)):
        return Answer(calls, usage=usage)
    if len(text) > MAX_TEXT:
        raise ReasonerError(
            f"the reply has {len(text):,} characters, and no answer is longer than {MAX_TEXT:,}"
        )
    cut = _LONGER if ending is Ending.CUT else None
    if not text:
        what = f"the reply was cut off before it said anything: {cut}" if cut else "an empty reply"
        raise ReasonerError(f"{what}{_beside(message, secrets)}", ending=cut and "cut")
    return replace(read_answer(text, request, cut=cut), usage=usage)


def _text(content: object) -> str:
    """The words of a message's content, of which only the text may be a part among others."""
    if isinstance(content, str):
        return content
    if isinstance(content, int | float):
        return json.dumps(content)
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, list):
        return ""
    parts = (
        part if isinstance(part, str) else part.get("text")
        for part in content
        if isinstance(part, str)
        or (isinstance(part, Mapping) and part.get("type", "text") in ("text", "output_text"))
    )
    words = (part.get("value") if isinstance(part, Mapping) else part for part in parts)
    return "".join(part for part in words if isinstance(part, str))


_HELD = {
    "refusal": "a refusal",
    "reasoning_content": "reasoning",
    "thinking": "reasoning",
    "thinking_blocks": "reasoning",
    "reasoning_details": "reasoning",
}
"""What servers call things that are no answer."""


def _beside(message: Mapping[str, Any], secrets: Sequence[str]) -> str:
    """What a message without an answer holds instead, as its row says it; it is never an answer."""
    audio = message.get("audio")
    transcript = audio.get("transcript") if isinstance(audio, Mapping) else None
    content = _text(message.get("content")).strip()
    held = [
        ("reasoning", _thoughts(message.get("content"))),
        ("a refusal", _refusals(message.get("content"))),
        ("a transcript", transcript),
        ("text that was cut off", None if content == message.get("refusal") else content),
    ]
    held += [
        (_HELD.get(name, name), value)
        for name, value in message.items()
        if name not in ("role", "content", "audio") and value
    ]
    said = [f"{what} ({_short(words, secrets)})" for what, words in held if words]
    return f"; it holds {', '.join(said)}" if said else ""


def _refusals(content: object) -> str:
    """The words of a content's parts that are refusals."""
    parts = content if isinstance(content, list) else []
    said = [part.get("refusal") for part in parts if isinstance(part, Mapping)]
    return " ".join(words for words in said if isinstance(words, str))


def _thoughts(content: object) -> str:
    """The words of a content's parts that are thoughts."""
    if isinstance(content, list):
        return " ".join(map(_thoughts, content)).strip()
    if isinstance(content, Mapping) and content.get("type") not in ("text", "output_text"):
        words = [content.get(name) for name in ("thinking", "reasoning")]
        return next((_plain(word) for word in words if word), "")
    return ""


def _plain(words: object) -> str:
    return words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)


def _short(words: object, secrets: Sequence[str]) -> str:
    text = blanked(_plain(words), secrets)
    return repr(text if len(text) <= _QUOTED else f"{text[:_QUOTED]} …")


def _calls(message: Mapping[str, Any]) -> str | None:
    """The function calls of a message, as the JSON list that models without them write."""
    calls = []
    for call in message.get("tool_calls") or ():
        function = call.get("function") or {}
        try:
            arguments = json.loads(function.get("arguments") or "{}")
        except ValueError:
            arguments = None
        calls.append({"tool": function.get("name"), "arguments": arguments})
    return json.dumps(calls) if calls else None


def usage_of(reply: Mapping[str, Any]) -> dict[str, float]:
    """Tokens by kind, flat: `prompt_tokens_details.audio_tokens` becomes `prompt_audio_tokens`."""
    given = reply.get("usage")
    if not isinstance(given, Mapping):
        return {}
    usage: dict[str, float] = {}
    for name, value in given.items():
        if isinstance(value, Mapping):
            kind = name.removesuffix("_tokens_details")
            inner = {f"{kind}_{part}": count for part, count in value.items()}
        else:
            inner = {name: value}
        usage |= {part: count for part, count in inner.items() if _is_count(count)}
    named = [name for name in usage if len(name) <= _LONGEST_COUNT]
    return {name: usage[name] for name in named[:_MOST_COUNTS]}


def _is_count(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 <= value <= _LARGEST_COUNT
