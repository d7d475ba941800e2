"""Requests and replies of chat completions, as values of JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

from audiorouter.errors import ReasonerError
from audiorouter.providers.interface import Answer, Request
from audiorouter.providers.openai import OpenAIOptions
from audiorouter.providers.parsing import read_answer
from audiorouter.providers.prompt import labels, user_text

TOP_LOGPROBS = 20
"""Most that OpenAI gives."""
_LONGER = "let it write more by -P max_tokens=…"
_QUOTED = 200
"""Characters of what is quoted in an error."""
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
    extra = options.extra_body
    return {n: v for n, v in (fields | extra).items() if v is not None or n not in extra}


def _audio_part(audio: str, kind: str) -> dict[str, Any]:
    if kind == "audio_url":
        return {"type": "audio_url", "audio_url": {"url": f"data:audio/wav;base64,{audio}"}}
    return {"type": "input_audio", "input_audio": {"data": audio, "format": "wav"}}


def read_reply(reply: Mapping[str, Any], request: Request, *, scored: bool) -> Answer:
    """The answer in a reply.

    Raises:
        ValueError: the reply is not whole.
        ReasonerError: it holds no answer: it was filtered, refused, cut off or empty, or came
            without the log-probabilities that were asked for.
    """
    choice = reply["choices"][0]
    message = choice.get("message")
    if not isinstance(message, Mapping):
        raise ValueError("a reply without a message")
    ending = choice.get("finish_reason")
    if ending == "content_filter":
        raise ReasonerError(f"the server's content filter stopped the reply{_beside(message)}")
    usage = usage_of(reply) or None
    if scored:
        probabilities = _label_probabilities(choice, labels(request.choices))
        index = max(range(len(probabilities)), key=probabilities.__getitem__)
        return Answer(request.choices[index], index, probabilities, usage=usage)
    text = _text(message.get("content")).strip()
    if request.tools and (calls := _calls(message)):
        return Answer(calls, usage=usage)
    cut = _LONGER if ending == "length" else None
    if not text:
        what = f"the reply was cut off before it said anything: {cut}" if cut else "an empty reply"
        raise ReasonerError(f"{what}{_beside(message)}")
    return replace(read_answer(text, request, cut=cut), usage=usage)


def _text(content: object) -> str:
    """The words of a message's content, of which only the text may be a part among others."""
    if isinstance(content, str):
        return content
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
    return "".join(part for part in parts if isinstance(part, str))


def _beside(message: Mapping[str, Any]) -> str:
    """What a message without an answer holds instead, as its row says it; it is never an answer."""
    audio = message.get("audio")
    transcript = audio.get("transcript") if isinstance(audio, Mapping) else None
    held = [
        ("a refusal", message.get("refusal")),
        ("reasoning", message.get("reasoning_content") or message.get("reasoning")),
        ("reasoning", _thoughts(message.get("content"))),
        ("a transcript", transcript),
        ("text that was cut off", _text(message.get("content")).strip()),
    ]
    said = [f"{what} ({_short(words)})" for what, words in held if words]
    return f"; it holds {', '.join(said)}" if said else ""


def _thoughts(content: object) -> str:
    """The words of a content's parts that are thoughts or refusals."""
    if isinstance(content, list):
        return " ".join(map(_thoughts, content)).strip()
    if isinstance(content, Mapping) and content.get("type") not in ("text", "output_text"):
        words = [content.get(name) for name in ("thinking", "reasoning", "refusal")]
        return next((_short(word, quoted=False) for word in words if word), "")
    return ""


def _short(words: object, *, quoted: bool = True) -> str:
    text = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
    cut = text if len(text) <= _QUOTED else f"{text[:_QUOTED]} …"
    return repr(cut) if quoted else cut


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
    """Probability of each label among them.

    One that is not listed is between nothing and the last one that is: it gets half of that.
    """
    content = (choice.get("logprobs") or {}).get("content") or ()
    listed = content[0].get("top_logprobs") if content else None
    if not listed:
        raise ReasonerError(
            "the server gives no log-probabilities to score choices by: use --answer generate"
        )
    known: dict[str, float] = {}
    for entry in listed:
        # Tokens of words begin with a space, written as one of these signs by some servers.
        token = str(entry["token"]).strip(" \n▁ĠĊ(*\"'[")
        known[token] = max(known.get(token, -math.inf), float(entry["logprob"]))
    if not any(sign in known for sign in signs):
        likely = ", ".join(repr(str(entry["token"])) for entry in listed[:5])
        raise ReasonerError(
            f"none of the labels {', '.join(signs)} is among the {len(listed)} likeliest first "
            f"tokens ({likely}): use --answer generate"
        )
    floor = min(known.values()) - math.log(2)
    weights = [math.exp(known.get(sign, floor)) for sign in signs]
    total = sum(weights) or 1.0
    return tuple(round(weight / total, 6) for weight in weights)


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
