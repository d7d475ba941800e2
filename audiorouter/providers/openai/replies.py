"""What a server sends as the body of a reply, read as one completion whatever its form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from audiorouter.machine.secrets import blanked, blanked_value
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
_MOST_EVENTS = 200_000
"""Events of a reply: one a token, and far more tokens than any answer has."""
_DATA = re.compile(r"(?<![^\r\n])data:([^\r\n]*)")
_ENVELOPES = ("data", "result", "response")
_BLOCKED = re.compile(r"block_?reason|prompt_filter_results|content_filter", re.IGNORECASE)


def completion(body: bytes, url: str, secrets: Sequence[str] = ()) -> dict[str, Any]:
    """The completion in a body, with at least one choice and without the secrets.

    They are looked for in what was decoded, joined and unescaped, before any of it is cut.

    Raises:
        ServerError: it is an error, a web page, or something else.
    """
    text = blanked(_decoded(body), secrets).lstrip("\ufeff \r\n\t")
    if not text:
        raise ServerError(f"{url} sent an empty reply")
    if text[0] == "<":
        raise page_fault(text, url)
    if text.startswith(("data:", "event:", "id:", ":")):
        return _checked(_from_events(text, url, secrets), url)
    try:
        value = blanked_value(json.loads(text), secrets)
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
        words = f"{url} filtered the question: {text[:_QUOTED]}"
        return ServerError(words, again=False, filtered=True)
    if "choices" in reply:
        return ServerError(f"{url} sent a reply without choices: {text[:_QUOTED]}")
    return ServerError(
        f"{url} sent something else than a chat completion: {text[:_QUOTED]}: "
        "is that the address of such an API?",
        again=False,
    )


def _from_events(text: str, url: str, secrets: Sequence[str]) -> dict[str, Any]:
    """One completion from the pieces that a server sends as events (SSE)."""
    choice: dict[str, Any] = {"index": 0, "finish_reason": None}
    pieces: dict[str, list[Any]] = {}
    reply: dict[str, Any] = {"choices": []}
    ended = False
    for number, data in enumerate(_events(text)):
        if number == _MOST_EVENTS:
            raise ServerError(f"{url} sent more than {_MOST_EVENTS:,} events", again=False)
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
            piece = blanked_value(piece, secrets)
            raise fault_in(piece.get("error") or piece, url, instead=True)
        if piece.get("usage"):
            reply["usage"] = piece["usage"]
        parts = piece.get("choices")
        for part in parts if isinstance(parts, list) else ():
            if isinstance(part, dict) and not part.get("index"):
                reply["choices"] = [choice]
                _add(part, choice, pieces)
                ended = ended or bool(part.get("finish_reason"))
    if reply["choices"] and not ended:
        raise ServerError(f"{url} sent events that break off without an end")
    choice["message"] = {"role": "assistant"} | {n: _joined(held) for n, held in pieces.items()}
    whole: dict[str, Any] = blanked_value(reply, secrets)
    return whole


def _events(text: str) -> Iterator[str]:
    """The data of each event; lines end at CR and LF alone, not where Python's do."""
    for line in _DATA.finditer(text):
        if data := line[1].strip():
            yield data


def _add(part: Mapping[str, Any], choice: dict[str, Any], pieces: dict[str, list[Any]]) -> None:
    """Put one piece to the choice that it belongs to, what its message holds to `pieces`."""
    for name in ("finish_reason", "native_finish_reason", "error"):
        if part.get(name):
            choice[name] = part[name]
    logprobs = part.get("logprobs")
    scored = logprobs.get("content") if isinstance(logprobs, Mapping) else None
    if scored and isinstance(scored, list):
        choice.setdefault("logprobs", {"content": []})["content"] += scored
    message = part.get("delta") or part.get("message")
    for name, value in message.items() if isinstance(message, Mapping) else ():
        if name != "role" and isinstance(value, str | list):
            pieces.setdefault(name, []).append(value)


def _joined(held: Sequence[Any]) -> Any:
    """Pieces of one kind as one, put together once: that of each in turn takes the square."""
    if isinstance(held[0], str):
        return "".join(piece for piece in held if isinstance(piece, str))
    return [item for piece in held if isinstance(piece, list) for item in piece]


class BatchReply(NamedTuple):
    """A line of the file with the replies to a batch: a request's name, and what came of it."""

    name: str
    response: Mapping[str, Any]
    error: object


def batch_replies(text: str) -> list[BatchReply]:
    """Those in such a file; whose a line was that cannot be read is told by what is missing."""
    replies = []
    for line in text.split("\n"):
        try:
            said = json.loads(line)
            name, response = str(said["custom_id"]), said.get("response") or {}
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue
        if isinstance(response, dict):
            replies.append(BatchReply(name, response, said.get("error")))
    return replies
