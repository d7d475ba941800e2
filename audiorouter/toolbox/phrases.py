"""How findings are worded, alike in every tool: small numbers as words, times with units."""

from __future__ import annotations

from collections.abc import Sequence

from audiorouter.text import spelled

_ORDINALS = ("the first", "the second", "the third", "the fourth")
SHORT_SECONDS = 0.75
"""Length in s below which whole seconds say too little."""


def number_word(number: int) -> str:
    """Numbers up to twelve as words, with which small language models match choices better.

    >>> number_word(3), number_word(40)
    ('three', '40')
    """
    return ("no" if number == 0 else spelled(number)) if 0 <= number <= 12 else str(number)


def counted(number: int) -> str:
    """A count in words and digits, since choices have it as either.

    >>> counted(1), counted(12), counted(20)
    ('one (1)', 'twelve (12)', '20')
    """
    word = number_word(number)
    return word if word == str(number) or number == 0 else f"{word} ({number})"


def count_of(number: int, noun: str) -> str:
    """A counted noun.

    >>> count_of(1, "speaker"), count_of(3, "speaker"), count_of(20, "beat")
    ('one (1) speaker', 'three (3) speakers', '20 beats')
    """
    return f"{counted(number)} {noun}{'' if number == 1 else 's'}"


def times(number: int) -> str:
    """How often.

    >>> times(1), times(3)
    ('once', 'three (3) times')
    """
    return {1: "once", 2: "twice (2 times)"}.get(number, count_of(number, "time"))


def ordinal(number: int) -> str:
    """Which one of several, in order.

    >>> ordinal(1), ordinal(7)
    ('the first', 'number seven')
    """
    if 1 <= number <= len(_ORDINALS):
        return _ORDINALS[number - 1]
    return f"number {spelled(number)}"


def nth(number: int, what: str) -> str:
    """Which of several of a kind.

    >>> nth(2, "part"), nth(7, "part")
    ('the second part', 'part 7')
    """
    return f"{ordinal(number)} {what}" if number <= len(_ORDINALS) else f"{what} {number}"


def about_seconds(value: float) -> str:
    """A length to the second, as choices have it; below `SHORT_SECONDS`, to the tenth.

    >>> about_seconds(4.2), about_seconds(0.4)
    ('about four (4) seconds', '0.4 s')
    """
    return seconds(value) if value < SHORT_SECONDS else f"about {count_of(round(value), 'second')}"


def seconds(value: float) -> str:
    """A time or length, with a precision that means something.

    >>> seconds(3.14159), seconds(75)
    ('3.1 s', '1 min 15 s')
    """
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s"


def place(time: float, duration: float) -> str:
    """In which third of a clip a time lies.

    >>> place(1, 9), place(5, 9), place(8, 9)
    ('at the beginning', 'in the middle', 'near the end')
    """
    third = min(2, int(3 * time / duration)) if duration > 0 else 0
    return ("at the beginning", "in the middle", "near the end")[third]


def superlative(number: int, comparative: str, otherwise: str) -> str:
    """The degree by which one of so many is told from the rest.

    >>> superlative(2, "higher", "highest"), superlative(3, "higher", "highest")
    ('higher', 'highest')
    """
    return comparative if number == 2 else otherwise


def with_article(noun: str) -> str:
    """A noun with its indefinite article, by its first letter.

    >>> with_article("owl"), with_article("unison"), with_article("dog")
    ('an owl', 'a unison', 'a dog')
    """
    vowel = noun[:1].lower() in "aeio" or (noun[:1].lower() == "u" and noun[:3].lower() != "uni")
    return f"{'an' if vowel else 'a'} {noun}"


def listing(items: Sequence[str]) -> str:
    """Items with commas between them."""
    return ", ".join(items)
