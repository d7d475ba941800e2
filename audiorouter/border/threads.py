"""Threads on which code that is not ours runs: it never holds up, blocks or ends the event loop.

A thread cannot be killed. One that overruns its time is left behind and a new one takes its place;
`left_behind` says whether any is still at it, so that a program need not wait for it at its end.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future
from typing import Any, NamedTuple, TypeVar

from audiorouter.border.faults import foreign
from audiorouter.errors import FaultError

T = TypeVar("T")

_PREFIX = "audiorouter outside"
_GRACE = 2.0
"""Seconds that a coroutine has to end when it is cancelled, before its thread is left behind."""


GIVE_UP_AFTER = 3
"""Times in a row that something may take too long before it is not asked again."""


class OverdueError(Exception):
    """Code that is not ours took longer than it may."""


class BlockedError(OverdueError):
    """It does not listen, or nothing else on its event loop was heard."""


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
        value: T = _value(result, whose, kind)
        return value

    def leave(self) -> None:
        """Let the thread end after what it is at; the next call gets a new one."""
        jobs, self._jobs = self._jobs, None
        if jobs is not None:
            jobs.put(None)

    def _queue(self) -> queue.SimpleQueue[Callable[[], None] | None]:
        if self._jobs is None:
            self._jobs = queue.SimpleQueue()
            _start(self._name, _work_off, self._jobs)
        return self._jobs


class OutsideLoop:
    """Runs coroutines that are not ours, all at once, on an event loop and thread of its own.

    One that was held up by another's blocking the loop is run again when all others have ended,
    and none begins beside it.

    Use it within one event loop.
    """

    def __init__(self, name: str):
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = threading.Event()
        # Held by who is alone, and for a moment by who begins beside others.
        self._alone = asyncio.Lock()
        self._beside = 0
        self._nobody = asyncio.Event()
        self._nobody.set()

    async def run(
        self,
        work: Callable[[], Awaitable[T]],
        *,
        whose: str,
        kind: type[FaultError],
        seconds: float,
        before: Callable[[], None] = lambda: None,
        limited: Callable[[asyncio.Timeout], None] = lambda _limit: None,
    ) -> T:
        """What the coroutine made by `work` gives.

        `before` may refuse when its turn has come; `limited` is told the limit, to change it.

        Raises:
            FaultError: (of that `kind`) it raised something, or took longer than `seconds`.
        """
        try:
            async with self._beside_others():
                before()
                return await self._run(work, whose, kind, seconds, limited)
        except kind as error:
            if not isinstance(error.__cause__, BlockedError):
                raise
        # Who blocks a loop holds up all others there: each has another try, by itself.
        async with self._alone:
            await self._nobody.wait()
            before()
            return await self._run(work, whose, kind, seconds, limited)

    @property
    def started(self) -> bool:
        """Whether anything ran on it since it was left."""
        return self._loop is not None

    def leave(self) -> None:
        """Stop the loop once it listens; the next call gets a new one."""
        loop, self._loop = self._loop, None
        if loop is not None:
            self._ended.set()
            loop.call_soon_threadsafe(loop.stop)

    @contextlib.asynccontextmanager
    async def _beside_others(self) -> AsyncIterator[None]:
        """A place on the loop, once nobody is to have it for itself."""
        async with self._alone:
            self._beside += 1
            self._nobody.clear()
        try:
            yield
        finally:
            self._beside -= 1
            if not self._beside:
                self._nobody.set()

    async def _run(
        self,
        work: Callable[[], Awaitable[T]],
        whose: str,
        kind: type[FaultError],
        seconds: float,
        limited: Callable[[asyncio.Timeout], None],
    ) -> T:
        loop, future = self._started(), Future[Result]()
        running = asyncio.run_coroutine_threadsafe(_awaited(work, future), loop)
        waiting = asyncio.wrap_future(future)
        try:
            async with asyncio.timeout(seconds) as limit:
                limited(limit)
                result = await asyncio.shield(waiting)
        except TimeoutError:
            running.cancel()
            listens = bool((await asyncio.wait([waiting], timeout=_GRACE))[0])
            if not listens and self._loop is loop:
                self.leave()
            why = OverdueError() if listens else BlockedError()
            raise kind(f"{whose} took longer than {seconds:g} s") from why
        finally:
            running.cancel()
        if isinstance(result.error, asyncio.CancelledError) and self._loop is not loop:
            # The loop was left for another's sake, and ended all that was on it.
            raise kind(f"{whose} was held up by another") from BlockedError()
        value: T = _value(result, whose, kind)
        return value

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop, self._ended = asyncio.new_event_loop(), threading.Event()
            _start(self._name, _run_loop, self._loop, self._ended)
        return self._loop


def apart(work: Callable[[], object], *, seconds: float | None = None) -> Result:
    """What came of `work` on a thread of its own, for callers that have no event loop.

    After `seconds` it is an `OverdueError`; without a limit Ctrl-C ends the waiting.
    """
    future: Future[Result] = Future()
    _start("apart", _work_on, future, work)
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


def _start(name: str, target: Callable[..., None], *arguments: object) -> None:
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


async def _awaited(work: Callable[[], Awaitable[object]], future: Future[Result]) -> None:
    """Pass on the result at once, whatever else goes on on this loop."""
    try:
        result = Result(value=await work())
    except BaseException as error:  # noqa: BLE001 - code that is not ours may raise anything
        result = Result(error=error)
    future.set_result(result)


def _run_loop(loop: asyncio.AbstractEventLoop, ended: threading.Event) -> None:
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda *_: None)
    while not ended.is_set():
        try:
            loop.run_forever()
        except BaseException:  # noqa: BLE001 - a task that exits ends nobody else's
            continue
    with contextlib.suppress(BaseException):
        # What was asked of it but never began is ended unheard, not found by the collector.
        loop.run_until_complete(_cancelled())
    loop.close()


async def _cancelled() -> None:
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.sleep(0)


def _value(result: Result, whose: str, kind: type[FaultError]) -> Any:
    if result.error is not None:
        raise foreign(whose, result.error, kind) from None
    return result.value
