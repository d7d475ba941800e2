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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING, Any

from audiorouter.errors import ReasonerError
from audiorouter.machine.paths import scratch_folder
from audiorouter.machine.secrets import blanked
from audiorouter.providers.openai.batch_records import BatchRecord, BatchRecords
from audiorouter.providers.openai.faults import (
    ServerError,
    fault_in,
    fault_of,
    page_fault,
    refuses_all,
    worth_retrying,
)
from audiorouter.providers.openai.replies import batch_replies, completion

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_log = logging.getLogger(__name__)

MOST_REQUESTS, MOST_BYTES = 5_000, 90 << 20
"""Of one batch; OpenAI takes 50,000 and 200 MB, of which the replies would be as large."""
LONGEST_SECONDS = 26 * 3600.0
"""Within a day a batch is done or has expired."""
_UPLOAD_SECONDS = 600.0
_RETRIES = 4
"""Of an upload, which costs nothing; a batch is made once."""
_QUOTED = 300
"""Characters of what a batch says of a request."""
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


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
        self._name, self._client, self._records, self._url = name, client, records, url
        self._times, self._secrets = times, secrets
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

    async def put(self, body: Mapping[str, Any]) -> str:
        """Put a request into a batch, unless it lies in one; the name by which its reply is had.

        Raises:
            ReasonerError: the server does not say which batches it has.
        """
        text = json.dumps(body, sort_keys=True)
        name = hashlib.blake2b(text.encode(), digest_size=20).hexdigest()
        if self._resuming is None:
            self._resuming = asyncio.create_task(self._resume())
        await asyncio.shield(self._resuming)
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
        tasks = [*self._tasks, *filter(None, (self._gathering, self._resuming))]
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
            self._gathering = asyncio.create_task(self._submit_when_quiet())

    async def _submit_when_quiet(self) -> None:
        while (left := self._came + self._times.gather - time.monotonic()) > 0:
            await asyncio.sleep(left)
        if self._gathered is not None:
            self._submit(self._gathered)

    def _submit(self, gathered: _Gathered) -> None:
        self._gathered = None
        self._task(self._send(gathered))

    def _task(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, gathered: _Gathered) -> None:
        from openai import APIStatusError

        record, unsure = BatchRecord(self._url, tuple(gathered.names)), False
        try:
            with gathered.lines as lines:
                file = await self._uploaded(lines)
            self._records.keep(record)
            try:
                batch = await self._client.batches.create(
                    input_file_id=file,
                    endpoint="/v1/chat/completions",
                    completion_window="24h",
                    metadata={"audiorouter": record.mark},
                )
                batch_id: str | None = self._told(batch, "id")
            except Exception as error:
                if isinstance(error, APIStatusError) and not worth_retrying(error.status_code):
                    raise  # it was refused; behind any other fault it may have been made
                unsure = True
                marks = await self._by_marks({record.mark})
                unsure = marks is None
                if (batch_id := (marks or {}).get(record.mark)) is None:
                    raise error from None
        except Exception as error:  # noqa: BLE001 - whatever it is, no question is to blame for it
            # Where it is not known whether it was made, the next run finds it by its mark.
            fault = self._fault(error)
            hint = " (where a server has no batches, leave out --server-batch)"
            self._fail(
                record.requests,
                f"the batch cannot be sent: {fault.words}{hint * (fault.status in (404, 405))}",
                forget=not unsure,
                lasting=True,
            )
            return
        record = replace(record, batch=batch_id)
        self._records.keep(record)
        _log.warning("%s: %d requests are in batch %s", self._name, len(record.requests), batch_id)
        await self._follow(record)

    def _told(self, reply: Any, name: str) -> str:
        """What a reply of the server has under that name.

        Raises:
            ServerError: it is no such reply, but perhaps a page of somebody who stands between.
        """
        value = getattr(reply, name, None)
        if isinstance(value, str):
            return value
        if isinstance(reply, str):
            raise page_fault(reply, self._url).without(self._secrets)
        said = getattr(reply, "error", None) or f"a reply without {name}"
        raise fault_in(said, self._url).without(self._secrets)

    def _fault(self, error: Exception) -> ServerError:
        """What went wrong at the server, or on this machine on the way to it."""
        from openai import APIError

        if isinstance(error, ServerError):
            return error
        if isinstance(error, APIError):
            return fault_of(error, str(error.request.url), self._secrets)
        return ServerError(str(error)).without(self._secrets)

    async def _uploaded(self, lines: IO[bytes]) -> str:
        """The id of a file of requests at the server."""
        lines.seek(0)
        client = self._client.with_options(timeout=_UPLOAD_SECONDS, max_retries=_RETRIES)
        sent = await client.files.create(file=("requests.jsonl", lines), purpose="batch")
        return self._told(sent, "id")

    async def _by_marks(self, wanted: set[str]) -> dict[str, str] | None:
        """The ids of the server's batches with those marks of ours; None where it does not say.

        Raises:
            ServerError: it tells us nothing.
        """

        async def found() -> dict[str, str]:
            made: dict[str, str] = {}
            async for batch in self._client.batches.list(limit=100):
                mark = (batch.metadata or {}).get("audiorouter")
                if mark in wanted:
                    made[mark] = batch.id
                    if len(made) == len(wanted):
                        break
            return made

        marks: dict[str, str] | None = await self._asked(found())
        return marks

    async def _resume(self) -> None:
        """Find the batches of earlier processes, by their ids or else by their marks."""
        records = list(self._records)
        unsure = {record.mark for record in records if record.batch is None}
        marks, why = None, "run it again later"
        try:
            marks = await self._by_marks(unsure) if unsure else {}
        except ServerError as fault:
            why = fault.words
        if marks is None:
            raise ReasonerError(
                f"{self._name}: the server does not say whether it has a batch of an earlier run; "
                f"{why}",
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
            self._task(self._follow(record))
        self._earlier = ()

    async def _follow(self, record: BatchRecord) -> None:
        """Wait for a batch, and deliver its replies."""
        try:
            await self._replies(record)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for a word of it
            fault = self._fault(error)
            unknown = fault.status == 404
            why = f"batch {record.batch} cannot be asked for"
            why += ", its requests are sent anew by the next run" if unknown else ""
            self._fail(record.requests, f"{why}: {fault.words}", forget=unknown, lasting=True)

    async def _replies(self, record: BatchRecord) -> None:
        """Deliver the replies of a batch as soon as it has ended.

        Raises:
            ServerError: the server tells us nothing of it.
        """
        assert record.batch is not None
        until = time.monotonic() + LONGEST_SECONDS
        while True:
            batch = await self._asked(self._client.batches.retrieve(record.batch))
            if batch is not None and self._told(batch, "status") in _ENDED:
                break
            await self._wait(until)
        files = [file for file in (batch.output_file_id, batch.error_file_id) if file is not None]
        for file in files:
            await self._deliver(file, until)
        errors = getattr(batch.errors, "data", None) or ()
        said = "; ".join(dict.fromkeys(error.message or "" for error in errors))
        why = f"batch {batch.id} is {batch.status} and has no reply"
        why += f": {self._quoted(said)}" if said else ""
        # Where nothing in it was answered, it did not fail by a question.
        self._fail(record.requests, why, lasting=not files)

    async def _deliver(self, file: str, until: float) -> None:
        while (content := await self._asked(self._client.files.content(file))) is None:
            await self._wait(until)
        replies = batch_replies(content.text)
        if content.text.strip() and not replies:
            raise page_fault(content.text, self._url).without(self._secrets)
        for name, response, error in replies:
            body, status = response.get("body"), response.get("status_code")
            if status == 200:
                self._give(name, body)
            else:
                said = self._quoted(json.dumps(error or body or response))
                self._fail([name], f"its batch says: {said}", lasting=refuses_all(status))

    async def _wait(self, until: float) -> None:
        """Wait before a server is asked again, but no longer than a batch takes."""
        if time.monotonic() > until:
            raise ServerError(f"nothing came of it within {LONGEST_SECONDS / 3600:.0f} hours")
        await asyncio.sleep(self._times.poll)

    def _quoted(self, said: str) -> str:
        """The beginning of what a server says; a secret that is cut would not be known any more."""
        return blanked(said, self._secrets)[:_QUOTED]

    async def _asked(self, asking: Any) -> Any:
        """What a server says; None where it does not, which is asked again.

        Raises:
            ServerError: it will not say, however often it is asked.
        """
        try:
            return await asking
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - a day is long enough for all kinds of faults
            fault = self._fault(error)
            if not (fault.again or fault.unreachable):
                raise fault from None
            _log.info("%s: %s", self._name, fault.words)
            return None

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
        if forget:
            self._records.drop(failed)
        self._there.difference_update(failed)
        for name in failed:
            if (waiting := self._waiting.pop(name, None)) is not None:
                said = blanked(f"{self._name}: {why}", self._secrets)
                waiting.set_exception(ReasonerError(said, lasting=lasting))
                waiting.exception()  # nobody may be waiting any more
