"""Requests in a server's own batches, for half the price: sent together, and asked for later.

OpenAI's Batch API: a file of requests is sent to `/files`, `/batches` works on it within a day, and
its replies are files again. A request that lies in a batch already is not sent a second time, also
not by the process after one that was killed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

from audiorouter.errors import ReasonerError, UsageError
from audiorouter.machine.paths import scratch_folder
from audiorouter.machine.secrets import blanked
from audiorouter.providers.openai.batch_calls import (
    BatchCalls,
    BatchEnd,
    NoSuchBatchError,
    refused,
)
from audiorouter.providers.openai.batch_records import BatchRecord, BatchRecords
from audiorouter.providers.openai.faults import ServerError, refuses_all
from audiorouter.providers.openai.replies import completion

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_log = logging.getLogger(__name__)

MOST_REQUESTS, MOST_BYTES = 5_000, 90 << 20
"""Of one batch; OpenAI takes 50,000 and 200 MB, of which the replies would be as large."""


@dataclass(frozen=True)
class BatchTimes:
    """How long to wait, in s."""

    gather: float
    """For another request, before those that came are sent."""
    poll: float
    """Between two questions whether a batch is done."""


@dataclass
class _Gathered:
    """Requests that are about to be sent, on disk: audio stands in them."""

    names: list[str] = field(default_factory=list)
    lines: IO[bytes] = field(
        default_factory=lambda: tempfile.TemporaryFile(dir=scratch_folder())  # noqa: SIM115
    )


class ServerBatches:
    """Gathers requests into batches of one server. Use it within one event loop."""

    def __init__(
        self,
        name: str,
        client: AsyncOpenAI,
        records: BatchRecords,
        url: str,
        times: BatchTimes,
        secrets: Sequence[str],
    ):
        self._name, self._records, self._url = name, records, url
        self._gather_seconds, self._secrets = times.gather, secrets
        self._calls = BatchCalls(name, client, url, times.poll, secrets)
        self._gathered: _Gathered | None = None
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._delivered: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._came = 0.0
        self._gathering: asyncio.Task[None] | None = None
        self._resuming: asyncio.Task[None] | None = None
        self._there: set[str] = set()
        """Requests in batches that were made before."""
        self._earlier: Sequence[BatchRecord] = ()
        self._at_work: set[str] = set()
        """Marks of batches that are being sent or waited for, or have been delivered."""
        self._one_resumes = asyncio.Lock()

    async def put(self, body: Mapping[str, Any]) -> str:
        """Put a request into a batch, unless it lies in one; the name by which its reply is had.

        Raises:
            ReasonerError: the server does not say which batches it has.
        """
        text = json.dumps(body, sort_keys=True)
        name = hashlib.blake2b(text.encode(), digest_size=20).hexdigest()
        await self._resumed()
        if name not in self._waiting:
            if name in self._delivered:  # it is asked once more, and that reply is gone
                self._delivered.discard(name)
                self._there.discard(name)
            if name not in self._there:
                self._gather(name, text)
            else:
                self._start_following()
            self._waiting[name] = asyncio.get_running_loop().create_future()
        return name

    async def _resumed(self) -> None:
        """Look for earlier batches, once; after a failure, or when one was left, once more."""
        while True:
            if self._resuming is None:
                self._resuming = self._task(self._resume())
            resuming = self._resuming
            try:
                await asyncio.shield(resuming)
            except Exception:
                if self._resuming is resuming:
                    self._resuming = None
                raise
            if self._resuming is resuming:
                return

    async def reply(self, name: str) -> dict[str, Any]:
        """The server's reply to a request that was put into a batch.

        Raises:
            ReasonerError: it could not be sent, or its batch has no reply to it.
        """
        reply = await asyncio.shield(self._waiting[name])
        self._waiting.pop(name, None)
        self._delivered.add(name)
        return reply

    async def close(self) -> None:
        """Wait for no batch any more; they go on at the server. What was delivered is forgotten."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._gathered is not None:
            self._gathered.lines.close()
        self._records.drop(self._delivered)

    def _gather(self, name: str, text: str) -> None:
        line = {"custom_id": name, "method": "POST", "url": "/v1/chat/completions"}
        gathered = self._gathered = self._gathered or _Gathered()
        gathered.lines.write(f'{json.dumps(line)[:-1]}, "body": {text}}}\n'.encode())
        gathered.names.append(name)
        self._came = time.monotonic()
        if gathered.lines.tell() >= MOST_BYTES or len(gathered.names) >= MOST_REQUESTS:
            self._submit(gathered)
        elif self._gathering is None or self._gathering.done():
            self._gathering = self._task(self._submit_when_quiet())

    async def _submit_when_quiet(self) -> None:
        while (left := self._came + self._gather_seconds - time.monotonic()) > 0:
            await asyncio.sleep(left)
        if self._gathered is not None:
            self._submit(self._gathered)

    def _submit(self, gathered: _Gathered) -> None:
        self._gathered = None
        self._task(self._send(gathered))

    def _task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _send(self, gathered: _Gathered) -> None:
        record, unsure = BatchRecord(self._url, tuple(gathered.names)), False
        self._at_work.add(record.mark)
        try:
            with gathered.lines as lines:
                file = await self._calls.upload(lines)
            self._records.keep(record)
            try:
                batch = await self._calls.make(file, record.mark)
            except ServerError as fault:
                unsure = not refused(fault)
                made = await self._made(record, fault) if unsure else None
                if made is None:
                    unsure = False
                    raise
                batch = made
        except Exception as error:  # noqa: BLE001 - whatever it is, no question is to blame for it
            why = f"the batch cannot be sent: {error}"
            if unsure:
                why += f"; the next run looks whether it was made, or {self._way_out(record)}"
            elif isinstance(error, ServerError) and error.status in (404, 405):
                why += " (where a server has no batches, leave out --server-batch)"
            self._leave(record, why, forget=not unsure)
            return
        record = replace(record, batch=batch)
        try:
            self._records.keep(record)
        except (OSError, UsageError) as error:  # it is found by its mark
            _log.warning("%s: the id of batch %s is not kept: %s", self._name, batch, error)
        _log.warning("%s: %d requests are in batch %s", self._name, len(record.requests), batch)
        await self._follow(record)

    async def _made(self, record: BatchRecord, fault: ServerError) -> str | None:
        """The id of a batch that may have been made behind a fault; None where it was not.

        Raises:
            ServerError: that fault, where the server does not say.
        """
        try:
            marks = await self._calls.by_marks({record.mark})
        except ServerError:
            marks = None
        if marks is None:
            raise fault from None
        return marks.get(record.mark)

    async def _resume(self) -> None:
        """Find the batches that nobody is at work on, by their ids or else by their marks."""
        async with self._one_resumes:
            await self._find_earlier()

    async def _find_earlier(self) -> None:
        records = [record for record in self._records if record.mark not in self._at_work]
        unsure = [record for record in records if record.batch is None]
        marks, why = None, "run it again later"
        try:
            marks = await self._calls.by_marks({each.mark for each in unsure}) if unsure else {}
        except ServerError as fault:
            why = fault.words
        if marks is None:
            raise ReasonerError(
                f"{self._name}: the server does not say whether it has a batch of an earlier run; "
                f"{why}; {self._way_out(*unsure)}",
                lasting=True,
            )
        known = [replace(each, batch=each.batch or marks.get(each.mark)) for each in records]
        self._earlier = [record for record in known if record.batch is not None]
        for record in known:
            if record.batch is None:
                self._records.remove(record)
            else:
                self._records.keep(record)
                self._there.update(record.requests)

    def _start_following(self) -> None:
        for record in self._earlier:
            _log.warning("%s: batch %s goes on", self._name, record.batch)
            self._at_work.add(record.mark)
            self._task(self._follow(record))
        self._earlier = ()

    async def _follow(self, record: BatchRecord) -> None:
        """Wait for a batch, and deliver its replies."""
        assert record.batch is not None
        why = f"batch {record.batch} cannot be asked for"
        try:
            end = await self._calls.end(record.batch)
            self._deliver(record, end)
        except NoSuchBatchError as error:
            then = "its requests are sent anew by the next run"
            self._leave(record, f"{why}: {error}; {then}", forget=True)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for a word of it
            self._leave(record, f"{why}: {error}; {self._way_out(record)}", forget=False)

    def _deliver(self, record: BatchRecord, end: BatchEnd) -> None:
        for name, response, error in end.replies:
            body, status = response.get("body"), response.get("status_code")
            if status == 200:
                self._give(name, body)
            else:
                said = self._calls.quoted(json.dumps(error or body or response))
                self._fail([name], f"its batch says: {said}", lasting=refuses_all(status))
        why = f"batch {record.batch} is {end.status} and has no reply"
        why += f": {end.said}" if end.said else ""
        if end.lacking:
            why += f", though {end.lacking} more are counted; {self._way_out(record)}"
            self._leave(record, why, forget=False)
        else:  # where nothing in it was answered, it did not fail by a question
            self._fail(record.requests, why, lasting=not end.answered)

    def _leave(self, record: BatchRecord, why: str, *, forget: bool) -> None:
        """Work on a batch no longer; unless it is forgotten, the next request asks for it anew."""
        self._at_work.discard(record.mark)
        self._fail(record.requests, why, forget=forget, lasting=True)
        if not forget:
            self._resuming = None

    def _way_out(self, *records: BatchRecord) -> str:
        paths = ", ".join(str(self._records.path(record)) for record in records)
        return f"remove {paths} to send its requests anew"

    def _give(self, name: str, body: object) -> None:
        """Hand a reply to who waits for it, or to who will: of an earlier batch it may be early."""
        try:
            reply = completion(json.dumps(body).encode(), self._url, self._secrets)
        except ServerError as fault:
            self._fail([name], fault.words, lasting=fault.for_all)
            return
        if name in self._delivered:
            return
        waiting = self._waiting.setdefault(name, asyncio.get_running_loop().create_future())
        if not waiting.done():
            waiting.set_result(reply)

    def _fail(
        self, names: Iterable[str], why: str, *, forget: bool = True, lasting: bool = False
    ) -> None:
        """Say of those requests that have no reply why; they may be sent again.

        `lasting` says that all others would fare alike.
        """
        failed = [name for name in names if name not in self._delivered]
        failed = [n for n in failed if (w := self._waiting.get(n)) is None or not w.done()]
        self._there.difference_update(failed)
        for name in failed:
            if (waiting := self._waiting.pop(name, None)) is not None:
                said = blanked(f"{self._name}: {why}", self._secrets)
                waiting.set_exception(ReasonerError(said, lasting=lasting))
                waiting.exception()  # nobody may be waiting any more
        if forget:  # last, since it may fail
            self._records.drop(failed)
