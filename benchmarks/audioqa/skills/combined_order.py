"""Music and speech: which comes first, and whether they are heard together."""

from __future__ import annotations

import random

import numpy as np

from audioqa.arrangement import Timeline
from audioqa.facts import Maker, Value
from audioqa.lengths import faded
from audioqa.levels import at_loudness
from audioqa.scores import Score
from audioqa.skills.combined_sounds import Sounds, rendered
from audioqa.skills.combined_speech_sounds import sentences
from audioqa.sound_names import INSTRUMENTS
from audioqa.sources import RATE

FIRST, TOGETHER = "combined/music_or_speech_first", "combined/voice_during_music"
RECORDED, ONE_INSTRUMENT = "recorded piece", "one instrument"
KINDS = (RECORDED, ONE_INSTRUMENT)
VOICE, MUSIC = -20.0, -27.0
TRIES = 8
"""Excerpts of a piece, of which the one is taken that is never quiet."""
NO_TUNE = frozenset({"choir", "whistle"})
"""A voice, and what has no high notes in every soundfont."""
SUNG = frozenset({"nunc_dimittis", "elvish-theme", "macroform-robot_dity"})
"""Pieces with voices, or with what may be taken for them."""


def make(maker: Maker) -> None:
    """Find the facts of this module: each order, with and without overlap, as often."""
    rng, sounds, spoken = maker.rng(FIRST), Sounds(maker.material), sentences(maker)
    for index in range(max(maker.wanted(FIRST), maker.wanted(TOGETHER))):
        kind = KINDS[(index + index // 4) % len(KINDS)]
        music_first, together = bool(index % 2), bool(index // 2 % 2)
        names = rng.sample(sorted(spoken), 2)
        voices = [at_loudness(maker.material.heard.prompt("English", n), VOICE) for n in names]
        seconds = rng.uniform(4.0, 6.0)
        music, source = (
            _excerpt(maker, rng, seconds)
            if kind == RECORDED
            else _tune(maker, rng, sounds, seconds)
        )
        line = _arranged(
            rng, faded(at_loudness(music, MUSIC), 0.15, 0.15), voices, music_first, together
        )
        clip = maker.clip(f"music_and_speech_{index}", [line.audio()])
        sources = [source, *(f"prompt:English/{name}" for name in names)]
        order = [Value("speech"), Value("music")]
        maker.add(FIRST, clip, order[music_first], order, sources, kind=kind)
        answers = [Value("no"), Value("yes")]
        maker.add(TOGETHER, clip, answers[together], answers, sources, kind=kind)


def _arranged(
    rng: random.Random,
    music: np.ndarray,
    voices: list[np.ndarray],
    music_first: bool,
    together: bool,
) -> Timeline:
    """Two sentences and the music.

    Together: the second sentence is spoken over the music; or the music sets in while the first one
    is spoken. In turn: with clear gaps, the second sentence before or after the music.
    """
    line = Timeline(rng.uniform(0.1, 0.5))
    gap = rng.uniform(0.5, 0.9)
    if together:
        if music_first:
            start = line.add(music).start
            line.put(voices[0], start + rng.uniform(1.2, 1.8))
            return line
        start = line.add(voices[0]).end
        if rng.random() < 0.5:
            line.put(music, start - 0.6 * len(voices[0]) / RATE)
        else:
            music_start = line.add(music, gap).start
            line.put(voices[1], music_start + rng.uniform(0.8, 1.4))
        return line
    parts = [music, voices[0]] if music_first else [voices[0], music]
    for part in [*parts, voices[1]] if rng.random() < 0.5 else parts:
        line.add(part, gap if line.end > 0.5 else 0)
    return line


def _excerpt(maker: Maker, rng: random.Random, seconds: float) -> tuple[np.ndarray, str]:
    """Some seconds of a recorded piece from which music is heard all the time."""
    names = [name for name in maker.material.names("piece") if name not in SUNG]
    name = rng.choice(names)
    piece = maker.material.heard.piece(name)
    length = round(seconds * RATE)
    starts = [rng.randrange(len(piece) - length) for _ in range(TRIES)]
    parts = [piece[start : start + length] for start in starts]
    return max(parts, key=_quietest), f"piece:{name}"


def _quietest(part: np.ndarray) -> float:
    """The mean energy of the quietest sixteenth."""
    return float(np.mean(part[: len(part) // 16 * 16].reshape(16, -1) ** 2, axis=1).min())


def _tune(
    maker: Maker, rng: random.Random, sounds: Sounds, seconds: float
) -> tuple[np.ndarray, str]:
    """A melody of one instrument in a major scale, without rests."""
    number = sounds.programs[rng.choice([n for n in sounds.programs if n not in NO_TUNE])]
    tonic = INSTRUMENTS[number].pitch + rng.randrange(-4, 3)
    score, time, step = Score(60), 0.0, 0
    score.program(0, number)
    while time < seconds:
        length = rng.choice((0.25, 0.25, 0.5))
        step = min(8, max(-3, step + rng.choice((-2, -1, -1, 1, 1, 2))))
        octave, degree = divmod(step, 7)
        note = tonic + 12 * octave + (0, 2, 4, 5, 7, 9, 11)[degree]
        score.note(0, note, time, length, rng.randint(85, 105))
        time += length
    audio = rendered(maker.material, score, rng)[: round(seconds * RATE)]
    return audio, f"program:{number}"
