"""Stores with one of everything about a clip, and questions about what stands in one."""

import contextlib
import json
import sqlite3
from pathlib import Path

import pytest

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.store import Store, StoredAnswer, StoredCall, StoredOutcome, StoredRoute

TABLES = (
    *("clips", "clip_files", "tool_calls", "answers", "routes", "outcomes", "runs", "run_rows"),
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
        store.save_routes([StoredRoute(f"route-{clip}", clip, "Which?", "r", "[]", "why", 0.1)])
        store.save_outcome(
            StoredOutcome(
                f"o-{clip}", clip, "Which?", '["a"]', "p", "[]", 0, "[1.0]", 0.1, 0.1, "a"
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


def changed(shard, *statements):
    """The shard after somebody wrote into it what no store of ours holds."""
    with contextlib.closing(sqlite3.connect(shard)) as database:
        database.execute("PRAGMA writable_schema = ON")
        for statement in statements:
            database.execute(statement)
        database.commit()
    return shard


FACTS = ClipFacts("hash", 1.5, 16_000, 1, -20.0, -10.0)


def save(store, name="a.wav"):
    store.save_clip(Path(name), FileStamp(1, 1, 1), FACTS)


def asked(path, question):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(question).fetchone()[0]
