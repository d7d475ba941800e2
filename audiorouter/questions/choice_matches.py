"""Which choices a text means: by what they say, by their letters, or as a place alone."""

from __future__ import annotations

import re

from audiorouter.questions.choice_labels import words_of
from audiorouter.questions.choices import Choices, exactly, plain
from audiorouter.questions.columns import choice_letter

_YES, _NO = frozenset({"yes", "true", "y", "t"}), frozenset({"no", "false", "n", "f"})
_WHOLE_FLOAT = re.compile(r"([+-]?\d+)\.0")


def with_text(answer: str, choices: Choices) -> list[int]:
    """The choices with this text, or else with the same whole number: tables write 2 as 2.0.

    Where several differ in case alone, it has to be written as one of them is.
    """
    for same in (exactly, plain, _whole):
        wanted = same(answer)
        both = enumerate(zip(choices.texts, choices.written, strict=True))
        if found := [index for index, texts in both if wanted in map(same, texts)]:
            told_apart = len({exactly(choices.texts[index]) for index in found}) > 1
            return [] if told_apart and same is plain else found
    return []


def _whole(text: str) -> str:
    match = _WHOLE_FLOAT.fullmatch(text.strip())
    return match[1] if match else plain(text)


def label_of(label: str | None, choices: Choices) -> str | None:
    """The label of a choice; letters also count where choices are called by numbers."""
    if label is not None and label.isalpha() and choices.labels[0].isdigit():
        letters = [choice_letter(place) for place in choices.places]
        return choices.labels[letters.index(label)] if label in letters else None
    return label


def names_only(answer: str, choices: Choices) -> bool:
    """Whether a number or a letter can only name a choice: it is none, and no word of one."""
    if with_text(answer, choices):
        return False
    return choices.named or not (words_of(answer, choices.texts) or is_flag(answer, choices))


def is_flag(answer: str, choices: Choices) -> bool:
    """Whether it is 1 or 0 where the choices are yes and no, in this order."""
    if answer not in ("0", "1", "0.0", "1.0") or not set(map(plain, choices.texts)) <= _YES | _NO:
        return False
    return plain(choices.texts[0]) in _YES
