"""Stores merged into one: everything once, nothing lost, whatever the other file is."""

import errno
import json
import os
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest
from commands import run
from filled_stores import TABLES, answer, call, content, counts, facts, fill, merged, sql

from audiorouter.clips import FileStamp
from audiorouter.errors import ShardError, StoreError
from audiorouter.machine import mounts
from audiorouter.store import Store

pytest_plugins = ["filled_stores"]

DATA = Path(__file__).parent / "data"


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


def test_what_a_killed_merge_left_goes_with_the_next(tmp_path, shards):
    left = tmp_path / ".audiorouter-merge-killed"
    left.mkdir()
    (left / "shard.db").touch()
    os.utime(left, (0, 0))
    with Store(tmp_path / "store.db") as store:
        store.merge(fill(tmp_path / "shard.db", "a"))
    assert not list(tmp_path.glob(".audiorouter-merge-*"))


def test_the_store_itself_is_refused(shards):
    with Store(shards[0]) as store, pytest.raises(StoreError, match="the store itself"):
        store.merge(shards[0])


def test_a_dry_run_says_what_would_be_added_and_adds_nothing(tmp_path, shards):
    target = tmp_path / "all.db"
    line = ("--db", target, "store", "merge", *shards, "--json")
    dry = json.loads(run(*line, "--dry-run").stdout)
    assert not target.exists()
    twice = ("--db", target, "store", "merge", shards[0], shards[0], "--json", "--dry-run")
    assert [each["answers"] for each in json.loads(run(*twice).stdout)] == [1, 0]
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


@pytest.mark.slow
def test_an_excerpt_waits_for_its_turn(tmp_path, shards):
    target = tmp_path / "all.db"
    merged(target, *shards)
    other = sqlite3.connect(target, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.8, other.commit)
    release.start()
    with Store(target) as store:
        assert store.excerpt(tmp_path / "some.db", [Path("/clips/b.wav")]) == 6
    release.join()
    other.close()
