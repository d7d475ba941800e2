"""What a server sends as the body of a reply, read as one completion whatever its form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from audiorouter.providers.openai.endings import Ending, ending_of
from audiorouter.providers.openai.faults import (
    ServerError,
    fault_in,
    is_passing,
    page_fault,
    said_in,
    words_of,
)

_QUOTED = 200
"""Characters of what makes no sense that are quoted."""
_ENVELOPES = ("data", "result", "response")
_BLOCKED = re.compile(r"block_?reason|prompt_filter_results|content_filter", re.IGNORECASE)


def completion(body: bytes, url: str) -> dict[str, Any]:
    """The completion in a body, with at least one choice.

    Raises:
        ServerError: it is an error, a web page, or something else.
    """
    text = _decoded(body).lstrip("\ufeff \r\n\t")
    if not text:
        raise ServerError(f"{url} sent an empty reply")
    if text[0] == "<":
        raise page_fault(text, url)
    if text.startswith(("data:", "event:", "id:", ":")):
        return _checked(_from_events(text, url), url)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_json(text, error, url) from None
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        raise ServerError(
            f"{url} answered with {text[:_QUOTED]}, not with a completion", again=False
        )
    return _checked(_unwrapped(value), url)


def _decoded(body: bytes) -> str:
    """Text of a body: JSON is in UTF-8, mostly."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        guess = "utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "latin-1"
        return body.decode(guess, errors="replace")


def _no_json(text: str, error: Exception, url: str) -> ServerError:
    if text[0] in "{[":
        return ServerError(
            f"{url} sent JSON that is cut off or wrong ({error}): {text[:_QUOTED]!r}"
        )
    said = f"{url} answered with text, not with JSON: {words_of(text)[:_QUOTED]}"
    return ServerError(said, again=is_passing(text))


def _unwrapped(value: dict[str, Any]) -> dict[str, Any]:
    """The completion itself, where some gateway put it into an envelope."""
    inner: list[dict[str, Any]] = [
        value[name] for name in _ENVELOPES if isinstance(value.get(name), dict)
    ]
    if "choices" not in value and len(inner) == 1 and "choices" in inner[0]:
        return inner[0]
    return value


def _checked(reply: dict[str, Any], url: str) -> dict[str, Any]:
    choices = reply.get("choices")
    if reply.get("error"):
        raise fault_in(reply["error"], url, instead=bool(choices))
    if not choices:
        raise _without_choices(reply, url)
    choice = choices[0] if isinstance(choices, list) else None
    if not isinstance(choice, dict):
        raise ServerError(
            f"{url} sent choices that make no sense: {words_of(choices)[:_QUOTED]}", again=False
        )
    ending, word = ending_of(choice)
    if choice.get("error") or ending is Ending.BROKEN:
        raise fault_in(choice.get("error") or f"it ended with {word!r}", url, instead=True)
    return reply


def _without_choices(reply: Mapping[str, Any], url: str) -> ServerError:
    if (said := said_in(reply)) is not None:
        return fault_in(reply if isinstance(said, str) else said, url)
    text = json.dumps(reply, ensure_ascii=False)
    if _BLOCKED.search(text):
        return ServerError(f"{url} filtered the question: {text[:_QUOTED]}", again=False)
    if "choices" in reply:
        return ServerError(f"{url} sent a reply without choices: {text[:_QUOTED]}")
    return ServerError(
        f"{url} sent something else than a chat completion: {text[:_QUOTED]}: "
        "is that the address of such an API?",
        again=False,
    )


def _from_events(text: str, url: str) -> dict[str, Any]:
    """One completion from the pieces that a server sends as events (SSE)."""
    message: dict[str, Any] = {"role": "assistant"}
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": None}
    reply: dict[str, Any] = {"choices": []}
    ended = False
    for data in _events(text):
        if data == "[DONE]":
            ended = True
            continue
        try:
            piece = json.loads(data)
        except (ValueError, RecursionError):
            raise ServerError(f"{url} sent an event that is no JSON: {data[:_QUOTED]}") from None
        if not isinstance(piece, dict):
            continue
        if piece.get("error") or ("choices" not in piece and said_in(piece) is not None):
            raise fault_in(piece.get("error") or piece, url, instead=True)
        if piece.get("usage"):
            reply["usage"] = piece["usage"]
        for part in piece.get("choices") or ():
            if isinstance(part, dict) and not part.get("index"):
                reply["choices"] = [choice]
                _add(part, choice)
                ended = ended or bool(part.get("finish_reason"))
    if reply["choices"] and not ended:
        raise ServerError(f"{url} sent events that break off without an end")
    return reply


def _events(text: str) -> Iterator[str]:
    """The data of each event; lines end at CR and LF alone, not where Python's do."""
    for line in re.split(r"\r\n|\r|\n", text):
        if line.startswith("data:") and (data := line.removeprefix("data:").strip()):
            yield data


def _add(part: Mapping[str, Any], choice: dict[str, Any]) -> None:
    """Put one piece to the choice that it belongs to."""
    for name in ("finish_reason", "native_finish_reason", "error"):
        if part.get(name):
            choice[name] = part[name]
    scored = (part.get("logprobs") or {}).get("content")
    if scored:
        held = choice.setdefault("logprobs", {"content": []})
        held["content"] += scored
    message = choice["message"]
    for name, value in (part.get("delta") or part.get("message") or {}).items():
        if name == "role":
            continue
        if isinstance(value, str) and isinstance(message.get(name), str | None):
            message[name] = (message.get(name) or "") + value
        elif isinstance(value, list):
            message[name] = [*(message.get(name) or ()), *value]
