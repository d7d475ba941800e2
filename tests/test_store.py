import contextlib
import dataclasses
import itertools
import json
import math
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.errors import StoreError
from audiorouter.store import Store, StoredAnswer, StoredCall, cache_key, canonical_json

DATA = Path(__file__).parent / "data"
MIGRATED_STORES = True
FACTS = ClipFacts("hash", 1.5, 16_000, 1, -20.0, -10.0)
STAMP = FileStamp(10, 20, 30)
NUMBERS = itertools.count()
TEXT = st.text(st.characters(blacklist_categories=("Cs",)) | st.sampled_from("\0\r\n\u2028"))
HOSTILE = TEXT | st.lists(st.sampled_from(["a", "\ud800", "\udcff", "\0"])).map("".join)
REAL = st.floats() | st.none()
WHOLE = st.integers() | st.integers(-(2**63) - 1, 2**63)


@pytest.fixture
def store(own_store):
    with Store(own_store) as opened:
        opened.save_clip(Path("a.wav"), STAMP, FACTS)
        yield opened


def call(key: str = "k", status: str = "ok", **changes) -> StoredCall:
    fields = {"clip": "hash", "tool": "t", "identity": "t/1", "arguments": "{}", "text": "x"}
    return StoredCall(key=key, status=status, **(fields | changes))


def test_clip_memo_holds_only_while_the_file_is_the_same(store):
    assert store.clip_of_file(Path("a.wav"), STAMP) == ("hash", FACTS)
    for other in (STAMP._replace(size=11), STAMP._replace(mtime_ns=1), STAMP._replace(inode=1)):
        assert store.clip_of_file(Path("a.wav"), other) is None
    assert store.clip_of_file(Path("b.wav"), STAMP) is None


HERE = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def kept(values: dict) -> bool:
    """Whether a database can keep these values."""
    return all(
        value.encode("utf-8", "ignore").decode() == value
        if isinstance(value, str)
        else -(2**63) <= value < 2**63
        if isinstance(value, int)
        else value is None or math.isfinite(value)
        for value in values.values()
    )


def refused_or_same(values: dict, save, read) -> None:
    """What is saved comes back as it was, or is refused by name: nothing in between."""
    if kept(values):
        save()
        assert read() == values
    else:
        with pytest.raises(StoreError, match=r"cannot keep \w+\.\w+: "):
            save()


@HERE
@given(key=HOSTILE, text=HOSTILE, error=st.none() | HOSTILE, seconds=st.floats())
def test_calls_come_back_as_they_were(store, key, text, error, seconds):
    saved = call(key=f"{next(NUMBERS)} {key}", text=text, error=error, seconds=seconds)
    refused_or_same(
        vars(saved),
        lambda: store.save_call(saved),
        lambda: vars(store.calls([saved.key])[saved.key]),
    )


@HERE
@given(words=st.tuples(*[HOSTILE] * 5), index=st.none() | WHOLE, sure=REAL)
def test_answers_come_back_as_they_were(store, words, index, sure):
    key, question, choices, prediction, usage = words
    saved = StoredAnswer(
        f"{next(NUMBERS)} {key}", "hash", question, choices, "p", "i", "[]", prediction, index,
        None, sure, 1.0, usage,
    )  # fmt: skip
    refused_or_same(
        vars(saved),
        lambda: store.save_answer(saved),
        lambda: vars(store.answers([saved.key])[saved.key]),
    )


@HERE
@given(words=st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE, st.none() | HOSTILE), max_size=3))
def test_rows_come_back_as_they_were(store, words):
    run = store.start_run(Path("q.csv"), Path("clips"), "{}")
    rows = [
        {"position": position, "question_id": name, "audio": audio, "question": text,
         "answer": None, "prediction": None, "correct": 1, "clip": "hash", "route": None,
         "answer_key": None, "error": error, "fields": text}
        for position, (name, audio, text, error) in enumerate(words)
    ]  # fmt: skip
    if all(map(kept, rows)):
        store.save_rows(run, rows)
        found = [row for row in store.export("run_rows") if row["run"] == run]
        assert found == [{**row, "run": run} for row in rows]
    else:
        with pytest.raises(StoreError, match=r"cannot keep run_rows\.\w+: "):
            store.save_rows(run, rows)


@pytest.mark.parametrize("value", [np.float32(0.5), np.int64(1), float("inf"), ["a"], {}])
def test_what_is_neither_text_nor_number_is_refused_by_name(store, value):
    with pytest.raises(StoreError, match=r"cannot keep tool_calls\.seconds: "):
        store.save_call(call(seconds=value))
    with pytest.raises(StoreError, match=r"cannot keep clips\.duration: "):
        store.save_clip(Path("b.wav"), STAMP, dataclasses.replace(FACTS, duration=value))


@HERE
@given(
    name=st.binary(min_size=1).filter(lambda name: b"\0" not in name),
    stamp=st.builds(FileStamp, WHOLE, st.integers(0, 2**64), st.integers(0, 2**64 - 1)),
)
def test_clips_of_any_name_and_stamp_are_found_again(store, name, stamp):
    path = Path(os.fsdecode(name))
    store.save_clip(path, stamp, FACTS)
    assert store.clip_of_file(path, stamp) == ("hash", FACTS)


def test_a_success_replaces_a_failure_and_never_the_reverse(store):
    store.save_call(call(status="failed", error="crashed"))
    store.save_call(call(status="ok", text="fine"))
    store.save_call(call(status="failed", error="again"))
    store.save_call(call(status="failed", error="computed anew"), replace=True)
    assert store.calls(["k"])["k"].text == "fine"
    store.save_call(call(status="ok", text="finer"), replace=True)
    assert store.calls(["k"])["k"].text == "finer"


def test_many_keys_at_once(store):
    for number in range(3):
        store.save_call(call(key=f"k{number}"))
    assert len(store.calls(f"k{number}" for number in range(2000))) == 3


def test_threads_take_turns(store):
    def write(thread: int) -> int:
        for number in range(40):
            store.save_call(call(f"{thread} {number}"))
            assert f"{thread} {number}" in store.calls([f"{thread} {number}"])
        return thread

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(write, range(4))) == [0, 1, 2, 3]
    assert store.stats().tool_calls == 160


def test_answers_keep_their_probabilities(store):
    answer = StoredAnswer(
        key="a", clip="hash", question="q", choices='["x","y"]', provider="p", identity="i",
        findings="[]", prediction="x", prediction_index=0, probabilities="[0.7,0.3]",
        confidence=0.7, seconds=1.0,
    )  # fmt: skip
    store.save_answer(answer)
    assert store.answers(["a"])["a"] == answer
    assert store.seconds_per_answer("p") == 1.0


def test_prune_export_and_backup(store, tmp_path):
    store.save_call(call())
    store.finish_run(store.start_run(Path("q.csv"), Path("clips"), "{}"), "finished")
    assert [row["key"] for row in store.export("tool_calls")] == ["k"]
    with pytest.raises(StoreError, match="no table"):
        list(store.export("tool_calls; DROP TABLE clips"))
    store.backup(tmp_path / "copy.db")
    with pytest.raises(StoreError, match="is the store itself"):
        store.backup(store.path)
    assert store.prune(days=1) == 0
    assert store.prune(days=0) == 2
    assert store.stats().tool_calls == store.stats().runs == 0
    with Store(tmp_path / "copy.db") as copy:
        assert copy.stats().tool_calls == 1


def test_a_database_of_the_first_release_still_opens(tmp_path):
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((DATA / "schema_1.sql").read_text())
    with Store(path) as store:
        assert store.calls(["k"])["k"].text == "kept from the first release"


def test_a_database_of_the_fourth_schema_keeps_all_it_has(tmp_path):
    path = tmp_path / "old.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((DATA / "schema_4.sql").read_text())
        # A run that was deleted while it was running left rows without one.
        connection.execute(f"INSERT INTO run_rows VALUES (9, 0, 'x', 'x', 'x'{', NULL' * 7})")
    with Store(path) as store:
        assert store.calls(["call"])["call"].text == "The pitch is A4."
        assert store.answers(["answer"])["answer"].prediction == "A4"
        assert store.outcomes(["outcome"]) and store.routes(["route"])
        assert [(row["id"], row["status"]) for row in store.export("runs")] == [
            (1, "finished"), (2, "interrupted"), (3, "lost"),
        ]  # fmt: skip
        assert [row["run"] for row in store.export("run_rows")] == [1, 2, 3]
        assert [row["confidence"] for row in store.export("explanations")] == [0.9] * 3
        run = store.start_run(Path("q.csv"), Path("clips"), "{}")
        assert run == 4
        store.finish_run(run, "finished")
        assert store.prune(days=0) == 8
        assert not list(store.export("run_rows"))


@pytest.mark.parametrize(
    ("pragma", "complaint"),
    [("query_only = ON", "may not be written.*--db"), ("max_page_count = 1", "the disk is full")],
)
def test_a_store_that_takes_nothing_says_what_to_do(store, pragma, complaint):
    store._connection.execute(f"PRAGMA {pragma}")
    with pytest.raises(StoreError, match=complaint):
        store.save_call(call(text="x" * 1_000_000))
    assert not store.calls(["k"])


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/store\.db: .*by --db"):
        Store(tmp_path / "file" / "store.db")
    with pytest.raises(StoreError, match="it is a folder; name a file by --db"):
        Store(tmp_path)


HOLDER = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@contextlib.contextmanager
def held(path: Path, seconds: float):
    """Another process holds the lock of the database at `path`."""
    command = [sys.executable, "-c", HOLDER, str(path), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield
        process.kill()


@pytest.mark.slow
def test_a_lock_that_is_let_go_of_is_waited_for_and_said(store, own_store, capfd):
    with held(own_store, 2.5):
        store.save_call(call(key="a"))
    with held(own_store, 0.3):
        store.save_call(call(key="b"))
    assert store.calls(["a", "b"]).keys() == {"a", "b"}
    assert capfd.readouterr().err == (
        f"audiorouter: waiting for the store {own_store} (another process holds it)\n"
    )


def test_a_lock_that_is_held_for_long_says_what_to_do(store, own_store):
    with Store(own_store, busy_seconds=0.2) as other, held(own_store, 100):
        with pytest.raises(StoreError, match="locked for too long; let it end"):
            other.save_call(call())
        assert other.calls(["k"]) == {}, "reading goes on"


def test_what_is_no_database_is_refused(tmp_path):
    (tmp_path / "notes.db").write_text("this is a text file, not a database, and it is long enough")
    with pytest.raises(StoreError, match=r"notes\.db: it is something else than a database"):
        Store(tmp_path / "notes.db")


WRITER = """
import sys
from pathlib import Path
from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.store import Store, StoredCall
name = sys.argv[2]
with Store(Path(sys.argv[1])) as store:
    facts = ClipFacts("hash", 1.0, 1, 1, 0.0, 0.0)
    for number in range(200):
        store.save_clip(Path(name), FileStamp(1, 1, 1), facts)
        store.save_call(StoredCall(f"{name}{number}", "hash", "t", "i", "{}", "ok"))
"""


@pytest.mark.slow
def test_processes_create_and_write_one_database_at_once(tmp_path):
    path = tmp_path / "shared.db"
    running = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in "abcd"]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0, 0]
    with Store(path) as store:
        assert store.stats().tool_calls == 800


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(TEXT, children, max_size=3),
    max_leaves=8,
)


@pytest.mark.slow
@given(st.dictionaries(TEXT, JSON, max_size=4), st.dictionaries(TEXT, JSON, max_size=4))
def test_keys_are_equal_exactly_when_their_parts_are(first, second):
    same = canonical_json(first) == canonical_json(second)
    assert (cache_key("x", first) == cache_key("x", second)) is same
    shuffled = dict(reversed(first.items()))
    assert cache_key("x", first) == cache_key("x", shuffled) != cache_key("y", first)


def test_canonical_json_refuses_nan():
    with pytest.raises(ValueError, match=r"NaN|Out of range"):
        canonical_json({"x": float("nan")})
    assert json.loads(canonical_json({"b": 1, "a": "é"})) == {"a": "é", "b": 1}


def test_a_store_of_an_earlier_version_is_brought_up_to_date(tmp_path):
    from sqlite_utils import Database

    from audiorouter.store.database import LATEST_MIGRATION
    from audiorouter.store.migrations import migrations

    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    applied = migrations.pending(Database(connection))
    assert applied[-1].name == LATEST_MIGRATION
    migrations.apply(Database(connection), stop_before="m002_outcomes")
    connection.close()
    with Store(path):
        pass
    assert not migrations.pending(Database(sqlite3.connect(path)))


def test_what_somebody_has_put_into_an_old_store_is_no_hindrance_and_stays(tmp_path):
    from sqlite_utils import Database

    from audiorouter.store.migrations import migrations

    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    migrations.apply(Database(connection), stop_before="m013_rows_on_fewer_pages")
    connection.executescript(
        """
        CREATE VIEW wrong AS SELECT * FROM run_rows WHERE correct = 0;
        CREATE INDEX by_question ON run_rows(question_id);
        CREATE TRIGGER noted AFTER INSERT ON run_rows BEGIN DELETE FROM answers WHERE 0; END;
        DROP VIEW explanations;
        """
    )
    connection.close()
    with Store(path) as store:
        assert [*store.export("wrong")] == [*store.export("explanations")] == []
    there = {name for (name,) in sqlite3.connect(path).execute("SELECT name FROM sqlite_master")}
    assert {"wrong", "by_question", "noted", "explanations"} <= there


@pytest.mark.parametrize("column", ["remark", "Remark"])
def test_a_column_that_somebody_has_added_before_us_is_no_hindrance(column, tmp_path):
    from sqlite_utils import Database

    from audiorouter.store.migrations import migrations

    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    migrations.apply(Database(connection), stop_before="m014_remarks_on_answers")
    connection.execute(f"ALTER TABLE answers ADD COLUMN {column} TEXT")
    connection.close()
    with Store(path):
        pass
    assert not migrations.pending(Database(sqlite3.connect(path)))
