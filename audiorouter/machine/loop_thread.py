"""Event loops and threads: work for callers who run a loop already, or none at all."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Self, TypeVar

T = TypeVar("T")


def loop_runs_here() -> bool:
    """Whether an event loop runs in this thread, as in a notebook or an asynchronous program."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class LoopThread:
    """An event loop on a thread of its own; any other thread may have work done on it, and waits.

    Child processes that were started by the work may die with the thread: close them first.
    """

    def __init__(self, name: str):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name=f"audiorouter {name}", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the coroutine gives or raises; it sees the context variables of the caller."""
        future: Future[T] = Future()
        context = contextvars.copy_context()

        async def passed_on() -> None:
            try:
                result = await work
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                future.set_exception(error)
            else:
                future.set_result(result)

        started: list[asyncio.Task[None]] = []  # the loop itself keeps no task from being collected
        self._loop.call_soon_threadsafe(
            lambda: started.append(self._loop.create_task(passed_on(), context=context))
        )
        return future.result()

    def close(self) -> None:
        """End the loop and its thread; what is left on it is cancelled first."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


async def on_thread(work: Callable[[], T], *, stop: Callable[[], None]) -> T:
    """What `work` gives, which runs on a thread of its own while the loop goes on.

    Where the awaiting task is cancelled, `stop` is called, which is to bring the work to an end,
    and that end is waited for.
    """
    future: Future[T] = Future()
    context = contextvars.copy_context()

    def run() -> None:
        try:
            result = context.run(work)
        except BaseException as error:  # noqa: BLE001 - it is the caller's
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=run, name="audiorouter work", daemon=True).start()
    waiting = asyncio.wrap_future(future)
    try:
        return await asyncio.shield(waiting)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait([waiting])
        if not waiting.cancelled():
            waiting.exception()  # marks it as seen
        raise
