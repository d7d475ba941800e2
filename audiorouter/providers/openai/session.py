"""What belongs to one event loop: connections to a server, and what was learned about it."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from audiorouter.providers.openai import OpenAIOptions
from audiorouter.providers.openai.faults import (
    ServerError,
    fault_in,
    fault_of,
    is_loopback,
    page_fault,
    words_of,
)
from audiorouter.providers.openai.limit import AdaptiveLimit
from audiorouter.providers.openai.parameters import Adjustment, adjustment

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_log = logging.getLogger(__name__)
_PATH = "/chat/completions"


class Session:
    """Sends requests to one server and reads its replies as JSON, whatever they are sent as."""

    def __init__(self, name: str, base_url: str | None, key: str | None, options: OpenAIOptions):
        import openai
        from openai import AsyncOpenAI

        from audiorouter.providers.openai.reply_size import bounded

        self.client: AsyncOpenAI = AsyncOpenAI(
            api_key=key or "none",
            base_url=base_url,
            timeout=options.request_timeout,
            max_retries=0,
            # A compressed reply may be a thousand times larger than what is counted.
            default_headers={"Accept-Encoding": "identity"},
            http_client=openai.DefaultAsyncHttpxClient(
                event_hooks={"response": [bounded]},
                # No proxy reaches this machine's own addresses.
                trust_env=base_url is None or not is_loopback(base_url),
            ),
        )
        self._name = name
        self._seconds = options.request_timeout
        self._adjustments: list[Adjustment] = []
        self.url = str(self.client.base_url).rstrip("/") + _PATH
        self.official = self.client.base_url.host == "api.openai.com"
        self.limit = AdaptiveLimit(options.in_flight)
        self.hearing: asyncio.Future[bool] | None = None
        self.reached = False
        """Whether anybody ever answered."""

    def adjusted(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body as this server takes it, as far as that is known."""
        changed = dict(body)
        for one in self._adjustments:
            one.apply(changed)
        return changed

    def learns(self, sent: Mapping[str, Any], fault: ServerError) -> bool:
        """Whether the fault says what to change of a body, so that sending it again may help."""
        if fault.status not in (400, 404, 422):
            return False
        if self.adjusted(sent) != sent:
            return True  # another request has learned it while this one was under way
        found = adjustment(sent, fault.words, fault.parameter)
        undone = found is not None and any(
            one.renamed is not None and one.renamed == found.name for one in self._adjustments
        )
        if found is None or found in self._adjustments or (undone and found.renamed is not None):
            return False
        self._adjustments.append(found)
        _log.warning(
            "%s: %s from now on, since the server said: %s", self._name, found, fault.words
        )
        return True

    async def send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One attempt; the reply as JSON with at least one choice.

        The body is whole already: the SDK's typed method would walk through all of it once more.

        Raises:
            ServerError: there is no such reply.
        """
        import openai

        try:
            # The client's own limit is for each read: a server that drips would never meet it.
            async with asyncio.timeout(self._seconds):
                reply = await self.client.post(_PATH, body=dict(body), cast_to=object)
        except (openai.APIError, ValueError, TimeoutError) as error:
            # A body that is cut off shows as a ValueError where it is parsed.
            fault = fault_of(error, self.url)
            self.reached = self.reached or not fault.unreachable
            raise fault from None
        self.reached = True
        return whole(reply, self.url)


def whole(reply: object, url: str) -> dict[str, Any]:
    """The reply as a completion with at least one choice.

    Raises:
        ServerError: it is an error, a web page, or something else.
    """
    if isinstance(reply, str):
        reply = _from_text(reply, url)
    if not isinstance(reply, dict):
        raise ServerError(f"{url} answered with {type(reply).__name__}, not with an object")
    choices = reply.get("choices")
    if not choices:
        said = reply.get("error") or reply.get("detail") or reply.get("message")
        if said:
            raise fault_in(said, url)
        raise ServerError(f"{url} sent a reply without choices: {words_of(reply)[:200]}")
    choice = choices[0] if isinstance(choices, list) else None
    if not isinstance(choice, dict):
        raise ServerError(f"{url} sent a reply whose choices make no sense")
    if choice.get("error") or choice.get("finish_reason") == "error":
        said = choice.get("error") or reply.get("error") or "finish_reason is error"
        raise fault_in(said, url, instead=True)
    return reply


def _from_text(text: str, url: str) -> object:
    """JSON that was sent under another name, or piece by piece as events."""
    stripped = text.lstrip("\ufeff \r\n\t")
    if not stripped:
        raise ServerError(f"{url} sent an empty reply")
    if stripped[0] == "<":
        raise page_fault(stripped, url)
    if stripped.startswith(("data:", "event:", "id:", ":")):
        return _from_events(stripped, url)
    try:
        return json.loads(stripped)
    except ValueError:
        raise ServerError(
            f"{url} answered with text, not with JSON: {words_of(stripped)[:200]}", again=False
        ) from None


def _from_events(text: str, url: str) -> dict[str, Any]:
    """One completion from the pieces that a server sends as events (SSE)."""
    message: dict[str, Any] = {"role": "assistant"}
    reply: dict[str, Any] = {"choices": []}
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": None}
    for line in text.splitlines():
        data = line.partition(":")[2].strip() if line.startswith("data:") else ""
        if not data or data == "[DONE]":
            continue
        try:
            piece = json.loads(data)
        except ValueError:
            raise ServerError(f"{url} sent an event that is no JSON: {data[:200]}") from None
        if not isinstance(piece, dict):
            continue
        if piece.get("error"):
            raise fault_in(piece["error"], url, instead=True)
        if piece.get("usage"):
            reply["usage"] = piece["usage"]
        for part in (piece.get("choices") or ())[:1]:
            reply["choices"] = [choice]
            choice["finish_reason"] = part.get("finish_reason") or choice["finish_reason"]
            for name, value in (part.get("delta") or part.get("message") or {}).items():
                if isinstance(value, str) and name != "role":
                    message[name] = message.get(name, "") + value
    return reply
