"""The reasoner behind a server: what is asked, how often it is tried, and what comes back."""

from __future__ import annotations

import asyncio
import json
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from audiorouter.errors import ClipError, ReasonerError
from audiorouter.machine.credentials import key_for
from audiorouter.machine.secrets import blanked, hashed, secrets_in, secrets_in_headers
from audiorouter.providers.audio import ClipCache, wav_base64, wav_base64_bytes
from audiorouter.providers.interface import Answer, AsyncReasoner, Long, Request
from audiorouter.providers.openai import OpenAIOptions, wire
from audiorouter.providers.openai.faults import ServerError
from audiorouter.providers.openai.session import Session, custom_headers
from audiorouter.providers.prompt import FINDING_LIMIT, PROMPT_VERSION, READING_VERSION

WIRE_VERSION = "3"
_FIRST_PAUSE, _LONGEST_BACKOFF = 0.5, 30.0
_GREETINGS = 3
"""Attempts at an address where nobody has answered yet."""
_log = logging.getLogger(__name__)


class OpenAIReasoner(AsyncReasoner):
    """A model on a server, asked once a question however often that has to be tried."""

    def __init__(self, model: str, options: OpenAIOptions):
        self.name = f"openai:{model}"
        self._model = model
        self._options = options
        self.in_flight = options.in_flight
        self._base_url, self._key = key_for(options.base_url, options.key)
        decides = options.model_dump(include={"answer", "audio", "max_tokens", "temperature"})
        decides["longest"] = None if options.audio == "none" else options.longest
        if options.extra_body:
            decides["extra_body"] = json.dumps(hashed(options.extra_body), sort_keys=True)
        self.identity = (
            f"{self.name} {self._base_url} wire/{WIRE_VERSION} "
            f"prompt/{PROMPT_VERSION}/{FINDING_LIMIT} reading/{READING_VERSION} {decides}"
            f"{' long/window' if options.long is Long.WINDOW else ''}"
        )
        self.longest = None if options.audio == "none" else options.longest
        self.long = options.long
        self.counts_tokens = True
        self.prices = options.prices
        self.sends_audio = options.audio != "none"
        self.most_tokens = 1 if options.answer == "score" else options.max_tokens
        self._secrets = [] if self._key is None else [self._key]
        self._secrets += secrets_in(options.extra_body) + secrets_in_headers(custom_headers())
        self.remarks: list[str] = []
        if self.longest != options.longest:
            self.remarks.append(f"{self.name}: longest changes nothing: audio=none sends no clip")
        self._session: Session | None = None
        self._clips: ClipCache[str] = ClipCache()
        self._encoding: dict[str, asyncio.Future[str]] = {}

    async def reply(self, request: Request) -> Answer:
        """Ask the server; it is tried again where that may help.

        Raises:
            ReasonerError: the server refuses, or did not answer however often it was asked.
        """
        session = self.opened()
        if self._options.audio == "none":
            request = replace(request, text_only=True)
        if request.text_only:
            return await self._ask(session, request, None)
        if self._options.check_audio and session.is_deaf:
            raise self._deaf()
        try:
            async with session.room.of(await self._size(request)):
                answer = await self._ask(session, request, await self._audio(request))
        except ClipError as error:
            raise ReasonerError(str(error)) from None
        if self._options.check_audio:
            await self._check_hearing(session, request, answer)
        return answer

    def opened(self) -> Session:
        """The connections of this event loop."""
        if self._session is None:
            self._session = Session(
                self.name,
                self._base_url,
                self._key,
                self._options,
                self._secrets,
                self.remarks,
            )
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        session, self._session = self._session, None
        self._clips.clear()
        self._encoding.clear()
        if session is not None:
            await session.client.close()

    async def _ask(self, session: Session, request: Request, audio: str | None) -> Answer:
        options = self._options
        sent = wire.body(self._model, request, audio, options, official=session.official)
        scored = "logprobs" in sent
        started = time.perf_counter()
        reply = await self._try(session, sent)
        return self.read(reply, request, scored=scored, seconds=time.perf_counter() - started)

    def read(
        self, reply: Mapping[str, Any], request: Request, *, scored: bool, seconds: float
    ) -> Answer:
        """The answer in a reply that took so many seconds.

        Raises:
            ReasonerError: there is none in it.
        """
        try:
            answer = wire.read_reply(reply, request, scored=scored, secrets=self._secrets)
        except (ValueError, ReasonerError) as error:
            said = blanked(str(error), self._secrets)
            ending = error.ending if isinstance(error, ReasonerError) else None
            raise ReasonerError(f"{self.name}: {said}", ending=ending) from None
        # Once more: what is taken off around an answer may have stood within a secret.
        text = blanked(answer.text, self._secrets)
        return replace(answer, text=text, seconds=seconds)

    async def _try(self, session: Session, asked: dict[str, Any]) -> dict[str, Any]:
        """The reply's JSON, from as many attempts as it takes and options allow."""
        attempts, attempt, sendings = self._options.attempts, 0, 0
        while True:
            pause = None
            async with session.limit.place() as entered:
                sent = session.adjusted(asked)
                self.extra_requests += sendings > 0
                sendings += 1
                try:
                    reply = await session.send(sent)
                except ServerError as error:
                    fault = error
                    pause = fault.pause
                    if fault.busy:
                        session.limit.refused(entered, pause)
                else:
                    session.limit.succeeded()
                    return reply
            if session.learns(sent, fault):
                continue
            attempt += 1
            _log.info("%s: attempt %d: %s", self.name, attempt, fault.words)
            if not fault.again:
                raise ReasonerError(
                    f"{self.name}: {fault.words}{_way_on(asked, fault)}",
                    lasting=fault.for_all,
                    ending="refused" if fault.filtered else None,
                )
            # Where nobody has ever answered there is nothing to wait for.
            most = attempts if session.reached else min(attempts, _GREETINGS)
            if attempt >= (most if fault.unreachable else attempts):
                times = "once" if attempt == 1 else f"in {attempt} attempts"
                raise ReasonerError(
                    f"{self.name}: no answer {times}; the last: {fault.words}",
                    lasting=fault.for_all,
                )
            self.retries += 1
            backoff = min(_LONGEST_BACKOFF, _FIRST_PAUSE * 2 ** (attempt - 1))
            await asyncio.sleep(random.uniform(0.5, 1.0) * backoff if pause is None else pause)

    async def _check_hearing(self, session: Session, request: Request, answer: Answer) -> None:
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
            raise self._deaf()

    def _deaf(self) -> ReasonerError:
        return ReasonerError(
            f"{self.name}: the server drops the audio: its prompt has as many tokens without it. "
            "Does the model take audio? (-P audio=audio_url may help, -P check_audio=false goes on "
            "regardless)",
            lasting=True,
        )

    async def _hears(self, session: Session, request: Request, answer: Answer) -> bool:
        usage = answer.usage or {}
        # A server that counts nothing says nothing, and one that counts audio apart has heard it.
        if not (with_audio := usage.get("prompt_tokens")) or usage.get("prompt_audio_tokens"):
            return True
        sent = wire.body(self._model, request, None, self._options, official=session.official)
        self.extra_requests += 1
        without = wire.usage_of(await self._try(session, sent)).get("prompt_tokens")
        return not without or with_audio > without

    async def _size(self, request: Request) -> int:
        """Bytes that the clip takes as it is sent, about."""
        if (kept := self._clips.get(request.audio_hash)) is not None:
            return len(kept)
        return await asyncio.to_thread(
            wav_base64_bytes, request.open_clip(), longest=self._options.longest
        )

    async def _audio(self, request: Request) -> str:
        """The clip as it is sent, encoded once for all the questions about it."""
        key = request.audio_hash
        if (kept := self._clips.get(key)) is not None:
            return kept
        if key not in self._encoding:
            self._encoding[key] = asyncio.ensure_future(self._encode(request))
        return await asyncio.shield(self._encoding[key])

    async def _encode(self, request: Request) -> str:
        try:
            encoded = await asyncio.to_thread(
                wav_base64, request.open_clip(), longest=self._options.longest
            )
            self._clips.add(request.audio_hash, encoded, len(encoded))
            return encoded
        finally:
            self._encoding.pop(request.audio_hash, None)


def _way_on(asked: Mapping[str, Any], fault: ServerError) -> str:
    """What to do about a server that refuses what choices are scored by."""
    refused = fault.status in (400, 404, 422) and "logprobs" in fault.words
    return "; use --answer generate" if "logprobs" in asked and refused else ""
