"""How a melody moves: its intervals, steps and leaps, and its direction."""

from __future__ import annotations

import itertools

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_music
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.note_names import interval_name, note_name
from audiorouter.toolbox.phrases import count_of, listing

STEP = 2
"""Semitones up to which an interval is a step; beyond it is a leap."""
_NAMED = 10


class Melody(Tool[SpanArguments]):
    """Intervals between the held notes of CREPE's pitch."""

    name = "melody"
    description = (
        "Describes a melody of single notes: the musical interval between each note and the next "
        "(third, fifth, octave), its direction and contour (up, down, arch), steps or leaps, range."
    )
    examples = (
        "Which interval lies between the two notes?",
        "Does the melody go up and then down?",
        "Does the tune move in steps or in leaps?",
        "What is the range of the melody?",
    )
    version = "3"
    licence = "MIT"
    domain = Domain.MUSIC
    Arguments = SpanArguments
    packages = ("torch",)
    weights = ("crepe-tiny", "yamnet")

    def load(self) -> None:
        """Load both networks."""
        from audiorouter.toolbox.frontends.crepe import crepe
        from audiorouter.toolbox.frontends.yamnet import yamnet

        crepe()
        yamnet()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Find the held notes, and compare each with the next."""
        from audiorouter.toolbox.music.pitch import held_notes

        if (reason := without_music(clip)) is not None:
            return Finding.not_measured(reason, intervals=[])
        midi = [note.midi for note in held_notes(clip)]
        if len(midi) < 2:
            return Finding({"intervals": []}, "There is no melody: fewer than two notes are held.")
        moves = [after - before for before, after in itertools.pairwise(midi)]
        data = {
            "notes": [note_name(number) for number in midi],
            "intervals_semitones": moves,
            "range_semitones": max(midi) - min(midi),
            "contour": _contour(midi),
        }
        named = listing([_move(move) for move in moves[:_NAMED]])
        more = " …" if len(moves) > _NAMED else ""
        steps = sum(0 < abs(move) <= STEP for move in moves)
        leaps = sum(abs(move) > STEP for move in moves)
        way = "in steps" if steps > leaps else "in leaps" if leaps else "on one note"
        return Finding(
            data,
            f"The melody {_contour(midi)}. {count_of(len(moves), 'interval').capitalize()}: "
            f"{named}{more}. It moves mostly {way}; its range is "
            f"{interval_name(max(midi) - min(midi))}.",
        )


def _move(semitones: int) -> str:
    if semitones == 0:
        return "the same note"
    return f"{interval_name(semitones)} {'up' if semitones > 0 else 'down'}"


def _contour(midi: list[int]) -> str:
    """The course of a melody, by its ends and its highest and lowest notes."""
    first, last, high, low = midi[0], midi[-1], max(midi), min(midi)
    span = high - low
    if span <= 1:
        return "stays on one pitch"
    inner_high, inner_low = high - max(first, last), min(first, last) - low
    if inner_high > 0.35 * span and inner_high >= inner_low:
        return "goes up and then down (an arch)"
    if inner_low > 0.35 * span:
        return "goes down and then up (a valley)"
    if last - first > 0.35 * span:
        return "rises (ascending, goes up)"
    if first - last > 0.35 * span:
        return "falls (descending, goes down)"
    return "goes up and down in waves"
