"""Calling the reasoner: in batches on a thread of its own, or side by side on an event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from audiorouter.batch.reasoning.ceilings import Account, NotAskedError, paid_by
from audiorouter.batch.reasoning.reasoning_counters import Running
from audiorouter.border import foreign
from audiorouter.border.event_loop import OutsideLoop
from audiorouter.border.threads import (
    GIVE_UP_AFTER,
    CircuitBreaker,
    OutsideThread,
)
from audiorouter.errors import ReasonerError, StoreError, UnreachableError
from audiorouter.providers.checks import checked_answer, checked_answers
from audiorouter.providers.interface import Answer, AsyncReasoner, Reasoner, Request

_log = logging.getLogger(__name__)

_CLOSE_SECONDS = 5.0


class _Queued(NamedTuple):
    """A request that waits for its batch."""

    key: str
    request: Request
    future: asyncio.Future[Answer]
    account: Account | None

    @property
    def too_late(self) -> bool:
        """Whether its batch's time was up while it waited."""
        return self.account is not None and self.account.budget.time_is_up


class ReasonerCalls:
    """Has a reasoner answer requests, and takes nothing from it that is no answer.

    One that waits for a server is asked on an event loop, each request by itself; any other one in
    batches. `given_up` says by its key whether nobody waits for an answer any more when its turn
    comes, and `made_elsewhere` which answers another batch has made meanwhile; `threads` before
    each batch how many cores the reasoner may use; `timeout` how many seconds an answer may take,
    or a batch of them. What it is at is noted in `running`.

    Use it within one event loop.
    """

    def __init__(
        self,
        reasoner: Reasoner,
        *,
        batch_size: int,
        timeout: float,
        threads: Callable[[], int],
        given_up: Callable[[str], bool],
        made_elsewhere: Callable[[Iterable[str]], Collection[str]],
        running: Running,
    ):
        self._reasoner = reasoner
        self._whose = f"the reasoner {reasoner.name}"
        self._batch_size = batch_size
        self._timeout = timeout
        self._threads = threads
        self._given_up = given_up
        self._made_elsewhere = made_elsewhere
        self._running = running
        self._absent = 0
        self._begun = False
        self._queue: asyncio.Queue[_Queued] = asyncio.Queue()
        self._thread = OutsideThread("reasoner")
        self._loop = OutsideLoop("reasoner")
        self._task: asyncio.Task[None] | None = None
        self._breaker = CircuitBreaker(self._whose, ReasonerError)
        self._places = asyncio.Semaphore(reasoner.in_flight)

    async def load(self) -> None:
        """Have the reasoner load what its first answer needs, unless that is under way already.

        Raises:
            ReasonerError: it could not.
        """
        if self._begun:
            return
        await self._thread.call(
            lambda: self._reasoner.load(),
            whose=self._whose,
            kind=ReasonerError,
            seconds=self._timeout,
        )

    async def answer(self, key: str, request: Request, account: Account | None) -> Answer:
        """The reasoner's answer to the request, which `account` pays for.

        Raises:
            ReasonerError: the reasoner could not answer it.
            NotAskedError: it was not asked after all: the store has the answer, or who was to pay
                for it has ended.
        """
        self._begun = True
        if isinstance(self._reasoner, AsyncReasoner):
            return await self._reply(self._reasoner, key, request, account)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        async def queued() -> Answer:
            self._queue.put_nowait(_Queued(key, request, future, account))
            return await future

        return await paid_by(account, queued)

    async def close(self, waiting: Iterable[asyncio.Task[Answer]]) -> None:
        """Stop asking, and end the tasks that wait for answers."""
        under_way = [*waiting, *([] if self._task is None else [self._task])]
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        if isinstance(self._reasoner, AsyncReasoner) and self._loop.started:
            try:
                await self._loop.run(
                    self._reasoner.close,
                    whose=self._whose,
                    kind=ReasonerError,
                    seconds=_CLOSE_SECONDS,
                )
            except ReasonerError as error:
                _log.info("%s", error)
        self._thread.leave()
        self._loop.leave()

    async def _reply(
        self, reasoner: AsyncReasoner, key: str, request: Request, account: Account | None
    ) -> Answer:
        async def replied() -> Answer:
            # Reading what was given is running code that is not ours as well.
            return checked_answer(await reasoner.reply(request), request, whose=self._whose)

        async def sent() -> Answer:
            if self._made_elsewhere([key]):
                raise NotAskedError
            with self._running.one():
                return await self._loop.run(
                    replied,
                    whose=self._whose,
                    kind=ReasonerError,
                    seconds=max(self._timeout, reasoner.longest_wait),
                    before=self._breaker.check,
                )

        try:
            # The clock runs for those on their way, not for those who wait for a place.
            async with self._places:
                if self._given_up(key):
                    raise asyncio.CancelledError
                answer = await paid_by(account, sent)
        except ReasonerError as error:
            self._note(error)
            raise
        self._is_there()
        return answer

    async def _work(self) -> None:
        while True:
            batch = self._wanted(await self._queue.get())
            while len(batch) < self._batch_size and not self._queue.empty():
                batch += self._wanted(self._queue.get_nowait())
            try:
                if batch := self._still_lacking(batch):
                    await self._answer_batch(batch)
            except Exception as error:  # noqa: BLE001 - a batch that is not answered ends nothing
                gone = isinstance(error, UnreachableError | StoreError)
                why = error if gone else foreign(self._whose, error, ReasonerError)
                for queued in batch:
                    if not queued.future.done():
                        queued.future.set_exception(why)

    def _wanted(self, queued: _Queued) -> list[_Queued]:
        if self._given_up(queued.key):
            queued.future.cancel()
            return []
        return [queued]

    def _still_lacking(self, batch: list[_Queued]) -> list[_Queued]:
        """Those of a batch that are to be asked, now that its turn has come."""
        there = self._made_elsewhere([queued.key for queued in batch])
        lacking = []
        for queued in batch:
            if queued.key not in there and not queued.too_late:
                lacking.append(queued)
            elif not queued.future.done():
                queued.future.set_exception(NotAskedError())
        return lacking

    async def _answer_batch(self, batch: list[_Queued]) -> None:
        requests = [queued.request for queued in batch]
        try:
            with self._running.one(len(batch)):
                answers = await self._thread.call(
                    lambda: self._call(tuple(requests)),
                    whose=self._whose,
                    kind=ReasonerError,
                    seconds=self._timeout,
                    before=self._breaker.check,
                )
        except ReasonerError as error:
            if len(batch) > 1:
                # One bad request must not take its neighbours down.
                for single in batch:
                    await self._answer_batch([single])
                return
            self._note(error)
            for queued in batch:
                if not queued.future.done():
                    queued.future.set_exception(error)
            return
        for (_, _, future, _), answer in zip(batch, answers, strict=True):
            if isinstance(answer, Answer):
                self._is_there()
            if future.done():
                continue
            if isinstance(answer, Answer):
                future.set_result(answer)
            else:
                future.set_exception(answer)

    def _call(self, requests: tuple[Request, ...]) -> list[Answer | ReasonerError]:
        """What the reasoner gives to each request, or why that is no answer."""
        self._reasoner.use_threads(self._threads())
        given = checked_answers(self._reasoner.answer(requests), requests, whose=self._whose)
        return [
            self._checked(answer, request) for answer, request in zip(given, requests, strict=True)
        ]

    def _checked(self, given: object, request: Request) -> Answer | ReasonerError:
        try:
            return checked_answer(given, request, whose=self._whose)
        except ReasonerError as error:
            return error

    def _note(self, error: ReasonerError) -> None:
        """One more error; a reasoner that is not there is not asked for all the other rows.

        Raises:
            UnreachableError: it was not there a few times in a row.
        """
        self._breaker.note(error)
        self._absent = self._absent + 1 if error.lasting else 0
        if self._absent >= GIVE_UP_AFTER:
            raise UnreachableError(str(error)) from None

    def _is_there(self) -> None:
        self._breaker.note()
        self._absent = 0
