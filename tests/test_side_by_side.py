"""Calls on one clip that run side by side, and never compute what is dear twice."""

from __future__ import annotations

import asyncio

import pytest
from conftest import EXAMPLES

from audiorouter.plugins import load_registry
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall, side_by_side
from audiorouter.toolbox.costs import Cost, Costs, Source
from audiorouter.toolbox.side_by_side import groups_of
from audiorouter.toolbox.toolbox import Toolbox

REGISTRY = load_registry(third_party=False)


def cost(own: float, **shared: float) -> Cost:
    return Cost(own, shared, Source.PUBLISHED)


COSTS = Costs(
    {
        "words": cost(0.0, transcript=0.03, tags=0.0001),
        "a word": cost(0.0, transcript=0.03, tags=0.0001),
        "beats": cost(0.0, beats=0.08, tags=0.0001),
        "metre": cost(0.001, beats=0.08),
        "level": cost(0.0001),
        "pitch": cost(0.02, tags=0.0001),
    }
)
ALL = [ToolCall(name) for name in COSTS.by_tool]


def names(duration: float, most: int) -> list[set[str]]:
    return [{call.tool for call in group} for group in groups_of(ALL, COSTS, duration, most)]


def test_what_shares_a_dear_front_end_stays_together():
    assert names(1_000, 2) == [{"beats", "metre"}, {"words", "a word", "level", "pitch"}]
    three = names(1_000, 3)
    assert three[:2] == [{"beats", "metre"}, {"words", "a word"}]
    assert {"pitch", "level"} <= three[2] | three[1]
    assert sum(map(len, three)) == len(ALL)


def test_what_is_soon_done_is_left_to_one_worker():
    assert names(10, 4) == [set(COSTS.by_tool)]
    assert names(1_000, 1) == [set(COSTS.by_tool)]
    assert groups_of([], COSTS, 1_000, 4) == [[]]


def test_calls_keep_their_order_and_parts_are_told_apart():
    groups = groups_of(ALL[::-1], COSTS, 1_000, 2)
    assert [call.tool for call in groups[0]] == ["metre", "beats"]
    first, second = (ToolCall("beats", {"start": at, "end": at + 400.0}) for at in (0.0, 500.0))
    assert groups_of([first, second], COSTS, 1_000, 2) == [[first], [second]]


@pytest.mark.parametrize("workers", [1, 2])
def test_two_workers_hear_one_clip_and_find_the_same(tmp_path, monkeypatch, workers):
    monkeypatch.setattr(side_by_side, "WORTH_SECONDS", 1e-4)
    wanted = [ToolCall(name) for name in ("silences", "loudness", "repetition", "brightness")]

    async def work():
        with Store(tmp_path / "store.db") as store:
            toolbox = Toolbox(REGISTRY.tools, store, workers=workers)
            most = 0
            try:
                async with toolbox.session(EXAMPLES / "clips" / "cowbell.flac") as session:
                    facts = await session.facts()
                    running = asyncio.ensure_future(session.run(facts, wanted))
                    while not running.done():
                        most = max(most, toolbox.busy_workers)
                        await asyncio.sleep(0.001)
                    found = await running
                assert toolbox.busy_workers == 0 and toolbox.counters.busy_workers == 0
                assert not any(toolbox.counters.waiting.values())
                return most, {call.tool: result.finding.text for call, result in found.items()}
            finally:
                await toolbox.close()

    most, found = asyncio.run(work())
    assert most == workers
    assert set(found) == {call.tool for call in wanted}
    assert "Sounds come evenly" in found["repetition"] or "interval" in found["repetition"]
