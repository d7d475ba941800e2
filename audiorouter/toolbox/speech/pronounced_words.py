"""The words of a transcript with their pronunciations: counts, rhymes, what is alike in them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

from audiorouter.toolbox.frontends.pronunciations import (
    Pronunciation,
    pronounced,
    rhymes,
    spoken_parts,
)
from audiorouter.toolbox.frontends.transcript import Word


class Spoken(NamedTuple):
    """A word that is said; `start` in s."""

    word: str
    start: float
    pronunciation: Pronunciation | None
    """None where the dictionary does not have the word."""

    def data(self) -> dict[str, Any]:
        """As data of a finding."""
        known = self.pronunciation
        if known is None:
            return {"word": self.word, "start_s": self.start, "in_dictionary": False}
        return {
            "word": self.word,
            "start_s": self.start,
            "phonemes": " ".join(known.phonemes),
            "syllables": known.syllables,
            "stress": list(known.stresses),
            "pronunciations": known.variants,
        }


def spoken_words(words: Iterable[Word]) -> list[Spoken]:
    """The words with their first pronunciations; numbers as words, hyphenated words in parts."""
    return [
        Spoken(part, word.start, pronounced(part))
        for word in words
        for part in spoken_parts(word.text)
    ]


class Counts(NamedTuple):
    """How much there is of what, over the words that the dictionary has, each time it is said.

    Vowels with primary and with secondary stress are stressed.
    """

    words: int
    syllables: int
    phonemes: int
    stressed_vowels: int
    unstressed_vowels: int
    words_with_stressed: int
    words_with_unstressed: int
    words_with_both: int


def counts_of(words: Sequence[Pronunciation]) -> Counts:
    """Counts over pronunciations.

    >>> hello = Pronunciation("hello", ("HH", "AH0", "L", "OW1"))
    >>> counts = counts_of([hello, Pronunciation("you", ("Y", "UW1"))])
    >>> counts.syllables, counts.stressed_vowels, counts.words_with_both
    (3, 2, 1)
    """
    stressed = [any(word.stresses) for word in words]
    unstressed = [0 in word.stresses for word in words]
    vowels = [stress for word in words for stress in word.stresses]
    return Counts(
        words=len(words),
        syllables=len(vowels),
        phonemes=sum(len(word.phonemes) for word in words),
        stressed_vowels=sum(stress > 0 for stress in vowels),
        unstressed_vowels=vowels.count(0),
        words_with_stressed=sum(stressed),
        words_with_unstressed=sum(unstressed),
        words_with_both=sum(s and u for s, u in zip(stressed, unstressed, strict=True)),
    )


def distinct(words: Iterable[Spoken]) -> list[Pronunciation]:
    """Each word that the dictionary has once, in the order in which they are said."""
    return list({w.word.lower(): w.pronunciation for w in words if w.pronunciation}.values())


def rhyming(words: Sequence[Pronunciation]) -> list[list[str]]:
    """Groups of distinct words that rhyme with each other."""
    stressed = [word for word in words if any(word.stresses)]
    groups = _grouped(stressed, lambda word: word.rhyme)
    return [[w.word for w in group] for group in groups if len({w.sounds for w in group}) > 1]


def same_first_sound(words: Sequence[Pronunciation]) -> list[list[str]]:
    """Groups of distinct words that begin with the same sound: alliteration if a consonant."""
    return [[w.word for w in g] for g in _grouped(words, lambda word: word.sounds[0])]


def same_last_sound(words: Sequence[Pronunciation]) -> list[list[str]]:
    """Groups of distinct words that end with the same sound."""
    return [[w.word for w in g] for g in _grouped(words, lambda word: word.sounds[-1])]


def same_last_syllable(words: Sequence[Pronunciation]) -> list[list[str]]:
    """Groups of distinct words that are alike from the last vowel on, stressed or not."""
    return [[w.word for w in g] for g in _grouped(words, lambda word: word.last_syllable)]


def _grouped(
    words: Sequence[Pronunciation], key: Callable[[Pronunciation], Hashable]
) -> list[list[Pronunciation]]:
    """Groups of at least two words, the largest first."""
    groups: dict[Hashable, list[Pronunciation]] = {}
    for word in words:
        groups.setdefault(key(word), []).append(word)
    return sorted((g for g in groups.values() if len(g) > 1), key=len, reverse=True)


class Compared(NamedTuple):
    """What several words have in common."""

    words: tuple[Pronunciation, ...]
    rhyme: bool
    """Whether every two of them do."""
    same_first_sound: bool
    same_last_sound: bool
    same_last_syllable: bool


def compared(words: Sequence[Pronunciation]) -> Compared:
    """Compare at least two words, each with every other."""
    pairs = [(one, other) for i, one in enumerate(words) for other in words[i + 1 :]]
    return Compared(
        tuple(words),
        rhyme=all(rhymes(one, other) for one, other in pairs),
        same_first_sound=len({word.sounds[0] for word in words}) == 1,
        same_last_sound=len({word.sounds[-1] for word in words}) == 1,
        same_last_syllable=len({word.last_syllable for word in words}) == 1,
    )
