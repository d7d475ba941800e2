"""Reading and writing the store for many at once."""

import asyncio
import json
import math
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from filled_stores import changed, facts, fill
from reasoners import AlwaysRight, Opens

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.routing_stage import RoutingStage
from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.errors import StoreError
from audiorouter.plugins import load_registry
from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.store import Store, StoredRoute
from audiorouter.store.reads_together import ReadsTogether
from audiorouter.toolbox.interface import ToolCall


def test_what_is_wanted_at_the_same_moment_is_read_at_once():
    asked = []

    def read(keys):
        asked.append(sorted(keys))
        return {key: key.upper() for key in asked[-1] if key != "c"}

    async def work():
        reads = ReadsTogether(read)
        found = await asyncio.gather(*(reads.get([key]) for key in "abc"))
        return [each.get(key) for each, key in zip(found, "abc", strict=True)]

    assert asyncio.run(work()) == ["A", "B", None]
    assert asked == [["a", "b", "c"]]


def test_a_store_that_fails_fails_for_everybody_who_waits_and_for_nobody_else():
    async def work():
        def read(keys):
            raise StoreError("the disk failed")

        reads = ReadsTogether(read)
        waiting = [asyncio.create_task(reads.get(["a"])) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(found[0], asyncio.CancelledError)
        assert [str(error) for error in found[1:]] == ["the disk failed"] * 2
        with pytest.raises(StoreError):
            await reads.get(["b"])

    asyncio.run(work())


DAMAGED = "CAST(x'ac41' AS TEXT)"


@pytest.fixture(scope="module")
def asked_before(tmp_path_factory):
    """A store in which two clips were asked about, and what asks about them with another store."""
    folder = tmp_path_factory.mktemp("batch")
    clips, questions = folder / "clips", folder / "q.jsonl"
    clips.mkdir()
    for name, frequency in (("a.wav", 500), ("b.wav", 2000)):
        wave = 0.3 * np.sin(2 * np.pi * frequency * np.arange(16_000) / 16_000)
        soundfile.write(clips / name, wave, 16_000)
    rows = [{"audio": f"{n}.wav", "question": "What?", "choices": ["x", "y"]} for n in "ab"]
    questions.write_text("\n".join(map(json.dumps, rows)))
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(AlwaysRight())
    options = BatchOptions(provider="fake", router="tools:loudness")

    def batch(store):
        return run_batch(clips, questions, replace(options, store=store), registry=registry)

    batch(folder / "s.db")
    return folder / "s.db", batch


def test_what_was_damaged_is_taken_the_place_of_though_something_beside_it_cannot_be_kept(
    tmp_path,
):
    path = fill(tmp_path / "s.db", "c")
    one = StoredRoute("one", "c", "What?", "router", "[]", "reason", 0.1)
    strange = replace(one, key="strange", clip="no such clip")
    with Store(path) as store:
        store.save_routes([one])
    changed(path, f"UPDATE routes SET reason = {DAMAGED} WHERE key = 'one'")
    with Store(path) as store:
        assert store.routes(["one"]) == {}
        with pytest.raises(StoreError):
            store.save_routes([one, strange])
        store.save_routes([one])
        assert store.routes(["one"]) == {"one": one}


@pytest.mark.parametrize(
    ("table", "column", "key"),
    [
        *(("answers", column, "key") for column in ("prediction", "usage", "created")),
        ("tool_calls", "text", "key"),
        ("clip_files", "remark", "path"),
    ],
)
def test_a_damaged_row_costs_nobody_anything(asked_before, tmp_path, caplog, table, column, key):
    """It counts as not there: it is made again, once, and all others are had as ever."""
    first_store, batch = asked_before
    path = shutil.copy(first_store, tmp_path / "s.db")
    with closing(sqlite3.connect(path)) as database:
        (first,) = database.execute(f"SELECT min({key}) FROM {table}").fetchone()
        assert first is not None
        database.execute(f"UPDATE {table} SET {column} = {DAMAGED} WHERE {key} = ?", [first])
        database.commit()
    result = batch(path)
    assert [row.complaint for row in result.rows] == [None, None]
    if table in ("answers", "tool_calls"):
        made = {"answers": result.reasoning.answers_made, "tool_calls": result.tools.calls_run}
        assert made[table] == 1
        assert f"1 row of {table} cannot be read" in caplog.text
    again = batch(path)
    assert not (again.reasoning.answers_made or again.tools.calls_run or again.tools.clips_decoded)


class Decides(Router):
    """Calls loudness, by decisions that are kept."""

    name, identity, cacheable = "decides", "decides 1", True

    def __init__(self):
        self.asked = []

    def route(self, requests):
        self.asked += [request.question for request in requests]
        return [Route((ToolCall("loudness", {}),), "why not")] * len(requests)


@pytest.mark.parametrize(
    "calls",
    [
        *("[{", "7", "[7]", "null", "{}", '""', '[{"tool": "loudness"}]'),
        '[{"tool": 7, "arguments": {}}]',
        '[{"tool": "loudness", "arguments": {}, "instead": 1}]',
        '[{"tool": "loudness", "arguments": {"from": NaN}}]',
    ],
)
def test_a_damaged_route_is_decided_again_and_costs_nobody_anything(tmp_path, caplog, calls):
    requests = [
        RouteRequest(question, ("x", "y"), ClipFacts("a", 1.0, 16_000, 1, -20.0, -3.0))
        for question in ("Which?", "What?")
    ]

    async def decide(router, store):
        stage = RoutingStage(router, store, {"loudness"})
        try:
            return await stage.route(requests)
        finally:
            stage.close()

    path = fill(tmp_path / "s.db", "a")
    with Store(path) as store:
        first, again, last = Decides(), Decides(), Decides()
        routes = asyncio.run(decide(first, store))
        changed(path, f"UPDATE routes SET calls = '{calls}' WHERE question = 'What?'")
        assert asyncio.run(decide(again, store)) == routes
        assert asyncio.run(decide(last, store)) == routes
    assert (first.asked, again.asked, last.asked) == (["Which?", "What?"], ["What?"], [])
    assert "1 row of routes cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        *(("tool_calls", "shared", v) for v in ("[1]", '{"x": "y"}', '{"x": NaN}', "{", "5")),
        *(("tool_calls", "arguments", v) for v in ("[]", "null", "{")),
        ("tool_calls", "seconds", math.inf),
        *(
            ("outcomes", "probabilities", v)
            for v in ("{}", '""', "5", "[null]", '["a"]', "", "[-1]", "[2]", "[1e999]", "[NaN]")
        ),
        ("outcomes", "probabilities", "[0.5, 0.5]"),
        ("outcomes", "probabilities", "[" * 100_000),
        *(("outcomes", "prediction_index", v) for v in (1, -1)),
        *(("outcomes", c, math.inf) for c in ("tool_seconds", "reason_seconds")),
        ("outcomes", "route", "[1]"),
    ],
)
def test_a_row_of_another_form_counts_as_not_there_and_gives_way(tmp_path, table, column, value):
    path = fill(tmp_path / "s.db", "a")

    def kept(store):
        if table == "tool_calls":
            return store.calls(["call-a"]), store.call_costs("tempo 1"), store.calls_about(["a"])
        return (store.outcomes(["o-a"]),)

    with Store(path) as store:
        changed(path, f"UPDATE {table} SET shared = '{{}}'" if table == "tool_calls" else "")
        before = kept(store)
        assert all(before)
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(f"UPDATE {table} SET {column} = ?", [value])
        assert not any(kept(store))
        (again,) = before[0].values()
        (store.save_call if table == "tool_calls" else store.save_outcome)(again)
        assert kept(store) == before


def test_a_clip_of_another_length_than_any_is_heard_again(tmp_path):
    path = fill(tmp_path / "s.db", "a")
    with Store(path) as store:
        changed(path, "UPDATE clips SET duration = 9e999")
        assert store.clip_of_file(Path("/clips/a.wav"), FileStamp(1, 2, 3)) is None
        store.save_clip(Path("/clips/a.wav"), FileStamp(1, 2, 3), facts("a"))
        assert store.clip_of_file(Path("/clips/a.wav"), FileStamp(1, 2, 3)) == ("a", facts("a"))


def test_a_damaged_row_gives_way_to_what_is_kept_next(tmp_path):
    path = fill(tmp_path / "own.db", "a")
    changed(path, f"UPDATE routes SET reason = {DAMAGED}")
    route = StoredRoute("route-a", "a", "Which?", "r", "[]", "another why", 0.1)
    with Store(path) as store:
        assert store.routes(["route-a"]) == {}
        store.save_routes([route])
        assert store.routes(["route-a"]) == {"route-a": route}


def test_a_damaged_row_gives_way_to_that_of_another_store(tmp_path):
    other, own = fill(tmp_path / "other.db", "a"), fill(tmp_path / "own.db", "a")
    changed(own, f"UPDATE answers SET prediction = {DAMAGED}")
    with Store(own) as store:
        assert store.answers(["answer-a"]) == {}
        assert store.merge(other).answers == 1
        assert store.answers(["answer-a"])["answer-a"].prediction == "a"
