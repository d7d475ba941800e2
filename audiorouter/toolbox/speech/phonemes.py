"""How the words that are said are pronounced: stress, syllables, phonemes, rhymes, alliteration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, StringConstraints

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.phrases import count_of, listing, nth, times
from audiorouter.toolbox.speech.language import NAMES
from audiorouter.toolbox.speech.named_words import MOST, groups_in, parts_of, quoted_in

if TYPE_CHECKING:
    from audiorouter.toolbox.frontends.pronunciations import Pronunciation
    from audiorouter.toolbox.speech.pronounced_words import Counts, Spoken

FEW, MANY = 12, 40
"""Words, or groups of words, that a sentence names: beside what is asked for, and of it."""
_STRESS = ("unstressed", "stressed", "half-stressed")
_PRIMARY = 1

Words = Annotated[str, StringConstraints(min_length=1, max_length=120)]


class Aspect(StrEnum):
    """What of the pronunciation is asked for."""

    STRESS = "stress"
    SYLLABLES = "syllables"
    PHONEMES = "phonemes"
    RHYMES = "rhymes"
    BEGINNINGS = "beginnings"
    ENDINGS = "endings"


_ASKED = (
    (Aspect.RHYMES, r"\brhym"),
    (Aspect.BEGINNINGS, r"\balliterat|\b(?:begin|start)\w*\b.*\b(?:alike|same)|\binitial\b"),
    (Aspect.ENDINGS, r"\bend(?:s|ing)?\b.*\b(?:alike|same)|\bfinal\b|\bconsonance\b"),
    (Aspect.STRESS, r"stress|\baccent|\bemphasi|\biamb|\btroch"),
    (Aspect.SYLLABLES, r"\bsyllab"),
    (Aspect.PHONEMES, r"\bphonem|\bvowel|\bconsonant|\bpronounc"),
)


class PhonemeArguments(SpanArguments):
    """What to tell of the words, and of which."""

    words: tuple[Words, ...] = Field(
        default=(),
        max_length=MOST,
        description="Words to tell about, said or not; those of one entry, such as 'cat and hat', "
        "are compared with each other.",
    )
    about: Aspect | None = Field(
        default=None, description="What is told first and of all words; by default a little of all."
    )


class Phonemes(Tool[PhonemeArguments]):
    """Whisper's words, looked up in the CMU Pronouncing Dictionary."""

    name = "phonemes"
    description = (
        "Tells how the English words that are said are pronounced: syllables and stress pattern of "
        "each, stressed and unstressed vowels, phonemes, and which words rhyme, alliterate, begin "
        "or end with the same sound."
    )
    not_for = (
        "Not for how a certain speaker pronounces a word, an accent or a language: pronunciations "
        "are a dictionary's, of American English."
    )
    examples = (
        "Which of the words rhyme?",
        "How many syllables does the last word have?",
        "On which syllable is the word stressed?",
        "How many words have an unstressed vowel?",
        "Which words begin with the same sound?",
        "Is there alliteration in what is said?",
        'Do "tone" and "phone" rhyme?',
        'True or false: "banana" as read out begins with a strong beat.',
        "How would a dictionary transcribe the words of this sentence in IPA?",
        "My pupils must find the tongue twister's repeated first consonant. Which is it?",
        'Does the spoken phrase contain a "th" sound, and in which word?',
        "Is the first spoken word an iamb or a trochee?",
        "The noun she utters has a schwa in its ___ syllable.",
        'Which word in the utterance contains the vowel sound of "see"?',
        "As a poetry student I'm after alliteration. Which words of the line show it?",
    )
    version = "11"
    licence = "MIT"
    domain = Domain.SPEECH
    Arguments = PhonemeArguments
    packages = ("faster-whisper",)
    extra = "speech"
    weights = ("whisper-tiny-en", "whisper-base", "yamnet", "silero-vad", "cmudict")

    def load(self) -> None:
        """Load both models and the dictionary."""
        from audiorouter.toolbox.frontends.pronunciations import dictionary
        from audiorouter.toolbox.frontends.transcript import load_networks

        load_networks()
        dictionary()

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, the words that the question or its choices name, and what is asked of them."""
        arguments = super().arguments_in(question, choices)
        quoted = quoted_in(question)
        named = [" and ".join(quoted)] if len(quoted) > 1 else quoted
        named += [" and ".join(group) for group in groups_in(question, choices)]
        asked = [aspect for aspect, cue in _ASKED if re.search(cue, question, re.I)]
        arguments |= {"words": list(dict.fromkeys(named))[:MOST]} if named else {}
        return arguments | ({"about": asked[0].value} if asked else {})

    def run(self, clip: Clip, arguments: PhonemeArguments) -> Finding:
        """Look up the words of the transcript, and compare them."""
        from audiorouter.toolbox.frontends.transcript import transcript
        from audiorouter.toolbox.speech import pronounced_words as pronounced

        heard = transcript(clip)
        if not heard.words or heard.language is None:
            return Finding.not_measured("no words are recognised")
        if heard.language != "en":
            language = NAMES.get(heard.language, heard.language)
            return Finding.not_measured(
                f"the speech is in {language}, and only English words can be looked up",
                language=heard.language,
            )
        said = pronounced.spoken_words(heard.words)
        known = [word.pronunciation for word in said if word.pronunciation]
        unknown = list(dict.fromkeys(w.word for w in said if w.pronunciation is None))
        counts, words = pronounced.counts_of(known), pronounced.distinct(said)
        groups = {
            "rhyming": pronounced.rhyming(words),
            "same_first_sound": pronounced.same_first_sound(words),
            "same_last_sound": pronounced.same_last_sound(words),
            "same_last_syllable": pronounced.same_last_syllable(words),
        }
        asked = [_compared(entry, said, arguments.about) for entry in arguments.words]
        data = {
            "words": [word.data() for word in said],
            "not_in_dictionary": unknown,
            "counts": counts._asdict(),
            **groups,
            "asked": [data for data, _ in asked],
        }
        parts = _sentences(words, counts, groups, arguments.about)
        if unknown:
            parts.append(f"Not in the dictionary, and left out: {_quoted(unknown[:FEW])}.")
        text = " ".join([*(sentence for _, sentence in asked), *parts])
        missing = 1 - len(known) / max(1, len(said))
        return Finding(data, text, self.confidence(heard.confidence - missing))


def _sentences(
    words: Sequence[Pronunciation],
    counts: Counts,
    groups: dict[str, list[list[str]]],
    about: Aspect | None,
) -> list[str]:
    """What is told of all words: what is asked for in front and in full, then the rest in short."""
    most = dict.fromkeys(Aspect, FEW) | ({about: MANY} if about else {})
    told = {
        Aspect.RHYMES: _groups("Words that rhyme", groups["rhyming"], most[Aspect.RHYMES])
        or "No two of the words rhyme.",
        Aspect.BEGINNINGS: _groups(
            "Words that begin with the same sound",
            groups["same_first_sound"],
            most[Aspect.BEGINNINGS],
        )
        or "No two of the words begin with the same sound.",
        Aspect.ENDINGS: _endings(groups, most[Aspect.ENDINGS]),
        Aspect.STRESS: _patterns(words, most[Aspect.STRESS], all_words=about is Aspect.STRESS),
        Aspect.SYLLABLES: _syllables(words, most[Aspect.SYLLABLES]),
        Aspect.PHONEMES: _phonemes(words, most[Aspect.PHONEMES]),
    }
    if about is None:
        rest = [Aspect.STRESS, Aspect.RHYMES, Aspect.BEGINNINGS]
        return [_counts(counts), *(told[aspect] for aspect in rest)]
    return [told[about], _counts(counts)]


def _counts(counts: Counts) -> str:
    return (
        f"{count_of(counts.words, 'word').capitalize()} with "
        f"{count_of(counts.syllables, 'syllable')} and {count_of(counts.phonemes, 'phoneme')}: "
        f"{count_of(counts.stressed_vowels, 'stressed vowel')}, "
        f"{count_of(counts.unstressed_vowels, 'unstressed vowel')}. "
        f"{_have(counts.words_with_stressed).capitalize()} a stressed vowel, "
        f"{_have(counts.words_with_unstressed)} an unstressed one, "
        f"{_have(counts.words_with_both)} both."
    )


def _have(number: int) -> str:
    return f"{count_of(number, 'word')} {'has' if number == 1 else 'have'}"


def _patterns(words: Sequence[Pronunciation], most: int, *, all_words: bool) -> str:
    shown = [word for word in words if all_words or word.syllables > 1]
    if not shown:
        return "All words have one syllable."
    return f"Stress: {'; '.join(f'{w.word} {_pattern(w)}' for w in shown[:most])}."


def _pattern(word: Pronunciation) -> str:
    """
    >>> from audiorouter.toolbox.frontends.pronunciations import Pronunciation
    >>> _pattern(Pronunciation("hello", ("HH", "AH0", "L", "OW1")))
    '(unstressed, stressed)'
    """
    return f"({listing([_STRESS[stress] for stress in word.stresses])})"


def _stressed(word: Pronunciation) -> str:
    """On which of its syllables a word is stressed, where it has several.

    >>> from audiorouter.toolbox.frontends.pronunciations import Pronunciation
    >>> _stressed(Pronunciation("hello", ("HH", "AH0", "L", "OW1")))
    '"hello" is stressed on the second syllable. '
    """
    if len(word.stresses) < 2 or _PRIMARY not in word.stresses:
        return ""
    return f'"{word.word}" is stressed on {nth(word.stresses.index(_PRIMARY) + 1, "syllable")}. '


def _syllables(words: Sequence[Pronunciation], most: int) -> str:
    return f"Syllables: {listing([f'{w.word} {w.syllables}' for w in words[:most]])}."


def _phonemes(words: Sequence[Pronunciation], most: int) -> str:
    shown = [f"{w.word} {' '.join(w.phonemes)} ({len(w.phonemes)})" for w in words[:most]]
    return f"Phonemes, with 1 for stress and 0 for none: {'; '.join(shown)}."


def _endings(groups: dict[str, list[list[str]]], most: int) -> str:
    syllables = _groups("Words that end with the same syllable", groups["same_last_syllable"], most)
    sounds = _groups("Words that end with the same sound", groups["same_last_sound"], most)
    return f"{syllables} {sounds}".strip() or "No two of the words end with the same sound."


def _groups(what: str, groups: Sequence[Sequence[str]], most: int) -> str:
    """The groups in a sentence; nothing where there are none."""
    shown = [listing(group[:FEW]) for group in groups[:most]]
    return f"{what}: {'; '.join(shown)}." if shown else ""


def _quoted(words: Sequence[str]) -> str:
    return listing([f'"{word}"' for word in words])


def _compared(
    entry: str, said: Sequence[Spoken], about: Aspect | None
) -> tuple[dict[str, Any], str]:
    """What is asked about one or several words, as data and as a sentence."""
    from audiorouter.toolbox.frontends.pronunciations import pronounced, spoken_parts
    from audiorouter.toolbox.speech.pronounced_words import compared

    words = [word for part in parts_of(entry) for word in spoken_parts(part)]
    often = {word: sum(s.word.lower() == word.lower() for s in said) for word in words}
    found = {word: pronounced(word) for word in words}
    known = [one for one in found.values() if one is not None]
    data: dict[str, Any] = {
        "words": [
            {"word": word, "said": often[word], "phonemes": one and " ".join(one.phonemes)}
            for word, one in found.items()
        ]
    }
    unsaid = [word for word in words if not often[word]]
    where = f" {_quoted(unsaid)} {'is' if len(unsaid) == 1 else 'are'} not said." if unsaid else ""
    if len(known) < len(words):
        lacking = [word for word, one in found.items() if one is None]
        return data, f"{_quoted(lacking)}: not in the dictionary, so it cannot be compared.{where}"
    if len(known) == 1:
        (one,) = known
        where_said = times(often[words[0]]) if often[words[0]] else "nowhere"
        return data, (
            f'{_stressed(one)}"{one.word}" has {count_of(one.syllables, "syllable")} '
            f"{_pattern(one)} and {count_of(len(one.phonemes), 'phoneme')}: "
            f"{' '.join(one.phonemes)}. It is said {where_said}, and rhymes with "
            f"{_rhyming_with(one, said)}."
        )
    facts = compared(known)
    data |= {name: value for name, value in facts._asdict().items() if name != "words"}
    told = {
        Aspect.RHYMES: "rhyme" if facts.rhyme else "do not rhyme",
        Aspect.BEGINNINGS: f"begin with {_same(facts.same_first_sound)}",
        Aspect.ENDINGS: f"end with {_same(facts.same_last_sound)}",
    }
    shown = [told[about]] if about in told else list(told.values())
    patterns = listing([f"{one.word} {_pattern(one)}" for one in known])
    if about not in told and about is not None:
        return data, f"Of {_quoted(words)}: {patterns}.{where}"
    return data, f"{_quoted(words)} {listing(shown)}.{where}"


def _rhyming_with(one: Pronunciation, said: Sequence[Spoken]) -> str:
    """The words that are said and rhyme with a word, the last one told from the others."""
    from audiorouter.toolbox.frontends.pronunciations import rhymes
    from audiorouter.toolbox.speech.pronounced_words import distinct

    words = [word.word for word in distinct(said) if rhymes(one, word)]
    if not words:
        return "no word that is said"
    last = said[-1].word
    if last.lower() in {word.lower() for word in words}:
        return f'{_quoted(words[:FEW])}; "{last}" is the last word that is said'
    known = said[-1].pronunciation is not None
    return f"{_quoted(words[:FEW])}{', not with the last word that is said' * known}"


def _same(is_same: bool) -> str:
    return "the same sound" if is_same else "different sounds"
