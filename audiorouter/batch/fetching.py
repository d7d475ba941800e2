"""Fetching clips that questions name by URLs, a few at a time, before they are heard."""

from __future__ import annotations

import asyncio

from audiorouter.border.threads import OutsideThread
from audiorouter.errors import ClipError
from audiorouter.machine.remote_files import MOST_SECONDS
from audiorouter.machine.urls import without_secrets
from audiorouter.questions import Question
from audiorouter.questions.remote_clips import RemoteClips

_AT_ONCE = 16
_LONGER = 30.0
"""Seconds beyond those that fetching gives itself, for a connection that hangs all the same."""


class ClipFetcher:
    """Has clips fetched on threads of its own. Use it within one event loop."""

    def __init__(self, clips: RemoteClips | None):
        self._clips = clips
        self._threads: asyncio.Queue[OutsideThread] = asyncio.Queue()
        for number in range(_AT_ONCE):
            self._threads.put_nowait(OutsideThread(f"fetching {number}"))

    async def fetch(self, question: Question) -> None:
        """Have the question's clip where its path says.

        Raises:
            ClipError: it cannot be fetched.
        """
        clips, url = self._clips, question.url
        if clips is None or url is None:
            return
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

    def drop(self, question: Question) -> None:
        """Let go of the copy of the question's clip, so that the next batch fetches it anew."""
        if self._clips is not None and question.url is not None:
            self._clips.drop(question.url)

    def close(self) -> None:
        """Let the threads end."""
        while not self._threads.empty():
            self._threads.get_nowait().leave()
