"""Rows and batches as notebooks show them, and the notebook of the examples."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from audio_readers import Crashes
from conftest import EXAMPLES
from few_tools import few_tools
from reasoners import Listens, Opens
from viewed_runs import Hears, make_run, viewed
from viewer_browser import NARROW, WIDE

from audiorouter import BatchOptions, Finding, Question, Row, run_batch
from audiorouter.batch.notebook import SHOWN_ROWS
from audiorouter.clips import Clip
from audiorouter.machine.paths import default_store_path
from audiorouter.plugins import load_registry
from audiorouter.providers import Answer
from audiorouter.routing import Route
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall
from audiorouter.toolbox.results import CallResult
from audiorouter.viewer.notebook import LARGEST_CLIP

pytest_plugins = ["viewer_browser"]

EVIL = '<script>alert("x")</script>'
CALL = ToolCall("loudness")


def row_about(path, text="Is it loud?", choices=("yes", "no"), said="It is loud."):
    question = Question("1", 1, path.name, path, text, choices, "yes", 0)
    data = {"parts": [{"start_s": 0.25, "end_s": 0.5, "label": said}]}
    found = CallResult(CALL, None, Finding(data, said, 0.9), None, 0.1, False)
    facts = Clip(path).facts if path.is_file() else None
    return Row(question, facts, route=Route((CALL,), "learned: loudness 91%"), results=[found],
               answer=Answer(choices[1], 1, (0.25, 0.75)))  # fmt: skip


def handed(shown):
    """What the page in the frame is told: of the row, and of its clip."""
    (page,) = re.findall(r'srcdoc="([^"]*)"', shown)
    calls = re.findall(r"queue\.push\((\[.*?\])\);\n", html.unescape(page), re.DOTALL)
    told = {kind: rest for kind, *rest in map(json.loads, calls)}
    return told["rows"][1][0], told.get("clip", [None, None])[1]


@pytest.mark.slow
def test_a_row_is_shown_as_the_viewer_shows_it(tmp_path):
    """One renderer: of a run and of its row in a notebook the page is told the same."""
    make_run(tmp_path)
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(Hears())
    options = BatchOptions(provider="fake", router="tools:silences")
    result = run_batch(tmp_path / "clips", tmp_path / "questions.csv", options, registry=registry)
    # What was asked word for word, and before the findings, only the store knows.
    unknown = {"asked": None, "before": None}
    with Store(default_store_path()) as store:
        run = viewed(store, result.provenance["run"])
        for row, of_run in zip(result.rows, run.part(0), strict=True):
            told, sound = handed(row._repr_html_())
            assert told == of_run | unknown
            assert told["calls"][0]["lanes"] and sound == run.sound(of_run["clip"])


@pytest.mark.slow
def test_nothing_of_a_row_is_taken_for_html(tone):
    path = tone(f"{EVIL.replace('/', '')}.wav")
    row = row_about(path, EVIL, (EVIL, EVIL + "2"), EVIL)
    row.error = f'{EVIL}"></iframe>'
    shown = row._repr_html_()
    assert shown.count("<") == 2 and shown.startswith('<iframe sandbox="allow-scripts" title=')
    assert handed(shown)[0]["question"] == EVIL
    page = html.unescape(re.findall(r'srcdoc="([^"]*)"', shown)[0])
    assert EVIL not in page and "default-src 'none'" in page
    assert len(shown) < 300_000


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda path, row: path.unlink(), "has changed since, or is not there"),
        (lambda path, row: path.write_bytes(b"x" * 99), "cannot be read"),
        (lambda path, row: soundfile.write(path, np.ones(99), 8000), "has changed since"),
        (lambda path, row: setattr(row, "facts", replace(row.facts, duration=601.0)), "10 minutes"),
    ],
)
def test_without_sound_it_says_why(tone, change, why):
    path = tone()
    row = row_about(path)
    assert handed(row._repr_html_())[1]["type"] == "audio/flac"
    change(path, row)
    assert why in handed(row._repr_html_())[1]["missing"]


def test_a_clip_is_decoded_in_a_process_of_its_own(tone):
    """A file that has changed since may be anybody's, and is not to end the notebook's process."""
    path = tone().rename(tone().with_suffix(".crash"))
    row = row_about(tone())
    row.question, row.sources = replace(row.question, path=path), {".crash": Crashes()}
    assert "The clip cannot be read: " in handed(row._repr_html_())[1]["missing"]


def test_a_clip_that_is_too_large_is_not_put_into_the_notebook(clips):
    path = clips / "noise.wav"
    noise = np.random.default_rng(0).uniform(-0.9, 0.9, 2 * LARGEST_CLIP // 2)
    soundfile.write(path, noise, 44_100, "PCM_16")
    assert "too long to listen to here: " in handed(row_about(path)._repr_html_())[1]["missing"]


def test_a_row_that_failed_and_one_without_a_clip_are_shown():
    row = Row(
        Question("1", 1, "gone.wav", None, "What?", problem="no such clip"), error="no such clip"
    )
    told, sound = handed(row._repr_html_())
    assert told["prediction"] is None and told["error"] == "no such clip"
    assert told["clip"] is sound is None


@pytest.mark.slow
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_frame_plays_and_shows_in_a_browser(tone, tmp_path, open_url, size):
    row = row_about(tone(), f"Is it loud? {EVIL}")
    page_of = tmp_path / "notebook.html"
    body = f'<!doctype html><body data-ready="true">{row._repr_html_()}'
    page_of.write_text(body, encoding="utf-8")
    page = open_url(page_of.as_uri(), size)
    (frame,) = [frame for frame in page.frames if frame != page.main_frame]
    frame.wait_for_selector(".sound[data-ready]")
    text = frame.locator("#row").inner_text()
    for part in (EVIL, "Wrong: no", "right: yes", "learned: loudness 91%", "75%", "It is loud."):
        assert part in text
    assert frame.locator("bdi script").count() == 0
    frame.click(".play")
    frame.wait_for_function("() => parseFloat(document.querySelector('.clock').textContent) > 0.1")
    frame.wait_for_function("() => document.querySelector('.play').ariaLabel === 'Play'")
    frame.click(".lane-item.span")
    played = "() => parseFloat(document.querySelector('.clock').textContent) >= 0.25"
    frame.wait_for_function(played)
    # It reaches nothing around it, and fits.
    reaches = "() => { try { return Boolean(parent.document); } catch { return false; } }"
    assert frame.evaluate(reaches) is False
    assert frame.evaluate("document.documentElement.scrollWidth <= innerWidth + 1")


def test_a_batch_shows_its_score_and_the_first_rows(clips, tone, tmp_path):
    tone("0.wav")
    count = SHOWN_ROWS + 5
    questions = tmp_path / "q.csv"
    lines = [f"0.wav,Number {n} <b>?,yes|no,yes" for n in range(count)]
    questions.write_text("\n".join(["audio,question,choices,answer", *lines]))
    registry = few_tools("loudness")
    registry.providers["fake"] = Opens(Listens())
    options = BatchOptions(provider="fake", router="tools:loudness", workers=1)
    shown = run_batch(clips, questions, options, registry=registry)._repr_html_()
    assert f"{count} of\n{count} right (100.0%" in shown and "5 more" in shown
    assert shown.count("<tr>") == 1 + SHOWN_ROWS and "<b>?" not in shown


EDITED = """
from audiorouter import Domain, EngineOptions, Finding, NoArguments, Session, Tool

class Says(Tool[NoArguments]):
    name, description, version, licence = "says", "Says a word.", "1", "MIT"
    domain, Arguments = Domain.SOUND, NoArguments

    def run(self, clip, arguments):
        return Finding({{}}, "{word}")

with Session(EngineOptions(workers=1), tools=[Says()]) as session:
    (heard,) = session.run_tool("says", {clip!r})
print(heard.finding.text, heard.cached)
"""


@pytest.mark.slow
def test_a_tool_in_a_cell_is_computed_anew_when_the_cell_was_edited(tone):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    cells = [EDITED.format(word=word, clip=str(tone())) for word in ("one", "one", "two")]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    printed = [cell.outputs[0]["text"].strip() for cell in notebook.cells]
    assert printed == ["one False", "one True", "two False"]


@pytest.mark.slow
@pytest.mark.weights
def test_the_notebook_of_the_examples_runs(tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    monkeypatch.setenv("AUDIOROUTER_DB", str(tmp_path / "notebook.db"))
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
    client = nbclient.NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": EXAMPLES}}
    )
    client.execute()
    shown = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    rows = [handed(output) for output in shown if "srcdoc" in output]
    assert sum(sound["type"] == "audio/flac" for _, sound in rows) >= 2
    assert any("<table" in output for output in shown)
