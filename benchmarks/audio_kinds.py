"""Whether music is heard: fits the curve of `toolbox/frontends/audio_kinds.py`, and measures it.

    python benchmarks/audio_kinds.py PACKAGES --fit      # prints a curve fitted to train
    python benchmarks/audio_kinds.py PACKAGES            # the curve in use, on test

Music are pieces, also under speech or after it, generated pieces, melodies and single notes of
sampled instruments, loops and strokes of drums; no music are prompts, words and letters in many
languages, animals and things, noise and sine tones. A metronome counts as neither. Writes
benchmarks/results/audio_kinds.json.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from audioqa.pieces import PROGRESSIONS, SOLO, chord_of, piece
from audioqa.scores import Score, played
from audioqa.sources import RATE, VOICES, Recordings, fetch, levelled, silence
from recordings import names_of
from toolbench.calibration import Judged, fit
from toolbench.measures import Benchmark
from toolbench.wrong_kind import PLAYED

from audiorouter.toolbox.frontends import audio_kinds
from audiorouter.toolbox.frontends.yamnet import clip_probabilities

RESULTS = Path(__file__).parent / "results" / "audio_kinds.json"
EACH = 30
MUSIC = frozenset(
    {"piece", "piece under speech", "piece after speech", "generated piece", "melody", "note",
     "drum loop", "strokes", "instruments"}
)  # fmt: skip
NEITHER = frozenset({"metronome"})

Sound = tuple[str, np.ndarray]


def main() -> None:
    """Fit, or measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path)
    parser.add_argument("--fit", action="store_true", help="on training recordings")
    arguments = parser.parse_args()
    heard = Recordings(fetch(arguments.packages))
    with tempfile.TemporaryDirectory() as scratch:
        bench = Benchmark(heard, Path(scratch), "train" if arguments.fit else "test")
        evidence = defaultdict(list)
        heard_of = defaultdict(list)
        for kind, audio in sounds(bench, random.Random(f"kinds {bench.split}")):
            clip = bench.clip(audio)
            evidence[kind].append(audio_kinds.music_evidence(clip_probabilities(clip)))
            heard_of[kind].append(audio_kinds.without_music(clip) is None)
    shares = {kind: [len(own), round(float(np.mean(own)), 4)] for kind, own in heard_of.items()}
    print(json.dumps(shares, indent=1))
    if arguments.fit:
        print(curve(evidence))
    else:
        RESULTS.write_text(json.dumps({"share_heard_as_music": shares}, indent=1) + "\n")


def curve(evidence: dict[str, list[float]]) -> dict[str, Any]:
    """A curve to which every kind of clip counts the same."""
    most = max(map(len, evidence.values()))
    judged = [
        Judged("", own[index % len(own)], kind in MUSIC)
        for kind, own in evidence.items()
        if kind not in NEITHER
        for index in range(most)
    ]
    return fit(judged).as_json()


def sounds(bench: Benchmark, rng: random.Random) -> Iterator[Sound]:
    """Clips with their kinds."""
    heard = bench.heard
    for name in names_of("piece", bench.split):
        for seconds in (3, 10):
            yield "piece", _part(heard.piece(name), rng, seconds)
    for index in range(EACH):
        said = _said(bench, rng)
        music = _part(heard.piece(rng.choice(names_of("piece", bench.split))), rng, 4)
        long = np.concatenate([music] * 4)[: len(said)]
        yield "speech", said
        yield "piece after speech", np.concatenate([said, music])
        if len(long) == len(said):
            yield "piece under speech", said + long * 10 ** (-(0, 6)[index % 2] / 20)
        yield from _played(bench, rng, index)
        yield "noise", _noise(rng, (1, 8, 64)[index % 3])
        time = np.arange(3 * RATE) / RATE
        yield "sine", 0.2 * np.sin(2 * np.pi * rng.uniform(100, 3000) * time)
    for speaker in names_of("speaker", bench.split):
        for name in rng.sample(heard.words(speaker), 3):
            yield "word", heard.word(speaker, name)
    for name in names_of("stamp", bench.split):
        yield "instruments" if name in PLAYED else "animal or thing", heard.stamp(name)
    for kit in names_of("drumkit", bench.split):
        strokes = list(heard.strokes(kit).values())
        for _ in range(3):
            yield "drum loop", _loop(rng, rng.sample(strokes, 3))


def _played(bench: Benchmark, rng: random.Random, index: int) -> Iterator[Sound]:
    """What FluidSynth plays."""
    own = names_of("program", bench.split)
    solo = [program for program in SOLO if str(program) in own]
    note, melody, strokes, metronome = (Score(60) for _ in range(4))
    for score in (note, melody):
        score.program(0, rng.choice(solo))
    note.note(0, rng.randrange(52, 80), 0, 2.0, 95)
    for position in range(5):
        melody.note(0, rng.randrange(55, 76), 0.2 + position * 0.9, 0.8, 95)
    key, time = int(rng.choice(names_of("drum", bench.split))), 0.2
    for _ in range(3 + index % 8):
        strokes.note(9, key, time, 0.2, rng.randint(85, 115))
        time += rng.uniform(0.2, 0.8)
    beat = rng.uniform(0.4, 0.9)
    for position in range(10):
        metronome.note(9, 34 if position % 4 == 0 else 33, 0.2 + position * beat, 0.1, 110)
    minor, tonic = bool(index % 2), rng.randrange(12)
    chords = [chord_of(tonic, step, minor) for step in rng.choice(PROGRESSIONS[minor])]
    whole = piece(rng, rng.choice((64, 100, 140)), (3, 4)[index % 2], tonic, minor, chords, 4)
    for kind, file in (
        ("note", note.file()), ("melody", melody.file()), ("strokes", strokes.file()),
        ("metronome", metronome.file()), ("generated piece", whole),
    ):  # fmt: skip
        yield kind, played(bench.heard, file)


def _said(bench: Benchmark, rng: random.Random) -> np.ndarray:
    """Two sentences."""
    voice = rng.choice(list(VOICES))
    names = list(bench.prompts(voice, (5, 14)))
    first, second = (bench.heard.prompt(voice, rng.choice(names)) for _ in range(2))
    return np.concatenate([first, silence(0.3), second])


def _part(audio: np.ndarray, rng: random.Random, seconds: int) -> np.ndarray:
    """A stretch, which may be a soft one."""
    start = rng.randrange(max(1, len(audio) - seconds * RATE))
    return levelled(audio[start : start + seconds * RATE])


def _noise(rng: random.Random, width: int) -> np.ndarray:
    draw = np.random.default_rng(rng.randrange(2**32)).standard_normal(3 * RATE)
    return levelled(np.convolve(draw, np.ones(width) / width, "same").astype(np.float32))


def _loop(rng: random.Random, strokes: list[np.ndarray]) -> np.ndarray:
    """Six seconds of a rhythm of three strokes."""
    loop, step = np.zeros(7 * RATE, dtype=np.float32), rng.uniform(0.2, 0.5)
    for position in range(int(6 / step)):
        stroke = strokes[2 if position % 4 == 3 else position % 2][:RATE]
        start = round(position * step * RATE)
        loop[start : start + len(stroke)] += stroke[: len(loop) - start]
    return levelled(loop[: 6 * RATE])


if __name__ == "__main__":
    main()
