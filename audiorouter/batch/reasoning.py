"""The reasoner's stage: requests become batches, and the store is asked before the reasoner."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

from audiorouter.batch.orders import averaged, in_order, orders_of
from audiorouter.errors import ReasonerError
from audiorouter.providers.interface import Answer, AsyncReasoner, Evidence, Reasoner, Request
from audiorouter.store import Store, StoredAnswer, cache_key, canonical_json


class Reply(NamedTuple):
    """An answer with its key in the store, and whether it was there already."""

    answer: Answer
    key: str
    cached: bool


@dataclass
class ReasoningCounters:
    """What the stage did so far."""

    answers_made: int = 0
    answers_cached: int = 0
    seconds: float = 0.0


def answer_key(reasoner: Reasoner, request: Request, *, orders: int = 1) -> str:
    """Cache key of an answer: reasoner, clip, question, choices in order, and every finding.

    With more than one of `orders` it is the key of an average.
    """
    parts: dict[str, Any] = {
        "reasoner": reasoner.identity,
        "clip": request.audio_hash,
        "question": request.question,
        "choices": list(request.choices),
        "heard": _evidence(request.heard),
        "findings": _evidence(request.findings),
    }
    if request.tools:
        parts["tools"] = [tool.as_json() for tool in request.tools]
        parts["max_calls"] = request.max_calls
    if orders > 1 and reasoner.order_matters and request.choices:
        parts["orders"] = orders
    return cache_key("answer", parts)


class ReasonerStage:
    """Asks the reasoner in batches, on a thread of its own.

    One that waits for a server is asked on the event loop instead, each request by itself.
    `threads` says before each batch how many cores the reasoner may use, `orders` in how many
    orders choices are shown.
    """

    def __init__(
        self,
        reasoner: Reasoner,
        store: Store,
        *,
        batch_size: int | None = None,
        orders: int = 1,
        threads: Callable[[], int],
    ):
        self.counters = ReasoningCounters()
        self._reasoner = reasoner
        self._store = store
        self._batch_size = batch_size or reasoner.batch_size
        self._orders = orders
        self._threads = threads
        self._queue: asyncio.Queue[tuple[Request, asyncio.Future[Answer]]] = asyncio.Queue()
        self._in_flight: dict[str, asyncio.Future[Answer]] = {}
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="reasoner")
        self._task: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> Reply:
        """Answer the request, each distinct one once.

        Raises:
            ReasonerError: the reasoner could not answer it.
        """
        if self._orders > 1 and request.choices and self._reasoner.order_matters:
            return await self._ask_in_orders(request)
        return await self._ask_once(request)

    async def _ask_in_orders(self, request: Request) -> Reply:
        key = answer_key(self._reasoner, request, orders=self._orders)
        stored = self._store.answers([key]).get(key)
        if stored is not None:
            self.counters.answers_cached += 1
            return Reply(_restored(stored), key, cached=True)
        orders = orders_of(request, self._orders)
        replies = await asyncio.gather(
            *(self._ask_once(in_order(request, order)) for order in orders)
        )
        answer = averaged(request, orders, [reply.answer for reply in replies])
        self._save(key, request, answer)
        return Reply(answer, key, cached=False)

    async def _ask_once(self, request: Request) -> Reply:
        key = answer_key(self._reasoner, request)
        stored = self._store.answers([key]).get(key)
        if stored is not None:
            self.counters.answers_cached += 1
            return Reply(_restored(stored), key, cached=True)
        running = self._in_flight.get(key)
        if running is not None:
            self.counters.answers_cached += 1
            return Reply(await asyncio.shield(running), key, cached=True)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._in_flight[key] = future
        if isinstance(self._reasoner, AsyncReasoner):
            waiting = asyncio.create_task(self._wait_for(self._reasoner, request, future))
        else:
            if self._task is None:
                self._task = asyncio.create_task(self._work())
            self._queue.put_nowait((request, future))
            waiting = None
        try:
            answer = await future
        finally:
            if waiting is not None:
                waiting.cancel()
            del self._in_flight[key]
        self._save(key, request, answer)
        return Reply(answer, key, cached=False)

    async def close(self) -> None:
        """Stop asking; a batch that is under way is waited for, its answers are dropped."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if isinstance(self._reasoner, AsyncReasoner):
            await self._reasoner.close()
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _wait_for(
        self, reasoner: AsyncReasoner, request: Request, future: asyncio.Future[Answer]
    ) -> None:
        try:
            answer = await reasoner.reply(request)
        except Exception as error:  # noqa: BLE001 - a provider may raise anything
            if not future.done():
                future.set_exception(_as_reasoner_error(error))
            return
        if not future.done():
            future.set_result(answer)
        self.counters.answers_made += 1
        self.counters.seconds += answer.seconds

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < self._batch_size and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._answer(batch)

    async def _answer(self, batch: list[tuple[Request, asyncio.Future[Answer]]]) -> None:
        requests = [request for request, _ in batch]
        try:
            answers = await asyncio.get_running_loop().run_in_executor(
                self._executor, self._call, requests
            )
        except Exception as error:  # noqa: BLE001 - a provider may raise anything
            if len(batch) > 1:
                # One bad request must not take its neighbours down.
                for single in batch:
                    await self._answer([single])
                return
            for _, future in batch:
                if not future.done():
                    future.set_exception(_as_reasoner_error(error))
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)
        self.counters.answers_made += len(answers)
        self.counters.seconds += sum(answer.seconds for answer in answers)

    def _call(self, requests: Sequence[Request]) -> list[Answer]:
        self._reasoner.use_threads(self._threads())
        answers = self._reasoner.answer(requests)
        if len(answers) != len(requests):
            raise ReasonerError(f"gave {len(answers)} answers to {len(requests)} questions")
        return answers

    def _save(self, key: str, request: Request, answer: Answer) -> None:
        probabilities = answer.probabilities
        confidence = None
        if probabilities is not None and answer.index is not None:
            confidence = probabilities[answer.index]
        self._store.save_answer(
            StoredAnswer(
                key=key,
                clip=request.audio_hash,
                question=request.question,
                choices=canonical_json(list(request.choices)),
                provider=self._reasoner.name,
                identity=self._reasoner.identity,
                findings=canonical_json(_evidence((*request.heard, *request.findings))),
                prediction=answer.text,
                prediction_index=answer.index,
                probabilities=None if probabilities is None else canonical_json(probabilities),
                confidence=confidence,
                seconds=answer.seconds,
                usage=None if answer.usage is None else canonical_json(dict(answer.usage)),
            )
        )


def _evidence(items: Sequence[Evidence]) -> list[list[str]]:
    return [[item.call.label, item.text] for item in items]


def _restored(row: StoredAnswer) -> Answer:
    probabilities = None if row.probabilities is None else tuple(json.loads(row.probabilities))
    usage = None if row.usage is None else json.loads(row.usage)
    return Answer(row.prediction, row.prediction_index, probabilities, row.seconds, usage)


def _as_reasoner_error(error: Exception) -> ReasonerError:
    if isinstance(error, ReasonerError):
        return error
    return ReasonerError(f"the reasoner failed: {type(error).__name__}: {error}")
