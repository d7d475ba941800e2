"""Being told to stop: by Ctrl-C, or by a signal to the same end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

if TYPE_CHECKING:
    import asyncio

    from audiorouter.machine.loop_thread import LoopThread

T = TypeVar("T")

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""From a keyboard, from a scheduler (Slurm, Kubernetes, `timeout`), from a closed terminal."""


class Interrupted(KeyboardInterrupt):
    """A signal that was really sent: whoever takes what others raise for their fault lets it go on.

    A plain `KeyboardInterrupt` may have been raised by anybody.
    """


_raised: list[signal.Signals] = []
"""Those for which `Interrupted` was raised and that ended nothing yet: Python drops what is raised
while it cleans up, and others may catch it."""
_in_force: ContextVar[tuple[StopSignals, ...]] = ContextVar("stop signals in force", default=())
"""Those that are entered, the innermost last. Each piece of work on a thread has its own."""


def told_to_stop() -> bool:
    """Whether the work under way here was told to stop and has not ended for it yet."""
    return any(stop.came for stop in _in_force.get())


class StopSignals:
    """Work that a signal of `STOPS` brings to an end in good order.

    Within the context a signal raises `KeyboardInterrupt`; from `hold` on it is only noted, and the
    first one cancels what `run` is at. What comes later changes nothing: the ending is bounded, and
    nothing may come between the work and the writing down of it.

    `noticed` is called as soon as the first one comes, wherever the program is: it must be quick.

    A signal that the process was started to ignore (`nohup`, a background job) is left alone, and
    so are all of them where this is not the main thread; `stop` does the same from any thread.
    """

    def __init__(self, noticed: Callable[[], None] = lambda: None) -> None:
        self.noticed = noticed
        self._outer: Token[tuple[StopSignals, ...]] | None = None
        self._before: dict[signal.Signals, Any] = {}
        self._work: asyncio.Task[Any] | None = None
        self._holding = False
        self._came: list[signal.Signals] = []
        self._first = [True]
        self._process = os.getpid()

    @property
    def came(self) -> bool:
        """Whether a signal has come."""
        return bool(self._came)

    def __enter__(self) -> Self:
        self._outer = _in_force.set((*_in_force.get(), self))
        if threading.current_thread() is threading.main_thread():
            self._before = {
                which: signal.signal(which, self._stop)
                for which in STOPS
                if signal.getsignal(which) is not signal.SIG_IGN
            }
        return self

    def __exit__(self, kind: type[BaseException] | None, *_exception: object) -> None:
        if kind is not None and issubclass(kind, Interrupted):
            _raised.clear()
        if self._outer is not None:
            _in_force.reset(self._outer)
        for which, handler in self._before.items():
            signal.signal(which, handler)

    def hold(self) -> None:
        """Let no signal end anything but the work itself from now on; not one that was lost."""
        self._holding = True
        if _raised:
            self._hear(_raised[0])
            _raised.clear()

    def stop(self) -> None:
        """Bring the work to an end as Ctrl-C does, from any thread and without a signal."""
        self._hear(signal.SIGINT)

    def run(self, work: Coroutine[Any, Any, T], *, on: LoopThread | None = None) -> T:
        """`asyncio.run`, or on the loop of another thread: the caller waits in either case.

        Where a loop runs in this thread already, as in a notebook, a thread is made for it.

        Raises:
            KeyboardInterrupt: a signal came, and the work has ended; the text is its name.
        """
        import asyncio

        from audiorouter.machine.loop_thread import LoopThread, loop_runs_here

        self.hold()
        if on is not None:
            return on.run(self._cancellable(work))
        if not loop_runs_here():
            return asyncio.run(self._cancellable(work))
        with LoopThread("work") as thread:
            return thread.run(self._cancellable(work))

    async def _cancellable(self, work: Coroutine[Any, Any, T]) -> T:
        import asyncio

        task = asyncio.create_task(work)
        self._work = task
        if self._came:
            task.cancel()
        try:
            return await task
        except (asyncio.CancelledError, Exception):
            if self._came:
                raise KeyboardInterrupt(self._came[0].name) from None
            raise
        finally:
            self._work = None

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        which = signal.Signals(number)
        if os.getpid() != self._process:
            # A copy that somebody has forked: it ends as if nobody listened.
            signal.signal(which, signal.SIG_DFL)
            os.kill(os.getpid(), which)
            return
        if not self._holding:
            _interrupt(which)
        self._hear(which)

    def _hear(self, which: signal.Signals) -> None:
        self._came.append(which)
        self.noticed()
        try:
            self._first.pop()  # one signal may come while another one is being heard here
        except IndexError:
            return
        if (work := self._work) is not None:
            # The loop may be asleep: a plain cancel would not wake it.
            work.get_loop().call_soon_threadsafe(work.cancel)


def run_until_stopped(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, but a signal of `STOPS` cancels the work, which ends in good order.

    Raises:
        KeyboardInterrupt: a signal came, and the work has ended; the text is its name.
    """
    with StopSignals() as stop:
        return stop.run(work)


@contextmanager
def left_alone() -> Iterator[None]:
    """What is done within about the signals of `STOPS` is undone: they are the program's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {which: signal.getsignal(which) for which in STOPS}
    try:
        yield
    finally:
        for which, handler in before.items():
            # None: it was not set from Python, and cannot be set again from here.
            if handler is not None and signal.getsignal(which) != handler:
                signal.signal(which, handler)


def ignore_stops() -> None:
    """Let no signal of `STOPS` come between what is decided and the end of the process."""
    if threading.current_thread() is threading.main_thread():
        for which in STOPS:
            signal.signal(which, signal.SIG_IGN)


def _interrupt(which: signal.Signals) -> NoReturn:
    _raised.append(which)
    raise Interrupted(which.name)


@contextmanager
def interruptible() -> Iterator[None]:
    """Within, SIGTERM and SIGHUP end the program as Ctrl-C does, by `Interrupted`."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    usual = (signal.SIG_DFL, signal.default_int_handler)
    before = {
        which: signal.signal(which, lambda number, _frame: _interrupt(signal.Signals(number)))
        for which in STOPS
        if signal.getsignal(which) in usual
    }
    try:
        yield
    finally:
        for which, handler in before.items():
            signal.signal(which, handler)
