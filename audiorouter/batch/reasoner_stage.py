"""The reasoner's stage: requests become batches, and the store is asked before the reasoner."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

from audiorouter.batch.ceilings import Account, paid_by
from audiorouter.batch.kept_answers import answer_key, answer_to_keep, restored
from audiorouter.batch.orders import averaged, in_order, orders_of
from audiorouter.batch.reasoning_counters import ReasoningCounters
from audiorouter.batch.windows import pooled, window_edges, windows_of
from audiorouter.border import foreign
from audiorouter.border.threads import (
    GIVE_UP_AFTER,
    CircuitBreaker,
    OutsideLoop,
    OutsideThread,
)
from audiorouter.errors import (
    FaultError,
    ReasonerError,
    StoreError,
    UnkeepableError,
    UnreachableError,
)
from audiorouter.providers.checks import checked_answer, checked_answers
from audiorouter.providers.interface import Answer, AsyncReasoner, Reasoner, Request
from audiorouter.providers.prices import add_usage
from audiorouter.store import Store
from audiorouter.store.reads_together import ReadsTogether

_log = logging.getLogger(__name__)

DEFAULT_TIMEOUT = 3600.0
"""Seconds that an answer may take, or a batch of them; the first one loads the model."""
_CLOSE_SECONDS = 5.0


class Reply(NamedTuple):
    """An answer with its key in the store, and whether it was there already."""

    answer: Answer
    key: str
    cached: bool


class _Queued(NamedTuple):
    """A request that waits for its batch."""

    key: str
    request: Request
    future: asyncio.Future[Answer]


class ReasonerStage:
    """Asks the reasoner in batches, on a thread of its own.

    One that waits for a server is asked on an event loop of its own instead, each request by
    itself. `threads` says before each batch how many cores the reasoner may use, `orders` in how
    many orders choices are shown, `timeout` how many seconds an answer may take. With
    `retry_failed` what is kept of words that named no choice is asked once more, with `fresh`
    everything that is kept. Before anything is asked `computing` is called with the kind of error
    that it may raise instead.

    Use it within one event loop.
    """

    def __init__(
        self,
        reasoner: Reasoner,
        store: Store,
        *,
        batch_size: int | None = None,
        orders: int = 1,
        timeout: float = DEFAULT_TIMEOUT,
        retry_failed: bool = False,
        fresh: bool = False,
        threads: Callable[[], int],
        computing: Callable[[type[FaultError]], None] = lambda _kind: None,
    ):
        self.counters = ReasoningCounters()
        self.reasoner = self._reasoner = reasoner
        self._whose = f"the reasoner {reasoner.name}"
        self._store = store
        self._kept_answers = ReadsTogether(store.answers)
        self._batch_size = batch_size or reasoner.batch_size
        self._orders = orders
        self._timeout = timeout
        self._retry_failed = retry_failed
        self._fresh = fresh
        self._saved: set[str] = set()
        self._saves = 0
        self._threads = threads
        self._computing = computing
        self._replaced: set[str] = set()
        self._absent = 0
        self._queue: asyncio.Queue[_Queued] = asyncio.Queue()
        self._in_flight: dict[str, asyncio.Task[Answer]] = {}
        self._waiting: Counter[str] = Counter()
        self._unsaved: dict[str, Answer] = {}
        self._thread = OutsideThread("reasoner")
        self._loop = OutsideLoop("reasoner")
        self._task: asyncio.Task[None] | None = None
        self._breaker = CircuitBreaker(self._whose, ReasonerError)
        self._places = asyncio.Semaphore(getattr(reasoner, "in_flight", 1))

    async def ask(self, request: Request, counters: ReasoningCounters | None = None) -> Reply:
        """Answer the request, each distinct one once.

        What is done is counted in `counters`; without any, in those of the stage.

        Raises:
            ReasonerError: the reasoner could not answer it.
        """
        counters = self.counters if counters is None else counters
        if self._orders > 1 and request.choices and self._reasoner.order_matters:
            return await self._ask_in_orders(request, counters)
        return await self._ask_once(request, counters)

    def unsaved(self, request: Request) -> Reply | None:
        """The answer to the request where there is one that the store did not take."""
        averaged = self._orders > 1 and request.choices and self._reasoner.order_matters
        key = answer_key(self._reasoner, request, orders=self._orders if averaged else 1)
        answer = self._unsaved.get(key)
        return None if answer is None else Reply(answer, key, cached=False)

    async def _ask_in_orders(self, request: Request, counters: ReasoningCounters) -> Reply:
        key = answer_key(self._reasoner, request, orders=self._orders)
        kept = await self._kept(key, request, counters)
        if kept is not None:
            return kept
        orders = orders_of(request, self._orders)
        shown = [in_order(request, order) for order in orders]
        answers = await self._ask_each(shown, counters)
        answer = averaged(request, orders, answers)
        self._save_made_of_others(key, request, answer)
        return Reply(answer, key, cached=False)

    async def _ask_in_windows(
        self, key: str, request: Request, windows: list[Request], counters: ReasoningCounters
    ) -> Reply:
        """One answer from those about each window, which are kept as well."""
        answers = await self._ask_each(windows, counters)
        edges = window_edges(self._reasoner, request.open_clip().duration)
        answer = pooled(request, edges, answers)
        self._save_made_of_others(key, request, answer)
        return Reply(answer, key, cached=False)

    async def _ask_each(
        self, requests: Iterable[Request], counters: ReasoningCounters
    ) -> list[Answer]:
        """The answers to several requests, of which none may fail."""
        # All are waited for, also where one fails: others may be waiting for the same answers.
        replies = await asyncio.gather(
            *(self._ask_once(request, counters) for request in requests), return_exceptions=True
        )
        answers = []
        for reply in replies:
            if isinstance(reply, BaseException):
                raise reply
            answers.append(reply.answer)
        return answers

    async def _ask_once(self, request: Request, counters: ReasoningCounters) -> Reply:
        key = answer_key(self._reasoner, request)
        kept = await self._kept(key, request, counters)
        if kept is not None:
            return kept
        if windows := windows_of(self._reasoner, request):
            return await self._ask_in_windows(key, request, windows, counters)
        making = self._in_flight.get(key)
        if making is None:
            self._computing(ReasonerError)
            # A task of its own: who gives up waiting takes the answer from nobody else.
            making = self._in_flight[key] = asyncio.create_task(self._make(key, request, counters))
            making.add_done_callback(lambda task: self._made(key, task))
            with self._waiting_for(key):
                return Reply(await asyncio.shield(making), key, cached=False)
        counters.answers_cached += 1
        with self._waiting_for(key):
            return Reply(await asyncio.shield(making), key, cached=True)

    @contextmanager
    def _waiting_for(self, key: str) -> Iterator[None]:
        """What nobody waits for any more when its turn comes is not asked."""
        self._waiting[key] += 1
        try:
            yield
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]

    def _given_up(self, key: str) -> bool:
        """Whether nobody waits for that answer; whoever wants it from now on asks anew."""
        if self._waiting[key]:
            return False
        self._in_flight.pop(key, None)
        return True

    async def _kept(self, key: str, request: Request, counters: ReasoningCounters) -> Reply | None:
        """What the store has, where it is an answer to this request and not to be asked again."""
        if self._fresh and key not in self._saved:
            self._replaced.add(key)
            return None
        saves = self._saves
        stored = (await self._kept_answers.get([key])).get(key)
        if stored is None and self._saves > saves:  # it may have been made since
            stored = self._store.answers([key]).get(key)
        if stored is None:
            return None
        try:
            answer = checked_answer(restored(stored), request, whose="the store")
        except (ReasonerError, ValueError, TypeError, RecursionError) as error:
            _log.warning("an answer that the store holds is made again: %s", error)
            self._replaced.add(key)
            return None
        unread = answer.index is None and request.choices and not request.tools
        if unread and self._retry_failed and key not in self._saved:
            self._replaced.add(key)
            return None
        counters.answers_cached += 1
        return Reply(answer, key, cached=True)

    async def _make(self, key: str, request: Request, counters: ReasoningCounters) -> Answer:
        """Have the request answered, and keep the answer."""
        counters.under_way += 1
        try:
            answer = await self._new_answer(key, request, counters)
        except ReasonerError as error:
            counters.endings.update([] if error.ending is None else [error.ending])
            raise
        finally:
            counters.under_way -= 1
        counters.answers_made += 1
        counters.seconds += answer.seconds
        counters.latencies.add(answer.seconds)
        add_usage(counters.usage, answer.usage)
        self._save(key, request, answer)
        return answer

    async def _new_answer(self, key: str, request: Request, counters: ReasoningCounters) -> Answer:
        if isinstance(self._reasoner, AsyncReasoner):
            return await self._reply(self._reasoner, key, request, counters.account)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        async def queued() -> Answer:
            self._queue.put_nowait(_Queued(key, request, future))
            return await future

        return await paid_by(counters.account, queued)

    def _made(self, key: str, task: asyncio.Task[Answer]) -> None:
        if self._in_flight.get(key) is task:
            del self._in_flight[key]
        if not task.cancelled():
            task.exception()  # marks it as seen: nobody may be waiting any more

    async def close(self) -> None:
        """Stop asking. What is under way is not waited for, and its answers are dropped."""
        under_way = [*self._in_flight.values(), *([] if self._task is None else [self._task])]
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

        try:
            # The clock runs for those on their way, not for those who wait for a place.
            async with self._places:
                if self._given_up(key):
                    raise asyncio.CancelledError
                answer = await paid_by(
                    account,
                    lambda: self._loop.run(
                        replied,
                        whose=self._whose,
                        kind=ReasonerError,
                        seconds=max(self._timeout, reasoner.longest_wait),
                        before=self._breaker.check,
                    ),
                )
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
            if not batch:
                continue
            try:
                await self._answer(batch)
            except Exception as error:  # noqa: BLE001 - a batch that is not answered ends nothing
                gone = isinstance(error, UnreachableError)
                why = error if gone else foreign(self._whose, error, ReasonerError)
                for queued in batch:
                    if not queued.future.done():
                        queued.future.set_exception(why)

    def _wanted(self, queued: _Queued) -> list[_Queued]:
        if self._given_up(queued.key):
            queued.future.cancel()
            return []
        return [queued]

    async def _answer(self, batch: list[_Queued]) -> None:
        requests = [queued.request for queued in batch]
        try:
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
                    await self._answer([single])
                return
            self._note(error)
            for queued in batch:
                if not queued.future.done():
                    queued.future.set_exception(error)
            return
        for (_, _, future), answer in zip(batch, answers, strict=True):
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

    def _save_made_of_others(self, key: str, request: Request, answer: Answer) -> None:
        """What was used stands at each of the others already, and would count twice."""
        self._save(key, request, replace(answer, usage={}))

    def _save(self, key: str, request: Request, answer: Answer) -> None:
        try:
            row = answer_to_keep(key, self._reasoner, request, answer)
            self._store.save_answer(row, replace=key in self._replaced)
            self._saves += 1
            self._replaced.discard(key)
            if self._fresh or self._retry_failed:
                self._saved.add(key)
        except UnkeepableError:
            raise
        except StoreError:
            # It ends the batch, but takes from nobody what was made for it.
            self._unsaved[key] = answer
            raise
