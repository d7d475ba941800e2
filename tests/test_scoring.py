import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiorouter.scoring import Measure, proportion, string_match, word_errors


def test_interval_of_known_values():
    # Wilson 95% for 8 of 10, e.g. Agresti & Coull 1998.
    share = proportion(8, 10)
    assert (share.low, share.high) == pytest.approx((0.490, 0.943), abs=0.001)
    assert proportion(0, 10).low == 0 and proportion(10, 10).high == 1
    assert str(proportion(0, 0)) == "-"


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_interval_is_that_of_scipy(confidence):
    from scipy.stats import binomtest

    for total in (1, 2, 7, 100):
        for right in range(total + 1):
            share = proportion(right, total, confidence)
            low, high = binomtest(right, total).proportion_ci(confidence, method="wilson")
            assert (share.low, share.high) == pytest.approx((low, high), abs=1e-12)


@pytest.mark.parametrize(
    ("answer", "prediction", "right"),
    [
        ("a dog", "a dog", True),
        ("a dog", "It is a dog.", True),
        ("a dog", "a cat", False),
        ("a dog", "a dog and a cat", False),
        ("a dog", "", False),
    ],
)
def test_string_match_as_the_authors_score(answer, prediction, right):
    assert string_match(answer, prediction, ["a dog", "a cat"]) is right


# What is asked for, what is said, and whether that is right.
OPEN = [
    # words, together and in order
    ("pound key", "Press the pound key!", True),
    ("cat", "concatenate", False),
    ("key pound", "the pound key", False),
    ("Café", "a CAFE\u0301", True),
    ("hip-hop", "Hip hop", True),
    ("hop", "hip-hop", False),
    ("speech", "non-speech", False),
    ("don", "I don't", False),
    # letters, which may stand in words that are none
    ("A", "It is an A.", True),
    ("A", "a", True),
    ("A", "A and C", True),
    ("A", "It is a dog.", False),
    ("A", "A\n\nBecause the pitch is 440 Hz.", True),
    ("A", "The answer is: A since it is low.", True),
    ("A", "I hear a\nnote", True),
    ("E", "e.g. a violin", False),
    ("G", "e.g. a violin", False),
    ("D", "I'd say E", False),
    ("A", "It is 'A'.", True),
    ("A", "a - the dog", True),
    ("A", "at 9 a.m.", False),
    ("S", "by J.S. Bach", False),
    ("A", "\u7b54\u6848\u662fA\u3002", True),
    ("B", "__B__", True),
    ("B", "It is B.It is low.", True),
    ("E", "the note e", True),
    ("x", "x marks it", True),
    # signs
    ("-7", "7", False),
    ("7", "-7", False),
    ("7", "\u22127", False),
    ("-7", "\u2212 7 dB", True),
    ("-7", "about minus 7", True),
    ("minus seven", "negative seven", True),
    ("seven", "minus seven", False),
    ("+7", "-7", False),
    ("+7", "7", True),
    ("7", "<7", False),
    ("7", "more: > 7 dB", False),
    (">7", "7", False),
    ("≥ 7", "it is >=7", True),
    ("<7", ">7", False),
    ("7", "<b>7</b> -> 7", True),
    # decimals, fractions, ranges, times
    ("6/8", "in 6 / 8 time", True),
    ("7", "0.7", False),
    ("7", "7.5", False),
    ("7", "It is 7.", True),
    ("7.0", "7", True),
    (".25", "0.250", True),
    ("3,000", "3000 Hz", True),
    ("8", "6-8", False),
    ("8", "6/8", False),
    ("6/8", "in 6/8 time", True),
    ("7", "7½", False),
    ("7 1/2", "7½", True),
    ("10", "10:45", False),
    ("7", "7th", False),
    ("7", "7 million", False),
    ("7 dB", "7dB", True),
    ("70%", "70 percent", True),
    ("007", "7", False),
    # numbers in words
    ("six", "twenty-six", False),
    ("six", "twenty six", False),
    ("twenty six", "there are twenty-six", True),
    ("six", "six hundred", False),
    ("hundred", "six hundred", False),
    ("six hundred and one", "Six hundred and one.", True),
    ("one", "six hundred and one", False),
    ("six", "zero point six", False),
    ("six", "six and a half", False),
    ("six", "sixteen", False),
    ("two three", "one two three four", True),
    # notes and keys
    ("G minor", "G# minor", False),
    ("G# minor", "G minor", False),
    ("G", "G#", False),
    ("G", "G minor", False),
    ("G", "in G major", True),
    ("minor", "G minor", True),
    ("minor", "g-Moll, that is G-minor", True),
    ("G# minor", "G\u266f minor", True),
    ("G sharp minor", "it is in G#  minor", True),
    ("E\u266d", "Eb major", True),
    ("E", "Eb", False),
    ("E", "E flat", False),
    ("flat", "It is a flat sound", True),
    ("A", "A flat major", False),
    ("C", "C#5", False),
    ("C#5", "C\u266f5", True),
    # other scripts
    ("猫", "答案是猫。", True),
    ("一只猫", "狗", False),
    ("三", "十三", False),
    ("三", "负三", False),
    ("三", "三点五", False),
    ("十三", "一共十三个", True),
    ("ピアノ", "グランドピアノです", True),
    ("강아지", "강아지입니다", True),
    ("개", "무지개", False),
    ("สุนัข", "เสียงสุนัขเห่า", True),
    ("की", "का", False),
    ("７", "7", True),
    ("٧", "7", True),
    ("♫", "♫", True),
    ("♫", "♪", False),
]


@pytest.mark.parametrize(("answer", "prediction", "right"), OPEN)
def test_open_answers_are_found_whole_or_not_at_all(answer, prediction, right):
    assert Measure.CONTAINS.right([answer], prediction) is right


def test_any_of_several_right_answers_counts():
    assert Measure.CONTAINS.right(["dog", "hound"], "It is a hound")
    assert not Measure.CONTAINS.right(["dog", "hound"], "It is a cat")


def test_exact_answers_have_no_other_words():
    assert Measure.EXACT.right(["a dog"], "A dog!")
    assert not Measure.EXACT.right(["dog"], "a dog")
    assert not Measure.EXACT.right(["B"], "a B")


@pytest.mark.slow
@settings(max_examples=300)
@given(st.text(max_size=40))
def test_every_answer_holds_itself(text):
    assert Measure.CONTAINS.right([text], text) and Measure.EXACT.right([text], text)
    assert word_errors([text], text).errors == 0


@pytest.mark.parametrize(
    ("answers", "prediction", "expected"),
    [
        (["the cat sat"], "The cat sat down.", (1, 3)),
        (["the cat sat"], "", (3, 3)),
        (["the cat sat", "a cat sat down"], "A cat sat down", (0, 4)),
        (["我听到狗叫"], "我听见狗叫", (1, 5)),
        (["it costs 5"], "it costs -5", (1, 3)),
    ],
)
def test_word_errors_are_those_against_the_nearest_answer(answers, prediction, expected):
    assert word_errors(answers, prediction) == expected


def test_word_errors_of_a_text_count_words():
    said = "to be or not to be that is the question"
    assert word_errors([said], said.replace("not ", "")).rate == pytest.approx(0.1)
