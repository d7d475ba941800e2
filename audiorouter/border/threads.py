"""Threads on which code that is not ours runs: it never holds up, blocks or ends the event loop.

A thread cannot be killed. One that overruns its time is left behind and a new one takes its place;
`left_behind` says whether any is still at it, so that a program need not wait for it at its end.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from audiorouter.border.faults import foreign
from audiorouter.errors import FaultError

T = TypeVar("T")

_PREFIX = "audiorouter outside"

GIVE_UP_AFTER = 3
"""Times in a row that something may take too long before it is not asked again."""


class OverdueError(Exception):
    """Code that is not ours took longer than it may."""


class Result(NamedTuple):
    """What came of a call. An error is a value here: some may not be raised into a future."""

    value: Any = None
    error: BaseException | None = None


class OutsideThread:
    """Runs functions that are not ours, one after the other, on a thread of its own.

    Use it within one event loop.
    """

    def __init__(self, name: str):
        self._name = name
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] | None = None
        self._turn = asyncio.Lock()

    async def call(
        self,
        work: Callable[[], T],
        *,
        whose: str,
        kind: type[FaultError],
        seconds: float,
        before: Callable[[], None] = lambda: None,
    ) -> T:
        """What `work` gives. `before` may refuse when its turn has come.

        Raises:
            FaultError: (of that `kind`) it raised something, or took longer than `seconds`.
        """
        async with self._turn:
            before()
            future: Future[Result] = Future()
            self._queue().put(lambda: _work_on(future, work))
            try:
                # Not wait_for, which forgets a cancellation that comes with the result.
                async with asyncio.timeout(seconds):
                    result = await asyncio.wrap_future(future)
            except TimeoutError:
                self.leave()
                raise kind(f"{whose} took longer than {seconds:g} s") from OverdueError()
            except asyncio.CancelledError:
                self.leave()
                raise
        value: T = value_of(result, whose, kind)
        return value

    def leave(self) -> None:
        """Let the thread end after what it is at; the next call gets a new one."""
        jobs, self._jobs = self._jobs, None
        if jobs is not None:
            jobs.put(None)

    def _queue(self) -> queue.SimpleQueue[Callable[[], None] | None]:
        if self._jobs is None:
            self._jobs = queue.SimpleQueue()
            start_thread(self._name, _work_off, self._jobs)
        return self._jobs


def apart(work: Callable[[], object], *, seconds: float | None = None) -> Result:
    """What came of `work` on a thread of its own, for callers that have no event loop.

    After `seconds` it is an `OverdueError`; without a limit Ctrl-C ends the waiting.
    """
    future: Future[Result] = Future()
    start_thread("apart", _work_on, future, work)
    try:
        return future.result(seconds)
    except TimeoutError:
        return Result(error=OverdueError())


class CircuitBreaker:
    """Counts how often in a row something took too long, and says when it is not asked again."""

    def __init__(self, whose: str, kind: type[FaultError]):
        self._whose = whose
        self._kind = kind
        self._overdue = 0

    def check(self) -> None:
        """Whether it may be asked.

        Raises:
            FaultError: (of the `kind`) it took too long `GIVE_UP_AFTER` times in a row.
        """
        if self._overdue >= GIVE_UP_AFTER:
            raise self._kind(
                f"{self._whose} took too long {GIVE_UP_AFTER} times in a row and is not asked again"
            ) from OverdueError()

    def note(self, error: FaultError | None = None) -> None:
        """One more answer, or one more error: only one for time counts."""
        late = error is not None and isinstance(error.__cause__, OverdueError)
        self._overdue = self._overdue + 1 if late else 0


def left_behind(within: float = 0.0) -> bool:
    """Whether code that is not ours is still running, after `within` seconds of patience."""
    deadline = time.monotonic() + within
    while any(thread.name.startswith(_PREFIX) for thread in threading.enumerate()):
        if time.monotonic() >= deadline:
            return True
        time.sleep(0.01)
    return False


def start_thread(name: str, target: Callable[..., None], *arguments: object) -> None:
    """Run code that is not ours on a thread of its own, of which `left_behind` knows."""
    threading.Thread(target=target, args=arguments, name=f"{_PREFIX}: {name}", daemon=True).start()


def _work_off(jobs: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (job := jobs.get()) is not None:
        job()


def _work_on(future: Future[Result], work: Callable[[], object]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = Result(value=work())
    except BaseException as error:  # noqa: BLE001 - code that is not ours may raise anything
        result = Result(error=error)
    future.set_result(result)


def value_of(result: Result, whose: str, kind: type[FaultError]) -> Any:
    """What came of a call.

    Raises:
        FaultError: (of that `kind`) an error did.
    """
    if result.error is not None:
        raise foreign(whose, result.error, kind) from None
    return result.value
