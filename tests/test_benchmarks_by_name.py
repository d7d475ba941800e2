"""Benchmarks by name: small made files in each layout, prepared, asked and scored."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from pathlib import Path
from unittest.mock import patch

import pytest
from benchmark_layouts import (
    FOUR,
    LAYOUTS,
    air_bench,
    mmar,
    mmau,
    mmau_hub,
    muchomusic,
    put,
    sound,
    voicebench,
)
from commands import run
from environments import ROOT

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.authors_score import authors_score
from audiorouter.batch.planning.plan import make_plan
from audiorouter.batch.rows import Row
from audiorouter.batch.summary import summarise
from audiorouter.benchmarks import BENCHMARKS, find_benchmark, prepare, questions_file
from audiorouter.cli.batch_tables import summary_report
from audiorouter.cli.command import DataCommand
from audiorouter.cli.output import report_text
from audiorouter.errors import UsageError
from audiorouter.plugins import load_registry
from audiorouter.providers.interface import Answer, NoOptions, Provider, Reasoner
from audiorouter.questions import Question, read_questions
from audiorouter.scoring import AuthorsRule, letter_of, letter_or_text

REPLICATION = ROOT / "docs/replication.md"


@pytest.fixture(params=LAYOUTS)
def layout(request, tmp_path):
    """A folder with small made files, and the benchmark that they are."""
    LAYOUTS[request.param](tmp_path)
    return find_benchmark(request.param.partition(" ")[0]), tmp_path


class SecondChoice(Reasoner):
    """Says the letter of the choice `Woman` or `choice B`, or "Yes." where there are none."""

    name = identity = "made"

    def answer(self, requests):
        return [self.one(request) for request in requests]

    def one(self, request):
        if not request.choices:
            return Answer("Yes.")
        wanted = "Woman" if "Woman" in request.choices else "choice B"
        index = request.choices.index(wanted)
        return Answer(f"The answer is {'ABCD'[index]}.", index)


class MadeProvider(Provider[NoOptions]):
    name = "made"
    description = "for tests"
    Options = NoOptions

    def open(self, model, options):
        return SecondChoice()


def batch(folder, questions, **options):
    registry = load_registry(third_party=False)
    registry.providers["made"] = MadeProvider()
    said: list[str] = []
    options = BatchOptions(provider="made", router="none", **options)
    return run_batch(folder, questions, options, registry=registry, say=said.append), said


def test_each_layout_is_found_prepared_asked_and_scored_by_its_rule(layout):
    benchmark, folder = layout
    prepared = prepare(benchmark, folder)
    assert prepared.problems == () and prepared.clips == prepared.clips_there
    assert prepared.questions_file == questions_file(benchmark, folder)
    result, said = batch(folder, benchmark.name)
    assert result.failed == 0 and said[0].startswith(f"{benchmark.name} from ")
    summary = summarise(result)
    closed = benchmark.rule is not AuthorsRule.EXACT
    assert summary.authors.rule is benchmark.rule and summary.authors.left_out == 0
    right = len(result.rows) if closed else 2  # of three people one said no
    assert summary.authors.share[:2] == (right, len(result.rows))
    shown = report_text(summary_report(summary))
    assert f"as the authors of {benchmark.name} score" in shown
    assert f"({benchmark.rule}: {benchmark.rule.in_words})" in shown
    assert summary.as_json()["authors"]["share"]["right"] == right
    if closed:
        assert all(row.correct for row in result.rows)


def test_preparing_again_changes_nothing(layout):
    benchmark, folder = layout
    first = prepare(benchmark, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert prepare(benchmark, folder) == first
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_has_to_be_converted_says_so_and_what_need_not_is_left_alone(layout):
    benchmark, folder = layout
    before = {path for path in folder.rglob("*") if path.is_file()}
    (source,) = [s for s in benchmark.sources if any(folder.rglob(s.files[0].split("/")[-1]))]
    if source.convert is None:
        path = questions_file(benchmark, folder)
        assert path in before
        prepare(benchmark, folder)
        assert {path for path in folder.rglob("*") if path.is_file()} == before
    else:
        with pytest.raises(UsageError, match=f"benchmarks prepare {benchmark.name} "):
            batch(folder, benchmark.name)


def test_mmau_of_the_hub_becomes_the_authors_layout_with_its_version(tmp_path):
    mmau_hub(tmp_path)
    prepared = prepare(find_benchmark("mmau:test-mini"), tmp_path)
    assert prepared.version == "v05.15.25"
    output = tmp_path / "answers.json"
    batch(tmp_path, "mmau:test-mini", output=output)
    (row,) = json.loads(output.read_text())
    assert row["model_output"] == "(B) Woman" and row["choices"][1] == "(B) Woman"
    assert (row["task"], row["category"], row["sub-category"]) == ("sound", "R", "S")
    assert (tmp_path / row["audio_id"]).read_bytes() == sound()


def test_air_bench_finds_folders_and_flac_and_asks_only_choices_that_there_are(tmp_path):
    air_bench(tmp_path)
    path = prepare(find_benchmark("air-bench:foundation"), tmp_path).questions_file
    one, other = read_questions(path, tmp_path).questions
    assert one.path == tmp_path / "Foundation/Speaker_Gender_set/x.wav"
    assert other.path == tmp_path / "Foundation/Audio_Grounding_set/x.flac"
    assert (len(one.choices), other.choices) == (4, ("Man", "Woman"))
    assert one.metadata("task") == "Speaker_Gender" and one.note is None


def test_muchomusic_is_shuffled_once_and_names_clips_of_both_data_sets(tmp_path):
    muchomusic(tmp_path)
    path = prepare(find_benchmark("muchomusic"), tmp_path).questions_file
    found = read_questions(path, tmp_path).questions
    assert [q.path.name for q in found] == ["415600.2min.wav", "[-a_b]-[30-40].wav"]
    assert all(sorted(q.choices) == sorted(FOUR) for q in found)
    assert all(q.choices[q.gold_index] == "Woman" for q in found)
    assert [q.metadata("category") for q in found] == ["knowledge", "reasoning"]


def test_the_right_answers_of_muchomusic_are_not_all_first(tmp_path):
    head = "question,correct_answer,distractor_1_answer,distractor_2_answer,distractor_3_answer,"
    rows = [f"Which {i}?,w,x,y,z,sdd,1.json" for i in range(40)]
    put(tmp_path / "muchomusic.csv", "\n".join([head + "dataset,dataset_identifier", *rows]))
    put(tmp_path / "1.2min.wav")
    path = prepare(find_benchmark("muchomusic"), tmp_path).questions_file
    gold = [q.gold_index for q in read_questions(path, tmp_path).questions]
    assert {gold.count(i) for i in range(4)} <= set(range(3, 20))


def test_voicebench_asks_nothing_but_what_is_spoken(tmp_path):
    voicebench(tmp_path)
    path = prepare(find_benchmark("voicebench:openbookqa"), tmp_path).questions_file
    (question,) = read_questions(path, tmp_path).questions
    assert "Man" not in question.text + "".join(question.choices)
    assert question.choices[question.gold_index] == "choice B"


def test_missing_clips_and_questions_are_said_with_where_to_fetch_them(tmp_path):
    mmau(tmp_path)
    row = json.loads((tmp_path / "mmau-test-mini.json").read_text())[0]
    lost = row | {"id": "u2", "audio_id": "./test-mini-audios/u2.wav"}
    path = put(tmp_path / "mmau-test-mini.json", [row, lost])
    done = run("benchmarks", "prepare", "mmau:test-mini", tmp_path, code=1)
    assert "2 of 1,000 questions, 1 of 2 clips" in done.stdout
    assert "1 question cannot be asked" in done.stdout
    assert "there is no clip ./test-mini-audios/u2.wav" in done.stdout
    assert "https://github.com/Sakshi113/MMAU" in done.stdout
    known = json.loads(
        run("benchmarks", "prepare", "mmau:test-mini", tmp_path, "--json", code=1).stdout
    )
    assert known["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (known["questions"], known["expected"], known["complete"]) == (2, 1000, False)


def test_what_is_not_there_is_said_with_where_to_fetch_it(tmp_path):
    for made in (None, "other.json"):
        if made:
            put(tmp_path / made, [{"question": "Q?"}])
        done = run("batch", tmp_path, "mmar", code=2)
        assert "there is no MMAR-meta.json of mmar" in done.stderr
        assert "https://huggingface.co/datasets/BoJack/MMAR" in done.stderr
    put(tmp_path / "MMAR-meta.json", [{"question": "Q?"}])
    assert "not mmar, whose columns are" in run("batch", tmp_path, "mmar", code=2).stderr
    assert "no such folder" in run("batch", tmp_path / "none", "mmar", code=2).stderr


def test_two_files_that_may_be_meant_are_named(tmp_path):
    mmar(tmp_path / "a")
    mmar(tmp_path / "b")
    mmar(tmp_path / ".hidden")
    with pytest.raises(UsageError, match=r"several files may be mmar: .*a/MMAR.*b/MMAR"):
        questions_file(find_benchmark("mmar"), tmp_path)
    assert questions_file(find_benchmark("mmar"), tmp_path / "a").parent == tmp_path / "a"


@pytest.mark.slow
def test_a_file_goes_before_a_benchmark_and_unknown_names_are_told_apart(tmp_path, monkeypatch):
    mmar(tmp_path)
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "mmar.csv", "audio,question\naudio/r1.wav,Which?")
    result, _ = batch(tmp_path, "mmar.csv")
    assert result.questions.benchmark is None and summarise(result).authors is None
    put(tmp_path / "mmar", "x")
    assert "unknown kind of questions file" in run("batch", tmp_path, "mmar", code=2).stderr
    for name, meant in (("mmau:test", "mmau:test-mini"), ("mmarx", "mmar")):
        told = f"{name}: no such file, and there is no benchmark '{name}': did you mean '{meant}'?"
        assert told in run("batch", tmp_path, name, code=2).stderr
    assert "mmau-test.json" in run("batch", tmp_path, "mmau-test.json", code=2).stderr


def test_the_folder_of_a_benchmark_may_have_its_name(tmp_path, monkeypatch):
    mmar(tmp_path / "mmar")
    monkeypatch.chdir(tmp_path)
    result, _ = batch("mmar", "mmar")
    assert result.questions.benchmark == "mmar" and result.failed == 0


def test_a_plan_says_which_benchmark_it_is_of(tmp_path):
    mmar(tmp_path)
    registry = load_registry(third_party=False)
    registry.providers["made"] = MadeProvider()
    options = BatchOptions(provider="made", router="none")
    plan = make_plan(tmp_path, Path("MMAR"), options, registry=registry)
    assert plan.notes[0].startswith("mmar from ") and "1 of its 1,000 questions" in plan.notes[0]


def test_the_run_keeps_the_benchmark_and_its_questions_file(tmp_path, own_store):
    mmar(tmp_path)
    batch(tmp_path, "mmar")
    (kept,) = json.loads(run("runs", "list", "--json").stdout)
    assert kept["questions_file"] == str(tmp_path / "MMAR-meta.json")
    assert kept["provenance"]["benchmark"] == "mmar"


@pytest.mark.parametrize(
    ("reply", "letter"),
    [
        *(("B", "B"), (" C. a dog\n", "C"), ("The answer is D.", "D"), ("a dog", None)),
        *(("None", None), ("", None), ("(B) a dog", None), ("Apart from that C", "A")),
    ],
)
def test_the_letter_of_air_bench(reply, letter):
    assert letter_of(reply) == letter


@pytest.mark.parametrize(
    ("reply", "index"),
    [
        *(("A", 0), ("(B) a dog", 1), ("The correct answer is: (D)", 3), ("it is a Dog", 3)),
        *(("it is a dog", 1), ("A or B: a cat", 0), ("", None), ("AB", None)),
    ],
)
def test_letter_or_text_of_muchomusic(reply, index):
    assert letter_or_text(reply, ["a cat", "a dog", "a cow", "a hen"]) == index


def rows(*answers, choices=("a cat", "a dog"), gold=1):
    question = Question("1", 1, "a.wav", None, "Q?", choices, choices[gold], gold)
    return [Row(question, answer=answer) for answer in answers]


def test_replies_without_a_letter_count_for_none_or_as_wrong_as_the_authors_have_it():
    asked = rows(Answer("B", 1), Answer("A", 0), Answer("a dog", 1), None)
    score = authors_score("x", AuthorsRule.LETTER, asked)
    assert (score.share[:2], score.left_out) == ((1, 2), 2)
    score = authors_score("x", AuthorsRule.LETTER_OR_TEXT, asked)
    assert (score.share[:2], score.left_out) == ((2, 4), 0)
    assert authors_score("x", AuthorsRule.CHOICE, asked).share[:2] == (2, 4)
    assert authors_score("x", AuthorsRule.STRING_MATCH, asked).share[:2] == (2, 4)


@pytest.mark.parametrize("rule", AuthorsRule)
def test_choices_that_cannot_be_read_are_wrong_by_every_rule(rule):
    question = Question("1", 1, "a.wav", None, "Q?", (), "a dog", problem="?", unread_choices=True)
    score = authors_score("x", rule, [*rows(Answer("B", 1)), Row(question, error="?")])
    assert score.share[1] == 2 and score.share[0] <= 1


def test_a_choice_taken_by_probability_or_by_number_is_given_as_its_letter():
    taken = rows(Answer("a dog", 1, (0.1, 0.9)), Answer("a cat", 0, (0.9, 0.1)))
    notes = rows(Answer("2", 1), Answer("1", 0), choices=("E", "A"))
    for rule in (AuthorsRule.LETTER, AuthorsRule.LETTER_OR_TEXT):
        for asked in (taken, notes):
            score = authors_score("x", rule, asked)
            assert (score.share[:2], score.left_out) == ((1, 2), 0)


def test_rows_that_were_left_or_have_no_right_answer_are_not_scored():
    (left,) = rows(None)
    left.left = True
    question = Question("1", 1, "a.wav", None, "Q?", ("a", "b"))
    score = authors_score("x", AuthorsRule.CHOICE, [left, Row(question, answer=Answer("a", 0))])
    assert score.share.total == score.left_out == 0


def test_every_benchmark_is_listed_and_shown():
    listed = json.loads(run("benchmarks", "list", "--json").stdout)
    assert [one["name"] for one in listed] == [one.name for one in BENCHMARKS]
    assert {name.partition(" ")[0] for name in LAYOUTS} == {one.name for one in BENCHMARKS}
    table = run("benchmarks", "list").stdout
    for benchmark in BENCHMARKS:
        assert benchmark.name in table
        shown = run("benchmarks", "show", benchmark.name.upper()).stdout
        for text in (benchmark.licence, benchmark.paper, benchmark.scorer, *benchmark.fetch):
            assert text in shown
        assert f"audiorouter batch FOLDER {benchmark.name}" in shown


def test_every_published_row_is_a_command_of_a_known_benchmark():
    """Each benchmark has one, and none says that it was measured here."""
    rows = re.findall(r"^\| (.*) \| `(audiorouter batch .*)` \|$", REPLICATION.read_text(), re.M)
    asked = [shlex.split(command)[3] for _, command in rows]
    assert {find_benchmark(name) for name in asked} == set(BENCHMARKS)
    for told, command in rows:
        with patch.object(DataCommand, "invoke", lambda *_: None):
            run(*shlex.split(command)[1:])
        _, _, published, where, *measured = (cell.strip() for cell in told.split("|"))
        assert re.fullmatch(r"\d\d\.\d+|none by this rule", published), command
        assert where == "the same" or "](https://" in where
        assert not "".join(measured), "nobody has run it"
