"""Answers files in the viewer: what they have is shown, what they have not is left out."""

from __future__ import annotations

import base64
import csv
import io
import json
from pathlib import Path

import pytest
import soundfile
from commands import run
from viewed_runs import NASTY, make_run, viewed
from viewer_browser import Open, sound_ready

import audiorouter
from audiorouter.batch.past.past_runs import find_run, rows_of, write_run
from audiorouter.batch.rows import EXTRA_FIELDS
from audiorouter.errors import UsageError
from audiorouter.machine.paths import default_store_path
from audiorouter.questions.files import read_records
from audiorouter.store import Store
from audiorouter.viewer.rows import LONGEST_TEXT
from audiorouter.viewer.viewed import Viewed
from audiorouter.viewer.viewed_file import ViewedFile
from audiorouter.viewer.viewed_run import ViewedRun

pytest_plugins = ["viewer_browser"]
FIELDS_OF_THE_STORE = {"clip", "duration", "before", "asked", "calls"}
"""What a file does not have of a row, or not all of it."""


@pytest.fixture
def answers(tmp_path: Path):
    """Writes the answers of a run as a file of some kind, with all fields or the usual ones."""
    number = make_run(tmp_path)

    def written(name: str, fields=EXTRA_FIELDS) -> Path:
        path = tmp_path / name
        as_json = path.with_suffix(".jsonl") if path.suffix == ".parquet" else path
        with Store(default_store_path()) as store:
            write_run(as_json, rows_of(store, find_run(store, str(number))), fields)
        if path.suffix == ".parquet":
            polars = pytest.importorskip("polars")
            # As `BatchResult.frame()` has routes: their labels.
            labels = polars.lit(["silences"])
            polars.read_ndjson(as_json).with_columns(route=labels).write_parquet(path)
            as_json.unlink()
        return path

    return written


@pytest.fixture
def look():
    """Opens answers files, and closes them in the end."""
    opened = []

    def at(path: Path, clips: Path | None = None) -> ViewedFile:
        opened.append(ViewedFile(path, clips))
        return opened[-1]

    yield at
    for file in opened:
        file.close()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json", ".parquet"])
def test_a_file_shows_what_the_run_shows_as_far_as_it_has_it(answers, look, suffix) -> None:
    path = answers(f"answers{suffix}")
    rows = Viewed(look(path)).part(0)
    with Store(default_store_path()) as store:
        run_rows = viewed(store, 1).part(0)
    assert len(rows) == 4 and rows[1]["question"] == NASTY
    for row, of_run in zip(rows, run_rows, strict=True):
        same = {name for name in row if row[name] == of_run[name]}
        assert {*row} - same <= FIELDS_OF_THE_STORE
        (call,), (known,) = row["calls"], of_run["calls"]
        assert call == known | {"seconds": None, "lanes": []}
        assert row["reason"] and row["probabilities"] and row["asked"] is row["before"] is None


def test_what_a_file_has_not_is_not_made_up(answers, look) -> None:
    file = look(answers("answers.csv", fields=()))
    view = Viewed(file)
    row = view.part(0)[0]
    for name in ("reason", "probabilities", "duration", "asked", "before"):
        assert row[name] is None
    assert row["calls"] == [
        {
            "label": "silences",
            "tool": "silences",
            "text": None,
            "confidence": None,
            "error": None,
            "seconds": None,
            "lanes": [],
            "found": False,
        }
    ]
    notes = " ".join(view.index()["notes"])
    assert "has no findings, reason, probabilities: `batch --fields" in notes and "--clips" in notes
    # Not even from a store that knows.
    assert view.index()["runs"][0]["provenance"] == {}


def test_clips_are_those_of_the_folder_and_no_other_file(answers, look, tmp_path) -> None:
    path = answers("answers.jsonl")
    records = [record.fields for record in read_records(path)]
    names = ["0.wav", "../secret.wav", str(tmp_path / "secret.wav"), "notes.txt"]
    (tmp_path / "secret.wav").write_bytes((tmp_path / "clips/0.wav").read_bytes())
    (tmp_path / "clips/notes.txt").write_text("my password")
    path.write_text(
        "".join(
            json.dumps({**record, "audio": name}) + "\n"
            for record, name in zip(records, names, strict=True)
        )
    )
    view = Viewed(look(path, tmp_path / "clips"))
    sounds = [view.sound(row["clip"]) for row in view.part(0)]
    heard, rate = soundfile.read(io.BytesIO(base64.b64decode(sounds[0]["base64"])))
    assert (sounds[0]["type"], len(heard), rate) == ("audio/flac", 24_000, 8_000)
    assert all("lies outside the folder" in sound["missing"] for sound in sounds[1:3])
    assert "base64" not in sounds[3] and "password" not in sounds[3]["missing"]
    without = Viewed(look(path))
    assert "--clips" in without.sound(without.part(0)[0]["clip"])["missing"]
    with pytest.raises(UsageError, match="no such folder"):
        look(path, tmp_path / "nothing")


def test_a_file_beside_a_run_is_heard_from_the_store(answers, look) -> None:
    path = answers("answers.csv")
    with Store(default_store_path()) as store:
        view = Viewed(look(path), ViewedRun(store, find_run(store, "1")))
        row = view.part(0)[0]
        assert row["other"]["asked"] and row["asked"] is None
        assert view.sound(row["clip"])["type"] == "audio/flac"
        assert [head["name"] for head in view.index()["runs"]] == [str(path), "run 1"]


def test_what_cannot_be_read_is_left_out_and_said(answers, look) -> None:
    path = answers("answers.csv")
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0] |= {"findings": "[1]", "probabilities": "[0.5]", "confidence": "7"}
    rows[2] |= {"prediction_index": "9", "reason": "long " * LONGEST_TEXT}
    rows[3]["findings"] = "[" * 100_000
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    view = Viewed(look(path))
    first, second, third, _ = view.part(0)
    assert first["probabilities"] is first["confidence"] is third["index"] is None
    assert not first["calls"][0]["found"] and second["calls"][0]["found"]
    assert len(third["reason"]) < LONGEST_TEXT + 100 and "more characters" in third["reason"]
    notes = [note for note in view.index()["notes"] if "left out" in note]
    assert len(notes) == 5 and all(len(note) < 500 for note in notes)
    assert any("line 2: probabilities: '[0.5]' is no list of 2" in note for note in notes)
    # Nothing is compared by them.
    assert audiorouter.compare(path, path).comparisons[0].accuracy.questions == 4


def test_the_command_opens_files_without_a_store(answers, tmp_path, monkeypatch) -> None:
    path = answers("answers.csv")
    monkeypatch.setenv("AUDIOROUTER_DB", str(tmp_path / "none.db"))
    run("view", path, path, "--clips", tmp_path / "clips", "-o", tmp_path / "two.html")
    text = (tmp_path / "two.html").read_text()
    assert "other_correct" in text and "audio/flac" in text and NASTY not in text
    assert not (tmp_path / "none.db").exists()
    for arguments, said in (
        (["answer.csv"], "no such file"),
        (["last", "--clips", tmp_path / "clips"], "is for answers files"),
        ([tmp_path / "questions.csv"], "it is no answers file"),
    ):
        refused = run("view", *arguments, "-o", tmp_path / "a.html", code=2)
        assert said in refused.stderr
    assert not (tmp_path / "a.html").exists()


@pytest.mark.slow
def test_a_file_is_heard_and_read_in_the_browser(answers, tmp_path, open_url: Open) -> None:
    report = tmp_path / "report.html"
    run("view", answers("answers.csv"), "--clips", tmp_path / "clips", "-o", report)
    page = open_url(f"{report.as_uri()}#row=0")
    sound_ready(page)
    text = page.locator("#detail").inner_text()
    assert "silences" in text and "Router:" in text and "From the store" in text
    assert "word for word" not in text
    page.keyboard.press("j")
    page.wait_for_selector(".row-head h2:has-text('alert(1)')")
