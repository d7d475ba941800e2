"""What calls and routes cost, whoever computed first what they share."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from conftest import EXAMPLES
from hostile_tools import ALL as HOSTILE

from audiorouter import BatchOptions, run_batch
from audiorouter import stopwatch as timing
from audiorouter.batch.planning.plan import make_plan
from audiorouter.batch.summary import summarise
from audiorouter.clips import Clip, ClipFacts, FileStamp
from audiorouter.plugins import load_registry
from audiorouter.routing.checkpoint import read_card
from audiorouter.routing.shipped import TRAINED_ROUTERS
from audiorouter.stopwatch import MOST_NAMED, seconds_together
from audiorouter.store import MeasuredCost, Store, StoredCall
from audiorouter.toolbox import ToolCall
from audiorouter.toolbox.costs import Cost, Costs, Source, published_cost, read_costs
from audiorouter.toolbox.results import CallResult
from audiorouter.toolbox.toolbox import Toolbox, default_workers

REGISTRY = load_registry(third_party=False)
CLIPS = EXAMPLES / "clips"
FACTS = ClipFacts("hash", 10.0, 16_000, 1, -20.0, -10.0)


def run(store: Path, clip: str, *calls: ToolCall) -> tuple[dict[str, CallResult], dict[str, float]]:
    """Results by label of the calls, made in this order in one new worker, and seconds spent."""

    async def work():
        with Store(store) as opened:
            toolbox = Toolbox(REGISTRY.tools, opened, workers=1)
            try:
                async with toolbox.session(CLIPS / f"{clip}.flac") as session:
                    facts = await session.facts()
                    found = {}
                    for call in calls:
                        found |= await session.run(facts, [call])
                results = {call.label: result for call, result in found.items()}
                return results, toolbox.counters.seconds_by_tool
            finally:
                await toolbox.close()

    return asyncio.run(work())


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize(
    ("clip", "first", "second", "front_end"),
    [
        ("five_digits", "transcribe", "find_word", "transcript en"),
        ("waltz", "beats", "meter", "beats"),
    ],
)
def test_the_order_of_calls_does_not_change_what_they_cost(
    tmp_path, clip, first, second, front_end
):
    for number, order in enumerate([(first, second), (second, first)]):
        found, spent = run(tmp_path / f"{number}.db", clip, *map(ToolCall, order))
        early, late = (found[name] for name in order)
        # What was computed once costs both the same, and is nearly all that either does.
        assert early.shared[front_end] == late.shared[front_end]
        for result in (early, late):
            assert sum(result.shared.values()) > 0.8 * result.seconds
        assert spent[order[0]] > 0.9 * early.seconds, "the first one computed it"
        assert spent[order[1]] < 0.2 * late.seconds, "the second one did not"
        again, _ = run(tmp_path / f"{number}.db", clip, *map(ToolCall, order))
        assert again[order[1]].cached and again[order[1]].shared == late.shared


@pytest.mark.slow
def test_parts_of_a_clip_share_with_calls_on_the_same_part_only(tmp_path):
    part = {"start": 1.0, "end": 3.0}
    calls = [ToolCall("beats"), ToolCall("beats", part), ToolCall("meter", part)]
    found, _ = run(tmp_path / "s.db", "waltz", *calls)
    whole, beats, meter = found.values()
    assert "beats" in whole.shared and "beats" not in beats.shared
    assert beats.shared["beats of 1.00 to 3.00 s"] == meter.shared["beats of 1.00 to 3.00 s"]


class Clock:
    """Time that passes only where it is told to."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(timing.time, "perf_counter", lambda: self.now)

    def work(self, seconds: float, value: object = None):
        self.now += seconds
        return value


def nested(clip: Clip, clock: Clock):
    """A front end of 4 s over one of 2 s, as in `held notes` over `pitch`."""

    def outer():
        clock.work(3)
        clip.shared("inner", lambda: clock.work(2))
        return clock.work(1)

    return clip.shared("outer", outer)


def test_nested_front_ends_are_told_apart_also_out_of_the_cache(tone, monkeypatch):
    clip, clock = Clip(tone()), Clock(monkeypatch)

    def call():
        clock.work(0.5)
        nested(clip, clock)

    _, first = clip.timed(call)
    assert first == (6.5, 0.5, {"outer": 4.0, "inner": 2.0})
    _, second = clip.timed(call)
    assert second == (0.5, 0.5, {"outer": 4.0, "inner": 2.0}) and second.alone == 6.5
    _, other = clip.timed(lambda: clip.shared("inner", lambda: clock.work(9)))
    assert other == (0.0, 0.0, {"inner": 2.0})
    _, in_part = clip.timed(lambda: nested(clip.part(0.25, 0.5), clock))
    assert in_part.shared == {"outer of 0.25 to 0.50 s": 4.0, "inner of 0.25 to 0.50 s": 2.0}


def test_what_fails_is_paid_by_who_wanted_it_and_tried_again(tone, monkeypatch):
    clip, clock = Clip(tone()), Clock(monkeypatch)

    def fails():
        clip.shared("inner", lambda: clock.work(2))
        clock.work(3)
        raise ValueError

    def call():
        for _ in range(2):
            with pytest.raises(ValueError):
                clip.shared("outer", fails)

    _, seconds = clip.timed(call)
    assert seconds == (8.0, 6.0, {"inner": 2.0})
    with pytest.raises(ValueError):
        clip.timed(lambda: clip.shared("outer", fails))
    assert clip.timed(lambda: clock.work(1))[1] == (1.0, 1.0, {})


def test_names_of_front_ends_are_bounded_and_can_be_kept(tone, monkeypatch):
    clip, clock = Clip(tone()), Clock(monkeypatch)

    def call():
        for number in range(40):
            clip.shared(f"{number} \ud800 {'x' * 500}", lambda: clock.work(1))
        for segment in range(40):
            clip.shared("segments", lambda: clock.work(1), of=segment)

    _, seconds = clip.timed(call)
    assert len(seconds.shared) == MOST_NAMED and seconds.shared["segments"] == 40
    assert seconds.alone == seconds.spent == 80
    assert all(len(name.encode()) < 100 for name in seconds.shared)


def test_a_route_counts_each_front_end_once():
    assert seconds_together([(1.0, {"a": 5.0}), (2.0, {"a": 6.0, "b": 1.0})]) == 10.0
    costs = Costs(
        {
            "beats": Cost(0.01, {"network": 0.2}, Source.MEASURED),
            "meter": Cost(0.02, {"network": 0.2}, Source.MEASURED),
        }
    )
    beats, meter = ToolCall("beats"), ToolCall("meter")
    assert costs.tool_seconds(beats, 10) == pytest.approx(2.1)
    assert costs.route_seconds([beats, meter], 10) == pytest.approx(2.3)
    assert costs.route_seconds([meter, beats], 10) == pytest.approx(2.3)
    assert costs.route_seconds([], 10) == 0
    # A part is another stretch of audio: shorter, and nothing of it is computed yet.
    part = ToolCall("meter", {"start": 8.0, "end": 60.0})
    assert costs.tool_seconds(part, 10) == pytest.approx(0.44)
    assert costs.route_seconds([beats, part], 10) == pytest.approx(2.1 + 0.44)


def test_everything_in_the_package_has_a_published_cost():
    tools = [*REGISTRY.tools.values(), *REGISTRY.stand_ins.values()]
    costs = {tool.identity: published_cost(tool) for tool in tools}
    assert None not in costs.values()
    rates = {tool.identity: costs[tool.identity].rate for tool in tools}
    tempo, stand_in = REGISTRY.tools["tempo"], REGISTRY.stand_ins["tempo"]
    assert rates[stand_in.identity] < 0.2 * rates[tempo.identity], "told apart under one name"
    # Those that share a network cost as much as one another.
    for name, other in [("find_word", "transcribe"), ("meter", "tempo")]:
        one, two = (rates[REGISTRY.tools[n].identity] for n in (name, other))
        assert one == pytest.approx(two, rel=0.5)


def kept(store: Store, tool: str, identity: str, seconds: float, **changes) -> None:
    """A call on a clip of 10 s in the store."""
    fields = {"status": "ok", "arguments": "{}", "shared": "{}", "key": f"{tool} {seconds}"}
    call = StoredCall(
        clip="hash", tool=tool, identity=identity, seconds=seconds, **(fields | changes)
    )
    store.save_call(call)


def test_where_costs_come_from(own_store):
    tools = {name: REGISTRY.tools[name] for name in ("loudness", "silences", "stereo")}
    others = {tool.name: tool for tool in HOSTILE}
    prints, raises, hangs = (others[name] for name in ("prints", "raises", "hangs"))
    with Store(own_store) as store:
        store.save_clip(Path("a.wav"), FileStamp(1, 2, 3), FACTS)
        for name, tool in tools.items():
            kept(store, name, tool.identity, 7000.0)
        store.save_tool_cost(
            "loudness", tools["loudness"].identity, MeasuredCost(0.5, '{"envelope": 0.4}')
        )
        kept(store, "prints", prints.identity, 20.0)
        kept(store, "prints", prints.identity, 1.0, arguments='{"start": 9.0}')
        kept(store, "prints", prints.identity, 0.001, shared=None)
        kept(store, "raises", raises.identity, 0.001, shared=None)
        kept(store, "hangs", hangs.identity, 0.001, status="failed")
        found = read_costs(
            {**tools, "prints": prints, "raises": raises, "hangs": hangs}, store
        ).by_tool
    assert found["loudness"].rate == 0.5 and found["loudness"].source is Source.MEASURED
    assert found["loudness"].own == pytest.approx(0.1)
    for name in ("silences", "stereo"):
        assert found[name].source is Source.PUBLISHED and found[name].rate < 0.1
    assert found["prints"].source is Source.CALLS
    assert found["prints"].rate == pytest.approx(21 / 11)
    # Seconds of older versions depend on what else ran, and say nothing.
    for name in ("raises", "hangs"):
        assert found[name].source is Source.GUESSED
        known = sorted(found[n].rate for n in ("loudness", "silences", "stereo", "prints"))
        assert found[name].rate == pytest.approx((known[1] + known[2]) / 2)


def test_what_kept_calls_shared_counts_once_in_a_route(own_store):
    tools = {tool.name: tool for tool in HOSTILE if tool.name in ("prints", "raises")}
    with Store(own_store) as store:
        store.save_clip(Path("a.wav"), FileStamp(1, 2, 3), FACTS)
        for name, tool in tools.items():
            kept(store, name, tool.identity, 10.0, shared='{"spectrum": 8.0}')
        costs = read_costs(tools, store)
    assert costs.route_seconds([ToolCall("prints")], 10.0) == pytest.approx(10.0)
    assert costs.route_seconds([ToolCall("prints"), ToolCall("raises")], 10.0) == pytest.approx(12)


def test_kept_calls_on_parts_of_clips_share_what_calls_on_whole_ones_do(own_store):
    prints = next(tool for tool in HOSTILE if tool.name == "prints")
    with Store(own_store) as store:
        store.save_clip(Path("a.wav"), FileStamp(1, 2, 3), FACTS)
        part = {
            "arguments": '{"start": 2.0, "end": 4.0}',
            "shared": '{"spectrum of 2.00 to 4.00 s": 1.0}',
        }
        kept(store, "prints", prints.identity, 1.5, **part)
        costs = read_costs({"prints": prints}, store)
    assert dict(costs.by_tool["prints"].shared) == {"spectrum": 0.5}


def test_costs_that_an_older_version_measured_are_not_read(own_store):
    tool = REGISTRY.tools["loudness"]
    with Store(own_store) as store:
        store._connection.execute(
            "INSERT INTO tool_costs (identity, tool, seconds_per_second, measured) "
            "VALUES (?, 'loudness', 7.0, '2026-01-01 00:00:00')",
            [tool.identity],
        )
        assert read_costs({"loudness": tool}, store).by_tool["loudness"].source is Source.PUBLISHED


@pytest.mark.weights
def test_the_plan_counts_what_tools_share_of_a_clip_once(tmp_path, clips):
    shutil.copy(CLIPS / "waltz.flac", clips)
    questions = tmp_path / "q.csv"
    questions.write_text("audio,question\nwaltz.flac,How fast is it?\n")
    options = BatchOptions(router="tools:tempo,beats,meter")
    plan = make_plan(clips, questions, options, registry=REGISTRY)
    tools = sum(plan.tool_seconds.values()) - plan.tool_seconds.get("sound_tags", 0)
    cost = published_cost(REGISTRY.tools["meter"]).rate * Clip(CLIPS / "waltz.flac").duration
    assert plan.tool_seconds["meter"] == round(cost, 1) > 0
    ahead = (plan.wall_seconds - plan.reason_seconds) * default_workers()
    assert cost * 0.9 < ahead < 0.5 * tools


@pytest.mark.slow
@pytest.mark.weights
def test_a_row_counts_front_ends_once_and_the_summary_what_was_spent(tmp_path, clips, own_store):
    shutil.copy(CLIPS / "waltz.flac", clips)
    questions = tmp_path / "q.csv"
    questions.write_text("audio,question,choices\nwaltz.flac,Which key is it in?,C major|A minor\n")
    options = BatchOptions(router="tools:key,chords")
    result = run_batch(clips, questions, options, registry=REGISTRY)
    (row,) = result.rows
    key, chords = row.results
    assert key.shared["deep chroma"] == chords.shared["deep chroma"] > 0
    once = sum(seconds for name, seconds in chords.shared.items() if name in key.shared)
    together = key.seconds + chords.seconds - once
    assert row.tool_seconds == pytest.approx(together)
    assert row.fields()["tool_seconds"] == round(together, 3)
    assert row.tool_seconds < key.seconds + chords.seconds
    assert result.tools.seconds_by_tool["chords"] < chords.seconds
    assert summarise(result).tool_seconds["key"] == round(result.tools.seconds_by_tool["key"], 2)
    with Store(own_store) as store:
        rows = [row for row in store.export("tool_calls") if row["tool"] == "chords"]
    assert json.loads(rows[0]["shared"]) == chords.shared


def test_the_router_of_the_package_knows_what_tools_cost_by_themselves():
    costs = read_card(TRAINED_ROUTERS / "cascade").tool_costs
    for name, cost in costs.items():
        published = published_cost(REGISTRY.tools[name]).rate
        assert published / 3 - 1e-4 < cost < published * 3 + 1e-4, name
    assert min(costs["find_word"] / costs["transcribe"], costs["meter"] / costs["tempo"]) > 0.3
