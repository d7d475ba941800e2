"""The reasoner's stage: each distinct request is answered once, by the store where that can."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from audiorouter.batch.reasoning.ceilings import NotAskedError
from audiorouter.batch.reasoning.kept_answers import answer_key, answer_to_keep, restored
from audiorouter.batch.reasoning.orders import averaged, in_order, orders_of
from audiorouter.batch.reasoning.reasoner_calls import ReasonerCalls
from audiorouter.batch.reasoning.reasoning_counters import ReasoningCounters
from audiorouter.batch.reasoning.windows import pooled, windows_of
from audiorouter.errors import (
    FaultError,
    ReasonerError,
    StoreError,
    UnkeepableError,
)
from audiorouter.providers.checks import checked_answer
from audiorouter.providers.interface import Answer, Reasoner, Request
from audiorouter.providers.prices import add_usage
from audiorouter.store import Store
from audiorouter.store.reads_together import ReadsTogether

_log = logging.getLogger(__name__)

DEFAULT_TIMEOUT = 3600.0
"""Seconds that an answer may take, or a batch of them; the first one loads the model."""


class Reply(NamedTuple):
    """An answer with its key in the store, and whether it was there already."""

    answer: Answer
    key: str
    cached: bool


class ReasonerStage:
    """Asks the store, and the reasoner for what that has not.

    `threads` says before each batch how many cores the reasoner may use, `orders` in how many
    orders choices are shown, `timeout` how many seconds an answer may take. With `retry_failed`
    what is kept of words that named no choice is asked once more, with `fresh` everything that is
    kept. Before anything is asked `computing` is called with the kind of error that it may raise
    instead.

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
        self._store = store
        self._kept_answers = ReadsTogether(store.answers)
        self._orders = orders
        self._retry_failed = retry_failed
        self._fresh = fresh
        self._saved: set[str] = set()
        self._saves = 0
        self._computing = computing
        self._replaced: set[str] = set()
        self._in_flight: dict[str, asyncio.Task[Answer]] = {}
        self._waiting: Counter[str] = Counter()
        self._unsaved: dict[str, Answer] = {}
        self._calls = ReasonerCalls(
            reasoner,
            batch_size=batch_size or reasoner.batch_size,
            timeout=timeout,
            threads=threads,
            given_up=self._given_up,
            made_elsewhere=self._made_elsewhere,
            running=self.counters.running,
        )

    async def load(self) -> None:
        """Load the reasoner ahead of its first answer, which says what goes wrong."""
        try:
            await self._calls.load()
        except ReasonerError as error:
            _log.warning("loading ahead: %s", error)

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
        parts = await self._ask_each(shown, counters)
        answer = averaged(request, orders, [part.answer for part in parts])
        self._save_made_of_others(key, request, answer)
        return Reply(answer, key, cached=all(part.cached for part in parts))

    async def _ask_in_windows(
        self, key: str, request: Request, windows: list[Request], counters: ReasoningCounters
    ) -> Reply:
        """One answer from those about each window, which are kept as well."""
        parts = await self._ask_each(windows, counters)
        answer = pooled(request, [part.answer for part in parts])
        self._save_made_of_others(key, request, answer)
        return Reply(answer, key, cached=all(part.cached for part in parts))

    async def _ask_each(
        self, requests: Iterable[Request], counters: ReasoningCounters
    ) -> list[Reply]:
        """The answers to several requests, of which none may fail."""
        # All are waited for, also where one fails: others may be waiting for the same answers.
        replies = await asyncio.gather(
            *(self._ask_once(request, counters) for request in requests), return_exceptions=True
        )
        for reply in replies:
            if isinstance(reply, BaseException):
                raise reply
        return [reply for reply in replies if isinstance(reply, Reply)]

    async def _ask_once(self, request: Request, counters: ReasoningCounters) -> Reply:
        key = answer_key(self._reasoner, request)
        while True:
            kept = await self._kept(key, request, counters)
            if kept is not None:
                return kept
            if windows := windows_of(self._reasoner, request):
                return await self._ask_in_windows(key, request, windows, counters)
            try:
                return await self._ask_or_join(key, request, counters)
            except NotAskedError:  # by now it is in the store, or ours to ask
                if counters.account is not None and counters.account.budget.ended:
                    raise ReasonerError("not asked: its batch has ended") from None

    async def _ask_or_join(self, key: str, request: Request, counters: ReasoningCounters) -> Reply:
        making = self._in_flight.get(key)
        if making is None or making.done():
            self._computing(ReasonerError)
            # A task of its own: who gives up waiting takes the answer from nobody else.
            making = self._in_flight[key] = asyncio.create_task(self._make(key, request, counters))
            making.add_done_callback(lambda task: self._made(key, task))
            with self._waiting_for(key):
                return Reply(await asyncio.shield(making), key, cached=False)
        with self._waiting_for(key):
            answer = await asyncio.shield(making)
        counters.answers_cached += 1
        return Reply(answer, key, cached=True)

    @contextlib.contextmanager
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
        if answer.seconds:
            counters.latencies.add(answer.seconds)
        add_usage(counters.usage, answer.usage)
        self._save(key, request, answer)
        return answer

    async def _new_answer(self, key: str, request: Request, counters: ReasoningCounters) -> Answer:
        return await self._calls.answer(key, request, counters.account)

    def _made(self, key: str, task: asyncio.Task[Answer]) -> None:
        if self._in_flight.get(key) is task:
            del self._in_flight[key]
        if not task.cancelled():
            task.exception()  # marks it as seen: nobody may be waiting any more

    def _made_elsewhere(self, keys: Iterable[str]) -> Collection[str]:
        """Which answers another batch has put into the store since they were looked for."""
        return self._store.answers(key for key in keys if key not in self._replaced).keys()

    async def close(self) -> None:
        """Stop asking. What is under way is not waited for, and its answers are dropped."""
        await self._calls.close([*self._in_flight.values()])

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
