"""Coroutines that are not ours share an event loop, and none costs another its result."""

import asyncio
import contextlib
import time

import pytest

from audiorouter.border.event_loop import OutsideLoop
from audiorouter.errors import ReasonerError


@pytest.fixture
def on_one_loop(monkeypatch):
    """Runs coroutines on one loop, each after some seconds; what came of each, or the error."""
    monkeypatch.setattr("audiorouter.border.event_loop._GRACE", 0.1)

    def run(*works, limit):
        async def main():
            outside = OutsideLoop("test")

            async def one(work, after):
                await asyncio.sleep(after)
                return await outside.run(work, whose="it", kind=ReasonerError, seconds=limit)

            came = await asyncio.gather(*(one(*work) for work in works), return_exceptions=True)
            outside.leave()
            return [str(result) for result in came]

        return asyncio.run(main())

    return run


def blocks(seconds):
    async def work():
        time.sleep(seconds)

    return work


def answers(name, after=0.0, when_cancelled=None):
    async def work():
        try:
            await asyncio.sleep(after)
        except asyncio.CancelledError:
            if when_cancelled is None:
                raise
            await asyncio.sleep(0.02)
            raise when_cancelled from None
        return name

    return work


async def does_not_listen():
    for _ in range(30):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.1)


@pytest.mark.slow
def test_who_blocks_a_loop_takes_nobody_else_down(on_one_loop):
    works = [(answers("a"), 0), (blocks(3), 0), (answers("b"), 0), (answers("c"), 0)]
    assert on_one_loop(*works, limit=1) == ["a", "it took longer than 1 s", "b", "c"]


@pytest.mark.slow
def test_who_has_another_try_is_beside_nobody_that_blocks(on_one_loop):
    """One that blocks the loop begins while those that the first one blocked have their try."""
    works = [(answers("a", 0.2), 0.05), *((blocks(2), after) for after in (0, 0.6, 1.1))]
    assert on_one_loop(*works, limit=0.4) == ["a", *["it took longer than 0.4 s"] * 3]


@pytest.mark.slow
def test_who_began_on_a_loop_that_is_left_has_another_try(on_one_loop):
    works = [(blocks(0.6), 0), (answers("a", 0.2), 0.45)]
    assert on_one_loop(*works, limit=0.4) == ["it took longer than 0.4 s", "a"]


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.45, 0.6])  # the shorter one ends before its loop is left
def test_a_short_block_costs_only_who_blocks(on_one_loop, seconds):
    works = [(blocks(seconds), 0), (answers("a", 0.2), 0), (answers("b", 0.2), 0.1)]
    assert on_one_loop(*works, limit=0.4) == ["it took longer than 0.4 s", "a", "b"]


@pytest.mark.slow
def test_many_that_block_for_less_than_they_may_all_have_their_time(on_one_loop):
    works = [*[(blocks(0.3), 0)] * 4, (answers("a", 0.1), 0)]
    assert on_one_loop(*works, limit=0.8) == [*["None"] * 4, "a"]


@pytest.mark.slow
def test_a_loop_that_listens_again_is_kept(on_one_loop):
    """A client that is bound to it goes on working."""
    loops = []

    async def notes():
        loops.append(asyncio.get_running_loop())

    on_one_loop((notes, 0), (blocks(0.45), 0.1), (notes, 1.6), limit=0.4)
    assert loops[0] is loops[1]


@pytest.mark.slow
@pytest.mark.parametrize("error", [ConnectionError("closed"), asyncio.CancelledError()])
def test_who_is_ended_with_a_loop_has_another_try_whatever_it_says(on_one_loop, error):
    works = [(does_not_listen, 0), (answers("a", 0.4, when_cancelled=error), 0.7)]
    assert on_one_loop(*works, limit=0.8) == ["it took longer than 0.8 s", "a"]


@pytest.mark.slow
def test_a_loop_that_somebody_blocked_who_was_cancelled_is_nobodys(monkeypatch):
    monkeypatch.setattr("audiorouter.border.event_loop._GRACE", 0.1)

    begun = []

    async def block():
        begun.append(1)
        time.sleep(2)

    async def main():
        outside = OutsideLoop("test")

        def run(work):
            told = {"whose": "it", "kind": ReasonerError, "seconds": 0.4}
            return asyncio.create_task(outside.run(work, **told))

        blocking = run(block)
        await asyncio.sleep(0.3)
        held_up = run(answers("a", 0.1))
        while len(begun) < 2:  # until it has its other try
            await asyncio.sleep(0.02)
        blocking.cancel()
        assert await held_up == "a"
        outside.leave()

    asyncio.run(main())
