"""When words and phrases are said, how often, and in which order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from pydantic import Field, StringConstraints

from audiorouter.clips import Clip
from audiorouter.text import spelled
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import listing, place, seconds, superlative, times
from audiorouter.toolbox.speech.language import LanguageCode
from audiorouter.toolbox.speech.named_words import MOST, words_in

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.transcript import Word

ALIKE = 0.8
"""Share of letters in common from which two words count as the same; recognisers misspell."""
_UNHEARD = 1.0
"""By how much a word that is not found is less sure than one that is."""
_NAMED, _LISTED = 8, 40
_MARKS = ".,;:!?\"'"
Wanted = Annotated[str, StringConstraints(min_length=1, max_length=60)]


class FindWordArguments(SpanArguments):
    """What to look for."""

    word: str | None = Field(
        default=None, min_length=1, max_length=60, description="The word or phrase to look for."
    )
    words: tuple[Wanted, ...] = Field(
        default=(),
        max_length=MOST,
        description="Several words, which are counted and put in order.",
    )
    language: LanguageCode | None = Field(
        default=None,
        description="ISO 639 code of the language; by default it is heard.",
    )


class FindWord(Tool[FindWordArguments]):
    """Word times from Whisper's cross-attention, searched for a word or phrase."""

    name = "find_word"
    description = (
        "Finds when certain words or phrases are said, in seconds, how many times each is said, "
        "and which of them comes first. Helps with the moment, the order and the number of words."
    )
    not_for = "Not for what is said in all, nor for sounds: it looks for words that it is told."
    examples = (
        'When is the word "please" said?',
        'How many times is "number" said?',
        'In which part of the recording is "message" spoken?',
        'Is the word "thank" said?',
        'Which word comes first, "press" or "dial"?',
        "Which of these words is said most often?",
        "In which order are the words said?",
        'Is "refund" uttered before or after "manager" in the complaint?',
        'How often does the politician use the phrase "hard-working families"?',
        'At what second does the professor first say "entropy"?',
        'Of "yes" and "no", which does the witness say more often?',
        'When is the last time that "freedom" comes up in the speech?',
        "Which of these is spoken first: Monday, Thursday or Sunday?",
        'Put "apple", "pear" and "plum" in the order they\'re mentioned.',
        'True or false: the teacher says "please" exactly three times.',
    )
    version = "10"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = FindWordArguments
    packages = ("faster-whisper",)
    extra = "speech"
    weights = ("whisper-tiny-en", "whisper-base", "yamnet", "silero-vad")

    def load(self) -> None:
        """Load both models."""
        from audiorouter.toolbox.frontends.transcript import load_networks

        load_networks()

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, and the words that the question or its choices name."""
        arguments = super().arguments_in(question, choices)
        words = words_in(question, choices)
        named = {"word": words[0]} if len(words) == 1 else {"words": list(words)}
        return arguments | (named if words else {})

    def run(self, clip: Clip, arguments: FindWordArguments) -> Finding:
        """Search the words that were recognised."""
        from audiorouter.toolbox.frontends.transcript import transcript

        heard = transcript(clip, arguments.language)
        if not heard.words:
            return Finding.not_measured("no words are recognised", word=arguments.word, times=[])
        named = (arguments.word,) if arguments.word is not None else ()
        wanted = tuple(dict.fromkeys([*named, *arguments.words]))
        if not wanted:
            text = _all_words(heard.words)
            said = [{"word": w.text, "start_s": w.start, "end_s": w.end} for w in heard.words]
            data = {"times": [], "spoken": said, "often": often(heard.words)}
            return Finding(data, text, self.confidence(heard.confidence))
        found = [Found(word, occurrences(heard.words, word, wanted)) for word in wanted]
        sure = heard.confidence - (0.0 if all(one.places for one in found) else _UNHEARD)
        if len(found) == 1:
            (one,) = found
            text = _sentence(one.word, one.places, clip.duration)
            return Finding(one.data(), text, self.confidence(sure))
        data = {
            "words": [one.data() | {"count": len(one.places)} for one in found],
            "order": [one.word for one in in_order(found)],
        }
        return Finding(data, _order_sentence(found, clip.duration), self.confidence(sure))


def often(words: Sequence[Word]) -> dict[str, int]:
    """The words that are said more than once, with how often, the most often said first."""
    counts = Counter(part for word in words for part in _plain(word.text))
    return {word: count for word, count in counts.most_common() if count > 1}


class Found(NamedTuple):
    """A word and the places where it is said: start and end of each in s, in order."""

    word: str
    places: list[tuple[float, float]]

    def data(self) -> dict[str, Any]:
        """As data of a finding."""
        places = [{"start_s": start, "end_s": end} for start, end in self.places]
        return {"word": self.word, "times": places}


def in_order(found: Sequence[Found]) -> list[Found]:
    """Those that are said, by when each is said first."""
    return sorted((one for one in found if one.places), key=lambda one: one.places[0])


def occurrences(
    words: Sequence[Word], wanted: str, others: Sequence[str] = ()
) -> list[tuple[float, float]]:
    """Start and end in s of each place where the words of `wanted` follow each other.

    Numbers are compared as words, whichever way they are written. Where it is said nowhere in these
    letters, words that differ in a few count, unless they are one of the `others`.
    """
    spoken = [(part, word) for word in words for part in _plain(word.text)]
    parts = _plain(wanted)
    taken = {part for other in others if other != wanted for part in _plain(other)}

    def alike(word: str, part: str) -> bool:
        return word == part or (word not in taken and _alike(word, part))

    return _places(spoken, parts, str.__eq__) or _places(spoken, parts, alike)


def _places(
    spoken: Sequence[tuple[str, Word]], parts: Sequence[str], same: Callable[[str, str], bool]
) -> list[tuple[float, float]]:
    size = len(parts)
    return [
        (spoken[i][1].start, spoken[i + size - 1][1].end)
        for i in range(len(spoken) - size + 1)
        if size and all(same(spoken[i + k][0], parts[k]) for k in range(size))
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
    return min(len(word), len(other)) >= 5 and (SequenceMatcher(None, word, other).ratio() >= ALIKE)


def _all_words(words: Sequence[Word]) -> str:
    """The words with their times, where none is looked for; what is said when, and how often."""
    shown = listing([f"{w.text} at {w.start:.1f}" for w in words[:_LISTED]])
    more = f" and {len(words) - _LISTED} more" if len(words) > _LISTED else ""
    repeated = [f'"{word}" {times(count)}' for word, count in often(words).items()][:_NAMED]
    again = (
        f"Said more than once: {listing(repeated)}."
        if repeated
        else "No word is said more than once."
    )
    first, last = (word.text.strip(_MARKS) for word in (words[0], words[-1]))
    return (
        f"The words and their times in s: {shown}{more}. {again} "
        f'The first word is "{first}", the last word is "{last}".'
    )


def _sentence(word: str, places: list[tuple[float, float]], duration: float) -> str:
    if not places:
        return f'"{word}" is not said as far as it can be recognised.'
    where = listing(
        [
            f"{place((start + end) / 2, duration)} at {seconds(start)}"
            for start, end in places[:_NAMED]
        ]
    )
    return f'"{word}" is said {times(len(places))}: {where}.'


def _order_sentence(found: Sequence[Found], duration: float) -> str:
    said = in_order(found)
    unsaid = listing([f'"{one.word}"' for one in found if not one.places])
    if not said:
        return f"None of these words is said as far as it can be recognised: {unsaid}."
    missing = f" Not said as far as it can be recognised: {unsaid}." if unsaid else ""
    if len(said) == 1:
        (one,) = said
        return f"{_sentence(one.word, one.places, duration)} It is the only one.{missing}"
    firsts = [f'"{one.word}" at {seconds(one.places[0][0])}' for one in said]
    counts = listing([f'"{one.word}" {times(len(one.places))}' for one in said])
    most = max(len(one.places) for one in said)
    oftenest = [one.word for one in said if len(one.places) == most]
    often = _oftenest(oftenest, len(said))
    return (
        f"{missing.lstrip()}{' ' if missing else ''}How often each is said: {counts}.{often} "
        f"In order: first {', then '.join(firsts)}. "
        f'"{said[0].word}" comes first and "{said[-1].word}" last.'
    )


def _oftenest(words: Sequence[str], of: int) -> str:
    """Which of so many words that are said is said the most often, or that several are."""
    if len(words) == 1:
        return f' The {superlative(of, "more", "most")} often said is "{words[0]}".'
    if len(words) == of:
        return f" {'Both' if of == 2 else 'All'} are said as often."
    quoted = listing([f'"{word}"' for word in words])
    return f" The most often said are {quoted}."
