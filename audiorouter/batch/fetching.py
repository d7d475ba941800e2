"""Fetching clips that questions name by URLs, a few at a time, before they are heard."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from audiorouter.border.threads import OutsideThread
from audiorouter.errors import ClipError, FaultError, NoAudioError
from audiorouter.machine.remote_files import MOST_SECONDS
from audiorouter.machine.urls import without_secrets
from audiorouter.questions import Question
from audiorouter.questions.remote_clips import RemoteClips

_AT_ONCE = 16
_LONGER = 30.0
"""Seconds beyond those that fetching gives itself, for a connection that hangs all the same."""


class ClipFetcher:
    """Has clips fetched on threads of its own, each URL once. Use it within one event loop.

    What cannot be had, or is no sound, is not asked for again: one batch says one thing of a URL.
    """

    def __init__(self, clips: RemoteClips | None):
        self._clips = clips
        self._bad: dict[str, str] = {}
        """Why there is no clip at a URL."""
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._threads: asyncio.Queue[OutsideThread] = asyncio.Queue()
        for number in range(_AT_ONCE):
            self._threads.put_nowait(OutsideThread(f"fetching {number}"))

    async def fetch(self, question: Question) -> None:
        """Have the question's clip where its path says.

        Raises:
            ClipError: it cannot be fetched, or is no sound.
        """
        url = question.url
        if self._clips is None or url is None:
            return
        turn = self._turns.setdefault(url, asyncio.Lock())
        async with turn:
            if (why := self._bad.get(url)) is not None:
                raise ClipError(why)
            try:
                await self._fetch(self._clips, url)
            except ClipError as error:
                self._bad[url] = str(error)
                raise

    async def _fetch(self, clips: RemoteClips, url: str) -> None:
        thread = await self._threads.get()
        try:
            await thread.call(
                lambda: clips.fetch(url),
                whose=f"fetching {without_secrets(url)}",
                kind=ClipError,
                seconds=MOST_SECONDS + _LONGER,
            )
        finally:
            self._threads.put_nowait(thread)

    def drop(self, question: Question, error: NoAudioError) -> None:
        """Let go of the copy of what is no clip, so that the next batch fetches it anew."""
        if self._clips is not None and question.url is not None:
            self._bad[question.url] = self.said_of(question, error)
            self._clips.drop(question.url)

    def said_of(self, question: Question, error: FaultError) -> str:
        """What the question's row says: of a URL, not of its copy, which may be gone."""
        url, path = question.url, question.path
        if url is None or path is None:
            return str(error)
        shown = without_secrets(url)
        of_copy = str(error).replace(str(path.absolute()), shown).replace(str(path), shown)
        return self._bad.get(url, of_copy)

    def close(self) -> None:
        """Let the threads end."""
        while not self._threads.empty():
            self._threads.get_nowait().leave()
