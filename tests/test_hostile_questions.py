"""A fault in one row of a questions file costs that row, and the answers can be written."""

import csv
import io
import json
import os
from pathlib import Path

import pytest
from answers_text import render, write_answers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audiorouter.batch.answers_file.answer_files import SUFFIXES
from audiorouter.batch.rows import FIELDS, Row
from audiorouter.errors import QuestionFileError
from audiorouter.json_values import LONGEST_TEXT
from audiorouter.questions import QuestionSet, read_questions

PIECES = [
    "a",
    " ",
    "\ud800",
    "\udcff",
    "\0",
    "\r",
    "\n",
    '"',
    ",",
    "[",
    "|",
    "\\",
    "\u2028",
    "\x85",
]
WORDS = st.text(max_size=5) | st.lists(st.sampled_from(PIECES), max_size=5).map("".join)
NUMBERS = ["1" * 5000, "-" + "9" * 400, "1e999", "-1e999", "NaN", "-Infinity", "0.1", "12345"]
SCALARS = st.sampled_from(["true", "false", "null", *NUMBERS]) | WORDS.map(json.dumps)
DEEP = st.sampled_from(["[" * n + "]" * n for n in (60, 900, 100_000)])
VALUES = st.recursive(
    SCALARS | DEEP,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")
        | st.dictionaries(WORDS.map(json.dumps), inner, max_size=3).map(
            lambda pairs: "{" + ",".join(f"{k}:{v}" for k, v in pairs.items()) + "}"
        )
    ),
    max_leaves=4,
)
NAMES = st.sampled_from(["id", "answer", "choices", "A", "error", "x"]).map(json.dumps)
OTHERS = st.dictionaries(NAMES | WORDS.map(json.dumps), VALUES, max_size=4)
AUDIO = st.sampled_from(['"a.wav"', '"a.wav"', '"\\ud800.wav"', '"\\udcff.wav"', "7", "{}"])
GOOD = '{"audio": "a.wav", "question": "What?", "choices": ["x", "y"], "answer": "y"}'


@st.composite
def rows(draw) -> str:
    """The JSON of a row, most of them with a question about a clip that is there."""
    fields = draw(OTHERS)
    fields['"audio"'] = draw(AUDIO)
    fields['"question"'] = draw(st.just('"What?"') | VALUES)
    row = "{" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"
    return draw(st.sampled_from([row, row, row, row[:-1], "nothing"]))


@pytest.fixture
def ask(clips, tone, tmp_path):
    """Reads a questions file of the given text about a folder with the clip a.wav."""
    tone("a.wav")

    def read(name: str, content: str) -> QuestionSet:
        path = tmp_path / name
        path.write_text(content, encoding="utf-8", newline="")
        return read_questions(path, clips)

    return read


def answered(found: QuestionSet) -> list[Row]:
    return [Row(question, error=question.problem) for question in found.questions]


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def read_back(suffix: str, text: str) -> list[dict]:
    if suffix == ".csv":
        return list(csv.DictReader(io.StringIO(text, newline="")))
    lines = text.rstrip("\n").split("\n") if suffix == ".jsonl" else [text]
    values = [json.loads(line, parse_constant=refuse) for line in lines]
    return values if suffix == ".jsonl" else values[0]


def holds_half_characters(value: object) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in json.dumps(value, ensure_ascii=False))


@pytest.mark.slow
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sources=st.lists(rows(), min_size=1, max_size=3))
def test_whatever_json_says_the_answers_are_written_and_read_back(ask, tmp_path, clips, sources):
    for name, content in (
        ("q.jsonl", "\n".join([*sources, GOOD])),
        ("q.json", f"[{','.join([*(s for s in sources if s[-1] == '}'), GOOD])}]"),
    ):
        try:
            found = ask(name, content)
        except QuestionFileError as error:
            # Brackets that do not match leave no list; nothing else costs the whole file.
            assert name == "q.json" and "not JSON" in str(error)
            continue
        last = found.questions[-1]
        assert last.problem is last.remark is None and last.gold_index == 1
        for suffix in SUFFIXES:
            target = tmp_path / f"answers{suffix}"
            write_answers(target, found.layout, answered(found))
            records = read_back(suffix, target.read_bytes().decode())
            assert len(records) == len(found.questions)
            assert not holds_half_characters(records)
            assert all(set(FIELDS) <= set(record) for record in records)
            if suffix != ".csv":  # whose columns may have names that no table can have twice
                again = read_questions(target, clips).questions
                assert [q.text for q in again] == [q.text for q in found.questions]
                assert [q.audio for q in again] == [q.audio for q in found.questions]


BAD = {
    "half a character in the question": ('"question": "a\\ud800"', "question: half of a character"),
    "half a character in a choice": ('"choices": ["\\ud800", "b"]', "choices: half of a character"),
    "half a character in a lettered choice": ('"A": "\\ud800", "B": "b"', "A: half of a character"),
    "half a character in the id": ('"id": "\\ud800"', "id: half of a character"),
    "half a character elsewhere": ('"x": {"y": ["\\udfff"]}', "x: half of a character"),
    "half a character in a name": ('"\\ud800": 1', "\\ud800: half of a character"),
    "half a character in the clip": ('"audio": "\\ud800.wav"', "no file can have"),
    "a number of 5,000 digits": (f'"x": {"1" * 5000}', "x: the number 1111"),
    "infinity": ('"x": 1e999', "x: the number 1e999 cannot be kept"),
    "minus infinity as answer": ('"answer": -Infinity', "answer: the number -Infinity"),
    "depth": (f'"x": {"[" * 100 + "]" * 100}', "x: what is nested more than 50 deep is left out"),
    "bottomless depth": (f'"x": {"[" * 100_000 + "]" * 100_000}', "nested too deeply"),
    "a list as question": ('"question": ["a"]', "question: expected text, not a list"),
    "an object as id": ('"id": {"x": 1}', "id: expected text, not an object"),
    "a list within the answer": ('"answer": [["a"]]', "answer: expected text, not a list"),
    "an object of one choice": ('"choices": {"A": "b"}', "choices: there is only one choice ('b')"),
    "a list as choice": ('"choices": [["b"], "c"]', "choice A: expected text, not a list"),
    "nothing as choice": ('"choices": ["b", null]', "only one choice ('b')"),
    "choices in deep text": (f'"choices": "{"[" * 100_000}"', "choices: not a JSON list"),
    "choices of half characters in text": ('"choices": "[\\"\\\\ud800\\"]"', "choices: half"),
    "a long question": (f'"question": "{"a" * 100_001}"', "has 100,001 characters, of 100,000"),
    "many choices": (f'"choices": {json.dumps([str(n) for n in range(1001)])}', "1,001, of 1,000"),
    "a long choice": (f'"choices": ["a", "{"b" * 10_001}"]', "choice B has 10,001 characters"),
    "a question twice": (
        '"question": "What?", "question": "Who?"',
        "question: it is there twice, with different values",
    ),
    "a clip twice": ('"audio": "a.wav", "audio": "b.wav"', "audio: it is there twice"),
    "a letter twice": ('"choices": {"A": "x", "A": "y", "B": "z"}', "choices: 'A' is there twice"),
    "an answer twice": ('"answer": "x", "answer": "y"', "answer: it is there twice"),
    "a long text": (f'"x": "{"a" * (LONGEST_TEXT + 1)}"', "x: the text of 10,000,001 characters"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("field", "complaint"), BAD.values(), ids=BAD)
@pytest.mark.parametrize("name", ["q.jsonl", "q.json"])
def test_what_is_wrong_with_a_row_is_said_of_that_row(ask, name, field, complaint):
    given = ('"audio": "a.wav"', '"question": "What?"')
    others = [part for part in given if part.split(":")[0] != field.split(":")[0]]
    bad = f"{{{', '.join([*others, field])}}}"
    content = f"{GOOD}\n{bad}\n{GOOD}\n" if name == "q.jsonl" else f"[{GOOD},\n{bad},\n{GOOD}]"
    first, wrong, last = found = answered(ask(name, content))
    assert complaint in wrong.complaint and wrong.question.line == 2
    assert first.complaint is last.complaint is None
    for suffix in SUFFIXES:
        render(suffix, ask(name, content).layout, found).encode()


def test_numbers_and_truths_are_the_text_they_stand_as(ask):
    row = '{"id": 0, "audio": "a.wav", "question": 7, "choices": [true, 1.5], "answer": true}'
    (question,) = ask("q.jsonl", row).questions
    assert (question.id, question.text, question.gold_index) == ("0", "7", 0)
    assert question.choices == ("true", "1.5") and question.problem is question.remark is None


def test_a_json_list_with_a_broken_element_keeps_the_others(ask):
    found = ask("q.json", f'[{GOOD},\n {{"audio" "a.wav"}},\n {GOOD},\n]').questions
    assert [(q.line, q.problem) for q in found] == [
        (1, None), (2, "not JSON (Expecting ':' delimiter)"), (3, None),
    ]  # fmt: skip


def test_lines_end_at_line_feeds_alone(ask):
    (question,) = ask("q.jsonl", '{"audio": "a.wav", "question": "a\u2028b\x85c"}\r\n').questions
    assert question.text == "a\u2028b\x85c"


def test_a_cell_of_any_length_or_with_a_nul_costs_no_other_row(ask):
    limit = csv.field_size_limit()
    long = "a" * (LONGEST_TEXT + 1)
    content = f"audio,question,x\na.wav,Q\0?,1\na.wav,Q?,{long}\na.wav,{long},2\na.wav,Q?,3\n"
    nul, other, asked, last = answered(ask("q.csv", content))
    assert nul.question.text == "Q\0?" and nul.complaint is last.complaint is None
    assert "x: the text of 10,000,001 characters is cut" in other.complaint
    assert other.question.problem is None and "question: the text of" in asked.complaint
    assert csv.field_size_limit() == limit


def test_a_link_to_itself_costs_its_own_row(ask, clips):
    (clips / "loop.wav").symlink_to(clips / "loop.wav")
    bad, good = ask("q.csv", "audio,question\nloop.wav,Q?\na.wav,Q?\n").questions
    assert "no clip loop.wav" in bad.problem and good.problem is None


def test_carriage_returns_stay_in_their_cell(ask):
    found = ask("q.jsonl", '{"audio": "a.wav", "question": "a\\rb", "x\\r": "c\\rd"}')
    (record,) = read_back(".csv", render(".csv", found.layout, answered(found)))
    assert (record["question"], record["x\r"]) == ("a\rb", "c\rd")


NOT_UTF_8 = os.fsdecode(b"\xff.wav")


@pytest.fixture
def odd_clip(clips, tone) -> Path:
    return tone("a.wav").rename(clips / NOT_UTF_8)


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_clip_whose_name_is_not_utf_8_is_asked_about(odd_clip, clips, tmp_path, suffix):
    from typer.testing import CliRunner

    from audiorouter.cli.app import app

    questions = tmp_path / "q.csv"
    questions.write_text("question,A,B\nWhat is it?,a tone,a voice\n")
    answers, report = tmp_path / f"answers{suffix}", tmp_path / "report.html"
    command = ["batch", str(clips), str(questions), "--router", "tools:pitch"]
    first = CliRunner().invoke(
        app, [*command, "-o", str(answers), "--report", str(report), "--json"]
    )
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout)["answered"] == 1
    assert "\\udcff.wav" in report.read_text()
    (record,) = read_back(suffix, answers.read_text())
    assert record["audio"] == "\\udcff.wav" and record["prediction"]
    # The answers file is a questions file about the same clip, and nothing is computed again.
    again = CliRunner().invoke(
        app, ["batch", str(clips), str(answers), "--router", "tools:pitch", "--json"]
    )
    assert again.exit_code == 0, again.output
    summary = json.loads(again.stdout)
    assert (summary["answers_cached"], summary["clips_decoded"]) == (1, 0)


@pytest.mark.slow
@pytest.mark.weights
def test_a_broken_clip_whose_name_is_not_utf_8_costs_its_rows(odd_clip, clips, tmp_path, tone):
    tone("good.wav")
    odd_clip.write_bytes(b"no audio")
    questions, answers = tmp_path / "q.csv", tmp_path / "answers.jsonl"
    questions.write_text("question,A,B\nWhat is it?,a tone,a voice\n")
    from audiorouter.batch import BatchOptions, run_batch

    result = run_batch(clips, questions, BatchOptions(router="none", output=answers))
    records = {record["audio"]: record for record in read_back(".jsonl", answers.read_text())}
    assert "\\udcff.wav: not readable as audio" in records["\\udcff.wav"]["error"]
    assert records["good.wav"]["error"] is None and result.failed == 1
