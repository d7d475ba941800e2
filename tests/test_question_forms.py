"""Every known name of a column and every form of choices and answers: read right, or refused."""

import json
import re
from itertools import cycle
from pathlib import Path

import pytest

from audiorouter.questions.answers import find_answers
from audiorouter.questions.cell_values import present
from audiorouter.questions.choices import read_choices
from audiorouter.questions.column_names import (
    ANSWER_NAMES,
    CHOICE_STEMS,
    CHOICES_NAMES,
    CLIP_NAMES,
    ID_NAMES,
    QUESTION_NAMES,
)
from audiorouter.questions.columns import find_columns

TEXTS = ("a flute", "drums, loud", "it's rain")
GOLD = (0, 2, 1)
LETTERS = "ABC"

LISTED = {
    "list": lambda t: list(t),
    "list with null": lambda t: [*t, None],
    "JSON in a cell": lambda t: json.dumps(t),
    "Python in a cell": lambda t: repr(list(t)),
    "tuple in a cell": lambda t: repr(tuple(t)),
    "NumPy in a cell": lambda t: f"[{' '.join(map(repr, t))}]",
    "NumPy array": lambda t: f"array({list(t)!r}, dtype=object)",
    "NumPy 2": lambda t: f"[{', '.join(f'np.str_({text!r})' for text in t)}]",
    "pipes": lambda t: " | ".join(t),
    "lines": lambda t: "\n".join(t),
    "lines with letters": lambda t: "\n".join(f"{a}. {b}" for a, b in zip(LETTERS, t, strict=True)),
    "inline letters": lambda t: " ".join(f"({a}) {b}" for a, b in zip(LETTERS, t, strict=True)),
    "letters before": lambda t: [f"{a}) {b}" for a, b in zip(LETTERS, t, strict=True)],
    "wide letters before": lambda t: [f"（{a}）{b}" for a, b in zip(LETTERS, t, strict=True)],
    "numbers before": lambda t: [f"{n}. {b}" for n, b in enumerate(t, start=1)],
    "object": lambda t: dict(zip(LETTERS, t, strict=True)),
    "object in a cell": lambda t: json.dumps(dict(zip(LETTERS, t, strict=True))),
    "Python dict in a cell": lambda t: repr(dict(zip(LETTERS, t, strict=True))),
    "lists side by side": lambda t: {"text": list(t), "label": list(LETTERS)},
    "objects": lambda t: [{"id": a, "text": b} for a, b in zip(LETTERS, t, strict=True)],
    "objects of one": lambda t: [{a: b} for a, b in zip(LETTERS, t, strict=True)],
    "objects without letters": lambda t: [{"text": b} for b in t],
}
COLUMNS = {
    (stem, kind): [f"{stem}{'_' if stem else ''}{label}" for label in labels]
    for stem in CHOICE_STEMS
    for kind, labels in {
        "letters": "abc",
        "capitals": "ABC",
        "from 1": "123",
        "from 0": "012",
    }.items()
    if labels.isalpha() or stem not in ("", "answer")
}
ANSWERS = {
    "text": lambda i: TEXTS[i],
    "TEXT": lambda i: f" {TEXTS[i].upper()} ",
    "letter": lambda i: LETTERS[i],
    "letter in brackets": lambda i: f"({LETTERS[i].lower()})",
    "letter and text": lambda i: f"{LETTERS[i]}. {TEXTS[i]}",
    "option and letter": lambda i: f"Option {LETTERS[i]}",
    "index from 0": lambda i: i,
    "index from 0 as text": lambda i: str(i),
    "index from 1": lambda i: i + 1,
    "several": lambda i: [TEXTS[i], "something else", TEXTS[i]],
    "several in a cell": lambda i: repr([TEXTS[i], TEXTS[i]]),
    "object of texts": lambda i: {"text": [TEXTS[i]], "answer_start": [0]},
}


def rows_of(names: dict[str, str], choices: dict, answers: list) -> list[dict]:
    return [
        {names["clip"]: "a.wav", names["question"]: f"Q{n}?", names["id"]: n, **choices,
         names["answer"]: answer}
        for n, answer in enumerate(answers)
    ]  # fmt: skip


def read_rows(rows: list[dict]):
    """The texts, the right choices and what is said of the rows, without any file."""
    columns = find_columns(rows, lambda: (), ())
    choices = [read_choices(row, columns) for row in rows]
    answers = find_answers(rows, choices, columns)
    return columns, choices, [answers.gold(*both) for both in zip(rows, choices, strict=True)]


def combinations():
    """Every name of the answer with every form of it and of choices; other names take turns."""
    clips, questions, ids, listed = map(
        cycle, (CLIP_NAMES, QUESTION_NAMES, ID_NAMES, CHOICES_NAMES)
    )
    for answer_name in ANSWER_NAMES:
        for form, answer in ANSWERS.items():
            for kind in [*LISTED, *COLUMNS]:
                names = {"clip": next(clips), "question": next(questions), "id": next(ids),
                         "answer": answer_name}  # fmt: skip
                if kind in LISTED:
                    choices = {next(listed): LISTED[kind](TEXTS)}
                else:
                    choices = dict(zip(COLUMNS[kind], TEXTS, strict=True))
                yield form, kind, names, rows_of(names, choices, [answer(i) for i in GOLD])


@pytest.mark.slow
def test_every_name_and_form_is_read_right_or_refused():
    refused = 0
    chosen = list(combinations())[::7]  # all 21,000 of them were right; these take 2 s
    for form, kind, names, rows in chosen:
        columns, choices, golds = read_rows(rows)
        where = (form, kind, names)
        assert (columns.clip, columns.question) == (names["clip"], names["question"]), where
        assert all(listed.texts == TEXTS for listed in choices), where
        for gold, right in zip(golds, GOLD, strict=True):
            if gold.indices != (right,):
                # Choices that are called 0, 1, 2, and answers 1, 2, 3.
                assert (form, kind[1]) == ("index from 1", "from 0"), (where, gold)
                assert not gold.indices and "from 0 or from 1" in str(gold.remark)
                refused += 1
    assert len(chosen) > 3_000 and refused < 0.02 * 3 * len(chosen)


def test_all_known_names_are_among_them():
    seen = {name for *_, rows in combinations() for name in rows[0]}
    assert {*CLIP_NAMES, *QUESTION_NAMES, *CHOICES_NAMES, *ANSWER_NAMES, *ID_NAMES} <= seen
    assert sum(1 for _ in combinations()) >= 2_000


def gold_of(answers: list, choices=TEXTS, name: str = "answer"):
    rows = [{"audio": "a", "question": "Q", "options": list(choices), name: a} for a in answers]
    return [(gold.indices, gold.remark) for gold in read_rows(rows)[2]]


def test_numbers_that_may_count_from_0_or_1_are_not_scored_unless_the_name_says_so():
    assert all(not found and "from 0 or from 1" in why for found, why in gold_of([1, 2, 1]))
    assert [found for found, _ in gold_of([1, 2, 1], name="answer_index")] == [(1,), (2,), (1,)]
    assert [found for found, _ in gold_of([1, 2, 3])] == [(0,), (1,), (2,)]
    assert all(not found for found, _ in gold_of([0, 1, 3]))


def test_an_answer_that_could_be_meant_in_two_ways_is_not_scored():
    pitches = ["B", "A", "C"]
    assert gold_of(["A"], pitches) == [((1,), None)]
    mixed = [
        {"audio": "a", "question": "Q", "options": listed, "answer": answer}
        for listed, answer in ((pitches, "A"), (["x", "y"], "B"), (["x", "y"], "x"))
    ]
    first, *others = read_rows(mixed)[2]
    assert not first.indices and "the letter of another" in first.remark
    assert [gold.indices for gold in others] == [(1,), (0,)]
    letters = read_rows(mixed[:2])[2]
    assert [gold.indices for gold in letters] == [(0,), (1,)]
    assert "text of one choice and the number" in gold_of([0, 2, 1], ["2", "3", "1"])[1][1]
    assert not gold_of(["A. it's rain"])[0][0]
    assert "a mark for each choice" in gold_of([[0, 1, 0]])[0][1]
    # A 1 that can only be a place makes places of the others, wherever they count from.
    assert [found for found, _ in gold_of(["1", "2", "3"], ["2", "3", "4", "5"])] == [()] * 3
    assert gold_of(["NaN"], ["NaN", "0"])[0][0] == (0,)
    # A number that can be no place makes nothing of them.
    assert [found for found, _ in gold_of(["90", "2", "3"], ["2", "3", "4"])] == [(), (0,), (1,)]


def test_whole_numbers_are_themselves_though_a_table_made_floats_of_them():
    assert [found for found, _ in gold_of([1.0, "4.0", 4.0], ["3", "2", "1", "4"])] == [
        (2,), (3,), (3,),
    ]  # fmt: skip
    assert gold_of(["2", "2.0"], ["1.0", "2.0", "3.0"])[0][0] == (1,)
    assert gold_of(["1.0"], ["1", "1.0"])[0][0] == (1,)


def test_equal_choices_and_several_answers_are_all_right():
    assert gold_of(["x"], ["x", "y", " x"])[0][0] == (0, 2)
    assert gold_of([["y", "x"]], ["x", "y", "z"])[0][0] == (0, 1)


def test_holes_do_not_shift_letters_or_numbers():
    holed = ["x", "", "y", None, "z"]
    assert [found for found, _ in gold_of(["A", "C", "E", 2, 0], holed)] == [
        (0,), (1,), (2,), (1,), (0,),
    ]  # fmt: skip


ABSENT = [None, float("nan"), "", " ", [], {}, [None, ""], {"A": None}]


@pytest.mark.parametrize("value", ABSENT, ids=repr)
def test_nothing_is_no_choice_and_no_answer(value):
    assert not present(value)
    _, (choices,), (gold,) = read_rows([{"question": "Q", "choices": value, "answer": value}])
    assert (choices.texts, gold.answers) == ((), ())


DOC = Path(__file__).resolve().parents[1] / "docs" / "questions.md"


def test_the_documented_names_are_the_known_ones():
    table = {
        role: re.findall(r"`([^`]+)`", names)
        for role, names in re.findall(r"^\| (\w[\w ]*) \| (`.*) \|$", DOC.read_text(), re.M)
    }
    assert table["clip"] == list(CLIP_NAMES)
    assert table["question"] == list(QUESTION_NAMES)
    assert table["choices"] == list(CHOICES_NAMES)
    assert table["right answer"] == list(ANSWER_NAMES)
    assert table["id"] == list(ID_NAMES)
