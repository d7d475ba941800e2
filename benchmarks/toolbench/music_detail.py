"""Contours, sustained notes, metres and chords beyond triads, on presets of several soundfonts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

import mir_eval
import numpy as np
from audioqa.pieces import NAMES
from audioqa.scores import Score, played
from audioqa.sources import RATE, SOUNDFONTS
from recordings import names_of

from toolbench.measures import Benchmark, majority

MELODIC = frozenset({0, 24, 25, 40, 41, 42, 52, 53, 56, 57, 60, 64, 65, 66, 68, 69, 70, 71, 73, 74})
HARMONIC = frozenset({0, 4, 6, 16, 19, 21, 24, 25, 26, 46, 48})
SHAPES = {
    "rising": (0, 2, 4, 5, 7, 9), "falling": (9, 7, 5, 4, 2, 0), "arch": (0, 4, 7, 9, 5, 2),
    "valley": (9, 5, 2, 0, 4, 7), "wavy": (0, 7, 0, 7, 2, 7, 0), "level": (0, 0, 0, 0, 0),
}  # fmt: skip
CHORDS = {
    "maj": (0, 4, 7), "min": (0, 3, 7), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11),
    "min7": (0, 3, 7, 10), "sus4": (0, 5, 7), "dim": (0, 3, 6), "aug": (0, 4, 8),
}  # fmt: skip
METRES = {"2/4": 2, "3/4": 3, "4/4": 4, "6/8": 2}
LIBRARIES = ("", " (librosa)")
RIGHT_OVERLAP = 0.7


class _Preset(NamedTuple):
    soundfont: str
    program: int


def measure(bench: Benchmark) -> None:
    """Measure what the other measures of music leave out."""
    rng = random.Random(f"music detail {bench.split}")
    _contours(bench, rng)
    _sustained(bench, rng)
    _chords(bench, rng)
    _pairs(bench, rng)
    _metres(bench, rng)


def _presets(bench: Benchmark, wanted: frozenset[int], rng: random.Random) -> Iterator[_Preset]:
    """Presets of the split without end, each soundfont in turn."""
    own = [int(name) for name in names_of("program", bench.split) if int(name) in wanted]
    while True:
        for soundfont in SOUNDFONTS:
            yield _Preset(soundfont, rng.choice(own))


def _contours(bench: Benchmark, rng: random.Random) -> None:
    """Legato and detached melodies, with vibrato on half of them."""
    right: dict[str, list[bool]] = {"melody": [], "pitch": []}
    truths = []
    presets = _presets(bench, MELODIC, rng)
    for index in range(48):
        preset, shape = next(presets), list(SHAPES)[index % len(SHAPES)]
        score, first, beat = Score(60), rng.randrange(58, 68), rng.choice((0.35, 0.5, 0.75))
        score.program(0, preset.program)
        if index % 2:
            score.modulation(0, rng.choice((50, 100)))
        held = rng.choice((0.8, 1.0)) if shape != "level" else 0.8
        for position, step in enumerate(SHAPES[shape]):
            score.note(0, first + step, 0.2 + position * beat, beat * held, rng.randint(75, 105))
        clip = bench.clip(played(bench.heard, score.file(), soundfont=preset.soundfont))
        truths.append(shape)
        for tool, answers in right.items():
            found = bench.find(tool, clip).data.get("contour")
            answers.append(bench.judge(tool, found == shape))
    for tool, answers in right.items():
        what = "contour (rising, falling, arch, valley, wavy, level)"
        bench.share(tool, what, answers, majority(truths))


def _sustained(bench: Benchmark, rng: random.Random) -> None:
    """One note, with vibrato on half of them."""
    right = []
    presets = _presets(bench, MELODIC, rng)
    for index in range(40):
        preset, note, score = next(presets), rng.randrange(55, 77), Score(60)
        score.program(0, preset.program)
        if index % 2:
            score.modulation(0, rng.choice((50, 100)))
        score.note(0, note, 0.1, rng.choice((0.8, 2.0)), rng.randint(65, 105))
        data = bench.find(
            "pitch", bench.clip(played(bench.heard, score.file(), soundfont=preset.soundfont))
        ).data
        named = {one["note"] for one in data.get("notes", [])}
        right.append(bench.judge("pitch", named == {f"{NAMES[note % 12]}{note // 12 - 1}"}))
    bench.share("pitch", "the note of a sustained tone, octave and all", right, 1 / 22)


def _chords(bench: Benchmark, rng: random.Random) -> None:
    """Five chords over a bass, of eight kinds."""
    clips = []
    presets = _presets(bench, HARMONIC, rng)
    for _ in range(24):
        preset, score, seconds, truth = next(presets), Score(60), rng.choice((1.2, 1.8)), []
        score.program(0, preset.program)
        for position in range(5):
            root, kind = rng.randrange(12), rng.choice(list(CHORDS))
            start = position * seconds
            score.note(0, 36 + root, start, seconds * 0.95, 90)
            for step in CHORDS[kind]:
                score.note(0, 50 + (root + step - 50) % 12, start, seconds * 0.95, 80)
            truth.append((start, start + seconds, f"{NAMES[root]}:{kind}"))
        audio = played(bench.heard, score.file(), soundfont=preset.soundfont)
        clips.append((truth, bench.clip(audio[: round(5 * seconds * RATE)])))
    for library in LIBRARIES:
        tool, overlaps, moments = f"chords{library}", [], []
        for truth, clip in clips:
            found = bench.find(tool, clip).data["chords"]
            overlaps.append(_overlap(truth, found))
            bench.judge(tool, overlaps[-1] >= RIGHT_OVERLAP)
            start, end, label = truth[2]
            moment = bench.find(tool, clip, at=(start + end) / 2).data.get("at")
            moments.append(bench.judge(tool, (moment or "N").partition("/")[0] == label))
        what = "weighted overlap, triads, sevenths, suspended and altered chords"
        bench.mean(tool, what, overlaps, 1 / (12 * len(CHORDS)))
        bench.share(tool, "the chord at a moment, of eight kinds", moments, 1 / (12 * len(CHORDS)))


def _pairs(bench: Benchmark, rng: random.Random) -> None:
    """Two notes of different names, held for three seconds, and three or four of a chord."""
    presets = _presets(bench, HARMONIC, rng)
    told: dict[str, list[bool]] = {"two notes": [], "a chord": []}
    for index in range(80):
        preset, score, root = next(presets), Score(60), rng.randrange(43, 61)
        score.program(0, preset.program)
        chord = index % 2
        steps = rng.choice(list(CHORDS.values())) if chord else (0, rng.choice((3, 4, 5, 7, 8, 9)))
        for step in steps:
            score.note(0, root + step, 0.3, 3.0, 90)
        clip = bench.clip(played(bench.heard, score.file(), soundfont=preset.soundfont))
        found = bench.find("chords", clip)
        told["a chord" if chord else "two notes"].append(found.measured == bool(chord))
    for what, right in told.items():
        bench.share("chords", f"{what} held: whether it is a chord", right, 0.5)


def _overlap(truth: list[tuple[float, float, str]], found: list[dict[str, object]]) -> float:
    if not found:
        return 0.0
    intervals = np.array([(start, end) for start, end, _ in truth])
    spans, labels = mir_eval.util.adjust_intervals(
        np.array([(chord["start_s"], chord["end_s"]) for chord in found]),
        [str(chord["chord"]) for chord in found], intervals.min(), intervals.max(), "N", "N",
    )  # fmt: skip
    spans, theirs, ours = mir_eval.util.merge_labeled_intervals(
        intervals, [label for *_, label in truth], spans, labels
    )
    return float(
        mir_eval.chord.weighted_accuracy(
            mir_eval.chord.tetrads(theirs, ours), mir_eval.util.intervals_to_durations(spans)
        )
    )


def _metres(bench: Benchmark, rng: random.Random) -> None:
    """Twelve seconds of bass and chords; every other piece has drums."""
    clips = []
    presets = _presets(bench, HARMONIC, rng)
    for index in range(100):
        preset, metre = next(presets), list(METRES)[index % len(METRES)]
        bpm = rng.choice((72, 84, 96, 108, 120) if metre != "6/8" else (54, 60, 66, 76))
        score, beats, tonic = Score(bpm), METRES[metre], rng.randrange(12)
        score.program(0, preset.program)
        for bar in range(round(12 * bpm / 60 / beats)):
            root = (tonic + (0, 5, 7, 0)[bar % 4]) % 12
            _bar(score, metre, bar * beats, root, drums=index // 4 % 2 == 0)
        audio = played(bench.heard, score.file(), soundfont=preset.soundfont)
        clips.append((metre, bench.clip(audio[: 12 * RATE])))
    for library in LIBRARIES:
        tool, right, apart = f"meter{library}", [], []
        for metre, clip in clips:
            found = bench.find(tool, clip).data.get("time_signature")
            right.append(bench.judge(tool, found == metre))
            duple = ("2/4", "4/4")
            apart.append(found == metre or (found in duple and metre in duple))
        bench.share(tool, "2/4, 3/4, 4/4 or 6/8", right, 1 / 4)
        bench.share(tool, "two or four, three, or 6/8", apart, 1 / 2)


def _bar(score: Score, metre: str, start: int, root: int, *, drums: bool) -> None:
    beats, parts = METRES[metre], 3 if metre == "6/8" else 2
    for beat in range(beats):
        at = start + beat
        if beat == 0 or (metre in ("2/4", "4/4") and beat % 2 == 0):
            score.note(0, 36 + root, at, 0.9, 105 if beat == 0 else 90)
        for part in range(parts):
            offbeat = (metre == "2/4" and part == 1) or (metre == "3/4" and beat > 0 and part == 0)
            if metre == "6/8" or offbeat or (metre == "4/4" and part == 0):
                for step in (0, 4, 7) if metre != "6/8" else ((0, 4, 7)[part],):
                    number = 48 + (root + step) % 12
                    score.note(0, number, at + part / parts, 0.9 / parts, 85 - 15 * (part > 0))
            if drums:
                score.note(9, 42, at + part / parts, 0.1, 60 - 15 * (part > 0))
        if drums:
            score.note(9, 36 if beat == 0 else 38, at, 0.1, 110 if beat == 0 else 75)
