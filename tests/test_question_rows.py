"""Rows as people write them in files: what is read of them, what is said, which answers count."""

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from audiorouter.batch.rows import Row
from audiorouter.cli.app import app
from audiorouter.errors import QuestionFileError
from audiorouter.providers.interface import Answer
from audiorouter.questions import read_questions
from audiorouter.questions.cell_values import present
from audiorouter.questions.choices import plain


@pytest.fixture
def ask(clips, tone, tmp_path):
    tone("a.wav")
    tone("b.wav")

    def read(name: str, rows: list[dict], **options):
        path = tmp_path / name
        if name.endswith(".csv"):
            stream = io.StringIO()
            writer = csv.DictWriter(stream, list(dict.fromkeys(k for row in rows for k in row)))
            writer.writeheader()
            writer.writerows(rows)
            path.write_text(stream.getvalue(), newline="")
        else:
            path.write_text("\n".join(map(json.dumps, rows)))
        return read_questions(path, clips, **options)

    return read


UNREADABLE = {
    "pairs": {"choices": [["C", "E"], ["D", "F"]]},
    "an error between bars": {"choices": "x|#REF!|y"},
    "an error of another language": {"A": "x", "B": "#NV"},
    "the answer among the lines": {"choices": "A. dog\nB. cat\nAnswer: B"},
}


@pytest.mark.parametrize("row", UNREADABLE.values(), ids=UNREADABLE)
def test_choices_that_cannot_be_told_are_an_error_of_their_row(ask, row):
    (question,) = ask("q.jsonl", [{"audio": "a.wav", "question": "Q?", **row}]).questions
    assert question.problem


def test_where_other_rows_count_numbers_are_places_and_what_may_be_either_is_not_scored(ask):
    rows = [
        {"choices": ["dog", "cat", "cow"], "answer": 2},
        {"choices": ["dog", "cat", "cow"], "answer": 3},
        {"choices": ["2 times", "3 times", "4 times"], "answer": 3},
    ]
    found = ask(
        "q.jsonl", [{"audio": "a.wav", "question": f"Q{n}?", **row} for n, row in enumerate(rows)]
    )
    assert [question.gold_indices for question in found.questions] == [(1,), (2,), (2,)]
    texts = [{"option_1": "dog", "option_2": "cat", "option_3": "cow", "answer": 2},
             {"option_1": "3", "option_2": "5", "option_3": "2", "answer": 3}]  # fmt: skip
    found = ask(
        "q.jsonl", [{"audio": "a.wav", "question": f"Q{n}?", **row} for n, row in enumerate(texts)]
    )
    assert [question.gold_indices for question in found.questions] == [(1,), ()]


def test_an_answer_that_is_nothing_in_databases_is_asked_and_said(ask):
    rows = [{"audio": "a.wav", "question": "Q?", "A": "yes", "B": "no", "C": "NA", "answer": "A"}]
    (question,) = ask("q.jsonl", rows).questions
    assert question.choices == ("yes", "no", "NA") and "'NA' is asked as a choice" in question.note


OPEN = {
    "bars between": ({"answer": "dog|a hound"}, ("dog", "a hound")),
    "a chart of chords": ({"answer": "| C | F |"}, ("| C | F |",)),
    "objects": ({"answers": [{"text": "dog", "answer_start": 3}, {"text": "hound"}]},
                ("dog", "hound")),
    "objects of several people": ({"answers": [{"answer": "dog", "answer_id": 1}]}, ("dog",)),
    "one of several": ({"answers": ["dog", "cat"], "correct": "cat"}, ("cat",)),
    "several, and one of them": ({"answer": "dog", "answers": ["dog", "hound"]}, ("dog",)),
    "grades": ({"correct": True}, ()),
    "no list of choices": ({"choices": "None", "answer": "dog"}, ("dog",)),
    "an empty list": ({"choices": "[]", "answer": "dog"}, ("dog",)),
    "what a spreadsheet could not compute": ({"answer": "#REF!"}, ()),
}  # fmt: skip


@pytest.mark.parametrize(("row", "answers"), OPEN.values(), ids=OPEN)
@pytest.mark.parametrize("name", ["q.jsonl", "q.csv"])
def test_open_ended_answers_in_other_forms(ask, name, row, answers):
    if name == "q.csv":
        row = {name: json.dumps(v) if isinstance(v, list) else v for name, v in row.items()}
    (question,) = ask(name, [{"audio": "a.wav", "question": "Q?", **row}]).questions
    assert (question.answers, question.closed, question.problem) == (answers, False, None)
    assert Row(question).scored_by == ("contains" if answers else None)


def test_no_choices_are_told_from_choices_that_cannot_be_read(ask):
    asked = {"audio": "a.wav", "question": "Q?"}
    rows = [asked | {"choices": "[]"}, asked | {"choices": '["x", "y"]'}]
    assert "2 choices each from `choices` (1 open-ended)" in ask("q.csv", rows).reading.line
    rows[0]["choices"] = '["x"'
    assert "(in 1 they cannot be read)" in ask("q.csv", rows).reading.line


def test_several_answers_and_questions_that_are_not_asked_are_said(ask):
    rows = [{"audio": "a.wav", "question": "Q1", "question_text": "Which?", "answer": "x|y"}]
    found = ask("q.csv", rows)
    assert "`answer` (1 with several, of which any counts)" in found.reading.line
    assert found.reading.notes[0].endswith("called like a question: `question_text`")


def test_a_spreadsheets_errors_are_not_asked(ask):
    rows = [{"audio": "a.wav", "question": "#NAME?", "A": "x", "B": "y"},
            {"audio": "a.wav", "question": "Q?", "A": "x", "B": "#REF!"}]  # fmt: skip
    first, second = ask("q.csv", rows).questions
    assert "question: #NAME? is a spreadsheet's error" in first.problem
    assert "B: #REF! is a spreadsheet's error" in second.problem


def test_the_reading_says_what_was_read_and_what_was_not(ask):
    found = ask("q.csv", [
        {"wav": "a.wav", "query": "Q?", "choice_a": "x", "choice_b": "y", "choice_c": "",
         "distractor_1": "z", "answer_gt": "B", "answer_type": "mc"},
        {"wav": "b.wav", "query": "Q?", "choice_a": "x", "choice_b": "y", "choice_c": "z",
         "distractor_1": "", "answer_gt": "z", "answer_type": "mc"},
    ])  # fmt: skip
    assert found.reading.line == (
        "2 questions, 2 to 3 choices each from `choice_a` … `choice_c`, "
        "right answers from `answer_gt` by letter (1) and text (1), clips from `wav`"
    )
    (note,) = found.reading.notes
    assert note.endswith("`distractor_1`, `answer_type`")
    assert [question.note for question in found.questions] == [None, None]


def test_a_column_that_repeats_another_is_no_news(ask):
    row = {"audio": "a.wav", "question": "Q?", "choices": '["x", "y"]', "A": "x", "B": "y",
           "answer": "y", "answer_index": "1"}  # fmt: skip
    other = row | {"question": "R?", "answer": "x", "answer_index": "0"}
    assert ask("q.csv", [row, other]).reading.notes == ()
    (note,) = ask("q.csv", [row | {"answer_index": "0"}]).reading.notes
    assert "`answer_index`" in note


def test_letters_as_answers_without_choices_are_remarked(ask):
    rows = [{"audio": "a.wav", "question": "Q?", "answer": "B", "decoys": "x;y"}]
    assert "letters" in ask("q.csv", rows).reading.notes[-1]


@pytest.mark.parametrize(
    ("said", "choices", "answer", "gold"),
    [
        ("[laughs] hello there", None, "[laughs] hello there", None),
        ("[laughter]", None, "[laughter]", None),
        ("{cough}", None, "{cough}", None),
        ('["a", "b"]', None, "a", None),
        ("[nan, 'b']", None, "b", None),
        ("[laughs]", '["A. [laughs]", "B. [coughs]"]', "[laughs]", 0),
    ],
)
def test_words_in_brackets_are_answers(ask, said, choices, answer, gold):
    row = {"audio": "a.wav", "question": "Q?", "answer": said}
    (question,) = ask("q.jsonl", [row | ({"choices": choices} if choices else {})]).questions
    assert (question.answers[0], question.gold_index) == (answer, gold)
    assert question.remark is None and question.problem is None


def test_ids_keep_what_they_are(ask):
    rows = [{"id": n, "audio": "a.wav", "question": "Q?"} for n in (0, 1, None)]
    assert [q.id for q in ask("q.jsonl", rows).questions] == ["0", "1", "3"]
    repeated = ask("q.jsonl", [rows[1], rows[1]])
    assert "more than once, such as '1'" in repeated.reading.notes[0]


def test_a_question_with_two_right_answers_in_two_rows_is_told(ask):
    row = {"audio": "a.wav", "question": "Q?", "choices": '["x", "y"]', "answer": "x"}
    (note,) = ask("q.csv", [row, row | {"choices": '["y", "x"]', "answer": "y"}, row]).reading.notes
    assert note == "1 question is asked again with another right answer, such as a.wav: 'Q?'"
    others = [{"choices": '["y", "x"]'}, {"question": "R?", "answer": "y"}, {"audio": "b.wav"}]
    assert ask("q.csv", [row, *(row | other for other in others)]).reading.notes == ()


def test_a_column_of_any_name_whose_values_name_clips_is_the_clip(ask, clips):
    rows = [{"soundtrack": name, "question": "Q?"} for name in ("a.wav", "b.wav", "c.wav")]
    found = ask("q.csv", rows)
    assert [q.audio for q in found.questions] == ["a.wav", "b.wav", "c.wav"]
    assert "clips from `soundtrack`" in found.reading.line
    stems = ask("q.csv", [{"soundtrack": name, "question": "Q?"} for name in ("a", "b")])
    assert [q.audio for q in stems.questions] == ["a", "b"]


CLIPS = {
    "an id": [{"id": "a.wav"}, {"id": "b.wav"}],
    "an id without ending": [{"id": "a"}, {"id": "b"}],
    "after a folder": [{"path": "clips/", "file_name": name} for name in ("a.wav", "b.wav")],
    "after a number": [{"audio_id": n, "file_name": f"{name}.wav"} for n, name in enumerate("ab")],
    "after a URL": [{"audio": "https://x/a.wav", "file_name": f"{name}.wav"} for name in "ab"],
    "within an object": [{"context": {"audio": f"{name}.wav"}} for name in "ab"],
}


@pytest.mark.parametrize("rows", CLIPS.values(), ids=CLIPS)
def test_clips_are_where_names_of_clips_are(ask, clips, rows):
    found = ask("q.jsonl", [{**row, "question": "Q?"} for row in rows])
    assert [q.path for q in found.questions] == [clips / "a.wav", clips / "b.wav"]


def test_two_unknown_columns_of_clips_are_refused(ask):
    with pytest.raises(QuestionFileError, match=r"'left', 'right' all name clips"):
        ask("q.csv", [{"left": "a.wav", "right": "b.wav", "question": "Q?"}])


@pytest.mark.weights
def test_many_rows_are_made_of_every_clip_only_when_permitted(ask, monkeypatch):
    monkeypatch.setattr("audiorouter.questions.read.MOST_ROWS", 9)
    rows = [{"question": f"Q{n}?"} for n in range(5)]
    with pytest.raises(QuestionFileError, match=r"2 clips are 10.*--every-clip"):
        ask("q.csv", rows)
    assert len(ask("q.csv", rows, every_clip=True).questions) == 10
    assert len(ask("q.csv", rows[:4]).questions) == 8
    found = ask("q.csv", rows, limit=3)
    assert [q.id for q in found.questions] == ["a.wav#1", "a.wav#2", "a.wav#3"]
    assert "each asked of 2 clips" in found.reading.line


def answered(question, index: int) -> Row:
    return Row(question, answer=Answer(text="", index=index))


def test_any_equal_choice_is_right_and_the_row_has_no_error(ask):
    row = {"audio_id": "a.wav", "question": "Q?", "choices": ["x", "", "y", "x"], "answer": "x"}
    (question,) = ask("q.jsonl", [row]).questions
    assert question.choices == ("x", "y", "x")
    rows = [answered(question, index) for index in range(3)]
    assert [row.correct for row in rows] == [True, False, True]
    assert [row.matches_string for row in rows] == [True, False, True]
    assert not any(row.failed for row in rows)
    assert "1 of 4 choices is empty" in rows[0].remark and "A and D are the same" in rows[0].remark


def test_choices_are_asked_without_their_letters_and_written_with_them(ask):
    row = {"audio_path": "a.wav", "question": "Q?", "choices": ["B. x", "A. y"], "answer": "A"}
    (question,) = ask("q.jsonl", [row]).questions
    assert question.choices == ("x", "y") and question.gold_index == 1
    fields = answered(question, 1).fields()
    assert (fields["prediction"], fields["answer"], fields["correct"]) == ("A. y", "A. y", True)
    assert fields["choices"] == ["B. x", "A. y"]


def test_any_of_several_right_answers_counts(ask):
    row = {"audio": "a.wav", "question": "Q?", "answers": ["a drum", "a snare"]}
    (question,) = ask("q.jsonl", [row]).questions
    said = [Row(question, answer=Answer(text=text)) for text in ("a snare", "a drum", "a flute")]
    assert [row.correct for row in said] == [True, True, False]
    assert said[0].fields()["answer"] == ["a drum", "a snare"]


@pytest.mark.weights
def test_the_plan_shows_the_first_question_and_a_batch_says_how_it_read(tmp_path, clips, tone):
    tone("a.wav")
    path = tmp_path / "q.csv"
    path.write_text("File Name,Query,Options,GT\na.wav,What?,(A) tone (B) noise,(B) noise\n")
    command = ["batch", str(clips), str(path), "--router", "none"]
    planned = CliRunner().invoke(app, [*command, "--plan"])
    assert planned.exit_code == 0, planned.output
    read = (
        "2 choices each from `Options` without the letter or number before each, right answers "
        "from `GT` by text, clips from `File Name`"
    )
    assert read in planned.stdout and "A. tone\n    B. noise" in planned.stdout
    done = CliRunner().invoke(app, [*command, "--json"])
    assert done.exit_code == 0, done.output
    assert f"audiorouter: 1 question, {read}" in done.stderr
    assert json.loads(done.stdout)["reading"] == f"1 question, {read}"


SIGNS = st.sampled_from("aZ9 .,;:|/'\"()[]{}\\-、（）é北\u2028𝄞")
WORDS = st.text(
    SIGNS | st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12
).filter(lambda text: bool(text.strip()))
FORMS = st.sampled_from(["list", "JSON", "Python", "pipes", "columns", "object", "objects"])


@st.composite
def question_rows(draw):
    """Rows whose choices and right answer are known, in forms that hold any text."""
    form, answer = draw(FORMS), draw(st.sampled_from(["text", "letter", "index"]))
    rows, right = [], []
    for _ in range(draw(st.integers(1, 4))):
        texts = [" ".join(text.split()) for text in draw(st.lists(WORDS, min_size=2, max_size=5))]
        gold = draw(st.integers(0, len(texts) - 1))
        letters = [chr(ord("A") + n) for n in range(len(texts))]
        if form == "pipes":
            texts = [text.replace("|", "/") for text in texts]
        if form in ("columns", "pipes"):  # what says so by itself is nothing
            texts = [text if present(text) else "Nan" for text in texts]
        both = list(zip(letters, texts, strict=True))
        values = {
            "list": {"choices": texts},
            "JSON": {"options": json.dumps(texts)},
            "Python": {"options": repr(texts)},
            "pipes": {"choices": "|".join(texts)},
            "columns": {f"option_{a}": text for a, text in both},
            "object": {"choices": dict(both)},
            "objects": {"choices": [{"key": letter, "text": text} for letter, text in both]},
        }[form]
        way = answer
        if way == "letter" and plain(letters[gold]) in map(plain, texts):
            way = "text"  # the text comes first, as is documented
        named = {"text": texts[gold], "letter": letters[gold], "index": gold}[way]
        name = "answer_index" if answer == "index" else "answer"
        rows.append({"audio": "a.wav", "question": "Q?", **values, name: named})
        right.append((texts, gold))
    return form, answer, rows, right


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=question_rows(), suffix=st.sampled_from([".jsonl", ".csv"]))
def test_files_of_any_words_are_read_right_or_refused_by_line(ask, made, suffix):
    form, _answer, rows, right = made
    assume(suffix == ".jsonl" or form in ("JSON", "Python", "pipes", "columns"))
    found = ask(f"q{suffix}", rows).questions
    assert len(found) == len(rows)
    for question, (texts, gold) in zip(found, right, strict=True):
        if question.problem is not None:
            assert question.line > 0
            continue
        assert question.written_choices == tuple(text.strip() for text in texts)
        if question.gold_index is None:
            assert "not scored" in question.remark
        else:
            right_ones = {plain(question.choices[index]) for index in question.gold_indices}
            assert gold in question.gold_indices and len(right_ones) == 1
