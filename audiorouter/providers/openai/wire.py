"""Requests and replies of chat completions, as values of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from audiorouter.errors import ReasonerError
from audiorouter.providers.interface import Answer, Request
from audiorouter.providers.openai import OpenAIOptions
from audiorouter.providers.parsing import parse_choice
from audiorouter.providers.prompt import labels, user_text

TOP_LOGPROBS = 20
"""Most that OpenAI gives."""
LONGEST_PAUSE = 600.0
"""Seconds; a longer Retry-After is not waited for."""


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
    return fields


def _audio_part(audio: str, kind: str) -> dict[str, Any]:
    if kind == "audio_url":
        return {"type": "audio_url", "audio_url": {"url": f"data:audio/wav;base64,{audio}"}}
    return {"type": "input_audio", "input_audio": {"data": audio, "format": "wav"}}


def read_reply(reply: Mapping[str, Any], request: Request, *, scored: bool) -> Answer:
    """The answer in a reply.

    Raises:
        ValueError: the reply is not whole.
        ReasonerError: log-probabilities were asked for and there are none.
    """
    choices = reply.get("choices")
    if not choices or not isinstance(choices[0].get("message"), Mapping):
        raise ValueError("a reply without a message")
    message = choices[0]["message"]
    text = str(message.get("content") or "").strip()
    usage = _usage(reply)
    if request.tools:
        return Answer(_calls(message) or text, usage=usage)
    if not request.choices:
        return Answer(text, usage=usage)
    if scored:
        probabilities = _label_probabilities(choices[0], labels(request.choices))
        index = max(range(len(probabilities)), key=probabilities.__getitem__)
        return Answer(request.choices[index], index, probabilities, usage=usage)
    return Answer(text, parse_choice(text, request.choices), usage=usage)


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


def _label_probabilities(choice: Mapping[str, Any], signs: tuple[str, ...]) -> tuple[float, ...]:
    """Probability of each label among them; one that is not listed gets the last one's."""
    content = (choice.get("logprobs") or {}).get("content") or ()
    listed = content[0].get("top_logprobs") if content else None
    if not listed:
        raise ReasonerError(
            "the server gives no log-probabilities to score choices by: use --answer generate"
        )
    known: dict[str, float] = {}
    for entry in listed:
        token = str(entry["token"]).strip()
        known[token] = max(known.get(token, -math.inf), float(entry["logprob"]))
    floor = min(known.values())
    weights = [math.exp(known.get(sign, floor)) for sign in signs]
    total = sum(weights) or 1.0
    return tuple(round(weight / total, 6) for weight in weights)


def _usage(reply: Mapping[str, Any]) -> dict[str, float] | None:
    """Tokens by kind, flat: `prompt_tokens_details.audio_tokens` becomes `prompt_audio_tokens`."""
    given = reply.get("usage")
    if not isinstance(given, Mapping):
        return None
    usage: dict[str, float] = {}
    for name, value in given.items():
        if isinstance(value, Mapping):
            kind = name.removesuffix("_tokens_details")
            inner = {f"{kind}_{part}": count for part, count in value.items()}
        else:
            inner = {name: value}
        usage |= {part: count for part, count in inner.items() if isinstance(count, int | float)}
    return usage


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server asks to wait, as number or date; None where it does not say."""
    if (milliseconds := headers.get("retry-after-ms")) is not None:
        return _bounded(milliseconds, 0.001)
    value = headers.get("retry-after")
    if value is None:
        return None
    if (seconds := _bounded(value, 1.0)) is not None:
        return seconds
    try:
        return min(LONGEST_PAUSE, max(0.0, parsedate_to_datetime(value).timestamp() - time()))
    except ValueError:
        return None


def _bounded(number: str, unit: float) -> float | None:
    try:
        seconds = float(number) * unit
    except ValueError:
        return None
    return min(LONGEST_PAUSE, seconds) if seconds >= 0 else None
