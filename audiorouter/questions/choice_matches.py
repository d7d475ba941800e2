"""Which choices a text means: by what they say, by their letters, or as a place alone."""

from __future__ import annotations

import re

from audiorouter.questions.cell_values import choice_letter
from audiorouter.questions.choice_words import NUMBER, has_number, words_of
from audiorouter.questions.choices import Choices, exactly, plain

_YES = frozenset({
    *("yes", "true", "y", "t", "ja", "oui", "sí", "si", "sì", "sim", "tak", "ano", "evet", "да"),
    *("是", "有", "はい", "예", "네"),
})  # fmt: skip
_NO = frozenset({
    *("no", "false", "n", "f", "nein", "nej", "nee", "non", "não", "nie", "ne", "hayır", "нет"),
    *("否", "不是", "没有", "いいえ", "아니요", "아니오"),
})  # fmt: skip
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


def names_only(answer: str, choices: Choices, *, chooses: bool) -> bool:
    """Whether a number or a letter can only name a choice: it is none, and no word of one, unless
    its column by its name `chooses` among them."""
    if with_text(answer, choices):
        return False
    digits = NUMBER.fullmatch(answer) is not None
    if choices.named and (not digits or choices.numbered):
        return True
    if digits:
        if not choices.may_be_place(int(float(answer))):
            return False
        if has_number(answer, choices.texts) and not chooses:
            return False
    if flagged(answer, choices) is not None:
        return False
    return chooses or not words_of(answer, choices.texts)


def flagged(answer: str, choices: Choices) -> int | None:
    """Which choice 1 or 0 means where they are yes and no and it says which is true."""
    if answer not in ("0", "1", "0.0", "1.0") or len(choices.texts) != 2:
        return None
    meant = _YES if float(answer) else _NO
    words = [(re.findall(r"\w+", plain(text)) or [""])[0] for text in choices.texts]
    if not ({*words} & _YES and {*words} & _NO):
        return None
    return 0 if words[0] in meant else 1
