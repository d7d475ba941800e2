"""Recorded samples: loops of known tempo, tuned basses, and phrases with and without drums."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import soxr

from audioqa.arrangement import placed
from audioqa.chances import in_turn
from audioqa.facts import Value
from audioqa.lengths import faded
from audioqa.levels import at_peak
from audioqa.skills.music_backing import METRES, Backing, beaten
from audioqa.skills.music_bands import SURE, tempo_value, tempo_wrong
from audioqa.skills.music_kinds import Book
from audioqa.skills.music_kits import Kit, struck
from audioqa.skills.music_theory import KEYS, note_value, note_values
from audioqa.sources import RATE, levelled, silence

LOOPS = {"loop_amen_full": 140, "loop_breakbeat": 126, "loop_mehackit2": 97}
"""Beats a minute of loops that are whole bars of four beats."""
BASSES = {
    "bass_voxy_c": 36, "bass_hard_c": 24, "bass_thick_c": 36,
    "bass_trance_c": 36, "bass_woodsy_c": 36,
}  # fmt: skip
"""MIDI numbers of the notes of basses."""
BASS_NOTES = range(36, 48)
UNDRUMMED = (
    "guit_em9", "guit_e_fifths", "guit_harmonics", "bass_voxy_c", "ambi_glass_rub", "ambi_piano",
    "ambi_glass_hum", "bass_dnb_f", "bass_hard_c", "ambi_choir", "ambi_drone", "bass_thick_c",
    "bass_trance_c", "bass_woodsy_c",
)  # fmt: skip
"""Samples of tones, without a stroke."""
SCALE = (0, 2, 4, 5, 7, 5, 4, 2)


class Sample(NamedTuple):
    """A recorded sample."""

    name: str
    audio: np.ndarray

    @property
    def source(self) -> str:
        """As a fact names it."""
        return f"sample:{self.name}"

    def moved(self, semitones: float) -> np.ndarray:
        """Played faster, so that it is so much higher; or slower."""
        ratio = 2 ** (semitones / 12)
        return np.asarray(soxr.resample(self.audio, RATE, RATE / ratio), dtype=np.float32)


def make(book: Book, rng: random.Random, kits: Sequence[Kit]) -> None:
    """Find facts about samples."""
    _loops(book, rng)
    _basses(book, rng)
    _phrases(book, rng, kits)


def _own(book: Book, names: Sequence[str], rng: random.Random) -> Iterator[Sample]:
    """Those of the split, in turn without end; nothing if there are none."""
    there = [name for name in names if name in book.material.names("sample")]
    samples = [Sample(name, book.material.sample(name)) for name in there]
    return in_turn(samples, rng) if samples else iter(())


def _loops(book: Book, rng: random.Random) -> None:
    """Loops as they are, or played a little faster or slower."""
    for index, sample in enumerate(_own(book, list(LOOPS), rng)):
        if not book.left("tempo", "recorded loop"):
            return
        bpm = round(LOOPS[sample.name] * rng.uniform(0.75, 1.12))
        loop = sample.moved(12 * np.log2(bpm / LOOPS[sample.name]))
        times = -(-8 * RATE // len(loop))
        clip = book.clip(f"loop_{index}", np.tile(loop, times)[: 10 * RATE])
        answer, wrong = tempo_value(bpm), tempo_wrong(bpm)
        book.add("tempo", "recorded loop", clip, answer, wrong, [sample.source])


def _basses(book: Book, rng: random.Random) -> None:
    """One note, played two or three times."""
    pitches = in_turn(BASS_NOTES, rng)
    for index, sample in enumerate(_own(book, list(BASSES), rng)):
        if not book.left("note", "bass"):
            return
        pitch = next(pitches)
        tone = _tone(sample.moved(pitch - BASSES[sample.name])[: round(1.6 * RATE)], 0.1)
        pause = silence(rng.uniform(0.2, 0.6))
        parts = [part for _ in range(rng.choice((2, 3))) for part in (tone, pause)]
        clip = book.clip(f"bass_{index}", *parts, silence(0.4))
        book.add("note", "bass", clip, note_value(pitch), note_values(), [sample.source])


def _tone(audio: np.ndarray, fade: float) -> np.ndarray:
    return faded(at_peak(audio, 0.5), fade)


def _phrases(book: Book, rng: random.Random, kits: Sequence[Kit]) -> None:
    """A tone at several heights; every other phrase with a drum kit."""
    answers = (Value("yes"), Value("no"))
    for index, sample in enumerate(_own(book, UNDRUMMED, rng)):
        if not book.left("drums", "recording"):
            return
        drums, bpm = index % 2 == 1, rng.randint(84, 124)
        backing = Backing(bpm, METRES[SURE], KEYS[0], [KEYS[0].chords[0]] * round(bpm / 28))
        beat, first = 60 / bpm, rng.randrange(len(SCALE))
        length = round(min(4 * beat, len(sample.audio) / RATE) * RATE)
        tones = [
            (place * 2 * beat, _tone(sample.moved(step)[:length], 0.3))
            for place, step in enumerate(SCALE[first:] + SCALE[:first])
        ]
        sound = levelled(placed(tones, backing.seconds), rms=0.06)
        sources = [sample.source]
        if drums:
            kit = rng.choice(kits)
            sound = levelled(sound + 0.6 * struck(kit, beaten(backing), backing.seconds))
            sources.append(kit.source)
        clip = book.clip(f"phrase_{index}", sound)
        book.add("drums", "recording", clip, answers[not drums], answers, sources)
