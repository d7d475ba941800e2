"""What other programs or a bad disk have written into the tables of runs costs its row alone."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from commands import run
from reasoners import Listens, Opens

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.past.answer_sets import answer_sets
from audiorouter.batch.past.past_runs import find_run, list_runs, rows_of
from audiorouter.batch.planning.plan import make_plan
from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.plugins import load_registry
from audiorouter.providers.interface import Answer
from audiorouter.store import Store
from audiorouter.viewer.scripts import script
from audiorouter.viewer.viewed import Viewed
from audiorouter.viewer.viewed_run import ViewedRun

ODD_FIELDS = {
    "audio": "5",
    "question": "null",
    "answer": "[1]",
    "prediction": "{}",
    "correct": '"yes"',
    "confidence": '"high"',
    "tool_seconds": "1e308",
    "reason_seconds": "-1",
    "reason": '["why"]',
    "findings": '[{"call": "tempo", "text": 5}]',
    "domain": "[1]",
    "remark": "1",
}
"""Values of JSON that no page can show, by the field of a row in which they stand."""


class Counts(Listens):
    """Says what each answer took."""

    counts_tokens = True

    def one(self, request):
        return Answer(request.choices[0], 0, None, 0.0, {"prompt_tokens": 10})


@pytest.fixture
def asked(tmp_path):
    """A store with a run of three questions, which plans and tables read again."""
    path = tmp_path / "s.db"
    clip = tmp_path / "a.wav"
    clip.write_bytes(b"known")
    with Store(path) as store:
        store.save_clip(clip, FileStamp.of(clip), ClipFacts("0" * 40, 1.0, 16_000, 1, -20.0, -3.0))
    rows = [{"audio": "a.wav", "question": f"Q{n}?", "choices": ["a", "b"]} for n in range(3)]
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, rows)))
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(Counts())
    options = BatchOptions(provider="fake", router="none", store=path)
    run_batch(tmp_path, tmp_path / "q.jsonl", options, registry=registry)
    return path, lambda: make_plan(tmp_path, tmp_path / "q.jsonl", options, registry=registry)


def write(path, statement):
    with sqlite3.connect(path) as connection:
        assert connection.execute(statement).rowcount


def test_a_row_whose_text_is_no_utf_8_costs_itself(asked):
    path, _ = asked
    write(path, "UPDATE run_rows SET question = CAST(x'51ff3f' AS TEXT) WHERE position = 1")
    with Store(path) as store:
        rows = rows_of(store, find_run(store, "last"))
    assert [row.id for row in rows] == ["1", "2", "3"]
    assert [row.error and "no UTF-8" in row.error for row in rows] == [None, True, None]
    assert [len(each.rows) for each in answer_sets(["last"], path)] == [3]


@pytest.mark.parametrize("column", ["questions_file", "settings"])
def test_a_run_whose_text_is_no_utf_8_is_listed(asked, column):
    path, _ = asked
    write(path, f"UPDATE runs SET {column} = CAST(x'7bff' AS TEXT)")
    with Store(path) as store:
        assert [run.number for run in list_runs(store)] == [1]
        assert len(rows_of(store, find_run(store, "1"))) == 3


@pytest.mark.parametrize("usage", ["[5]", "no JSON", '{"prompt_tokens": "ten"}'])
def test_what_an_answer_took_counts_where_it_can_be_read(asked, usage):
    path, plan = asked
    write(path, f"UPDATE answers SET usage = '{usage}' WHERE question = 'Q0?'")
    (answers,) = answer_sets(["last"], path)
    assert [dict(used) for used in answers.usage.values()] == [{"prompt_tokens": 10}] * 2
    assert plan().tokens.by_answers == 2
    assert [row["prompt_tokens"] for row in shown(path)[1]] == [None, 10, 10]


@pytest.mark.parametrize("settings", ["'{\"router\": '", "CAST(x'7bff' AS TEXT)"])
def test_a_run_before_that_is_damaged_is_none(asked, settings):
    path, _ = asked
    with Store(path) as store:
        questions = Path(store.runs()[0].questions_file)
    write(path, f"UPDATE runs SET settings = {settings}")
    with Store(path) as store:
        assert store.run_before(2, questions_file=questions, router="none") is None


def test_what_is_damaged_of_a_run_is_missing_from_its_page_alone(asked, tmp_path):
    path, _ = asked
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "INSERT INTO tool_calls (key, clip, tool, identity, arguments, status, text, seconds, "
            "created) SELECT '1', hash, 'tempo', 'tempo/1', '5', 'ok', '90 BPM.', 1.0, '2026' "
            "FROM clips;"
            "UPDATE answers SET findings = '[5' WHERE rowid = 1;"
            "UPDATE run_rows SET fields = '{\"tool_seconds\": 1e999}' WHERE position = 1;"
            "INSERT INTO clip_files SELECT CAST(x'ff' AS TEXT), size, mtime_ns, inode, clip, "
            "file_hash, remark FROM clip_files LIMIT 1;"
        )
    run("--db", path, "view", "1", "-o", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "Q0?" in page and "Q2?" in page


def shown(path):
    """The page's list and rows of run 1, which have to be values that scripts can hold."""
    with Store(path) as store:
        viewed = Viewed(ViewedRun(store, find_run(store, "1")))
        index, part = viewed.index(), viewed.part(0)
    assert script("index", index) and script("rows", 0, part)
    return index["rows"], part


def test_a_field_of_a_row_that_no_page_can_show_costs_its_row(asked):
    path, _ = asked
    with sqlite3.connect(path) as connection:
        (whole,) = connection.execute("SELECT fields FROM run_rows WHERE position = 1").fetchone()
    before = shown(path)
    for name, value in ODD_FIELDS.items():
        set_ = f"UPDATE run_rows SET fields = json_set('{whole}', '$.{name}', json('{value}'))"
        write(path, f"{set_} WHERE position = 1")
        after = shown(path)
        assert [each[::2] for each in after] == [each[::2] for each in before]
        assert f"fields: {name}" in after[1][1]["error"]
        assert after[1][1]["question"] == "Q1?"
        (answers,) = answer_sets(["last"], path)
        assert answers.rows[1].error and not any(answers.rows[n].error for n in (0, 2))


def test_a_row_of_which_fields_are_missing_is_what_its_columns_say(asked):
    path, _ = asked
    write(path, "UPDATE run_rows SET fields = '{}' WHERE position = 1")
    _, rows = shown(path)
    assert [rows[1][name] for name in ("id", "audio", "question")] == ["2", "a.wav", "Q1?"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE clips SET duration = 9e999",
        "INSERT INTO tool_calls (key, clip, tool, identity, arguments, status, text, seconds, "
        "created) SELECT '1', hash, 'x', 'x/1', '{}', 'ok', 'y', 9e999, '2026' FROM clips",
        """UPDATE runs SET settings = '{"questions": "many", "version": 5, "tools": 5}'""",
        """UPDATE runs SET settings = '{"questions": 1e999}'""",
    ],
)
def test_a_number_that_no_page_can_hold_is_missing_from_it(asked, damage):
    path, _ = asked
    with sqlite3.connect(path) as connection:
        found = """json_set(fields, '$.findings', json('[{"call": "x", "text": "y"}]'))"""
        connection.execute(f"UPDATE run_rows SET fields = {found}")
    write(path, damage)
    _, rows = shown(path)
    assert [row["question"] for row in rows] == ["Q0?", "Q1?", "Q2?"]
    with Store(path) as store:
        assert [run.questions for run in list_runs(store)] == [3]


def test_a_damaged_text_is_exported_as_far_as_it_can_be_read(asked):
    path, _ = asked
    write(path, "UPDATE run_rows SET question = CAST(x'51ff3f' AS TEXT) WHERE position = 1")
    with Store(path) as store:
        assert [row["question"] for row in store.export("run_rows")] == ["Q0?", "Q\ufffd?", "Q2?"]
