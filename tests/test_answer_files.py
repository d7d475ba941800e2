"""What answers files keep of a user's own, and what spreadsheets and strict readers see."""

import csv
import io
import json
import os
import re
from dataclasses import replace

import pytest
from answers_text import render, write_answers
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorouter.batch.answers_file.answer_files import as_record, check_output, render_records
from audiorouter.batch.rows import FIELDS, Row
from audiorouter.csv_cells import ANSWERS_COLUMNS, defused, restored
from audiorouter.errors import UsageError
from audiorouter.json_values import json_text
from audiorouter.machine.files import write_file
from audiorouter.providers.interface import Answer
from audiorouter.questions import Layout, Question, read_questions
from audiorouter.scoring import Measure

OWN = {"prediction": "my guess", "correct": "maybe", "route": "M1", "note": "n"}


def row(**record):
    question = Question(
        "7", 2, "a.wav", None, "What?", ("a bell", "=1+1"), "a bell", 0, record=record
    )
    return Row(question, answer=Answer("=1+1", 1))


def cells(text):
    header, *rows = csv.reader(io.StringIO(text))
    return [dict(zip(header, cells, strict=True)) for cells in rows]


@pytest.mark.parametrize("layout", Layout)
def test_columns_of_the_users_with_names_of_ours_are_kept(layout):
    (record,) = [json.loads(render(".jsonl", layout, [row(**OWN)]))]
    assert (record["prediction"], record["correct"], record["route"]) == ("=1+1", False, [])
    assert {name: record[f"input_{name}"] for name in OWN if name != "note"} | {
        "note": record["note"]
    } == OWN


def test_every_column_is_kept_whatever_it_is_called():
    mine = {"error": "1", "input_error": "2", "input_input_error": "3", "model_output": "4"}
    record = json.loads(render(".jsonl", Layout.MMAU, [row(**mine)]))
    ours = {"error", "model_output"}
    kept = [value for name, value in record.items() if name not in ours]
    assert set(mine.values()) <= {value for value in kept if isinstance(value, str)}
    assert record["model_output"] == "=1+1" and record["error"] is None


def test_numbers_that_json_does_not_have_are_null():
    odd = {"score": float("nan"), "range": [float("-inf"), {"x": float("inf")}], "n": 0}
    for suffix in (".json", ".jsonl"):
        text = render(suffix, Layout.OURS, [row(**odd)])
        record = json.loads(text, parse_constant=pytest.fail)
        record = record[0] if suffix == ".json" else record
        assert (record["score"], record["range"], record["n"]) == (None, [None, {"x": None}], 0)
    assert json.loads(json_text({"a": float("nan")}), parse_constant=pytest.fail) == {"a": None}


FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r-1",
    " =1",
    "-A1",
    "+cmd|' /C calc'!A0",
    "＝1",
    "\ufeff=1",
    "\u200b=1",
    "\0=1",
    "\x1b@A1",
    "\xad\u2060 -A1",
]
PLAIN = ["-5", "+5", "-0.5", "-1e-3", "-5 dB", "-12%", "-3 °C", "5-3", "a=b", "", "'a'", "-5dB"]


def test_cells_that_a_spreadsheet_would_run_are_text_and_the_others_as_they_are():
    assert [defused(cell) for cell in FORMULAS] == [f"'{cell}" for cell in FORMULAS]
    assert [defused(cell) for cell in PLAIN] == PLAIN


@settings(max_examples=500)
@given(st.text(alphabet="'=+-@ \t\r\n1a＝|;\ufeff\u200b\0\x1b", max_size=8))
def test_what_is_defused_reads_back_as_it_was(cell):
    assert restored(defused(cell)) == cell
    assert defused(cell)[:1] not in ("=", "@", "\t", "\r")
    assert defused(cell).lstrip("\ufeff\u200b\0\x1b \r\n")[:1] not in ("=", "@")


@pytest.mark.parametrize("verbatim", [False, True])
def test_no_cell_ends_where_a_reader_knows_more_delimiters(verbatim, tmp_path):
    words = ["a;=1+1;b", "a\t=1+1", 'a;"=1"', "a;b\n=1", "a,b"]
    records = [{"id": str(n), "x;y": word} for n, word in enumerate(words)]
    text = render_records(".csv", records, verbatim=verbatim)
    outside = re.sub(r'"(?:[^"]|"")*"', "", text)
    assert not re.search(r"[;\t]", outside)
    assert [cell["x;y"] for cell in cells(text)] == words


@pytest.mark.weights
def test_answers_that_are_asked_again_read_as_what_they_were(clips, tone, tmp_path):
    tone("a.wav")
    assert set(FIELDS) >= ANSWERS_COLUMNS
    path = tmp_path / "a.csv"
    mine = {"=HYPERLINK(1)": "-2+3", "'x": "'=x"}
    write_answers(path, Layout.OURS, [row(**mine)])
    assert all(not c.startswith("=") for line in cells(path.read_text()) for c in line.values())
    (again,) = read_questions(path, clips).questions
    assert {name: again.record[name] for name in mine} == mine
    assert again.record["prediction"] == "=1+1" and again.choices == ("a bell", "=1+1")
    again_and_again = as_record(Layout.OURS, Row(again))
    assert set(again_and_again) == {*FIELDS, *mine} and again_and_again["prediction"] is None
    # A file of the user's own is read as it stands.
    path.write_text("audio,question,answer\na.wav,What?,'=x\n")
    assert read_questions(path, clips).questions[0].answer == "'=x"


@pytest.mark.parametrize(
    ("layout", "clip", "field"),
    [(Layout.MMAU, "audio_id", "model_output"), (Layout.MMAR, "audio_path", "answer_prediction")],
)
def test_what_the_authors_score_is_of_this_run_also_where_answers_are_asked_again(
    clips, tone, tmp_path, layout, clip, field
):
    tone("a.wav")
    path = tmp_path / "a.json"
    write_answers(path, layout, [row(**{clip: "a.wav", "question": "What?"})])
    again = read_questions(path, clips)
    assert again.layout is layout
    asked = Row(again.questions[0], answer=Answer("a bell", 0))
    record = as_record(again.layout, asked)
    assert record[field] == record["prediction"] == "a bell"
    assert not [name for name in record if name.startswith("input_")]


def test_answers_that_are_asked_again_are_scored_as_they_were(clips, tone, tmp_path):
    tone("a.wav")
    lines = [
        {"choices": ["2", "3", "4"], "answer": "A"},
        {"choices": ["2", "3", "4"], "answer": "1"},
        {"choices": ["2", "3", "4"], "answer": "0"},
        {"choices": "[0, 1", "answer": "0"},
    ]
    path = tmp_path / "q.jsonl"
    path.write_text(
        "\n".join(json.dumps({"audio": "a.wav", "question": "Q?"} | li) for li in lines)
    )
    first = read_questions(path, clips)
    assert [each.gold_index for each in first.questions] == [0, 1, 0, None]
    again = tmp_path / "a.jsonl"
    write_answers(again, first.layout, [Row(each) for each in first.questions])
    second = read_questions(again, clips).questions
    assert [each.gold_index for each in second] == [0, 1, 0, None]
    assert [each.unread_choices for each in second] == [False, False, False, True]
    assert [each.choices for each in second] == [each.choices for each in first.questions]


def test_a_users_own_error_rate_is_not_shown_as_ours():
    rows = [replace(row(wer="0.9"), measure=Measure.WER), row(wer="0.9")]
    ours, other = [as_record(Layout.OURS, each) for each in rows]
    assert ours["input_wer"] == other["wer"] == "0.9" and "wer" not in ours


def test_cells_as_they_are_are_said_to_be_and_read_as_they_are(clips, tone, tmp_path):
    tone("a.wav")
    path = tmp_path / "a.csv"
    mine = {"=HYPERLINK(1)": "-2+3", "'x": "'=x"}
    write_answers(path, Layout.OURS, [row(**mine)], verbatim=True)
    (line,) = cells(path.read_text())
    assert mine.items() <= line.items() and line["prediction"] == "=1+1"
    (again,) = read_questions(path, clips).questions
    assert {name: again.record[name] for name in mine} == mine
    assert set(as_record(Layout.OURS, Row(again))) == {*FIELDS, *mine}
    with pytest.raises(UsageError, match=r"--verbatim is for \.csv"):
        check_output(tmp_path / "a.json", verbatim=True)


def test_the_questions_file_is_no_place_for_answers_however_it_is_spelled(tmp_path, monkeypatch):
    questions, inner = tmp_path / "q.csv", tmp_path / "inner"
    questions.write_text("question\n")
    inner.mkdir()
    monkeypatch.chdir(inner)
    os.link(questions, tmp_path / "hard.csv")
    (tmp_path / "soft.csv").symlink_to(questions)
    (inner / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "later.csv").symlink_to(tmp_path / "store.csv")
    for name in ("../q.csv", "../hard.csv", "../soft.csv", "up/q.csv", "../inner/../q.csv"):
        with pytest.raises(UsageError, match="also used"):
            check_output(inner / name, unlike=[questions])
    for name in ("../later.csv", "up/store.csv"):  # neither is there yet
        with pytest.raises(UsageError, match="also used"):
            check_output(inner / name, unlike=[tmp_path / "store.csv"])


@pytest.mark.parametrize("name", ["x" * 300, "字" * 100, "a\0b"])
def test_names_that_no_file_can_have_are_found_before_the_work(tmp_path, name):
    with pytest.raises(UsageError, match="cannot be written"):
        check_output(tmp_path / f"{name}.csv", unlike=[tmp_path / "q.csv"])


def test_a_file_that_may_only_be_filled_is_filled(tmp_path, monkeypatch):
    """As one that is mounted into a container by itself."""

    def busy(self, target):
        raise OSError(16, "Device or resource busy")

    path = tmp_path / "a.csv"
    path.write_text("old")
    monkeypatch.setattr("pathlib.Path.replace", busy)
    write_file(path, "new")
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]
