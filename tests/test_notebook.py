"""Rows and batches as notebooks show them, and the notebook of the examples."""

from __future__ import annotations

import base64
import re

import pytest
from conftest import EXAMPLES
from reasoners import Listens, Opens
from trainings import few_tools

from audiorouter import BatchOptions, Finding, Question, Row, run_batch
from audiorouter.batch.notebook import LARGEST_CLIP, SHOWN_ROWS
from audiorouter.providers import Answer
from audiorouter.routing import Route
from audiorouter.toolbox import ToolCall
from audiorouter.toolbox.results import CallResult

EVIL = '<script>alert("x")</script>'
CALL = ToolCall("loudness")


def row_about(path, text="Is it loud?", choices=("yes", "no"), said="It is loud."):
    question = Question("1", 1, path.name, path, text, choices, "yes", 0)
    found = CallResult(CALL, None, Finding({}, said), None, 0.1, False)
    return Row(question, route=Route((CALL,), "learned: loudness 91%"), results=[found],
               answer=Answer(choices[1], 1, (0.25, 0.75)))  # fmt: skip


def test_a_row_shows_clip_question_findings_and_answer(tone):
    path = tone()
    shown = row_about(path)._repr_html_()
    (uri,) = re.findall(r'<audio controls [^>]*src="([^"]+)"', shown)
    kind, _, data = uri.partition(",")
    assert kind == "data:audio/wav;base64" and base64.b64decode(data) == path.read_bytes()
    text = re.sub(r"<[^>]+>|\s+", " ", shown)
    parts = ("tone.wav", "Is it loud?", "yes (right)", "● no", "It is loud.", "probability 0.75")
    for part in (*parts, "✘ no", "learned: loudness 91%"):
        assert part in re.sub(" +", " ", text)


def test_nothing_of_a_row_is_taken_for_html(tone):
    path = tone(f"{EVIL.replace('/', '')}.wav")
    row = row_about(path, EVIL, (EVIL, EVIL + "2"), EVIL)
    row.error = EVIL
    shown = row._repr_html_()
    assert "<script" not in shown and shown.count("&lt;script&gt;") >= 6


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.aiff", b"x", "browsers do not play .aiff"),
        ("a.wav", b"x" * (LARGEST_CLIP + 1), "the file is larger than the 2 MiB"),
        ("a.wav", None, "the file is not there any more"),
    ],
)
def test_without_a_player_it_says_why(clips, name, content, why):
    path = clips / name
    if content is not None:
        path.write_bytes(content)
    shown = row_about(path)._repr_html_()
    assert "<audio" not in shown and f"no player: {why}" in shown


def test_a_row_that_failed_and_one_without_a_clip_are_shown(tone):
    row = Row(
        Question("1", 1, "gone.wav", None, "What?", problem="no such clip"), error="no such clip"
    )
    shown = row._repr_html_()
    assert "no answer" in shown and "no such clip" in shown and "<audio" not in shown


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
    assert sum("<audio controls" in html for html in shown) >= 2
    assert any("<table" in html for html in shown)
