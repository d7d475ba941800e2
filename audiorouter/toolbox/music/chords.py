"""Which chords are played, and when."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_music
from audiorouter.toolbox.greatest import clearly_greatest
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.music.harmony import Harmony
from audiorouter.toolbox.phrases import listing, superlative, times
from audiorouter.toolbox.spans import moment_in

if TYPE_CHECKING:
    from audiorouter.toolbox.music.chord_templates import Chord

TRIAD_SECONDS = 1.0
"""Stretches shorter than this are too short for the libraries that recognise triads."""
MIN_SECONDS = 0.3
UNSURE = 0.35
"""Margin below which a chord might as well be another one."""
LONGER = 1.25
"""Factor between the seconds of two chords from which one sounds longer: of the time, 4 to 14% are
given to another chord than the right one."""
_LISTED = 12


class ChordArguments(SpanArguments):
    """Which part of the clip to listen to, and of which moment to tell the chord."""

    at: float | None = Field(default=None, ge=0, description="Tell the chord at this time, in s.")


class Chords(Harmony, Tool[ChordArguments]):
    """Triads, sevenths, suspended and altered chords by templates; triads by madmom as well."""

    name = "chords"
    description = (
        "Lists the chords of the harmony in order, with their times: major, minor, seventh, "
        "suspended, diminished and augmented chords, and those over another bass note. Helps with "
        "chord progressions and with which chord is played when."
    )
    not_for = (
        "Not for a melody of single notes (melody, pitch), nor for the key of a whole piece (key); "
        "drums and speech have no chords."
    )
    examples = (
        "Which chords are played?",
        "What is the first chord?",
        "What is the chord progression?",
        "Which chord sounds between 4 and 6 seconds?",
        "Is there an augmented triad somewhere, and when?",
        "How long does the band stay on the opening harmony before moving on?",
        "Which of these triads comes second: F, A minor or D?",
        "Does the progression go I–V–vi–IV?",
        "How many different harmonies are used in the verse?",
        "What do I strum on guitar to play along with this, and in what order?",
        "What's the bass under the C major chord, C or E?",
        "Which harmony is heard at second 7?",
    )
    version: ClassVar[str] = "11"
    domain = Domain.MUSIC
    Arguments = ChordArguments

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The span, and the moment, that the question names."""
        moment = moment_in(question)
        return super().arguments_in(question, choices) | ({} if moment is None else {"at": moment})

    def run(self, clip: Clip, arguments: ChordArguments) -> Finding:
        """Decode the chords."""
        from audiorouter.toolbox.frontends.basic_pitch import key_probabilities
        from audiorouter.toolbox.music.chord_templates import chords_of
        from audiorouter.toolbox.music.texture import single_line, too_few_notes

        if clip.facts.silent or clip.duration < MIN_SECONDS:
            return Finding.not_measured("the clip is silent or too short for chords", chords=[])
        if (reason := without_music(clip)) is not None:
            return Finding.not_measured(reason, chords=[])
        if (reason := too_few_notes(clip, "chord")) is not None:
            return Finding.not_measured(reason, chords=[])
        line = single_line(clip)
        triads = self.triads(clip) if clip.duration >= TRIAD_SECONDS else []
        heard = chords_of(key_probabilities(clip).sounding, triads)
        chords = [chord._replace(end=min(chord.end, clip.duration)) for chord in heard]
        data: dict[str, Any] = {
            "chords": [
                {
                    "start_s": round(chord.start, 2),
                    "end_s": round(chord.end, 2),
                    "chord": chord.label,
                    "margin": round(chord.margin, 2),
                }
                for chord in chords
            ]
        }
        if not chords:
            why = "no chords are recognised" if line is None else line.not_a("chord")
            return Finding.not_measured(why, chords=[])
        lengths = _lengths(chords)
        data |= {
            "first": chords[0].label,
            "last": chords[-1].label,
            "different": len(lengths),
            "single_line": line is not None,
            "seconds_by_chord": {label: round(lasts, 2) for label, lasts in lengths.items()},
        }
        text = _sentence(chords)
        if line is not None:
            text = (
                f"A single line is heard, one note at a time: no chord sounds. {_implied(chords)}"
            )
        if arguments.at is None or line is not None:
            sure = self.confidence(4 * _mean_margin(chords) - 2, unsure=line is not None)
            return Finding(data, text, sure)
        then = _at(chords, arguments.at)
        data["at"] = None if then is None else then.label
        return Finding(
            data,
            f"{_moment(arguments.at, then)} {text}",
            self.confidence(
                4 * (then.margin if then else 0.0) - 2,
                unsure=then is not None and then.margin < UNSURE,
            ),
        )


def _mean_margin(chords: list[Chord]) -> float:
    """By how much the chords are likelier than the next, over the time that they last."""
    return sum(c.margin * (c.end - c.start) for c in chords) / sum(c.end - c.start for c in chords)


def _at(chords: list[Chord], time: float) -> Chord | None:
    return next((chord for chord in chords if chord.start <= time < chord.end), None)


def _moment(time: float, chord: Chord | None) -> str:
    if chord is None:
        return f"At {time:.1f} s no chord sounds."
    perhaps = "perhaps " if chord.margin < UNSURE else ""
    return f"At {time:.1f} s the chord is {perhaps}{chord.words} ({chord.label})."


def _lengths(chords: list[Chord]) -> dict[str, float]:
    """How many seconds each chord sounds in all, by its label."""
    lengths: dict[str, float] = {}
    for chord in chords:
        lengths[chord.label] = lengths.get(chord.label, 0.0) + chord.end - chord.start
    return lengths


def _longest(chords: list[Chord]) -> str:
    """The first and the last of several chords, and that which clearly sounds longest in all."""
    if len(chords) == 1:
        return ""
    ends = f" The first chord is {chords[0].words}, the last {chords[-1].words}."
    lengths = _lengths(chords)
    if (label := clearly_greatest(lengths, factor=LONGER)) is None:
        return ends
    words = next(chord.words for chord in chords if chord.label == label)
    longest = superlative(len(lengths), "longer", "the longest")
    return f"{ends} In all, {words} sounds {longest}."


def _implied(chords: list[Chord]) -> str:
    """The chords that the notes of a line belong to, one after the other."""
    names = listing([f"{c.words} ({c.start:.1f}–{c.end:.1f} s)" for c in chords[:_LISTED]])
    return f"Its notes are perhaps those of: {names}{' …' if len(chords) > _LISTED else ''}."


def _symbols(chords: list[Chord]) -> str:
    """As they stand above a line of music; which spelling is right is told by the key."""
    sharps, flats = (
        " ".join(chord.symbol(flats=flats) for chord in chords) for flats in (False, True)
    )
    return sharps if sharps == flats else f"{sharps} ({flats})"


def _sentence(chords: list[Chord]) -> str:
    more = " …" if len(chords) > _LISTED else ""
    shown = chords[:_LISTED]
    distinct = len(_lengths(chords))
    count = f" ({distinct} different)" if distinct > 1 else ""
    names = listing([chord.words for chord in shown])
    text = f"The chords are, in order: {names}{more}{count}."
    if len(chords) == 1:
        text = f"There is one chord: {names}."
    elif changes := sum(one.words != other.words for one, other in itertools.pairwise(chords)):
        text = f"{text} The chord changes {times(changes)}."
    text = f"{text} In symbols: {_symbols(shown)}{more}."
    spans = listing([f"{c.label} {c.start:.1f}–{c.end:.1f} s" for c in shown])
    whose = "its time" if len(chords) == 1 else "their times"
    text = f"{text} With {whose}: {spans}{more}.{_longest(chords)}"
    doubted = [chord for chord in shown if chord.margin < UNSURE]
    if doubted:
        unsure = listing([f"{chord.label} at {chord.start:.1f} s" for chord in doubted])
        text = f"{text} Unsure: {unsure}."
    return text
