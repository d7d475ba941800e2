"""What belongs to one event loop: connections to a server, and what was learned about it."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from audiorouter.machine.urls import is_usual_https
from audiorouter.providers.openai import OpenAIOptions
from audiorouter.providers.openai.faults import ServerError, fault_of, is_loopback, late
from audiorouter.providers.openai.limit import AdaptiveLimit
from audiorouter.providers.openai.parameters import Adjustment, adjustment
from audiorouter.providers.openai.replies import completion
from audiorouter.providers.openai.room import Room

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_log = logging.getLogger(__name__)
_PATH = "/chat/completions"
_REFUSALS = (None, 400, 404, 422, 500, 501)
"""Statuses with which servers refuse a parameter; none where the error is called a success."""


class Session:
    """Sends requests to one server and reads its replies as JSON, whatever they are sent as."""

    def __init__(
        self,
        name: str,
        base_url: str | None,
        key: str | None,
        options: OpenAIOptions,
        secrets: Sequence[str],
        remarks: list[str],
    ):
        import openai
        from openai import AsyncOpenAI

        from audiorouter.providers.openai.redirects import staying_at
        from audiorouter.providers.openai.reply_body import reading

        http_client = openai.DefaultAsyncHttpxClient(
            # Each takes the clip along.
            max_redirects=3,
            # No proxy reaches this machine's own addresses.
            trust_env=base_url is None or not is_loopback(base_url),
            verify=authorities(base_url),
        )
        self.client: AsyncOpenAI = AsyncOpenAI(
            api_key=key or "none",
            base_url=base_url,
            timeout=options.request_timeout,
            max_retries=0,
            default_headers=_headers(base_url, key),
            http_client=http_client,
        )
        http_client.event_hooks = {
            "request": [staying_at(self.client.base_url)],
            "response": [reading(secrets)],
        }
        self._name = name
        self._secrets = secrets
        self._seconds = options.request_timeout
        self._adjustments: list[Adjustment] = []
        self._remarks = remarks
        self.url = str(self.client.base_url).rstrip("/") + _PATH
        self.official = self.client.base_url.host == "api.openai.com"
        self.limit = AdaptiveLimit(options.in_flight)
        self.room = Room()
        self.hearing: asyncio.Future[bool] | None = None
        self.reached = False
        """Whether anybody ever answered."""

    @property
    def is_deaf(self) -> bool:
        """Whether the server was found to drop the audio."""
        hearing = self.hearing
        if hearing is None or not hearing.done() or hearing.cancelled():
            return False
        return hearing.exception() is None and not hearing.result()

    def adjusted(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body as this server takes it, as far as that is known."""
        changed = dict(body)
        for one in self._adjustments:
            one.apply(changed)
        return changed

    def learns(self, sent: Mapping[str, Any], fault: ServerError) -> bool:
        """Whether the fault says what to change of a body, so that sending it again may help."""
        if fault.status not in _REFUSALS:
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
        remark = f"{self._name}: {found} from now on, since the server said: {fault.words}"
        self._remarks.append(remark)
        _log.warning("%s", remark)
        return True

    async def send(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One attempt; the reply as JSON with at least one choice, without the secrets.

        Raises:
            ServerError: there is no such reply; its words hold no secret either.
        """
        try:
            return completion(await self._post(body), self.url, self._secrets)
        except ServerError as fault:
            raise fault.without(self._secrets) from None

    async def _post(self, body: Mapping[str, Any]) -> bytes:
        """The body of the reply.

        What is sent is whole already: the SDK's typed method would walk through it once more.
        """
        import openai

        try:
            # The client's own limit is for each read: a server that drips would never meet it.
            async with asyncio.timeout(self._seconds):
                reply: bytes = await self.client.post(_PATH, body=dict(body), cast_to=bytes)
        except TimeoutError:
            raise late(self._seconds, self.url) from None
        except openai.APITimeoutError:
            raise late(self._seconds, self.url) from None
        except (openai.APIError, ValueError) as error:
            # A body that is too long, or sent on to others, shows as a ValueError.
            fault = fault_of(error, self.url, self._secrets)
            self.reached = self.reached or not fault.unreachable
            raise fault from None
        self.reached = True
        return reply


def authorities(base_url: str | None) -> ssl.SSLContext | bool:
    """Whose certificates count: what the HTTP client takes, or nobody's where no TLS is spoken.

    No request leaves the server that was named, its scheme included (`redirects`).
    """
    if base_url is not None and urlsplit(base_url).scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # empty: it refuses whoever would speak it
    return True


def custom_headers() -> dict[str, str]:
    """Headers of the user's own, which the SDK takes from the environment."""
    lines = os.environ.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
    parts = [line.partition(":") for line in lines if ":" in line]
    return {name.strip(): value.strip() for name, _, value in parts}


def _headers(base_url: str | None, key: str | None) -> dict[str, Any]:
    """Headers beside those of the SDK, or in place of what it takes from the environment.

    Whose customer somebody is concerns OpenAI alone. Headers of the user's own go with their
    $OPENAI_BASE_URL, and not to what is named in its place.
    """
    from openai import Omit

    headers: dict[str, Any] = {"Accept-Encoding": "identity"}
    url = "https://api.openai.com" if base_url is None else base_url
    if is_usual_https(url) and f".{urlsplit(url).hostname}".endswith(".api.openai.com"):
        return headers
    names = ["OpenAI-Organization", "OpenAI-Project"]
    if base_url != os.environ.get("OPENAI_BASE_URL"):
        names += custom_headers()
        headers["Authorization"] = f"Bearer {key or 'none'}"
    return headers | {name: Omit() for name in names if name.lower() != "authorization"}
