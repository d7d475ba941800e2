"""Stores merged into one: everything once, nothing lost, whatever the other file is."""

import contextlib
import errno
import json
import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from commands import run

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.errors import ShardError, StoreError
from audiorouter.machine import mounts
from audiorouter.store import Store, StoredAnswer, StoredCall, StoredOutcome, StoredRoute

DATA = Path(__file__).parent / "data"
TABLES = (
    *("clips", "clip_files", "tool_calls", "answers", "routes", "outcomes", "runs", "run_rows"),
)


WRONG_ROUTES = ("[5]", '["tempo"]', '[{"tool": 5, "arguments": {}}]', '[{"tool": "tempo"}]')
WRONG_FIELDS = (
    *('{"choices": 5}', '{"choices": null}', '{"choices": [1]}', '{"route": [5]}'),
    *('{"findings": ["a"]}', '{"tool_seconds": "long"}', '{"probabilities": {}}'),
)


def facts(clip):
    return ClipFacts(clip, 1.5, 16_000, 1, -20.0, -10.0)


def call(key, clip, status="ok", **more):
    given = {"data": "{}", "text": "A tone."} if status == "ok" else {"error": "no luck"}
    return StoredCall(key, clip, "tempo", "tempo 1", "{}", status, **given | more)


def answer(key, clip, index=0, **more):
    choices = '["a","b"]'
    return StoredAnswer(
        key, clip, "Which?", choices, "p", "p 1", "[]", "a", index, "[0.9,0.1]", 0.9, 0.1, **more
    )


def fill(path, clip, *, rows=3):
    """A store with one of everything about a clip, and a run."""
    with Store(path) as store:
        store.save_clip(Path(f"/clips/{clip}.wav"), FileStamp(1, 2, 3), facts(clip))
        store.save_call(call(f"call-{clip}", clip))
        store.save_answer(answer(f"answer-{clip}", clip))
        store.save_route(StoredRoute(f"route-{clip}", clip, "Which?", "r", "[]", "why", 0.1))
        store.save_outcome(
            StoredOutcome(
                f"o-{clip}", clip, "Which?", "[]", "p", "tempo", 0, "[1.0]", 0.1, 0.1, "a"
            )
        )
        number = store.start_run(Path("q.csv"), Path("/clips"), json.dumps({"clip": clip}))
        store.save_rows(number, [row(position, clip) for position in range(rows)])
        store.finish_run(number, "finished")
    return path


def row(position, clip):
    names = ("answer", "prediction", "correct", "route", "answer_key", "error")
    asked = {"question_id": str(position), "audio": f"{clip}.wav", "question": "Which?"}
    return {"position": position, "clip": clip, **asked, **dict.fromkeys(names)}


def sql(path, script):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def counts(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in TABLES
        }


def content(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()
            for table in TABLES
        }


@pytest.fixture
def shards(tmp_path):
    return [fill(tmp_path / f"{clip}.db", clip) for clip in "ab"]


def merged(target, *shards):
    with Store(target) as store:
        return [store.merge(shard) for shard in shards]


def test_everything_is_there_once_however_often_it_is_merged(tmp_path, shards):
    target = fill(tmp_path / "all.db", "c")
    first, _ = merged(target, *shards)
    assert first._asdict() == {
        **dict.fromkeys(TABLES, 1), "run_rows": 3, "running": 0, "unreadable": 0,
    }  # fmt: skip
    assert counts(target) == {**dict.fromkeys(TABLES, 3), "run_rows": 9}
    before = content(target)
    assert [each.added for each in merged(target, *shards, *reversed(shards))] == [0] * 4
    assert content(target) == before
    assert {path.name for path in tmp_path.iterdir()} == {"all.db", "a.db", "b.db"}


def test_a_copy_of_the_store_adds_nothing(tmp_path, shards):
    merged(shards[0], shards[1])
    copy = shutil.copyfile(shards[0], tmp_path / "copy.db")
    before = content(shards[0])
    assert merged(shards[0], copy)[0].added == 0
    assert content(shards[0]) == before


def test_a_run_that_came_round_is_still_one(tmp_path, shards):
    merged(shards[0], shards[1])
    merged(shards[1], shards[0])
    assert counts(shards[0])["runs"] == counts(shards[1])["runs"] == 2


def test_a_success_takes_the_place_of_a_failure_and_not_the_other_way_round(tmp_path):
    paths = [tmp_path / "bad.db", tmp_path / "good.db"]
    for path, status, index in zip(paths, ("failed", "ok"), (None, 1), strict=True):
        with Store(path) as store:
            store.save_clip(Path("/a.wav"), FileStamp(1, 1, 1), facts("a"))
            store.save_call(call("k", "a", status))
            store.save_answer(answer("k", "a", index))
    merged(*paths)
    merged(paths[1], paths[0])
    for path in paths:
        with Store(path) as store:
            assert store.calls(["k"])["k"].status == "ok"
            assert store.answers(["k"])["k"].prediction_index == 1


def test_many_rows_go_in_slices(tmp_path, monkeypatch):
    monkeypatch.setattr("audiorouter.store.merge._SLICE", 2)
    shard = fill(tmp_path / "a.db", "a", rows=7)
    with Store(shard) as store:
        for number in range(9):
            store.save_call(call(f"k{number}", "a"))
    (done,) = merged(tmp_path / "all.db", shard)
    assert (done.tool_calls, done.run_rows) == (10, 7)
    assert counts(tmp_path / "all.db") == counts(shard)


def test_a_merge_that_was_killed_goes_on(tmp_path, monkeypatch):
    """Killed between two slices of a run's rows: it is lost until they are all there."""
    monkeypatch.setattr("audiorouter.store.merge._SLICE", 2)
    shard, target = fill(tmp_path / "a.db", "a", rows=7), tmp_path / "all.db"
    merged(target, shard)
    sql(target, "DELETE FROM run_rows WHERE position > 3; UPDATE runs SET status = 'lost'")
    merged(target, shard)
    assert counts(target) == counts(shard)
    with Store(target) as store:
        assert store.runs()[0].status == "finished"


def test_a_full_disk_is_said_and_loses_nothing(tmp_path, shards, monkeypatch):
    target = tmp_path / "all.db"
    merged(target, shards[0])
    with Store(shards[1]) as store:
        for number in range(300):
            store.save_call(call(f"k{number}", "b", text="x" * 500))
    with Store(target) as store:
        (pages,) = store._one("PRAGMA page_count")
        store._one(f"PRAGMA max_page_count = {pages + 5}")  # SQLite says the same of a full disk
        with pytest.raises(StoreError, match="the disk is full; make room and run this again"):
            store.merge(shards[1])
        assert store.stats().answers == 1
    merged(target, shards[1])
    assert counts(target)["tool_calls"] == 302
    monkeypatch.setattr("audiorouter.store.shard_copy.shutil.copyfile", full)
    with Store(target) as store, pytest.raises(ShardError, match=r"no room in .* for a copy of it"):
        store.merge(shards[0])


def full(*_paths):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_run_that_goes_on_is_left_for_later_and_its_results_are_not(tmp_path):
    shard, target = fill(tmp_path / "a.db", "a"), tmp_path / "all.db"
    with Store(shard) as store:
        number = store.start_run(Path("q.csv"), Path("/clips"), "{}")
        (done,) = merged(target, shard)
        assert (done.runs, done.running, done.tool_calls) == (1, 1, 1)
        store.finish_run(number, "finished")
    (done,) = merged(target, shard)
    assert (done.runs, done.running) == (1, 0)


def test_a_run_killed_elsewhere_is_lost_until_more_is_known(tmp_path):
    shard, target = fill(tmp_path / "a.db", "a"), tmp_path / "all.db"
    sql(shard, "UPDATE runs SET status = 'running', finished = NULL, host = 'elsewhere'")
    merged(target, shard)
    with Store(target) as store:
        assert [each.status for each in store.runs()] == ["lost"]
    sql(shard, "UPDATE runs SET status = 'finished'")
    merged(target, shard)
    with Store(target) as store:
        assert [each.status for each in store.runs()] == ["finished"]


def test_a_shard_of_the_first_version_is_brought_up_and_stays_as_it_is(tmp_path):
    shard = tmp_path / "old.db"
    sql(shard, (DATA / "schema_1.sql").read_text(encoding="utf-8"))
    before = shard.read_bytes()
    (done,) = merged(tmp_path / "all.db", shard)
    assert (done.clips, done.tool_calls) == (1, 1)
    assert shard.read_bytes() == before


def test_what_a_killed_writer_left_in_its_log_is_merged(tmp_path):
    source = fill(tmp_path / "a.db", "a")
    with Store(source) as store:
        store.save_call(call("last", "a"))
        for suffix in ("", "-wal"):  # as a kill leaves them: not closed
            shutil.copyfile(f"{source}{suffix}", tmp_path / f"killed.db{suffix}")
    (done,) = merged(tmp_path / "all.db", tmp_path / "killed.db")
    assert done.tool_calls == 2


HOSTILE = {
    "another program's": "CREATE TABLE moz_places (id INTEGER)",
    "a trigger": "CREATE TRIGGER t AFTER UPDATE ON runs BEGIN DELETE FROM runs; END",
    "a view": "DROP TABLE answers; CREATE VIEW answers AS SELECT 1 AS key",
    "a lacking table": "PRAGMA foreign_keys = OFF; DROP TABLE answers",
    "loose types": "DROP TABLE routes; CREATE TABLE routes (key, clip, question, router, calls, "
    "reason, seconds, created); INSERT INTO routes VALUES ('k', 'a', 1, 2, '[]', 'x', 'y', 'z')",
    "a later version": "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
    "VALUES ('audiorouter', 'm999_later', '2030')",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_is_no_store_of_ours_is_refused_and_the_others_are_merged(tmp_path, shards, what):
    bad = tmp_path / "bad.db"
    if what != "another program's":
        fill(bad, "a")
    sql(bad, HOSTILE[what])
    target = tmp_path / "all.db"
    done = run("--db", target, "store", "merge", bad, *shards, "--json", code=1)
    errors = [each["error"] for each in json.loads(done.stdout)]
    assert str(bad) in errors[0]
    assert errors[1:] == [None, None]
    assert counts(target)["answers"] == 2


def test_a_damaged_or_empty_file_is_refused(tmp_path, shards):
    damaged = tmp_path / "damaged.db"
    whole = bytearray(shards[0].read_bytes())
    whole[4096:12_288] = b"\xff" * 8192
    damaged.write_bytes(whole)
    (tmp_path / "empty.db").touch()
    with Store(tmp_path / "all.db") as store:
        for name in ("damaged.db", "empty.db", "absent.db"):
            with pytest.raises(StoreError, match=name):
                store.merge(tmp_path / name)
        assert store.stats().clips == 0


def test_rows_whose_json_is_none_are_left_out_and_counted(tmp_path, shards):
    sql(shards[0], "UPDATE tool_calls SET data = '{'; UPDATE answers SET findings = 'x'")
    (done,) = merged(tmp_path / "all.db", shards[0])
    assert (done.tool_calls, done.answers, done.routes, done.unreadable) == (0, 0, 1, 2)


def changed(shard, *statements):
    """The shard after somebody wrote into it what no store of ours holds."""
    with contextlib.closing(sqlite3.connect(shard)) as database:
        database.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            database.execute(statement)
        database.commit()
    return shard


@pytest.mark.parametrize(
    ("statement", "left_out"),
    [
        # A run, and its three rows with it.
        ("UPDATE runs SET settings = '[]'", 4),
        ("UPDATE runs SET settings = CAST(x'22ac4122' AS TEXT)", 4),
        ("UPDATE runs SET origin = CAST(x'ac41' AS TEXT)", 4),
        ("UPDATE runs SET started = 'soon'", 4),
        ("UPDATE runs SET finished = '9999-99-99 00:00:00'", 4),
        ("UPDATE answers SET created = 'then'", 1),
        ("UPDATE run_rows SET fields = '[1]'", 3),
        ("UPDATE run_rows SET route = '5'", 3),
        *((f"UPDATE run_rows SET route = '{route}'", 3) for route in WRONG_ROUTES),
        *((f"UPDATE run_rows SET fields = '{fields}'", 3) for fields in WRONG_FIELDS),
        ("UPDATE routes SET calls = '5'", 1),
        ("UPDATE tool_calls SET data = CAST(x'22ac4122' AS TEXT)", 1),
        ("UPDATE answers SET key = CAST(x'ac41' AS TEXT)", 1),
    ],
)
def test_rows_that_cannot_be_read_are_left_out_and_counted(tmp_path, statement, left_out):
    shard = changed(fill(tmp_path / "shard.db", "a"), statement)
    with Store(tmp_path / "store.db") as store:
        assert store.merge(shard).unreadable == left_out
        assert store.merge(fill(tmp_path / "other.db", "b")).runs == 1
    run("--db", tmp_path / "store.db", "runs", "list")


def test_a_shard_that_fails_in_any_way_is_named_and_the_others_are_merged(tmp_path):
    whole = fill(tmp_path / "whole.db", "b")
    for name, spoil in (
        ("unmigrated", lambda path: changed(path, "DROP TABLE _sqlite_migrations")),
        ("unsaid", unsaid),
        ("virtual", lambda path: changed(path, VIRTUAL)),
        ("column", lambda path: changed(path, COLUMN)),
        ("folder", lambda path: (path.unlink(), path.mkdir())),
    ):
        bad = fill(tmp_path / f"{name}.db", "a")
        spoil(bad)
        target = tmp_path / f"into-{name}.db"
        done = run("--db", target, "store", "merge", bad, whole, "--json", code=1)
        first, second = json.loads(done.stdout)
        assert first["error"].startswith(str(bad)) and second["error"] is None, name
        with Store(target) as store:
            assert len(store.calls(["call-b"])) == 1


COLUMN = (
    "UPDATE sqlite_master SET sql = CAST(replace(CAST(sql AS BLOB), CAST('peak_dbfs' AS BLOB), "
    "x'ac7065616b') AS TEXT) WHERE name = 'clips'"
)
VIRTUAL = (
    "INSERT INTO sqlite_master VALUES "
    "('table', 'zz', 'zz', 0, 'CREATE' || char(9) || 'VIRTUAL TABLE zz USING fts5(a)')"
)


def unsaid(path):
    """Damage that SQLite quotes in its complaint, in bytes that are no text."""
    content = path.read_bytes()
    assert b"CREATE TABLE" in content
    path.write_bytes(content.replace(b"CREATE TABLE", b"CREATE \xac\xac\xac\xac\xac"))


def test_what_a_killed_merge_left_goes_with_the_next(tmp_path, shards):
    left = tmp_path / ".audiorouter-merge-killed"
    left.mkdir()
    (left / "shard.db").touch()
    os.utime(left, (0, 0))
    with Store(tmp_path / "store.db") as store:
        store.merge(fill(tmp_path / "shard.db", "a"))
    assert not list(tmp_path.glob(".audiorouter-merge-*"))


def test_a_run_whose_settings_are_none_is_listed(tmp_path):
    path = changed(fill(tmp_path / "own.db", "a"), "UPDATE runs SET settings = '[]'")
    assert "finished" in run("--db", path, "runs", "list").stdout


@pytest.mark.parametrize(
    "column", [f"route = '{WRONG_ROUTES[0]}'", f"fields = '{WRONG_FIELDS[0]}'"]
)
def test_a_row_of_a_run_that_cannot_be_read_says_so_and_the_others_are_shown(tmp_path, column):
    path = fill(fill(tmp_path / "own.db", "a"), "b")
    changed(path, f"UPDATE run_rows SET {column} WHERE run = 2 AND position = 1")
    shown = json.loads(run("--db", path, "runs", "show", "2", "--json").stdout)["rows"]
    why = f"what the store has of this row cannot be read: {column.split()[0]}: "
    assert [bool(row["error"]) for row in shown] == [False, True, False]
    assert shown[1]["error"].startswith(why) and shown[1]["question"] == "Which?"
    assert "cannot be read" in run("--db", path, "runs", "show", "2").stdout
    assert run("--db", path, "runs", "diff", "1", "2").stdout


def test_the_store_itself_is_refused(shards):
    with Store(shards[0]) as store, pytest.raises(StoreError, match="the store itself"):
        store.merge(shards[0])


def test_a_dry_run_says_what_would_be_added_and_adds_nothing(tmp_path, shards):
    target = tmp_path / "all.db"
    line = ("--db", target, "store", "merge", *shards, "--json")
    dry = json.loads(run(*line, "--dry-run").stdout)
    assert not target.exists()
    assert json.loads(run(*line).stdout) == dry
    assert all(each["answers"] == 1 for each in dry)
    before = content(target)
    again = json.loads(run(*line, "--dry-run").stdout)
    assert sum(each["answers"] + each["runs"] for each in again) == 0
    assert content(target) == before


def test_on_a_network_file_system_shards_are_read_and_no_store_is_written(
    tmp_path, shards, monkeypatch
):
    network = tmp_path / "network"
    network.mkdir()
    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / {network} rw - nfs4 b rw\n")
    shard = shutil.move(shards[0], network / "a.db")
    monkeypatch.setattr(mounts, "MOUNTS", table)
    (done,) = merged(tmp_path / "all.db", shard)
    assert done.answers == 1
    with Store(network / "all.db") as store, pytest.raises(StoreError, match="on a local disk"):
        store.merge(shards[1])


def test_an_excerpt_holds_what_is_about_its_files_alone(tmp_path, shards):
    target, some = tmp_path / "all.db", tmp_path / "some.db"
    merged(target, *shards)
    with Store(target) as store:
        assert store.excerpt(some, [Path("/clips/b.wav"), Path("/clips/none.wav")]) == 6
    held = counts(some)
    assert {name: n for name, n in held.items() if n} == dict.fromkeys(TABLES[:6], 1)
    (done,) = merged(tmp_path / "other.db", some)
    assert done.answers == 1
