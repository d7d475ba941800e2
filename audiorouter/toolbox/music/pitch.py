"""The pitch of a single voice or instrument: frequency, notes and contour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.note_names import note_name, spelled_note
from audiorouter.toolbox.phrases import listing, number_word, superlative

if TYPE_CHECKING:
    from audiorouter.toolbox.music.held_notes import HeldNote

MIN_PITCHED = 0.15
"""Share of what sounds that notes have to last before a pitch is claimed."""
CLEAR = 0.5
"""Share of what is heard during the notes that is theirs, from which one voice is heard alone."""
_NAMED = 12


class Pitch(Tool[SpanArguments]):
    """Fundamental frequency and notes through CREPE and Basic Pitch."""

    name = "pitch"
    description = (
        "Measures the fundamental frequency in Hz and names the notes of a single voice or "
        "instrument; says whether the melody rises or falls and which note is highest."
    )
    not_for = (
        "Not for several notes at once (notes, chords), nor for which of two speakers has the "
        "higher voice (voice_pitch), nor for how bright a sound is (brightness)."
    )
    examples = (
        "Which note is played?",
        "What is the pitch in Hz?",
        "Does the melody rise or fall?",
        "How many notes are played?",
        "Is my violin's A string flat?",
        "Is the second beep higher than the first?",
        "My tuning fork: is it really 440?",
        "How many cents off is the tone that I sang?",
        "Which of these pitches does the choirboy start on: D, F or A?",
        "In the ear test two sine tones follow each other; which is the lower?",
        "What frequency does the blackbird whistle at?",
        "Does the siren glide upward, and from what frequency to what?",
    )
    version = "9"
    licence = "MIT"
    domain = Domain.MUSIC
    Arguments = SpanArguments
    packages = ("torch",)
    weights = ("crepe-tiny", "basic-pitch")

    def load(self) -> None:
        """Load the networks."""
        load_networks()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Follow the notes and describe them."""
        from audiorouter.toolbox.music.contour import contour_of
        from audiorouter.toolbox.music.held_notes import held_notes

        notes = [] if clip.facts.silent else held_notes(clip)
        share = _share(clip, notes)
        if share < MIN_PITCHED:
            return Finding.not_measured("there is no clear pitch", pitched_share=round(share, 2))
        contour = contour_of([n.midi for n in notes], [n.end - n.start for n in notes])
        clarity = mean_clarity(notes)
        middle = _median(notes)
        data = {
            "median_hz": round(middle, 1),
            "low_hz": round(min(note.frequency for note in notes), 1),
            "high_hz": round(max(note.frequency for note in notes), 1),
            "pitched_share": round(share, 2),
            "clarity": round(clarity, 2),
            "first_note": note_name(notes[0].midi),
            "last_note": note_name(notes[-1].midi),
            "highest_note": note_name(max(note.midi for note in notes)),
            "lowest_note": note_name(min(note.midi for note in notes)),
            "contour": contour.shape,
            "notes": [
                {"note": note_name(n.midi), "start_s": round(n.start, 2), "end_s": round(n.end, 2)}
                for n in notes
            ],
        }
        what = "The note" if len(notes) == 1 else "The melody"
        text = f"{_sentence(middle, notes)} {what} {contour.words}."
        if clarity < CLEAR:
            text = f"Several notes or noises sound at once, so this is unsure. {text}"
        sure = self.confidence(_evidence(clarity, share), unsure=clarity < CLEAR)
        return Finding(data, text, sure)


def load_networks() -> None:
    """Load what the notes of a single voice are heard with."""
    from audiorouter.toolbox.frontends import basic_pitch, crepe

    crepe.crepe()
    basic_pitch.network()


def mean_clarity(notes: list[HeldNote]) -> float:
    """How much of what is heard is these notes, 0…1, over the time that they last."""
    seconds = [note.end - note.start for note in notes]
    return sum(n.clarity * s for n, s in zip(notes, seconds, strict=True)) / sum(seconds)


def _evidence(clarity: float, share: float) -> float:
    return 6 * (clarity - CLEAR) + 2 * (min(1.0, share) - 0.5)


def _share(clip: Clip, notes: list[HeldNote]) -> float:
    """Share of the time that sounds over which notes are held; tails may exceed it."""
    from audiorouter.toolbox.frontends.energy import HOP_SECONDS, envelope, threshold

    level = envelope(clip)
    sounds = float((level > threshold(level)).sum()) * HOP_SECONDS
    return min(1.0, sum(note.end - note.start for note in notes) / max(HOP_SECONDS, sounds))


def _median(notes: list[HeldNote]) -> float:
    """Frequency in Hz, median over the time that the notes last."""
    ordered = sorted(notes, key=lambda note: note.frequency)
    left = sum(note.end - note.start for note in notes) / 2
    for note in ordered:
        left -= note.end - note.start
        if left <= 0:
            return note.frequency
    return ordered[-1].frequency


def _sentence(hertz: float, notes: list[HeldNote]) -> str:
    middle = spelled_note(round(69 + 12 * math.log2(hertz / 440)))
    if len({note.midi for note in notes}) == 1:
        again = f" The number of notes is {number_word(len(notes))}."
        return f"The note that is played is {middle}, at a pitch of {hertz:.0f} Hz.{again}"
    names = [spelled_note(note.midi) for note in notes[:_NAMED]]
    more = " …" if len(notes) > _NAMED else ""
    highest, lowest = (choose(notes, key=lambda n: n.midi) for choose in (max, min))
    high = superlative(len(notes), "higher", "highest")
    low = superlative(len(notes), "lower", "lowest")
    return (
        f"The notes that are played are {listing(names)}{more}; the first is {names[0]}, the "
        f"last {spelled_note(notes[-1].midi)}, the {high} "
        f"{spelled_note(highest.midi)}, the {low} {spelled_note(lowest.midi)}, and the middle of "
        f"the pitch is {middle} ({hertz:.0f} Hz). The number of notes is {number_word(len(notes))}."
    )
