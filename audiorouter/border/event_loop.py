"""An event loop on which coroutines that are not ours run together.

No coroutine costs another its result: who was held up, or ended by what another did to the loop,
has another try.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Future, InvalidStateError
from typing import NamedTuple, TypeVar

from audiorouter.border.threads import OverdueError, Result, start_thread, value_of
from audiorouter.errors import FaultError

T = TypeVar("T")

_GRACE = 2.0
"""Seconds that a coroutine has to end when it is cancelled, before its loop is left behind."""
_BEAT = 0.1
"""Seconds after which a loop shows again that it listens."""
_HELD_UP = 0.1
"""Share of a coroutine's time in which its loop did not listen, from which it was held up."""


class OutsideLoop:
    """Runs coroutines that are not ours, all at once, on an event loop and thread of its own.

    One that another held up is run again when all others have ended, and none begins beside it. The
    loop is left for a new one only where it does not listen: what is bound to it stays there.

    Use it within one event loop.
    """

    def __init__(self, name: str):
        self._name = name
        self._thread: _LoopThread | None = None
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
        async with self._beside_others():
            before()
            tried = await self._try(work, seconds, limited)
        if tried.held_up:
            async with self._alone:
                await self._nobody.wait()
                if self._thread is not None and not await self._thread.listens():
                    self.leave()
                before()
                tried = await self._try(work, seconds, limited)
        if tried.result is None:
            raise kind(f"{whose} took longer than {seconds:g} s") from OverdueError()
        value: T = value_of(tried.result, whose, kind)
        return value

    @property
    def started(self) -> bool:
        """Whether anything ran on it since it was left."""
        return self._thread is not None

    def leave(self) -> None:
        """Stop the loop once it listens; the next call gets a new one."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.leave()

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

    async def _try(
        self,
        work: Callable[[], Awaitable[object]],
        seconds: float,
        limited: Callable[[asyncio.Timeout], None],
    ) -> _Tried:
        if self._thread is None:
            self._thread = _LoopThread(self._name)
        thread = self._thread
        deaf_before = thread.deaf
        came, cancel = thread.begin(work)
        waiting = asyncio.wrap_future(came)
        try:
            async with asyncio.timeout(seconds) as limit:
                limited(limit)
                result = await asyncio.shield(waiting)
        except TimeoutError:
            cancel()
            listens = bool((await asyncio.wait([waiting], timeout=_GRACE))[0])
            if not listens and self._thread is thread:
                self.leave()
            deaf = thread.deaf - deaf_before
            return _Tried(None, held_up=not listens or deaf >= _HELD_UP * seconds)
        finally:
            cancel()
        # Of a loop that was left all that is on it is ended; others on it may do so as well.
        ended = self._thread is not thread or isinstance(result.error, asyncio.CancelledError)
        return _Tried(result, held_up=result.error is not None and ended)


class _Tried(NamedTuple):
    """What came of a coroutine, None where it took too long; whether others may be why."""

    result: Result | None
    held_up: bool


class _LoopThread:
    """An event loop on a thread, which knows for how long it did not listen."""

    def __init__(self, name: str):
        self._loop = asyncio.new_event_loop()
        self._left = threading.Event()
        self._waiting: set[Future[Result]] = set()
        self._deaf, self._heard = 0.0, time.monotonic()
        start_thread(name, self._run)

    @property
    def deaf(self) -> float:
        """Seconds in which it did not listen so far."""
        return self._deaf + self._late()

    def begin(
        self, work: Callable[[], Awaitable[object]]
    ) -> tuple[Future[Result], Callable[[], None]]:
        """Begin a coroutine; what comes of it, and what cancels it."""
        future = Future[Result]()
        self._waiting.add(future)
        future.add_done_callback(self._waiting.discard)
        running = asyncio.run_coroutine_threadsafe(_awaited(work, future), self._loop)

        def cancel() -> None:
            if not self._loop.is_closed():
                running.cancel()

        return future, cancel

    async def listens(self) -> bool:
        """Whether it does at this moment."""
        heard = Future[None]()
        self._loop.call_soon_threadsafe(heard.set_result, None)
        return bool((await asyncio.wait([asyncio.wrap_future(heard)], timeout=2 * _BEAT))[0])

    def leave(self) -> None:
        """End it, and all that is on it, once it listens."""
        self._left.set()
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _late(self) -> float:
        late = time.monotonic() - self._heard - _BEAT
        return late if late > _BEAT else 0.0

    def _beat(self) -> None:
        self._deaf += self._late()
        self._heard = time.monotonic()
        self._loop.call_later(_BEAT, self._beat)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)
        self._loop.call_soon(self._beat)
        while not self._left.is_set():
            try:
                self._loop.run_forever()
            except BaseException:  # noqa: BLE001 - a task that exits ends nobody else's
                continue
        with contextlib.suppress(BaseException):
            # What was asked of it but never began is ended unheard, not found by the collector.
            self._loop.run_until_complete(_cancelled())
        for future in [*self._waiting]:
            with contextlib.suppress(InvalidStateError):
                future.set_result(Result(error=asyncio.CancelledError()))
        self._loop.close()


async def _awaited(work: Callable[[], Awaitable[object]], future: Future[Result]) -> None:
    """Pass on the result at once, whatever else goes on on this loop."""
    try:
        result = Result(value=await work())
    except BaseException as error:  # noqa: BLE001 - code that is not ours may raise anything
        result = Result(error=error)
    with contextlib.suppress(InvalidStateError):
        future.set_result(result)


async def _cancelled() -> None:
    """Cancel all that runs here, and wait a moment for what it does at its end."""
    await asyncio.sleep(0)
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_GRACE)
