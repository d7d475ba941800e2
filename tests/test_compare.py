"""Answers held against each other: figures worked out by hand, and what cannot be compared."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace

import numpy as np
import pytest
from commands import run

import audiorouter
from audiorouter.batch.rows import FIELDS, GO_ON
from audiorouter.cli.compare_tables import compared_report
from audiorouter.cli.output import report_text
from audiorouter.cli.table import Screen
from audiorouter.errors import UsageError
from audiorouter.evaluation.bootstrap import Bootstrap
from audiorouter.evaluation.statistics import holm
from audiorouter.store import Store

CLIPS = [f"c{i // 2}.wav" for i in range(12)]
FIRST = [0, 0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1]
SECOND = [1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1]
# By clip the second gains 2, 1, 2, -1, 1 and 0 questions.
CALL = {"tool": "tempo", "arguments": {}}


def record(number, right, *, clip=None, **other):
    """A row of an answers file, with the choices yes and no, of which yes is right."""
    said = {None: None, True: "yes", False: "no"}[None if right is None else bool(right)]
    fields = {
        **dict.fromkeys(FIELDS),
        "id": str(number),
        "audio": clip or f"{number}.wav",
        "question": f"Is it {number}?",
        "choices": ["yes", "no"],
        "answer": "yes",
        "prediction": said,
        "prediction_index": 0 if right else 1,
        "correct": None if right is None else bool(right),
        "scored_by": "choice",
        "route": [],
        "tool_seconds": 0.0,
        "reason_seconds": 0.5,
        "cached": False,
    }
    return fields | other


def written(path, records):
    """The records as an answers file of that kind."""
    if path.suffix == ".csv":
        with path.open("w", newline="") as stream:
            sheet = csv.DictWriter(stream, list(records[0]))
            sheet.writeheader()
            for each in records:
                sheet.writerow({n: _cell(value) for n, value in each.items()})
    else:
        path.write_text("".join(json.dumps(each) + "\n" for each in records))
    return path


def _cell(value):
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


@pytest.fixture
def twelve(tmp_path):
    """Two answers files, one of each kind, whose figures were worked out by hand."""
    before = [record(i, right, clip=CLIPS[i]) for i, right in enumerate(FIRST)]
    after = [
        record(i, right, clip=CLIPS[i], route=[CALL], tool_seconds=2.0)
        for i, right in enumerate(SECOND)
    ]
    return written(tmp_path / "before.csv", before), written(tmp_path / "after.jsonl", after)


def test_figures_are_those_worked_out_by_hand(twelve):
    (found,) = audiorouter.compare(*twelve).comparisons
    accuracy = found.accuracy
    assert (accuracy.questions, accuracy.clips) == (12, 6)
    assert (accuracy.first_right, accuracy.second_right) == (5, 10)
    assert (accuracy.now_right, accuracy.now_wrong) == (6, 1)
    assert accuracy.difference == pytest.approx(5 / 12)
    # Of 32 flips of 2, 1, 2, 1 and 1 four come to 5 or more, and four to -5 or less.
    assert accuracy.over_clips.p_value == pytest.approx(8 / 32)
    assert accuracy.over_clips.interval is None  # five clips are too few to draw again
    # A clip's mean is 5/6, its mean square 11/6: (3.552 + sqrt(12.616 + 3.333)) / 1.667, squared.
    assert (found.power.clips_needed, found.power.questions_needed) == (21, 42)
    assert [a.id for a, _ in found.now_wrong] == ["6"]
    first, second = found.costs
    assert (first.calls, first.tool_seconds, first.answer_seconds) == (0, 0.0, 6.0)
    assert (second.calls, second.tool_seconds, second.usage) == (12, 24.0, None)
    assert found.verdict == "no difference is shown (p = 0.25)"


def test_answers_against_themselves_are_no_difference(twelve):
    shown = run("compare", twelve[0], twelve[0]).stdout
    assert "no difference: the same answers to all 12 questions" in shown
    compared = json.loads(run("compare", *[twelve[1]] * 2, "--json").stdout)["comparisons"][0]
    assert compared["accuracy"]["over_clips"] == {"interval_95": None, "p_value": 1.0}
    assert compared["power"]["questions_needed"] is None
    assert compared["now_right"] == compared["now_wrong"] == []


def test_what_changed_is_shown_with_both_routes(twelve):
    shown = run("compare", *twelve, "--limit", "1").stdout
    assert "+41.7" in shown and "0.25" in shown and "with 42 questions about 21 clips" in shown
    assert "Is it 6?" in shown and "none → tempo" in shown and "6 more that changed" in shown
    (found,) = json.loads(run("compare", *twelve, "--json").stdout)["comparisons"]
    assert len(found["now_right"]) == 6
    many = [CALL | {"tool": f"tool {number}"} for number in range(36)]
    of_all = [record(i, right, clip=CLIPS[i], route=many) for i, right in enumerate(SECOND)]
    shown = run("compare", twelve[0], written(twelve[1].with_name("all.json"), of_all)).stdout
    assert "none → tool 0, tool 1, tool 2 and 33 more" in shown and "tool 3" not in shown
    assert found["now_wrong"][0]["first"]["prediction"] == "yes"
    assert found["now_wrong"][0]["second"]["calls"] == ["tempo"]


def test_other_right_answers_and_other_scoring_are_said_and_not_scored(tmp_path):
    first = [record(i, 1) for i in range(4)]
    second = [record(0, 1), record(1, 0, answer="no"), record(2, None), record(9, 1)]
    second.append(record(3, 0, scored_by="exact"))
    before = written(tmp_path / "a.jsonl", first)
    after = written(tmp_path / "b.csv", second)
    (found,) = json.loads(run("compare", before, after, "--json").stdout)["comparisons"]
    assert (found["asked_by_both"], found["only_first"], found["only_second"]) == (4, 0, 1)
    assert found["scored"] == 2 and found["accuracy"]["now_wrong"] == 1
    said = " ".join(found["notes"])
    assert "1 question with other right answers in" in said
    assert "1 question not scored in" in said
    assert "1 question scored by choice in" in said and "by exact in" in said
    assert [row["id"] for row in found["other_right_answers"]] == ["1"]


def test_right_answers_are_the_same_however_they_are_written(tmp_path):
    """A letter in the layout of MMAU, a list in CSV, a number with a decimal."""
    open_ended = {"choices": [], "scored_by": "contains"}
    before = [record(0, 1), record(1, 1, answer=["yes", "no"])]
    before += [record(2, 1, answer="5", **open_ended), record(3, 1, answer="=5+5", **open_ended)]
    after = [record(0, 1, answer="A"), record(1, 1, answer=["no", "yes"])]
    after += [record(2, 1, answer=5.0, **open_ended), record(3, 1, answer="=5+5", **open_ended)]
    paths = (written(tmp_path / "a.csv", before), written(tmp_path / "b.jsonl", after))
    (found,) = audiorouter.compare(*paths).comparisons
    assert len(found.scored) == 4 and not found.other_right_answers


def test_rows_that_a_run_did_not_come_to_are_no_wrong_answers(tmp_path):
    left = record(1, None, prediction=None, error=f"interrupted {GO_ON}")
    before = written(tmp_path / "a.csv", [record(0, 1), record(1, 1)])
    after = written(tmp_path / "b.csv", [record(0, 1), left])
    (found,) = audiorouter.compare(before, after).comparisons
    assert len(found.pairs) == 1 and found.only_first == 1
    assert "its run ended before 1 question" in found.notes[0]
    assert found.verdict == "no difference: the same answers to the one question"


def test_groups_have_their_own_figures_and_categories_are_drawn_as_well(tmp_path):
    kinds = [f"kind {i % 8}" for i in range(160)]
    rng = np.random.default_rng(6)
    before = [record(i, rng.random() < 0.5, category=kind) for i, kind in enumerate(kinds)]
    after = [record(i, rng.random() < 0.8, category=kind) for i, kind in enumerate(kinds)]
    paths = (written(tmp_path / "a.csv", before), written(tmp_path / "b.jsonl", after))
    (found,) = audiorouter.compare(*paths).comparisons
    assert "is right more often than" in found.verdict
    assert list(found.groups) == ["category"] and len(found.groups["category"]) == 8
    right = np.array([[row["correct"] for row in rows] for rows in (before, after)], dtype=int)
    bounds = Bootstrap([row["audio"] for row in before]).mean(right[1] - right[0])
    assert found.accuracy.over_clips.interval == pytest.approx(bounds)
    one = found.groups["category"]["kind 3"]
    assert one.questions == 20 and one.over_categories is None
    assert found.groups_holm["category"]["kind 3"] >= one.over_clips.p_value
    wider = found.accuracy.over_categories
    assert wider is not None and wider.p_value != found.accuracy.over_clips.p_value
    shown = run("compare", *paths).stdout
    assert "for other categories too" in shown and "kind 7" in shown
    screen = Screen(100, colours=False)
    for line in report_text(compared_report([found], limit=3), screen).split("\n"):
        assert len(line) <= 100 or str(tmp_path) in line, "only names of files may be longer"
    sides = {
        side: replace(getattr(found, side), name=f"run {side}") for side in ("first", "second")
    }
    named = compared_report([replace(found, **sides)], limit=0)
    narrow = report_text(named, Screen(80, colours=False))
    titles = [line for line in narrow.split("\n") if re.match("(accuracy|category) +", line)]
    ruled = [line for line in narrow.split("\n") if line.startswith("---")]
    half = len(titles) // 2
    assert half > 1 and ruled[:half] == ruled[half : 2 * half], "all and its groups in step"


def test_several_are_compared_with_the_first_and_their_p_values_with_each_other(twelve, tmp_path):
    pytest.importorskip("pandas")
    third = written(
        tmp_path / "third.json",
        [record(i, 1 - right, clip=CLIPS[i]) for i, right in enumerate(FIRST)],
    )
    compared = audiorouter.compare(twelve[0], twelve[1], str(third))
    by_itself = [c.accuracy.over_clips.p_value for c in compared.comparisons]
    assert [c.holm for c in compared.comparisons] == pytest.approx(holm(by_itself))
    frame = compared.frame("pandas")
    assert list(frame["second"]) == [str(twelve[1]), str(third)]
    assert frame["difference"][0] == pytest.approx(5 / 12) and frame["now_right"][0] == 6
    shown = run("compare", twelve[0], twelve[1], third).stdout
    lines = [line.split() for line in shown.splitlines() if "as one of several (Holm)" in line]
    assert len(lines) == 2
    for cells in lines:
        assert cells[-9:-3] == ["-"] * 6 and cells[-2:] == ["-", "-"]


def stored_run(store, rights, *, status="finished", usage=True):
    """A run of twelve questions, whose answers a server counted tokens of."""
    number = store.start_run("q.csv", "clips", json.dumps({"provider": "p", "questions": 12}))
    rows = []
    for i, right in enumerate(rights):
        fields = record(i, right, clip=f"renamed {number}/{CLIPS[i]}", domain=None, category=None)
        key = f"{number} {i}"
        rows.append(
            {
                "position": i, "question_id": f"{number}-{i}", "audio": fields["audio"],
                "question": fields["question"], "answer": "yes", "correct": int(right),
                "prediction": fields["prediction"], "clip": f"hash of {CLIPS[i]}", "route": "[]",
                "answer_key": key, "error": None, "fields": json.dumps(fields),
            }
        )  # fmt: skip
    store.save_rows(number, rows)
    store.finish_run(number, status)
    return number


@pytest.fixture
def two_runs(tmp_path):
    path = tmp_path / "two.db"
    with Store(path) as store:
        stored_run(store, FIRST)
        stored_run(store, SECOND[:11], status="interrupted")
    return path


def test_runs_of_the_store_are_compared_by_their_clips_audio(two_runs):
    (found,) = audiorouter.compare(1, "last", store=two_runs).comparisons
    assert (found.first.name, found.second.name) == ("run 1", "run 2")
    assert len(found.pairs) == 11 and found.accuracy.clips == 6
    assert found.accuracy.now_right == 6 and found.power is not None
    assert "run 2 (interrupted) came to 11 of 12 questions" in found.notes
    assert found.costs[0].usage is None
    shown = run("--db", two_runs, "compare", "1", "1").stdout
    assert "run 1 (2) against run 1: no difference: the same answers to all 12 questions" in shown


def test_a_run_and_its_answers_file_are_one(two_runs, tmp_path):
    answers = tmp_path / "again.csv"
    run("--db", two_runs, "runs", "show", "1", "-o", answers)
    shown = run("--db", two_runs, "compare", "1", answers).stdout
    assert "no difference: the same answers to all 12 questions" in shown


def test_tokens_are_counted_where_the_store_has_them(two_runs):
    from audiorouter.store import StoredAnswer

    with Store(two_runs) as store:
        store._connection.execute(
            "INSERT INTO clips VALUES ('h', 'a.wav', 1.0, 16000, 1, -20.0, -3.0)"
        )
        usage = json.dumps({"prompt_tokens": 100, "cost": 0.25})
        for i in range(12):
            store.save_answer(
                StoredAnswer(
                    f"1 {i}", "h", "q", "[]", "p", "i", "[]", "yes", 0, None, None, 0.5, usage
                )
            )
    (found,) = audiorouter.compare(1, 2, store=two_runs).comparisons
    assert found.costs[0].usage == {"prompt_tokens": 1100, "cost": 2.75}
    assert found.costs[1].usage is None


def test_what_cannot_be_compared_is_said(twelve, tmp_path, own_store):
    other = written(tmp_path / "other.csv", [record(99, 1)])
    assert "have no question in common" in run("compare", twelve[0], other, code=2).stderr
    assert "nor is it a run" in run("compare", twelve[0], "lst", code=2).stderr
    assert not own_store.exists()  # files alone need no store
    assert "there is none yet; --db names" in run("compare", twelve[0], "last", code=2).stderr
    questions = tmp_path / "q.csv"
    questions.write_text("audio,question,choices\na.wav,Is it?,yes|no\n")
    assert "is no answers file" in run("compare", twelve[0], questions, code=2).stderr
    assert "or more" in run("compare", twelve[0], code=2).stderr
    with pytest.raises(UsageError, match="two sets of answers"):
        audiorouter.compare(twelve[0])
    odd = written(tmp_path / "odd.csv", [record(0, 1) | {"correct": "perhaps"}])
    assert "line 2" in run("compare", odd, odd, code=2).stderr


def test_the_same_answers_by_another_scoring_are_judged_by_what_the_table_shows(tmp_path):
    before = written(tmp_path / "a.csv", [record(i, 1) for i in range(20)])
    edited = [record(i, 1) | {"correct": False} for i in range(20)]
    after = written(tmp_path / "b.csv", edited)
    shown = run("compare", before, after).stdout
    assert "b.csv is right less often than" in shown and "no difference" not in shown
    assert "the same answers to all 20 questions, but scored otherwise" in shown
    assert "is seen (at 5%) in 80% of files" in shown, "with what it takes to see it"
    few = written(tmp_path / "c.csv", [*edited[:2], *(record(i, 1) for i in range(2, 20))])
    (found,) = audiorouter.compare(before, few).comparisons
    assert found.verdict == (
        "no difference is shown (p = 0.5): the same answers to all 20 questions, "
        "but scored otherwise"
    )


def test_questions_without_an_answer_are_told(tmp_path):
    answered = [record(i, 1) for i in range(4)]
    nothing = [record(i, None, answer=None) for i in range(4)]
    paths = {
        name: written(tmp_path / name, records)
        for name, records in {
            "all.jsonl": answered,
            "none.jsonl": nothing,
            "half.jsonl": [*answered[:2], *nothing[2:]],
        }.items()
    }

    def found(first, second):
        (compared,) = audiorouter.compare(paths[first], paths[second]).comparisons
        return compared

    neither = found("none.jsonl", "none.jsonl")
    assert neither.verdict == "nothing to compare: no answer to all 4 questions in either"
    assert neither.as_json()["answered"]["neither"] == 4
    same = found("half.jsonl", "half.jsonl")
    assert same.verdict == (
        "no difference: the same answers to 2 of 4 questions, and none to 2 in either"
    )
    assert f"2 questions without an answer in {paths['half.jsonl']}" in same.notes
    alone = found("all.jsonl", "none.jsonl")
    assert alone.verdict == (
        f"of 4 questions 4 answered in {paths['all.jsonl']} alone; none can be scored"
    )
    assert alone.other_answers == 0
    assert f"4 questions without an answer in {paths['none.jsonl']}" in alone.notes


def test_where_every_clip_changed_alike_there_is_no_interval(tmp_path):
    before = written(tmp_path / "a.csv", [record(i, 0) for i in range(22)])
    after = written(tmp_path / "b.csv", [record(i, 1) for i in range(22)])
    (found,) = json.loads(run("compare", before, after, "--json").stdout)["comparisons"]
    over_clips = found["accuracy"]["over_clips"]
    assert over_clips["interval_95"] is None
    # Of 2^22 ways to turn the clips two are as far from 0; six places would make it none.
    assert over_clips["p_value"] == pytest.approx(2 / 2**22, rel=1e-5)
    assert "+100.0 …" not in run("compare", before, after).stdout


def test_an_answers_file_that_a_spreadsheet_saved_has_decimal_commas(twelve, tmp_path):
    commas = written(
        tmp_path / "commas.csv",
        [
            record(i, right, clip=CLIPS[i], tool_seconds="1,25", reason_seconds="2,5E-01")
            for i, right in enumerate(FIRST)
        ],
    )
    (found,) = audiorouter.compare(twelve[0], commas).comparisons
    assert (found.costs[1].tool_seconds, found.costs[1].answer_seconds) == (15.0, 3.0)


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("tool_seconds", "1.234,5", "tool_seconds: '1.234,5' is no number"),
        ("tool_seconds", "1e308", "tool_seconds: '1e308' is too large"),
        ("reason_seconds", "soon", "reason_seconds: 'soon' is no number"),
        ("route", '[{"tool": "tempo"}]', "is no list of calls"),
        ("route", "tempo", "route: 'tempo' is no JSON"),
        ("correct", "perhaps", "correct: 'perhaps' is neither true nor false"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_with_what_to_do(tmp_path, column, cell, said):
    odd = written(tmp_path / "odd.csv", [record(0, 1), record(1, 1) | {column: cell}])
    error = run("compare", odd, odd, code=2).stderr
    assert f"{odd}, line 3: {column}: " in error and said in error
    assert "Correct the cell" in error


@pytest.mark.parametrize("column", ["prediction", "error", "scored_by"])
@pytest.mark.parametrize("value", [5, {"a": 1}, ["x"]])
def test_what_is_no_text_where_one_belongs_is_taken_for_one(tmp_path, column, value):
    odd = written(tmp_path / "odd.jsonl", [record(0, 1), record(1, 1) | {column: value}])
    page = tmp_path / "page.html"
    run("view", odd, odd, "-o", page)
    assert "Is it 1?" in page.read_text()
    (found,) = audiorouter.compare(odd, odd).comparisons
    row = found.second.rows[1]
    assert str(value) in (row.prediction, row.error, row.fields["scored_by"])
