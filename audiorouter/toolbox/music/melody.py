"""How a melody moves: its intervals, steps and leaps, and its contour."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.audio_kinds import without_music
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool
from audiorouter.toolbox.music.pitch import CLEAR, load_networks, mean_clarity
from audiorouter.toolbox.note_names import an_interval, interval_name, note_name
from audiorouter.toolbox.phrases import count_of, listing, superlative

if TYPE_CHECKING:
    from audiorouter.toolbox.music.contour import Contour

STEP = 2
"""Semitones up to which an interval is a step; beyond it is a leap."""
CLOSE = 0.1
"""Margin below which a contour might as well be another one."""
_NAMED = 10


class Melody(Tool[SpanArguments]):
    """Intervals between the held notes of a single voice, and their shape."""

    name = "melody"
    description = (
        "Describes a melody of single notes: the musical interval between each note and the next "
        "(third, fifth, octave), its contour (rising, falling, arch, valley, wavy, level), steps "
        "or leaps, range."
    )
    not_for = (
        "Not for chords or several voices at once (notes, chords), nor for the melody of speech "
        "(voice_pitch), nor for how loudness moves (loudness, dynamics)."
    )
    examples = (
        "Which interval lies between the two notes?",
        "Does the melody go up and then down?",
        "Does the tune move in steps or in leaps?",
        "What is the range of the melody?",
        "Describe the contour of the shepherd's pipe theme.",
        "Is this nursery tune made of neighbouring scale tones only?",
        "Which leap occurs between the third and fourth note of the solo?",
        "What's the widest jump in this vocal line?",
        "Does the phrase as a whole head upward, by the notes it passes through?",
        "Which of these intervals ends the phrase: major third, minor third, or tritone?",
        "Is the tune shaped like an arch or a valley?",
        "Does the violin's line wander up and down, or stay on one level?",
    )
    version = "7"
    licence = "MIT"
    domain = Domain.MUSIC
    Arguments = SpanArguments
    packages = ("torch",)
    weights = ("crepe-tiny", "basic-pitch", "yamnet")

    def load(self) -> None:
        """Load the networks."""
        from audiorouter.toolbox.frontends.yamnet import yamnet

        load_networks()
        yamnet()

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Follow the notes, and compare each with the next."""
        from audiorouter.toolbox.music.contour import contour_of
        from audiorouter.toolbox.music.held_notes import held_notes

        if (reason := without_music(clip)) is not None:
            return Finding.not_measured(reason, intervals_semitones=[])
        notes = held_notes(clip)
        if len(notes) < 2:
            nothing = "fewer than two notes are held, so that there is no melody"
            return Finding.not_measured(nothing, intervals_semitones=[])
        midi = [note.midi for note in notes]
        contour = contour_of(midi, [note.end - note.start for note in notes])
        clarity = mean_clarity(notes)
        moves = [after - before for before, after in itertools.pairwise(midi)]
        data = {
            "notes": [note_name(number) for number in midi],
            "intervals_semitones": moves,
            "range_semitones": max(midi) - min(midi),
            "first_to_last_semitones": midi[-1] - midi[0],
            "largest_semitones": max(moves, key=abs),
            "contour": contour.shape,
            "contour_margin": round(contour.margin, 2),
            "clarity": round(clarity, 2),
        }
        named = listing([_move(move) for move in moves[:_NAMED]])
        more = " …" if len(moves) > _NAMED else ""
        # What single notes do is told of a melody only that is heard alone.
        course = _largest_and_end(moves) if len(moves) > 1 and clarity >= CLEAR else ""
        return Finding(
            data,
            f"{_course(contour, clarity)} {count_of(len(moves), 'interval').capitalize()}: "
            f"{named}{more}. {_way(moves)}; its range is "
            f"{an_interval(max(midi) - min(midi))}.{course}",
            self.confidence(
                8 * min(contour.margin, 0.35) + 6 * (clarity - CLEAR),
                unsure=clarity < CLEAR or contour.margin < CLOSE,
            ),
        )


def _course(contour: Contour, clarity: float) -> str:
    """How the melody moves, as surely as it is heard."""
    if clarity < CLEAR:
        return (
            "It is unsure how the melody moves, since several notes or noises sound at once; "
            f"perhaps it {contour.words}."
        )
    if contour.margin < CLOSE:
        return f"The melody perhaps {contour.words}, though not clearly."
    return f"The melody {contour.words}."


def _way(moves: Sequence[int]) -> str:
    """Whether it moves in steps or in leaps."""
    steps = sum(0 < abs(move) <= STEP for move in moves)
    leaps = sum(abs(move) > STEP for move in moves)
    if steps == leaps:
        return "It moves as often in steps as in leaps" if steps else "It stays on one note"
    mostly = "mostly " if steps and leaps else ""
    return f"It moves {mostly}in {'steps' if steps > leaps else 'leaps'}"


def _largest_and_end(moves: Sequence[int]) -> str:
    """The largest of several intervals, where it is one, and where the melody ends."""
    largest = max(moves, key=abs)
    alone = sum(abs(move) == abs(largest) for move in moves) == 1
    which = superlative(len(moves), "larger", "largest")
    up = "up" if largest > 0 else "down"
    widest = f" The {which} interval is {an_interval(largest)} {up}." if alone else ""
    whole = sum(moves)
    if whole == 0:
        return f"{widest} It ends on the note on which it begins."
    way = "higher" if whole > 0 else "lower"
    return f"{widest} It ends {way} than it begins, by {an_interval(whole)}."


def _move(semitones: int) -> str:
    if semitones == 0:
        return "the same note"
    return f"{interval_name(semitones)} {'up' if semitones > 0 else 'down'}"
