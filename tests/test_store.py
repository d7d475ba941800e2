import itertools
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.errors import StoreError
from audiorouter.store import Store, StoredAnswer, StoredCall, cache_key, canonical_json

DATA = Path(__file__).parent / "data"
FACTS = ClipFacts("hash", 1.5, 16_000, 1, -20.0, -10.0)
STAMP = FileStamp(10, 20, 30)
NUMBERS = itertools.count()
TEXT = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"))


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


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=TEXT, text=TEXT, error=st.none() | TEXT, seconds=st.floats(0, 1e6))
def test_calls_come_back_as_they_were(store, key, text, error, seconds):
    saved = call(key=f"{next(NUMBERS)} {key}", text=text, error=error, seconds=seconds)
    store.save_call(saved)
    assert store.calls([saved.key])[saved.key] == saved


def test_a_success_replaces_a_failure_and_never_the_reverse(store):
    store.save_call(call(status="failed", error="crashed"))
    store.save_call(call(status="ok", text="fine"))
    store.save_call(call(status="failed", error="again"))
    assert store.calls(["k"])["k"].text == "fine"


def test_many_keys_at_once(store):
    for number in range(3):
        store.save_call(call(key=f"k{number}"))
    assert len(store.calls(f"k{number}" for number in range(2000))) == 3


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
    store.start_run(Path("q.csv"), Path("clips"), "{}")
    assert [row["key"] for row in store.export("tool_calls")] == ["k"]
    with pytest.raises(StoreError, match="no table"):
        list(store.export("tool_calls; DROP TABLE clips"))
    store.backup(tmp_path / "copy.db")
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


def test_what_is_no_database_is_refused(tmp_path):
    (tmp_path / "notes.db").write_text("this is a text file, not a database, and it is long enough")
    with pytest.raises(StoreError, match=r"notes\.db"):
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
