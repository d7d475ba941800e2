import asyncio
import subprocess
import sys
import threading
import time

import pytest

from audiorouter.border.threads import OutsideThread, apart
from audiorouter.errors import ReasonerError


def call(work, seconds=5.0, thread=None):
    async def main():
        outside = thread or OutsideThread("test")
        try:
            return await outside.call(work, whose="it", kind=ReasonerError, seconds=seconds)
        finally:
            outside.leave()

    return asyncio.run(main())


@pytest.mark.parametrize(
    "error", [SystemExit(1), KeyboardInterrupt(), StopIteration(), ValueError()]
)
def test_whatever_is_raised_outside_is_one_kind_of_error_here(error):
    def work():
        raise error

    with pytest.raises(ReasonerError, match=type(error).__name__):
        call(work)


def test_calls_share_a_thread_until_one_overruns_it():
    async def main():
        outside = OutsideThread("test")

        async def run(work):
            return await outside.call(work, whose="it", kind=ReasonerError, seconds=0.2)

        first = await run(threading.get_ident)
        assert first == await run(threading.get_ident) != threading.get_ident()
        with pytest.raises(ReasonerError, match=r"longer than 0\.2 s"):
            await run(lambda: time.sleep(1))
        assert await run(threading.get_ident) != first
        outside.leave()

    asyncio.run(main())


def test_a_cancelled_call_is_not_answered_by_the_call_before():
    async def main():
        outside = OutsideThread("test")

        async def run(work):
            return await outside.call(work, whose="it", kind=ReasonerError, seconds=5)

        slow = asyncio.create_task(run(lambda: time.sleep(0.3) or "slow"))
        await asyncio.sleep(0.1)
        slow.cancel()
        assert await run(lambda: "quick") == "quick"
        with pytest.raises(asyncio.CancelledError):
            await slow
        outside.leave()

    asyncio.run(main())


def test_what_is_left_behind_is_known_of():
    """In a process of its own: other tests leave something behind as well."""
    program = """
import asyncio, threading
from audiorouter.border.threads import OutsideThread, left_behind
from audiorouter.errors import ReasonerError
release = threading.Event()
async def main():
    outside = OutsideThread("test")
    try:
        await outside.call(release.wait, whose="it", kind=ReasonerError, seconds=0.1)
    except ReasonerError:
        pass
assert not left_behind()
asyncio.run(main())
assert left_behind()
release.set()
assert not left_behind(within=5)
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_result_without_an_event_loop():
    assert apart(lambda: 3).value == 3
    assert isinstance(apart(lambda: 1 / 0).error, ZeroDivisionError)
