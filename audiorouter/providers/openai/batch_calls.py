"""What a server is asked of its batches: to take them, how far they are, and for their replies.

A batch has a day, so that what may pass is asked again, and said once in the log.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
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
"""For what a server may have and not show yet: a batch that was just made, replies it counts."""
_UNKNOWN = 2
"""How often in a row a server has to say that it does not know a batch."""
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
    lacking: int
    """Replies that the server counts, and that are not in its files."""


class NoSuchBatchError(Exception):
    """The server itself does not know a batch."""


class BatchCalls:
    """Asks one server, every `poll` s. Secrets are in nothing that it raises."""

    def __init__(
        self, name: str, client: AsyncOpenAI, url: str, poll: float, secrets: Sequence[str]
    ):
        self._name, self._client, self._url = name, client, url
        self._poll, self._secrets = poll, secrets
        self._warned: set[tuple[str, object]] = set()

    async def upload(self, lines: IO[bytes]) -> str:
        """Send a file of requests; its id.

        Raises:
            ServerError: the server does not take it.
        """
        lines.seek(0)
        client = self._client.with_options(timeout=_UPLOAD_SECONDS, max_retries=_RETRIES)
        with self._faults():
            file = await client.files.create(file=("requests.jsonl", lines), purpose="batch")
        return self._told(file, "id", str)

    async def make(self, file: str, mark: str) -> str:
        """Make a batch of a file of requests, that carries a mark; its id.

        Raises:
            ServerError: the server does not say so; unless it refused, it may have been made.
        """
        with self._faults():
            batch = await self._client.batches.create(
                input_file_id=file,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={"audiorouter": mark},
            )
        return self._told(batch, "id", str)

    async def by_marks(self, wanted: set[str]) -> dict[str, str] | None:
        """The ids of the server's batches with those marks of ours; None where it does not say.

        Raises:
            ServerError: it will not say, however often it is asked.
        """

        async def look() -> dict[str, str]:
            made: dict[str, str] = {}
            seen: set[str] = set()
            page = await self._client.batches.list(limit=100)
            self._told(page, "data", list)
            async for each in page.iter_pages():
                new = [one for one in self._told(each, "data", list) if one.id not in seen]
                seen.update(batch.id for batch in new)
                for batch in new:
                    mark = (batch.metadata or {}).get("audiorouter")
                    if mark in wanted:
                        made[mark] = batch.id
                # Some servers give the same page whatever is asked for.
                if not new or len(made) == len(wanted):
                    break
            return made

        found = None
        for looks_left in reversed(range(_LOOKS)):
            found = await self._asked("its batches", look)
            if not looks_left or (found is not None and len(found) == len(wanted)):
                break
            self._warn("its batches", "seek", "a batch that may have been made is looked for")
            await asyncio.sleep(self._poll)
        return found

    async def end(self, batch: str) -> BatchEnd:
        """Wait until a batch has ended, and for all its replies.

        Raises:
            NoSuchBatchError: the server does not know it.
            ServerError: the server tells us nothing of it.
        """
        until = time.monotonic() + LONGEST_SECONDS
        for looks_left in reversed(range(_LOOKS)):
            ended = await self._ended(batch, until)
            files = [file for file in (ended.output_file_id, ended.error_file_id) if file]
            replies = [reply for file in files for reply in await self._replies(file, until)]
            counted = getattr(getattr(ended, "request_counts", None), "completed", None) or 0
            lacking = max(0, counted - len({reply.name for reply in replies}))
            if not (lacking and looks_left):
                break
            self._warn(batch, "lacks", f"{lacking} replies of batch {batch} are not in its files")
            await self._wait(until)
        errors = getattr(ended.errors, "data", None) or ()
        said = self.quoted("; ".join(dict.fromkeys(error.message or "" for error in errors)))
        return BatchEnd(ended.status, said, replies, answered=bool(files), lacking=lacking)

    def quoted(self, said: str) -> str:
        """The beginning of what a server says; a secret that is cut would not be known any more."""
        return blanked(said, self._secrets)[:_QUOTED]

    async def _ended(self, batch: str, until: float) -> Any:
        async def ask() -> Any:
            now = await self._client.batches.retrieve(batch)
            self._told(now, "status", str)
            return now

        unknown = 0
        while True:
            try:
                now = await self._asked(batch, ask)
                unknown = 0
            except ServerError as fault:
                unknown += _says_unknown(fault)
                if not unknown:
                    raise
                if unknown == _UNKNOWN:
                    raise NoSuchBatchError(fault.words) from fault
                now = None
            status = None if now is None else now.status
            if status in _ENDED:
                return now
            if status is not None and status not in _GOING_ON:
                self._warn(batch, status, f"batch {batch} is {status!r}, which is waited for")
            await self._wait(until)

    async def _replies(self, file: str, until: float) -> list[BatchReply]:
        async def read() -> list[BatchReply]:
            text = (await self._client.files.content(file)).text
            replies = batch_replies(text)
            if text.strip() and not replies:
                raise self._no_replies(text)
            return replies

        while (replies := await self._asked(file, read)) is None:
            await self._wait(until)
        return replies

    async def _asked(self, about: str, ask: Callable[[], Awaitable[_Said]]) -> _Said | None:
        """What a server says; None where it does not, and may when it is asked again: a day is long
        enough for all kinds of faults.

        Raises:
            ServerError: it will not say, however often it is asked.
        """
        try:
            with self._faults():
                return await ask()
        except ServerError as fault:
            if not (fault.again or fault.unreachable):
                raise
            words = f"{fault.words}; it is asked again every {self._poll:g} s"
            self._warn(about, fault.status, words)
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

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Make a `ServerError` of what goes wrong at the server, or on this machine on the way."""
        from openai import APIError

        try:
            yield
        except ServerError:
            raise
        except APIError as error:
            raise fault_of(error, str(error.request.url), self._secrets) from error
        except Exception as error:
            # What the SDK makes of a reply that is cut off, a ValueError, may pass.
            passing = isinstance(error, OSError | ValueError)
            raise ServerError(describe(error), again=passing).without(self._secrets) from error

    def _warn(self, about: str, what: object, words: str) -> None:
        """Say it once, however often it is asked."""
        if (about, what) not in self._warned:
            _log.warning("%s: %s", self._name, words)
            self._warned.add((about, what))


def refused(fault: ServerError) -> bool:
    """Whether a server said no, so that nothing was made; behind other faults it may have been."""
    return fault.status is not None and not worth_retrying(fault.status)


def _says_unknown(fault: ServerError) -> bool:
    """Whether the API itself says 404, in its own form; a gateway's says nothing of a batch."""
    from openai import NotFoundError

    error = fault.__cause__
    if not isinstance(error, NotFoundError):
        return False
    try:
        said = error.response.json()
    except ValueError:
        return False
    return isinstance(said, Mapping) and isinstance(said.get("error"), Mapping)
