"""Files that are no store of ours, or hold what none does: they cost themselves alone."""

import json

import pytest
from commands import run
from filled_stores import changed, counts, fill, merged, sql

from audiorouter.errors import StoreError
from audiorouter.store import Store

pytest_plugins = ["filled_stores"]

WRONG_ROUTES = ("[5]", '["tempo"]', '[{"tool": 5, "arguments": {}}]', '[{"tool": "tempo"}]')
WRONG_FIELDS = (
    *('{"choices": 5}', '{"choices": null}', '{"choices": [1]}', '{"route": [5]}'),
    *('{"findings": ["a"]}', '{"tool_seconds": "long"}', '{"probabilities": {}}'),
)
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
