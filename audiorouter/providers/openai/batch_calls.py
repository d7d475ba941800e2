"""What a server is asked of its batches: to take them, how far they are, and for their replies.

A batch has a day, so that what may pass is asked again, and said once in the log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

from audiorouter.border import describe
from audiorouter.machine.secrets import blanked
from audiorouter.providers.openai.faults import (
    ServerError,
    fault_in,
    fault_of,
    page_fault,
    said_in,
    worth_retrying,
)
from audiorouter.providers.openai.replies import BatchReply, batch_replies

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_Said = TypeVar("_Said")
_log = logging.getLogger(__name__)

LONGEST_SECONDS = 26 * 3600.0
"""Within a day a batch is done or has expired."""
_UPLOAD_SECONDS = 600.0
_RETRIES = 4
"""Of an upload, which costs nothing; a batch is made once."""
_LOOKS = 5
"""For replies that the server counts and does not have in its files yet."""
_QUOTED = 300
"""Characters of what a batch says of a request."""
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_GOING_ON = frozenset({"validating", "in_progress", "finalizing", "cancelling"})


@dataclass(frozen=True)
class BatchEnd:
    """What came of a batch."""

    status: str
    said: str
    """What the server says of it as a whole."""
    replies: Sequence[BatchReply]
    answered: bool
    """Whether there are files with replies at all: else no request of it is to blame."""


class BatchCalls:
    """Asks one server, every `poll` s. Secrets are in nothing that it raises."""

    def __init__(
        self, name: str, client: AsyncOpenAI, url: str, poll: float, secrets: Sequence[str]
    ):
        self._name, self._client, self._url = name, client, url
        self._poll, self._secrets = poll, secrets
        self._warned: str | None = None

    async def upload(self, lines: IO[bytes]) -> str:
        """Send a file of requests; its id.

        Raises:
            ServerError: the server does not take it.
        """
        lines.seek(0)
        client = self._client.with_options(timeout=_UPLOAD_SECONDS, max_retries=_RETRIES)
        try:
            file = await client.files.create(file=("requests.jsonl", lines), purpose="batch")
        except Exception as error:
            raise self._fault(error) from error
        return self._told(file, "id", str)

    async def make(self, file: str, mark: str) -> str:
        """Make a batch of a file of requests, that carries a mark; its id.

        Raises:
            ServerError: the server does not say so; unless it refused, it may have been made.
        """
        try:
            batch = await self._client.batches.create(
                input_file_id=file,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={"audiorouter": mark},
            )
        except Exception as error:
            raise self._fault(error) from error
        return self._told(batch, "id", str)

    async def by_marks(self, wanted: set[str]) -> dict[str, str] | None:
        """The ids of the server's batches with those marks of ours; None where it does not say.

        Raises:
            ServerError: it will not say, however often it is asked.
        """

        async def look() -> dict[str, str]:
            made: dict[str, str] = {}
            page = await self._client.batches.list(limit=100)
            self._told(page, "data", list)
            async for each in page.iter_pages():
                for batch in self._told(each, "data", list):
                    mark = (batch.metadata or {}).get("audiorouter")
                    if mark in wanted:
                        made[mark] = batch.id
                if len(made) == len(wanted):
                    break
            return made

        return await self._asked(look)

    async def end(self, batch: str) -> BatchEnd:
        """Wait until a batch has ended, and for all its replies.

        Raises:
            ServerError: the server tells us nothing of it.
        """
        until = time.monotonic() + LONGEST_SECONDS
        for looks_left in reversed(range(_LOOKS)):
            ended = await self._ended(batch, until)
            files = [file for file in (ended.output_file_id, ended.error_file_id) if file]
            replies = [reply for file in files for reply in await self._replies(file, until)]
            completed = getattr(getattr(ended, "request_counts", None), "completed", None) or 0
            if sum(reply.done for reply in replies) >= completed or not looks_left:
                break
            self._warn(f"of {completed} replies in batch {batch} some are not in its files yet")
            await self._wait(until)
        errors = getattr(ended.errors, "data", None) or ()
        said = "; ".join(dict.fromkeys(error.message or "" for error in errors))
        return BatchEnd(ended.status, self.quoted(said), replies, answered=bool(files))

    def quoted(self, said: str) -> str:
        """The beginning of what a server says; a secret that is cut would not be known any more."""
        return blanked(said, self._secrets)[:_QUOTED]

    async def _ended(self, batch: str, until: float) -> Any:
        while True:
            now = await self._asked(lambda: self._client.batches.retrieve(batch))
            status = None if now is None else self._told(now, "status", str)
            if status in _ENDED:
                return now
            if status is not None and status not in _GOING_ON:
                self._warn(f"the server says that batch {batch} is {status!r}, which is waited for")
            await self._wait(until)

    async def _replies(self, file: str, until: float) -> list[BatchReply]:
        async def read() -> list[BatchReply]:
            text = (await self._client.files.content(file)).text
            replies = batch_replies(text)
            if text.strip() and not replies:
                raise self._no_replies(text)
            return replies

        while (replies := await self._asked(read)) is None:
            await self._wait(until)
        return replies

    async def _asked(self, ask: Callable[[], Awaitable[_Said]]) -> _Said | None:
        """What a server says; None where it does not, and may when it is asked again: a day is long
        enough for all kinds of faults.

        Raises:
            ServerError: it will not say, however often it is asked.
        """
        try:
            return await ask()
        except Exception as error:
            fault = self._fault(error)
            if not (fault.again or fault.unreachable):
                raise fault from error
            self._warn(f"{fault.words}; it is asked again every {self._poll:g} s")
            return None

    async def _wait(self, until: float) -> None:
        """Wait before a server is asked again, but no longer than a batch takes."""
        if time.monotonic() > until:
            raise ServerError(f"nothing came of it within {LONGEST_SECONDS / 3600:.0f} hours")
        await asyncio.sleep(self._poll)

    def _told(self, reply: Any, name: str, kind: type[_Said]) -> _Said:
        """What a reply of the server has under that name.

        Raises:
            ServerError: it is no such reply, but perhaps a page of somebody who stands between.
        """
        value = getattr(reply, name, None)
        if isinstance(value, kind):
            return value
        if isinstance(reply, str):
            raise page_fault(reply, self._url).without(self._secrets)
        said = getattr(reply, "error", None) or f"a reply without {name}"
        raise fault_in(said, self._url).without(self._secrets)

    def _no_replies(self, text: str) -> ServerError:
        """What is wrong with a file in which no reply is."""
        try:
            said = said_in(json.loads(text))
        except (ValueError, AttributeError, RecursionError):
            said = None
        fault = page_fault(text, self._url) if said is None else fault_in(said, self._url)
        return fault.without(self._secrets)

    def _fault(self, error: Exception) -> ServerError:
        """What went wrong at the server, or on this machine on the way to it."""
        from openai import APIError

        if isinstance(error, ServerError):
            return error
        if isinstance(error, APIError):
            return fault_of(error, str(error.request.url), self._secrets)
        # A reply that is cut off is a ValueError.
        passing = isinstance(error, OSError | ValueError)
        return ServerError(describe(error), again=passing).without(self._secrets)

    def _warn(self, words: str) -> None:
        if words != self._warned:
            _log.warning("%s: %s", self._name, words)
            self._warned = words


def refused(fault: ServerError) -> bool:
    """Whether a server said no, so that nothing was made; behind other faults it may have been."""
    return fault.status is not None and not worth_retrying(fault.status)


def says_unknown(fault: ServerError) -> bool:
    """Whether the server itself knows no such batch; the page of a gateway says nothing of it."""
    from openai import NotFoundError

    error = fault.__cause__
    return isinstance(error, NotFoundError) and isinstance(error.body, Mapping)
