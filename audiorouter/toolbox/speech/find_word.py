"""When a word or phrase is said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import listing, place, seconds, spelled, times

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.transcript import Word

ALIKE = 0.8
"""Share of letters in common from which two words count as the same; recognisers misspell."""
_QUOTED = re.compile(r"[\"“”«»„]([^\"“”«»„]{1,60})[\"“”«»„]|(?<!\w)['‘]([^'‘’]{1,60})['’](?!\w)")
_NAMED = re.compile(
    r"\b(?:word|name|phrase|number|term) ([A-Za-z]+)|\bwhen (?:is|was) (\w+) (?:said|mentioned)",
    re.I,
)
_COMMON = frozenset({"is", "was", "said", "mentioned", "spoken", "that", "the", "of", "in", "does"})


class FindWordArguments(SpanArguments):
    """What to look for."""

    word: str | None = Field(
        default=None, min_length=1, max_length=60, description="The word or phrase to look for."
    )
    language: str | None = Field(
        default=None,
        pattern="^[a-z]{2}$",
        description="ISO 639-1 code of the language; by default it is heard.",
    )


class FindWord(Tool[FindWordArguments]):
    """Word times from Whisper's cross-attention, searched for a word or phrase."""

    name = "find_word"
    description = (
        "Finds when a certain word or phrase is said, in seconds, and how many times it is said. "
        "Helps with the moment at which a word is spoken."
    )
    examples = (
        'When is the word "please" said?',
        'How many times is "number" said?',
        'In which part of the recording is "message" spoken?',
        'Is the word "thank" said?',
    )
    version = "3"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = FindWordArguments
    packages = ("faster-whisper",)
    extra = "speech"
    weights = ("whisper-tiny-en", "whisper-base")

    def load(self) -> None:
        """Load both models."""
        from audiorouter.toolbox.frontends.whisper import ENGLISH, MULTILINGUAL, whisper

        whisper(ENGLISH)
        whisper(MULTILINGUAL)

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span and the quoted (or otherwise named) word of the question."""
        arguments = super().arguments_in(question, choices)
        word = word_in(question)
        return arguments | ({"word": word} if word else {})

    def run(self, clip: Clip, arguments: FindWordArguments) -> Finding:
        """Search the words that were recognised."""
        from audiorouter.toolbox.frontends.transcript import transcript

        words = transcript(clip, arguments.language).words
        if not words:
            return Finding.not_measured("no speech is recognised", word=arguments.word, times=[])
        if arguments.word is None:
            words_shown = listing([f"{w.text} at {w.start:.1f}" for w in words[:40]])
            return Finding({"times": []}, f"The words and their times in s: {words_shown}.")
        places = occurrences(words, arguments.word)
        data = {
            "word": arguments.word,
            "times": [{"start_s": start, "end_s": end} for start, end in places],
        }
        return Finding(data, _sentence(arguments.word, places, clip.duration))


def word_in(question: str) -> str | None:
    """The word or phrase that a question asks for: the quoted one, or the one called a word.

    >>> word_in('When is "hello there" said?'), word_in("When is the word stop spoken?")
    ('hello there', 'stop')
    """
    if (quoted := _QUOTED.search(question)) is not None:
        return (quoted[1] or quoted[2]).strip() or None
    for named in _NAMED.finditer(question):
        word = named[1] or named[2]
        if word.lower() not in _COMMON:
            return word
    return None


def occurrences(words: Sequence[Word], wanted: str) -> list[tuple[float, float]]:
    """Start and end in s of each place where the words of `wanted` follow each other.

    Numbers are compared as words, whichever way they are written.
    """
    parts = _plain(wanted)
    spoken = [(part, word) for word in words for part in _plain(word.text)]
    size = len(parts)
    return [
        (spoken[i][1].start, spoken[i + size - 1][1].end)
        for i in range(len(spoken) - size + 1)
        if size and all(_alike(spoken[i + k][0], parts[k]) for k in range(size))
    ]


def _plain(text: str) -> list[str]:
    """Words of letters only; numbers below a hundred are spelled out.

    >>> _plain("Room 15-B, please.")
    ['room', 'fifteen', 'b', 'please']
    """
    return [
        spelled(int(part)) if part.isdigit() and len(part) <= 2 else part
        for part in re.findall(r"\d+|[^\W\d_]+", text.lower())
    ]


def _alike(word: str, other: str) -> bool:
    # Short words differ by a letter and mean something else, as numbers do: nine, five.
    if min(len(word), len(other)) < 5:
        return word == other
    return word == other or SequenceMatcher(None, word, other).ratio() >= ALIKE


def _sentence(word: str, places: list[tuple[float, float]], duration: float) -> str:
    if not places:
        return f'"{word}" is not said as far as it can be recognised.'
    where = listing(
        [f"{place((start + end) / 2, duration)} at {seconds(start)}" for start, end in places[:8]]
    )
    return f'"{word}" is said {times(len(places))}: {where}.'
