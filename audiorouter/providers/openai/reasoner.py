"""The reasoner behind a server: what is asked, how often it is tried, and what comes back."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audiorouter.errors import ClipError, ReasonerError
from audiorouter.machine.credentials import key_for
from audiorouter.providers.audio import ClipCache, wav_base64
from audiorouter.providers.interface import Answer, AsyncReasoner, Request
from audiorouter.providers.openai import OpenAIOptions, wire
from audiorouter.providers.openai.limit import AdaptiveLimit
from audiorouter.providers.prompt import FINDING_LIMIT, PROMPT_VERSION

if TYPE_CHECKING:
    from openai import AsyncOpenAI

WIRE_VERSION = "1"
_FIRST_PAUSE, _LONGEST_BACKOFF = 0.5, 30.0
_RETRIED = frozenset([408, 409, 425, 429])
_log = logging.getLogger(__name__)


class OpenAIReasoner(AsyncReasoner):
    """A model on a server, asked once a question however often that has to be tried."""

    def __init__(self, model: str, options: OpenAIOptions):
        self.name = f"openai:{model}"
        self._model = model
        self._options = options
        self.in_flight = options.in_flight
        self._base_url, self._key = key_for(options.base_url, options.key)
        decides = options.model_dump(
            include={"answer", "audio", "longest", "max_tokens", "temperature"}
        )
        self.identity = (
            f"{self.name} {self._base_url} wire/{WIRE_VERSION} "
            f"prompt/{PROMPT_VERSION}/{FINDING_LIMIT} {decides}"
        )
        self._session: _Session | None = None
        self._clips: ClipCache[str] = ClipCache()
        self._encoding: dict[str, asyncio.Future[str]] = {}

    async def reply(self, request: Request) -> Answer:
        """Ask the server; it is tried again where that may help.

        Raises:
            ReasonerError: the server refuses, or did not answer however often it was asked.
        """
        if self._session is None:
            self._session = _Session(self._base_url, self._key, self._options)
        audio = None if request.text_only else await self._audio(request)
        answer = await self._ask(self._session, request, audio)
        if self._options.check_audio and not request.text_only:
            await self._check_hearing(self._session, request, answer)
        return answer

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        self._clips.clear()
        self._encoding.clear()
        if session is not None:
            await session.client.close()

    async def _ask(self, session: _Session, request: Request, audio: str | None) -> Answer:
        options = self._options
        sent = wire.body(self._model, request, audio, options, official=session.official)
        scored = "logprobs" in sent
        started = time.perf_counter()
        reply = await self._try(session, sent)
        try:
            answer = wire.read_reply(reply, request, scored=scored)
        except ValueError as error:
            raise ReasonerError(f"{self.name}: {error}") from None
        return replace(answer, seconds=time.perf_counter() - started)

    async def _try(self, session: _Session, sent: dict[str, Any]) -> dict[str, Any]:
        """The reply's JSON, from as many attempts as it takes and options allow."""
        problem = ""
        for attempt in range(self._options.attempts):
            async with session.limit.place() as entered:
                pause = None
                try:
                    reply = await session.send(sent)
                except session.errors as error:
                    problem = self._without_key(_describe(error))
                    status = getattr(error, "status_code", None)
                    if not _worth_retrying(error, status):
                        raise ReasonerError(f"{self.name}: {problem}") from None
                    pause = wire.retry_after(_headers(error))
                    if _shows_load(error, status):
                        session.limit.refused(entered, pause)
                else:
                    session.limit.succeeded()
                    return reply
            _log.info("%s: attempt %d: %s", self.name, attempt + 1, problem)
            if attempt + 1 < self._options.attempts:
                backoff = min(_LONGEST_BACKOFF, _FIRST_PAUSE * 2**attempt)
                await asyncio.sleep(random.uniform(0.5, 1.0) * backoff if pause is None else pause)
        raise ReasonerError(
            f"{self.name}: no answer in {self._options.attempts} attempts; the last: {problem}"
        )

    async def _check_hearing(self, session: _Session, request: Request, answer: Answer) -> None:
        """Once a session: the prompt must have been longer with the audio than without it.

        Some servers drop the audio for a model that cannot hear, and answer all the same.
        """
        if session.hearing is None:
            session.hearing = asyncio.ensure_future(self._hears(session, request, answer))
        try:
            hears = await asyncio.shield(session.hearing)
        except ReasonerError:
            return  # A server that wants no text alone says nothing about what it hears.
        if not hears:
            raise ReasonerError(
                f"{self.name}: the server drops the audio: its prompt has as many tokens without "
                "it. Does the model take audio? (-P audio=audio_url may help, "
                "-P check_audio=false goes on regardless)"
            )

    async def _hears(self, session: _Session, request: Request, answer: Answer) -> bool:
        with_audio = (answer.usage or {}).get("prompt_tokens")
        if with_audio is None:
            return True
        deaf = await self._ask(session, request, None)
        without = (deaf.usage or {}).get("prompt_tokens")
        return without is None or with_audio > without

    async def _audio(self, request: Request) -> str:
        """The clip as it is sent, encoded once for all the questions about it."""
        key = request.audio_hash
        if (kept := self._clips.get(key)) is not None:
            return kept
        if key not in self._encoding:
            self._encoding[key] = asyncio.ensure_future(self._encode(request))
        try:
            return await asyncio.shield(self._encoding[key])
        except ClipError as error:
            raise ReasonerError(str(error)) from None

    async def _encode(self, request: Request) -> str:
        try:
            encoded = await asyncio.to_thread(
                wav_base64, request.open_clip(), longest=self._options.longest
            )
            self._clips.add(request.audio_hash, encoded, len(encoded))
            return encoded
        finally:
            self._encoding.pop(request.audio_hash, None)

    def _without_key(self, text: str) -> str:
        return text if self._key is None else text.replace(self._key, "…")


class _Session:
    """What belongs to one event loop: connections, and how many of them are welcome."""

    def __init__(self, base_url: str | None, key: str | None, options: OpenAIOptions):
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
            http_client=openai.DefaultAsyncHttpxClient(event_hooks={"response": [bounded]}),
        )
        self.seconds = options.request_timeout
        self.official = self.client.base_url.host == "api.openai.com"
        self.limit = AdaptiveLimit(options.in_flight)
        self.hearing: asyncio.Future[bool] | None = None
        # A body that is cut off shows as a ValueError where it is parsed.
        self.errors = (openai.APIError, ValueError, TimeoutError)

    async def send(self, sent: dict[str, Any]) -> dict[str, Any]:
        """One attempt; the reply as JSON.

        The body is whole already: the typed method would walk through all of it once more.
        """
        # The client's own limit is for each read: a server that drips would never meet it.
        async with asyncio.timeout(self.seconds):
            reply = await self.client.post("/chat/completions", body=sent, cast_to=object)
        if not isinstance(reply, dict) or not reply.get("choices"):
            raise ValueError("a reply without choices")
        return reply


def _worth_retrying(error: Exception, status: int | None) -> bool:
    """Whether the same request may fare better later: faults of the way and of a busy server."""
    if getattr(error, "code", None) == "insufficient_quota":
        return False
    return status is None or status in _RETRIED or status >= 500


def _shows_load(error: Exception, status: int | None) -> bool:
    """Whether the server has too much to do; other faults say nothing about that."""
    from openai import APITimeoutError

    return status in (429, 503, 529) or isinstance(error, APITimeoutError | TimeoutError)


def _describe(error: Exception) -> str:
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        return (
            f"the server refuses the key (HTTP {status}): see `audiorouter keys list` and "
            "`audiorouter keys set`"
        )
    words = str(getattr(error, "message", None) or error).strip() or type(error).__name__
    first = words.splitlines()[0][:500]
    return first if status is None else f"HTTP {status}: {first}"


def _headers(error: Exception) -> dict[str, str]:
    response = getattr(error, "response", None)
    return {} if response is None else {k.lower(): v for k, v in response.headers.items()}
