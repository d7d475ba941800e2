"""Music tags: instruments and choirs that FluidSynth plays. For genre, era and mood there is no
truth in the packages; the networks' own figures are in docs/tools.md."""

from __future__ import annotations

import random

import numpy as np
from audioqa.scores import Score, played
from recordings import names_of

from toolbench.measures import Benchmark

PROGRAMS = {
    "piano": (0, 1), "harpsichord": (6,), "guitar": (24, 25), "violin": (40,), "cello": (42,),
    "strings": (48, 49), "harp": (46,), "flute": (73,), "sitar": (104,), "synthesizer": (81, 88),
    "drums": (),
}  # fmt: skip
CHOIRS = (52, 53, 54)
PLAYED = (0, 1, 2, 4, 6, 24, 25, 40, 46, 56, 57, 64, 65, 71, 73, 74)
DRUMS = 9
"""Channel of the drum kit."""


def measure(bench: Benchmark) -> None:
    """Measure `music_tags`."""
    rng = random.Random(f"music tags {bench.split}")
    _instruments(bench, rng)
    _singing(bench, rng)


def _melody(bench: Benchmark, rng: random.Random, program: int | None) -> np.ndarray:
    """Sixteen notes of a major scale, or strokes on the drum kit where no program is told."""
    score, time, tonic = Score(60), 0.2, rng.randrange(48, 64)
    if program is not None:
        score.program(0, program)
    for _ in range(16):
        length = rng.choice((0.3, 0.6, 0.9))
        if program is None:
            score.note(DRUMS, rng.choice((36, 38, 42, 45, 49)), time, 0.1, rng.randint(80, 120))
        else:
            note = tonic + rng.choice((0, 2, 4, 5, 7, 9, 11, 12))
            score.note(0, note, time, length * 0.95, 95)
        time += length
    return played(bench.heard, score.file())


def _own(bench: Benchmark, programs: tuple[int, ...]) -> list[int]:
    return [number for number in programs if str(number) in names_of("program", bench.split)]


def _instruments(bench: Benchmark, rng: random.Random) -> None:
    right = []
    for name, all_programs in PROGRAMS.items():
        programs = _own(bench, all_programs)
        for _ in range(12 if programs or not all_programs else 0):
            others = rng.sample([other for other in PROGRAMS if other != name], 3)
            clip = bench.clip(_melody(bench, rng, rng.choice(programs) if programs else None))
            found = bench.find("music_tags", clip, among=(name, *others))
            right.append(bench.judge("music_tags", found.data.get("most_like") == name))
    bench.share("music_tags", "which of four sampled instruments", right, 0.25)


def _singing(bench: Benchmark, rng: random.Random) -> None:
    choirs, played_ones = _own(bench, CHOIRS), _own(bench, PLAYED)
    if not choirs:
        return  # `val` has none
    right = []
    for index in range(80):
        sung = index % 2 == 0
        program = rng.choice(choirs if sung else played_ones)
        clip = bench.clip(_melody(bench, rng, program))
        found = bench.find("music_tags", clip, among=("choir", "instrumental"))
        told = found.data.get("most_like") == ("choir" if sung else "instrumental")
        right.append(bench.judge("music_tags", told))
    bench.share("music_tags", "a choir or an instrument (sampled)", right, 0.5)
