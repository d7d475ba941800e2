"""The main job, end to end, on real clips with real tools and the real embedded reasoner."""

import csv
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from broken_audio import broken_files
from commands import command
from conftest import EXAMPLES
from few_tools import few_tools
from hostile_tools import ALL
from plugin_snippets import SNIPPETS
from reasoners import AlwaysRight, Opens

from audiorouter import BatchOptions, EngineOptions, ask, run_batch
from audiorouter.batch.planning.plan import make_plan
from audiorouter.batch.rows import FIELDS
from audiorouter.batch.summary import summarise
from audiorouter.errors import UsageError
from audiorouter.plugins import load_registry
from audiorouter.scoring import string_match
from audiorouter.toolbox.availability import Licence

# What the embedded reasoner makes of a question is tested elsewhere.
pytestmark = pytest.mark.usefixtures("quick_cascade")

LIGHT = "tools:sound_tags,sound_events"
CLIPS = ("telephone", "cowbell", "violin_note")


@pytest.fixture
def some(tmp_path):
    """Three short example clips and their questions."""
    folder = tmp_path / "some"
    folder.mkdir()
    for name in CLIPS:
        shutil.copy(EXAMPLES / "clips" / f"{name}.flac", folder)
    with (EXAMPLES / "questions.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if Path(row["audio"]).stem in CLIPS]
    questions = tmp_path / "questions.csv"
    with questions.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder, questions


def predictions(result):
    return [row.prediction for row in result.rows]


@pytest.mark.slow
@pytest.mark.weights
def test_a_batch_answers_and_a_second_one_computes_nothing(some, tmp_path):
    clips, questions = some
    output = tmp_path / "answers.csv"
    first = run_batch(clips, questions, BatchOptions(router=LIGHT, output=output))
    assert first.status == "finished" and first.failed == 0
    assert all(row.prediction in row.question.choices for row in first.rows)
    assert first.tools.clips_decoded == len(CLIPS)
    # Two tools and the ears of the reasoner, and both tools anew for the two that name sounds.
    assert first.tools.calls_run == 3 * len(CLIPS) + 4
    assert first.tools.load_seconds > 0
    assert first.reasoning.answers_made == len(first.rows)

    again = run_batch(clips, questions, BatchOptions(router=LIGHT))
    assert predictions(again) == predictions(first)
    assert again.tools.calls_run == again.tools.clips_decoded == again.reasoning.answers_made == 0
    assert all(row.cached for row in again.rows)

    with output.open() as stream:
        written = list(csv.DictReader(stream))
    assert list(written[0])[: len(FIELDS)] == list(FIELDS)
    assert [row["prediction"] for row in written] == predictions(first)
    assert written[0]["domain"] == "sound"
    assert [call["tool"] for call in json.loads(written[0]["route"])] == LIGHT[6:].split(",")

    renamed = tmp_path / "renamed"
    renamed.mkdir()
    for name in CLIPS:
        shutil.copy(clips / f"{name}.flac", renamed / f"copy of {name}.flac")
    other = tmp_path / "other.csv"
    text = questions.read_text()
    for name in CLIPS:
        text = text.replace(f"{name}.flac", f"copy of {name}.flac")
    other.write_text(text)
    copies = run_batch(renamed, other, BatchOptions(router=LIGHT))
    assert predictions(copies) == predictions(first)
    assert copies.tools.calls_run == copies.reasoning.answers_made == 0

    shutil.copy(clips / "telephone.flac", clips / "cowbell.flac")
    changed = run_batch(clips, questions, BatchOptions(router=LIGHT))
    assert changed.reasoning.answers_made > 0  # the same question about other audio


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize(
    ("column", "added"), [("audio_id", "model_output"), ("audio_path", "answer_prediction")]
)
def test_benchmark_files_keep_their_fields_for_the_authors_scorers(some, tmp_path, column, added):
    clips, questions = some
    with questions.open() as stream:
        items = [
            {
                "id": f"x{n}", column: f"./{row['audio']}", "question": row["question"],
                "choices": row["choices"].split("|"), "answer": row["answer"],
                "task": row["domain"], "difficulty": "easy", "sub-category": row["category"],
            }
            for n, row in enumerate(csv.DictReader(stream))
        ]  # fmt: skip
    path, output = tmp_path / "bench.json", tmp_path / "answers.json"
    path.write_text(json.dumps(items))
    result = run_batch(clips, path, BatchOptions(router="none", output=output))
    written = json.loads(output.read_text())
    for item, record, row in zip(items, written, result.rows, strict=True):
        assert {name: record[name] for name in item} == item
        assert record[added] == row.prediction
        right = string_match(record["answer"], record[added], record["choices"])
        assert right == row.matches_string
    summary = summarise(result)
    assert list(summary.by_domain) == ["music", "sound"]
    assert summary.accuracy.total == len(items)


@pytest.mark.slow
def test_jsonl_output_and_questions_of_every_clip(some, tmp_path):
    clips, _ = some
    questions, output = tmp_path / "q.jsonl", tmp_path / "a.jsonl"
    questions.write_text('{"question": "What is heard?", "choices": ["a bell", "a violin"]}\n')
    registry = few_tools()
    registry.providers["fake"] = Opens(AlwaysRight())
    options = BatchOptions(provider="fake", router="none", output=output)
    run_batch(clips, questions, options, registry=registry)
    written = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row["audio"] for row in written] == sorted(f"{name}.flac" for name in CLIPS)
    assert all(row["correct"] is None for row in written)


@pytest.mark.slow
@pytest.mark.weights
def test_every_broken_thing_costs_its_own_row(some, tmp_path):
    clips, _ = some
    broken = broken_files(clips)
    names = ["telephone.flac", *(path.name for path in broken.values())]
    path = tmp_path / "q.csv"
    lines = [f"{name},What rings?,a telephone|a dog,a telephone" for name in names]
    lines += ["telephone.flac,,x|y,x", "telephone.flac,Q?,x|x,x", "../q.csv,Q?,x|y,x"]
    lines += ["telephone.flac,What rings?,a telephone|a dog,a horse"]
    path.write_text("audio,question,choices,answer\n" + "\n".join(lines))
    result = run_batch(clips, path, BatchOptions(router="none"))
    rows = result.rows
    assert rows[0].prediction and not rows[0].failed
    for row, name in zip(rows[1:], names[1:], strict=False):
        assert row.prediction is None and name in row.complaint and row.correct is False
    assert "empty" in rows[-4].complaint and "the same" in rows[-3].complaint
    assert "outside" in rows[-2].complaint
    assert rows[-3].correct is rows[-3].matches_string is False  # its choices cannot be read
    assert rows[-1].prediction and rows[-1].correct is None and "not among" in rows[-1].complaint
    assert result.failed == len(rows) - 1


def test_questions_without_an_answer_are_wrong_with_choices_and_without(some, tmp_path):
    clips, _ = some
    path = tmp_path / "q.csv"
    path.write_text(
        "audio,question,choices,answer\n"
        "none.flac,What rings?,a telephone|a dog,a telephone\n"
        "none.flac,What rings?,,a telephone\n"
        "none.flac,What rings?,,\n"
    )
    rows = run_batch(clips, path, BatchOptions(router="none")).rows
    assert [row.correct for row in rows] == [False, False, None]


@pytest.mark.slow
@pytest.mark.weights
def test_one_question_heeds_licence_and_plugins(some, tmp_path, use_plugins, monkeypatch):
    clips, _ = some
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "echo_everything.py").write_text(
        "from audiorouter import hookimpl\n@hookimpl\ndef judge_answer(question): return True\n"
    )
    use_plugins(folder)

    def asked(router="none", **options):
        choices = ["a dog", "a telephone"]
        options = EngineOptions(**options)
        return ask(clips / "telephone.flac", "What rings?", choices, options, router=router)

    assert asked().correct is True
    # Nobody judges without plugins, and one question has no right answer of its own.
    assert asked(plugins=False).correct is None
    monkeypatch.setenv("AUDIOROUTER_ALLOWED_WEIGHTS", "yamnet")
    with pytest.raises(UsageError, match="tools:beat_regularity"):
        asked(router="tools:beat_regularity", licence=Licence.COMMERCIAL)


@pytest.mark.slow
@pytest.mark.weights
def test_failing_tools_leave_the_answer_standing(some):
    clips, questions = some
    registry = load_registry(third_party=False)
    registry.tools |= {tool.name: tool for tool in ALL}
    options = BatchOptions(router="tools:segfaults,sound_events,raises", limit=1)
    result = run_batch(clips, questions, options, registry=registry)
    (row,) = result.rows
    assert row.prediction is not None
    assert "SIGSEGV" in row.complaint and "no luck" in row.complaint
    assert [bool(r.finding) for r in row.results] == [False, True, False]


@pytest.mark.slow
@pytest.mark.weights
def test_the_plan_says_what_is_left_to_do(some):
    clips, questions = some
    registry = load_registry(third_party=False)
    options = BatchOptions(router=LIGHT)
    plan = make_plan(clips, questions, options, registry=registry)
    assert plan.tool_calls == {"sound_tags": 8, "sound_events": 5} and not plan.measured
    run_batch(clips, questions, options, registry=registry)
    done = make_plan(clips, questions, options, registry=registry)
    assert done.tool_calls == {} and done.tool_calls_stored == 13 and done.measured
    assert plan.answers == 9 and done.answers == 0 and done.reason_seconds == 0


def test_outputs_that_cannot_be_written_are_refused_before_the_work(some, tmp_path):
    clips, questions = some
    for output in (tmp_path / "a.xlsx", tmp_path / "nowhere" / "a.csv"):
        with pytest.raises(UsageError):
            run_batch(clips, questions, BatchOptions(output=output))


@pytest.mark.slow
@pytest.mark.weights
def test_two_batches_on_one_database_at_once(some, own_store, tmp_path, use_plugins):
    clips, questions = some
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "echo.py").write_text(SNIPPETS["register_providers"])
    use_plugins(tmp_path / "plugins")
    line = command("batch", clips, questions, "--router", LIGHT, "--json", "--provider", "echo",
                   "--workers", "2")  # fmt: skip
    running = [
        subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=300) for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    summaries = [json.loads(out) for out, _ in outputs]
    assert all(summary["answered"] == summary["questions"] for summary in summaries)
    with sqlite3.connect(own_store) as connection:
        (count,) = connection.execute("SELECT count(*) FROM tool_calls").fetchone()
    assert count == 2 * len(CLIPS) + 4  # both anew for the two that name sounds


def test_options_that_change_nothing_are_named(some):
    clips, questions = some
    result = run_batch(
        clips, questions, BatchOptions(router="none", shuffle_choices=2, max_calls=2, limit=1)
    )
    assert "--shuffle-choices changed nothing" in result.remarks[0]
    assert "none does not read it" in result.remarks[1]
