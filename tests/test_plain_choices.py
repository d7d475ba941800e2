"""Choices that look like something else are read as they are meant, or asked and not scored."""

from __future__ import annotations

import json

import pytest
import soundfile

from audiorouter.errors import QuestionFileError
from audiorouter.questions import read_questions


@pytest.fixture
def ask(tmp_path, clips, tone):
    """Questions about one clip, of rows with choices and answers."""
    tone("a.wav")

    def read(*rows, name="q.jsonl"):
        path = tmp_path / name
        lines = ({"audio": "a.wav", "question": f"Q{n}?", **row} for n, row in enumerate(rows))
        path.write_text("\n".join(map(json.dumps, lines)))
        return read_questions(path, clips).questions

    return read


NUMBERED = ["1 - 4 - 5", "2 - 5 - 1"]
RANGES = ["0 - 1 s", "1 - 2 s", "2 - 3 s"]
PAIRS = ["A - C", "B - D", "C - E"]
FLATS = ["A - flat", "B - flat"]
NOTES = ["A - C# - E", "B - D - F#"]
RATIOS = ["1: 1 (unison)", "2: 1 (octave)"]
QUIZZES = {
    "a number of answers": ({"answers": ["x", "y", "z"], "label": 2}, "xyz", None),
    "a number from 0": ({"answers": ["x", "y", "z"], "label": 0}, "xyz", 0),
    "a letter of answers": ({"answers": "['x', 'y']", "correct": "b"}, "xy", 1),
    "answers by letters": ({"answers": {"A": "x", "B": "y"}}, "xy", None),
    "marked answers": ({"answers": [{"text": "x", "correct": False},
                                    {"text": "y", "correct": True}]}, "xy", 1),
    "marked choices": ({"options": [{"label": "A", "text": "x", "isCorrect": 0},
                                    {"label": "B", "text": "y", "isCorrect": 1}]}, "xy", 1),
    "choices that are all marked alike": ({"options": [{"text": "x", "correct": False},
                                                       {"text": "y", "correct": False}]}, "xy",
                                          None),
    "labels and texts": ({"choices": [["A", "x"], ["B", "y"]], "answer": "B"}, "xy", 1),
    "answers of several": ({"choices": ["x", "y"], "answers": [{"text": "y", "at": 3}]}, "xy", 1),
    "what was right": ({"A": "x", "B": "y", "correct": "A"}, "xy", 0),
    "steps": ({"choices": NUMBERED, "answer": "2 - 5 - 1"}, NUMBERED, 1),
    "ranges": ({"choices": RANGES, "answer": "1 - 2 s"}, RANGES, 1),
    "scores": ({"choices": ["1: 2", "2: 3"], "answer": "2: 3"}, ["1: 2", "2: 3"], 1),
    "pairs of notes": ({"choices": PAIRS, "answer": "B"}, PAIRS, 1),
    "names of notes": ({"choices": FLATS, "answer": "B - flat"}, FLATS, 1),
    "labelled by dashes": (
        {"choices": ["A - a dog", "B - a cat"], "answer": "B"}, ["a dog", "a cat"], 1
    ),
    "articles": ({"choices": ["The wind", "A dog", "A cat"], "answer": "A"},
                 ["The wind", "A dog", "A cat"], 0),
    "labelled numbers": (
        {"choices": ["A - 3", "B: 4", "C) 5"], "answer": "B"}, ["3", "4", "5"], 1
    ),
    "NaN as text": ({"A": "x", "B": "y", "C": "nan", "answer": "B"}, "xy", 1),
    "NaN between bars": ({"choices": "x|y|nan", "answer": "B"}, "xy", 1),
    "notes one after another": ({"choices": NOTES, "answer": "B"}, NOTES, 1),
    "ratios with names": ({"choices": RATIOS, "answer": RATIOS[1]}, RATIOS, 1),
    "a number of the text": ({"choices": ["2 dogs", "3 dogs", "4 dogs"], "answer": 4},
                             ["2 dogs", "3 dogs", "4 dogs"], 2),
    "a number in words": ({"choices": ["two", "three", "four"], "answer": 3},
                          ["two", "three", "four"], 1),
    "case alone": ({"choices": ["CM7", "Cm7"], "answer": "Cm7"}, ["CM7", "Cm7"], 1),
    "powers": ({"choices": ["A. 10² Hz", "B. 10³ Hz"], "answer": "B"}, ["10² Hz", "10³ Hz"], 1),
    "letters called options": ({"choices": [{"option": "A", "description": "a dog"},
                                            {"option": "B", "description": "a cat"}],
                                "answer": "B"}, ["a dog", "a cat"], 1),
    "lines that go on": ({"choices": "Options:\nA. a dog that\nbarks\nB. a cat", "answer": "B"},
                         ["a dog that barks", "a cat"], 1),
    "bars within lines": ({"choices": "A. C | F\nB. G | C", "answer": "B"}, ["C | F", "G | C"], 1),
}  # fmt: skip


@pytest.mark.parametrize(("row", "texts", "right"), QUIZZES.values(), ids=QUIZZES)
def test_quizzes_in_other_forms(ask, row, texts, right):
    (question,) = ask(row)
    assert (question.choices, question.problem) == (tuple(texts), None)
    assert question.gold_indices == (() if right is None else (right,))


UNCLEAR = {
    "yes as a number": {"choices": ["yes", "no"], "answer": 1},
    "letters out of order": {"choices": ["A. dog", "C. cat", "D. bird"], "answer": "C"},
    "the word of one and the place of another": {
        "choices": ["Sound B is longer", "Sound A is longer", "They are equal"],
        "answer": "B",
    },
    "the end of a range": {"choices": ["0 - 5 dB", "5 - 10 dB", "10 - 15 dB"], "answer": "10 dB"},
    "a number by the way": {"choices": ["2 of 3 dogs bark", "a cat meows", "a cow"], "answer": 2},
    "a number of all": {"choices": ["under 3 s", "over 3 s", "3 s exactly"], "answer": 3},
    "yes in German": {"choices": ["Ja", "Nein"], "answer": 1},
    "an option as a number": {"choices": ["3 beats", "4 beats", "2 beats"], "correct_option": 2},
    "under a heading": {"choices": ["Options", "A. dog", "B. cat"], "answer": "A"},
    "under another": {"choices": ["Choices:", "A. dog", "B. cat"], "answer": "B"},
    "a part in other order": {"choices": ["C. cat", "A. dog", "D. cow"], "answer": "A"},
    "an option by its number": {"choices": ["3 dogs", "1 dog", "2 dogs"], "answer": "Option 2"},
    "yes with a full stop": {"choices": ["Yes.", "No."], "answer": 1},
    "a class": {"choices": ["Speaker B", "Speaker A"], "label": "A"},
    "a note behind a letter": {"choices": ["A - C", "B - D", "C - E", "D - F"], "answer": "C"},
    "numbers with a hole": {"choices": ["1. dog", "3. cat", "4. cow"], "answer": 3},
    "a letter that is a name": {"choices": ["Speaker B", "Speaker A"], "answer": "A"},
    "case of none": {"choices": ["CM7", "Cm7"], "answer": "cm7"},
}
"""What may be meant as two things."""


@pytest.mark.parametrize("row", UNCLEAR.values(), ids=UNCLEAR)
def test_what_may_be_meant_in_two_ways_is_not_scored_and_says_so(ask, row):
    (question,) = ask(row)
    assert question.choices == tuple(row["choices"]) and question.gold_indices == ()
    assert "so the row is not scored" in question.remark


PLAIN = {
    "one line without a letter": ("A. dog\nB. cat\nC. cow\nNone of these", "C", 2),
    "the text of that line": ("A. dog\nB. cat\nNone of these", "None of these", 2),
    "a letter without a space": ("A. dog\nB. cat\nC.cow", "C", 2),
    "a line of its own before": ("Mozart\nA. Vivaldi\nB. Bartok", "B. Bartok", 2),
    "the word answer": ("A. It is the right\nanswer to all\nB. It is none", "B", 1),
    "bars at the ends": ("A. dog|\nB. cat|", "cat", 1),
    "values and texts": ([{"value": "true", "text": "yes"}, {"value": "false", "text": "no"}],
                         "no", 1),
    "values and numbers": ([{"value": "item1", "text": "120"}, {"value": "item2", "text": "90"}],
                           "90", 1),
    "marks": ([{"choice": "5", "is_correct": "false"}, {"choice": "6", "is_correct": "true"}],
              "6", 1),
    "feedback": ([{"option": "A", "feedback": "no!"}, {"option": "B", "feedback": "yes!"}], "B", 1),
    "thirds": (["A: minor third", "B: major third", "C: minor sixth"], "major third", 1),
    "natural sounds": (["A - natural sounds", "B - sharp noise"], "sharp noise", 1),
    "spans of labelled choices": (["1 - 30 s", "2 - 60 s", "3 - 90 s"], "60 s", 1),
    "labelled chords": (["A - Am", "B - Dm", "C - Em"], "Dm", 1),
    "hours": (["p.m.", "a.m.", "noon"], "A", 0),
    "initials": (["Bono", "A.R. Rahman", "B.B. King"], "A", 0),
    "not available": (["yes", "no", "N/A"], "A", 0),
    "keys": (["G major", "E minor", "A minor"], "A", 0),
    "pairs out of order": ([["B", "dog"], ["A", "cat"]], "A", 1),
    "pairs with a hole": ([["A", "dog"], ["B", "cat"], ["D", "cow"]], "D", 2),
    "no and yes": (["no", "yes"], 0, 0),
    "texts that are numbers": ([{"label": "A", "text": "1", "reason": "a man"},
                                {"label": "B", "text": "2", "reason": "two"}], "B", 1),
    "values and units": ([{"value": "1", "unit": "s"}, {"value": "2", "unit": "s"}], "2", 1),
    "letters and yes": ([{"option": "A", "description": "Yes"},
                         {"option": "B", "description": "No"}], "B", 1),
    "ranges out of order": ("0 - 1 s\nmore than 2 s\n1 - 2 s", "1 - 2 s", 2),
    "no letter of its own": ("A. dog\nnone of these\nB. cat", "none of these", 1),
    "initials with dots": (["C. Debussy", "M. Ravel", "E. Satie", "G. Fauré"], "C", 2),
    "progressions": (["C – G – Am – F", "G – D – Em – C", "D – A – Bm – G", "A – E – D"], "C", 2),
    "labelled tempi": (["1 - 120 BPM", "2 - 90 BPM", "3 - 60 BPM"], "90 BPM", 1),
    "labelled modes": (["A: major", "B: minor"], "minor", 1),
    "a range without an end": (["0 - 1 s", "1 - 2 s", "2 - ∞ s"], "1 - 2 s", 1),
    "ordinals": (["1. Satz", "2. Satz", "3. Satz"], "2. Satz", 1),
    "no space in Chinese": (["A．狗", "B．猫"], "猫", 1),
    "other dashes": (["A – a dog", "B – a cat"], "a cat", 1),
    "a unit at the number": (["2s", "3s", "5s"], 3, 1),
    "a full stop behind it": (["It is 2.", "It is 3.", "It is 4."], 3, 1),
    "a part of a scale": (["1 - bad", "3 - fair", "5 - excellent"], 5, 2),
    "letters of others": (["Speaker C", "Speaker D"], "D", 1),
    "a letter in brackets": (["Speaker B", "Speaker A"], "(A)", 0),
    "letters out of order": ([{"option": "B", "description": "dog"},
                              {"option": "A", "description": "cat"}], "A", 1),
    "a number beside the text": ([{"option": "A", "description": "dog", "score": 0.1},
                                  {"option": "B", "description": "cat", "score": 0.9}], "B", 1),
    "values of words": ([{"value": 1, "label": "bad"}, {"value": 2, "label": "fair"}], "2", 1),
    "more lines that go on": ("A. one dog and\nall cats\nB. two dogs", "B", 1),
}  # fmt: skip


@pytest.mark.parametrize(("choices", "answer", "right"), PLAIN.values(), ids=PLAIN)
def test_what_is_meant_is_read(ask, choices, answer, right):
    (question,) = ask({"choices": choices, "answer": answer})
    assert (question.gold_indices, question.problem, question.remark) == ((right,), None, None)


FILES = {
    "times from 0": [(["2:00", "1:00", "0:30"], answer) for answer in range(3)],
    "ratios from 1": [(["3:2", "2:1", "1:1", "5:4"], answer + 1) for answer in range(4)],
    "numbers from 1": [(["2 times", "3 times", "4 times", "5 times"], n + 1) for n in range(4)],
    "words from 1": [(["two", "three", "four", "five"], n + 1) for n in range(4)],
    "ranges from 0": [(["0 - 1 s", "1 - 2 s", "2 - 3 s"], n) for n in range(3)],
}


@pytest.mark.parametrize("rows", FILES.values(), ids=FILES)
def test_places_are_places_where_one_can_be_nothing_else(ask, rows):
    found = ask(*({"choices": choices, "answer": answer} for choices, answer in rows))
    assert [question.gold_indices for question in found] == [(n,) for n in range(len(rows))]


def test_numbers_that_are_no_places_make_none_of_others(ask):
    times, yes = ["2 times", "3 times", "4 times", "5 times"], ["Yes", "No"]
    rows = [(times, 4), (["1960s", "1970s", "1980s"], 1980), (times, 440), (yes, 1)]
    found = ask(*({"choices": choices, "answer": answer} for choices, answer in rows))
    assert [question.gold_indices for question in found] == [(2,), (2,), (), ()]
    assert "is not among the choices" in found[2].remark and "may be yes" in found[3].remark


def test_what_is_true_is_the_same_in_whatever_order_it_stands(ask):
    rows = [(["No", "Yes"], 1), (["Yes", "No"], 1), (["No", "Yes"], 0), (["Yes", "No"], 0)]
    found = ask(*({"choices": choices, "label": answer} for choices, answer in rows))
    assert [question.gold_indices for question in found] == [(1,), (), (0,), ()]


def test_numbers_beside_letters_are_read_as_without(tmp_path, clips, tone):
    tone("a.wav")
    path = tmp_path / "q.csv"
    head = "audio,question,option_a,option_b,option_c,option_d,answer\n"
    rows = ["2 times,3 times,4 times,5 times,4", "Yes,No,,,1", "1960s,1970s,1980s,1990s,1970"]
    path.write_text(head + "".join(f"a.wav,{n}?,{row}\n" for n, row in enumerate(rows)))
    found = read_questions(path, clips).questions
    assert [question.gold_indices for question in found] == [(2,), (), (1,)]


def test_a_column_of_values_is_one_though_it_is_called_like_choices(ask):
    rows = [(["60 BPM", "90 BPM", "120 BPM"], "90"), (["2 dogs", "3 dogs", "4 dogs"], "3")]
    found = ask(*({"choices": choices, "correct_option": answer} for choices, answer in rows))
    assert [question.gold_indices for question in found] == [(1,), (1,)]


HEADS = {
    "a description": {"audio": "16 kHz mono wav"},
    "a folder": {"audio_path": "/data/audio"},
    "settings": {"options": {"shuffle": False}},
    "one choice": {"alternatives": ["beta"]},
    "a remark": {"options": "see paper (v2)"},
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_what_only_describes_a_file_is_not_shared(tmp_path, clips, tone, head):
    tone("a.wav")
    path = tmp_path / "q.json"
    path.write_text(json.dumps(head | {"data": [{"id": "a", "question": "What is heard?"}]}))
    (question,) = read_questions(path, clips).questions
    assert question.problem is None and question.path == clips / "a.wav"


@pytest.mark.parametrize(
    "row", ["a.wav,Q?,dog|cat, cat,", "a.wav, Q?,dog|cat,cat,", 'a.wav," Well, or so?",x|y,y,']
)
def test_a_comma_at_the_end_is_no_harm(tmp_path, clips, tone, row):
    tone("a.wav")
    path = tmp_path / "q.csv"
    path.write_text(f"audio,question,choices,answer\n{row}\n")
    (question,) = read_questions(path, clips).questions
    assert question.gold_indices == (1,)


@pytest.mark.parametrize(
    ("choices", "answer"),
    [
        (["a man", "a woman", "no one"], 1),
        (["a man", "two men", "no one"], 1),
        (["a dog", "the second one", "three dogs"], 1),
        (["dog", "none of the two", "three cats"], 2),
    ],
)
def test_a_pronoun_is_no_number(ask, choices, answer):
    (question,) = ask({"choices": choices, "answer": answer})
    assert question.gold_indices == () and "from 0 or from 1" in question.remark


def test_space_around_a_letter_changes_nothing(ask):
    (question,) = ask({"choices": ["speaker B", "speaker A"], "answer": " A "})
    assert question.gold_indices == ()


SAID_ONCE = {
    "other members": (
        {"choices": ["x.", "y."]},
        {"f": 440, "e": "x", "options": None},
        ["x.", "y."],
    ),
    "an object": ({"choices": {"A": "dog", "B": "cat"}}, {}, ["dog", "cat"]),
    "lists side by side": ({"choices": {"text": ["x", "y"], "label": ["A", "B"]}}, {}, ["x", "y"]),
    "bars": ({"choices": "dog|cat"}, {"answer_1": "dog"}, ["dog", "cat"]),
    "numbers": ({"choices": [1, 2, 3]}, {}, ["1", "2", "3"]),
    "objects": ({"choices": [{"id": "A", "text": "x"}, {"id": "B", "text": "y"}]}, {}, ["x", "y"]),
    "lines": ({"choices": "A. dog\nB. cat"}, {}, ["dog", "cat"]),
    "a member each": ({"option_a": "dog", "option_b": "cat"}, {}, ["dog", "cat"]),
    "the name of the file": ({"file": "quiz.json", "choices": ["yes", "no"]}, {}, ["yes", "no"]),
}


@pytest.mark.parametrize(("around", "more", "choices"), SAID_ONCE.values(), ids=SAID_ONCE)
def test_what_is_said_once_holds_for_all(tmp_path, clips, tone, around, more, choices):
    tone("a.wav")
    path = tmp_path / "q.json"
    path.write_text(json.dumps(around | {"data": [{"id": "a.wav", "question": "Q?", **more}]}))
    (question,) = read_questions(path, clips).questions
    assert list(question.choices) == choices and question.audio.endswith("a.wav")


def test_one_question_about_several_clips_is_asked_of_each(tmp_path, clips, tone):
    tone("a.wav"), tone("b.wav")
    path = tmp_path / "q.json"
    items = [{"audio": "a.wav", "answer": "x"}, {"audio": "b.wav", "answer": "y"}]
    path.write_text(json.dumps({"question": "What is heard?", "items": items}))
    found = read_questions(path, clips).questions
    assert [question.text for question in found] == ["What is heard?"] * 2
    items = [{"audio": "a.wav", "answer": "x"}, {"audio": "b.wav", "label": "y"}]
    one = {"question": "Which?", "choices": ["x", "y"], "answer": "x", "items": items}
    path.write_text(json.dumps(one))
    found = read_questions(path, clips).questions
    assert [question.gold_indices for question in found] == [(0,), (1,)]


def test_two_lists_of_questions_are_an_error(tmp_path, clips):
    path = tmp_path / "q.json"
    lists = {n: [{"audio": "a.wav", "prompt": n}] for n in ("data", "extra")}
    path.write_text(json.dumps(lists))
    with pytest.raises(QuestionFileError, match="there are several lists"):
        read_questions(path, clips)


def test_what_is_said_once_and_no_json_is_an_error_that_names_it(tmp_path, clips):
    path = tmp_path / "q.json"
    path.write_text('{"audio": "clips\\a.wav",\n"questions": [{"question": "Q?"}]}')
    with pytest.raises(QuestionFileError, match=r"line 1: 'audio', which all questions have in"):
        read_questions(path, clips)


def test_choices_of_their_own_are_not_taken_for_those_of_all(tmp_path, clips):
    soundfile.write(clips / "a.wav", [0.0] * 1600, 16_000)
    about = {"audio": "a.wav", "question": "Q?"}
    rows = [
        {**about, "A": "x", "B": "y", "answer": "B"},
        {**about, "choice_a": "p", "choice_b": "q", "answer": "q"},
    ]
    for around in ({"choices": ["A", "B"]}, {"options": ["yes", "no"]}):
        for row in rows:
            path = tmp_path / "q.json"
            path.write_text(json.dumps({**around, "data": [row]}))
            (question,) = read_questions(path, clips).questions
            assert question.gold_indices == (1,) and len(question.choices) == 2
            assert question.choices[1] in ("y", "q")
