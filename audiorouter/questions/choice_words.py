"""The numbers and letters that stand in choices as words, by which a right answer may name one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from audiorouter.text import spelled

NUMBER = re.compile(r"\d{1,4}(?:\.0)?")
"""What may be a place among choices, as tables write it."""
_IN_DIGITS = {spelled(number): str(number) for number in range(100)}
_COUNT = re.compile(
    r"(?<![\w.,/:–—-])(?<![-–—]\s)"  # no part of another number, or the end of a range
    rf"(?:(\d+)(?:\.0+(?!\d))?|({'|'.join(reversed(_IN_DIGITS))})(?![^\W\d]))"
    r"(?!\s+(?:hundred|thousand|million)|\s*[-–—]\s|[/:–—]?\d|[.,]\d|-\d|/)"  # nor a beginning
)
"""A number, with a unit or without: 2, 2s, two."""
_NUMBERED = re.compile(r"^\s*[(\[]?\d{1,2}[.:)\]]\s+")
_PRONOUN = re.compile(
    r"\b(?:no|any|every|some|each|which|this|that|the(?: \w+)?) one\b"
    r"|\b(?:none|neither|either|all|both|any)(?: of)?(?: the)? \w+\b"
)
"""No one, the second one, none of the two."""
_LETTER = re.compile(r"(?<=\S)[\s(_]\(?([A-Z])(?![\w'’-])")
"""A capital by itself that does not begin a text."""


def words_of(answer: str, texts: Sequence[str]) -> list[int]:
    """The choices that have a number as a word, in digits or spelled, or a letter by itself, where
    the others have other ones, all but one at the most.

    >>> words_of("4", ["2 times", "4 times"]), words_of("2", ["two dogs", "four dogs"])
    ([1], [0])
    >>> words_of("1", ["a man", "no one"]), words_of("3", ["3 dogs", "3 cats"])
    ([], [])
    >>> words_of("A", ["speaker B", "speaker A"]), words_of("A", ["B major", "A major"])
    ([1], [])
    """
    if NUMBER.fullmatch(answer):
        answer = str(int(float(answer)))
        there = [_numbers(text) for text in texts]
    elif re.fullmatch("[A-Za-z]", answer):
        answer = answer.upper()
        if any(re.match(rf"\W*{answer}(?![\w'’])", text) for text in texts):
            return []  # "E" of "C - E", where "E - G" is another
        there = [set(_LETTER.findall(text)) for text in texts]
    else:
        return []
    found = [index for index, words in enumerate(there) if answer in words]
    others = [words for words in there if answer not in words]
    told_apart = any(others) and sum(not words for words in others) <= 1
    return found if told_apart and all(len(there[index]) == 1 for index in found) else []


def has_number(answer: str, texts: Sequence[str]) -> bool:
    """Whether a number is a word of any choice."""
    return str(int(float(answer))) in set().union(*map(_numbers, texts))


def _numbers(text: str) -> set[str]:
    found = _COUNT.findall(_PRONOUN.sub("", _NUMBERED.sub("", text.lower())))
    return {str(int(digits)) if digits else _IN_DIGITS[word] for digits, word in found}
