"""Music: pieces, melodies and strokes that FluidSynth plays from scores, and Bach's chorales."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mido
import mir_eval
import numpy as np
from audioqa.pieces import INSTRUMENTS, NAMES, PROGRESSIONS, SOLO, chord_of, piece
from audioqa.scores import Score, played
from audioqa.sources import RATE, levelled
from recordings import names_of

from toolbench import music_detail, music_tags
from toolbench.measures import Benchmark, majority

RHYTHM = ("tempo", "beats", "meter", "beat_regularity")
HARMONY = ("key", "chords")
LIBRARIES = ("", " (librosa)")
PIECES, CHORALES = 40, 30
RIGHT_F, RIGHT_OVERLAP = 0.8, 0.7
"""F-measure and overlap from which a finding that lists something counts as right."""
PATTERNS = {
    "piano": "piano|keyboard", "harpsichord": "harpsichord|piano", "music box": "music box|bell",
    "xylophone": "xylophone|mallet|marimba", "church organ": "organ", "accordion": "accordion",
    "acoustic guitar": "guitar|plucked", "electric guitar": "guitar",
    "bass guitar": "bass guitar|guitar", "violin": "violin", "cello": "cello", "harp": "harp",
    "choir": "choir|singing|chant", "trumpet": "trumpet", "saxophone": "saxophone", "oboe": "oboe",
    "clarinet": "clarinet", "flute": "flute", "sitar": "sitar", "banjo": "banjo",
    "bagpipes": "bagpipe", "steel drum": "steelpan",
}  # fmt: skip


def measure(bench: Benchmark) -> None:
    """Measure every tool for music."""
    rng = random.Random(f"music {bench.split}")
    _pieces(bench, rng)
    _chorales(bench)
    _tempo_change(bench, rng)
    _notes(bench, rng)
    _onsets(bench, rng)
    _instruments(bench, rng)
    music_tags.measure(bench)
    _dynamics(bench, rng)
    _sections(bench)
    music_detail.measure(bench)
    _onsets_in_noise(bench, random.Random(f"strokes in noise {bench.split}"))


class _Piece(NamedTuple):
    bpm: int
    meter: int
    key: str
    chords: list[str]
    """Label of each bar, as mir_eval writes chords."""
    clip: Any


def _generated(bench: Benchmark, rng: random.Random) -> Iterator[_Piece]:
    """Backings with bass, chords and melody; all but every fifth have drums."""
    for index in range(PIECES):
        bpm = rng.choice([64, 72, 80, 92, 100, 112, 126, 140, 156])
        meter, minor, tonic = (3, 4)[index % 2], bool(rng.getrandbits(1)), rng.randrange(12)
        chords = [chord_of(tonic, step, minor) for step in rng.choice(PROGRESSIONS[minor])]
        score = piece(rng, bpm, meter, tonic, minor, chords, 12, drums=index % 5 != 4)
        audio = played(bench.heard, score)
        bars = [f"{NAMES[root]}:{'min' if is_minor else 'maj'}" for root, is_minor in chords]
        key = f"{NAMES[tonic]} {'minor' if minor else 'major'}"
        yield _Piece(bpm, meter, key, [bars[i % len(bars)] for i in range(12)], bench.clip(audio))


def _pieces(bench: Benchmark, rng: random.Random) -> None:
    pieces = list(_generated(bench, rng))
    for library in LIBRARIES:
        tempo, f_measures, meters, keys, exact, overlaps = [], [], [], [], [], []
        for one in pieces:
            bpm = bench.find(f"tempo{library}", one.clip).data.get("bpm")
            close = bpm is not None and abs(bpm / one.bpm - 1) <= 0.04
            tempo.append(bench.judge(f"tempo{library}", close))
            times = np.array(bench.find(f"beats{library}", one.clip).data.get("times_s", []))
            truth = np.arange(12 * one.meter) * 60 / one.bpm
            f_measures.append(
                mir_eval.beat.f_measure(*(mir_eval.beat.trim_beats(b) for b in (truth, times)))
            )
            bench.judge(f"beats{library}", f_measures[-1] >= RIGHT_F)
            found = bench.find(f"meter{library}", one.clip).data.get("beats_per_bar")
            meters.append(bench.judge(f"meter{library}", found == one.meter))
            named = bench.find(f"key{library}", one.clip).data.get("key", "C major")
            keys.append(mir_eval.key.weighted_score(one.key, named))
            exact.append(bench.judge(f"key{library}", named == one.key))
            chords = bench.find(f"chords{library}", one.clip).data["chords"]
            overlaps.append(_overlap(one, chords))
            bench.judge(f"chords{library}", overlaps[-1] >= RIGHT_OVERLAP)
        bench.share(f"tempo{library}", "generated pieces: within 4%", tempo, None)
        bench.mean(f"beats{library}", "generated pieces: beat F-measure, 70 ms", f_measures)
        bench.share(f"meter{library}", "generated pieces: three or four", meters, 0.5)
        bench.share(f"key{library}", "generated pieces: key", exact, 1 / 24)
        bench.mean(f"key{library}", "generated pieces: mir_eval's weighted score", keys)
        bench.mean(
            f"chords{library}", "generated pieces: weighted overlap, triads", overlaps, 1 / 24
        )


def _overlap(one: _Piece, found: list[dict[str, Any]]) -> float:
    bar = 60 / one.bpm * one.meter
    truth = np.array([(i * bar, (i + 1) * bar) for i in range(len(one.chords))])
    if not found:
        return 0.0
    spans = np.array([(chord["start_s"], chord["end_s"]) for chord in found])
    spans, labels = mir_eval.util.adjust_intervals(
        spans, [chord["chord"] for chord in found], truth.min(), truth.max(), "N", "N"
    )
    spans, ours, theirs = mir_eval.util.merge_labeled_intervals(truth, one.chords, spans, labels)
    right = mir_eval.chord.majmin(ours, theirs)
    return float(
        mir_eval.chord.weighted_accuracy(right, mir_eval.util.intervals_to_durations(spans))
    )


def _chorales(bench: Benchmark) -> None:
    """Bach's chorales from the music21 corpus; their keys are music21's analysis of the score."""
    from music21 import corpus

    names = names_of("score", bench.split)
    chosen = random.Random(f"bach {bench.split}").sample(names, 3 * CHORALES)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            if name.endswith(".rntxt"):  # somebody's analysis, not a score
                continue
            score = corpus.parse(name)
            analysed = score.analyze("key")
            tonic = analysed.tonic.pitchClass
            midi = Path(folder) / "a.mid"
            score.write("midi", fp=midi)
            file = mido.MidiFile(midi)
            tempi = {m.tempo for track in file.tracks for m in track if m.type == "set_tempo"}
            if len(tempi) > 1 or file.length < 15:
                continue
            bpm = mido.tempo2bpm(tempi.pop()) if tempi else 120.0
            clip = bench.clip(played(bench.heard, file)[: 30 * RATE])
            rows.append((bpm, f"{NAMES[tonic]} {analysed.mode}", clip))
            if len(rows) == CHORALES:
                break
    for library in LIBRARIES:
        tempo, exact, weighted = [], [], []
        for bpm, key, clip in rows:
            found = bench.find(f"tempo{library}", clip).data.get("bpm")
            close = found is not None and abs(found / bpm - 1) <= 0.04
            tempo.append(bench.judge(f"tempo{library}", close))
            named = bench.find(f"key{library}", clip).data.get("key", "C major")
            exact.append(bench.judge(f"key{library}", named == key))
            weighted.append(mir_eval.key.weighted_score(key, named))
        bench.share(f"tempo{library}", "Bach chorales: within 4%", tempo, None)
        bench.share(f"key{library}", "Bach chorales: key", exact, 1 / 24)
        bench.mean(f"key{library}", "Bach chorales: mir_eval's weighted score", weighted)


def _tempo_change(bench: Benchmark, rng: random.Random) -> None:
    clips = []
    for index in range(36):
        kind = index % 3
        score, time = Score(60), 0.2
        length = (rng.uniform(0.65, 0.85), rng.uniform(0.35, 0.45), rng.uniform(0.4, 0.7))[kind]
        factor = (rng.uniform(0.955, 0.975), rng.uniform(1.025, 1.045), 1.0)[kind]
        score.program(0, rng.choice((0, 24, 33)))
        root = rng.randrange(40, 55)
        for beat in range(22):
            score.note(9, 36 if beat % 2 == 0 else 38, time, 0.1, 110)
            score.note(0, root + rng.choice((0, 4, 7)), time, length * 0.9, 95)
            time, length = time + length, length * factor
        clips.append((kind, bench.clip(played(bench.heard, score.file()))))
    right = []
    for kind, clip in clips:
        data = bench.find("beat_regularity", clip).data
        change = data.get("last_bpm", 1.0) / data.get("first_bpm", 1.0)
        course = 0 if change > 1.08 else 1 if change < 0.92 else 2
        right.append(bench.judge("beat_regularity", course == kind))
    guess = majority([kind for kind, _ in clips])
    bench.share("beat_regularity", "faster, slower or steady", right, guess)


def _notes(bench: Benchmark, rng: random.Random) -> None:
    """Melodies of one instrument, and chords: pitch, intervals and transcription."""
    pitches, intervals, f_solo, f_chords, counts = [], [], [], [], []
    own = names_of("program", bench.split)
    solo = [program for program in SOLO if str(program) in own]
    for _ in range(40):
        score, first = Score(60), rng.randrange(55, 74)
        score.program(0, rng.choice(solo))
        moves = [rng.choice((-7, -5, -4, -3, -2, 2, 3, 4, 5, 7)) for _ in range(4)]
        midi = [first + sum(moves[:i]) for i in range(5)]
        for position, note in enumerate(midi):
            score.note(0, note, 0.2 + position * 0.9, 0.8, 95)
        clip = bench.clip(played(bench.heard, score.file()))
        named = [note["note"] for note in bench.find("pitch", clip).data.get("notes", [])]
        right = named == [f"{NAMES[n % 12]}{n // 12 - 1}" for n in midi]
        pitches.append(bench.judge("pitch", right))
        data = bench.find("melody", clip).data
        right = data.get("intervals_semitones") == moves
        intervals.append(bench.judge("melody", right))
        played_notes = [(0.2 + i * 0.9, 0.2 + i * 0.9 + 0.8, n) for i, n in enumerate(midi)]
        f_solo.append(_note_f(bench.find("notes", clip).data["notes"], played_notes))
        bench.judge("notes", f_solo[-1] >= RIGHT_F)
    for _ in range(30):
        score, truth = Score(60), []
        score.program(0, rng.choice((0, 24, 19, 48)))
        sizes = [rng.randint(1, 4) for _ in range(4)]
        for position, size in enumerate(sizes):
            root = rng.randrange(45, 60)
            for step in (0, 7, 16, 22)[:size]:
                score.note(0, root + step, 0.2 + position * 1.2, 1.0, 90)
                start = 0.2 + position * 1.2
                truth.append((start, start + 1.0, root + step))
        data = bench.find("notes", bench.clip(played(bench.heard, score.file()))).data
        f_chords.append(_note_f(data["notes"], truth))
        bench.judge("notes", f_chords[-1] >= RIGHT_F)
        counts.append(abs(data["count"] - len(truth)) <= 1)
    bench.share("pitch", "all five notes of a melody right", pitches, 0.0)
    bench.share("melody", "all four intervals right", intervals, 0.0)
    bench.mean("notes", "note F-measure, one voice (onset 0.1 s)", f_solo)
    bench.mean("notes", "note F-measure, chords (onset 0.1 s)", f_chords)
    bench.share("notes", "number of notes of chords within one", counts, None)


def _note_f(found: list[dict[str, Any]], truth: list[tuple[float, float, int]]) -> float:
    if not found:
        return 0.0
    ours = np.array(
        [(note["start_s"], max(note["end_s"], note["start_s"] + 0.01)) for note in found]
    )
    theirs = np.array([(start, end) for start, end, _ in truth])
    return float(
        mir_eval.transcription.precision_recall_f1_overlap(
            theirs,
            np.array([440 * 2 ** ((n - 69) / 12) for *_, n in truth]),
            ours,
            np.array([_hertz(note["note"]) for note in found]),
            onset_tolerance=0.1,
            offset_ratio=None,
        )[2]
    )


def _hertz(name: str) -> float:
    tone, octave = re.fullmatch(r"([A-G]#?)(-?\d+)", name).groups()  # type: ignore[union-attr]
    return float(440 * 2 ** ((NAMES.index(tone) + 12 * (int(octave) + 1) - 69) / 12))


def _strokes(rng: random.Random, count: int) -> tuple[Score, list[float]]:
    """Of one drum, and when each is."""
    score, time, starts = Score(60), 0.3, []
    drum = rng.choice((35, 38, 41, 45, 48, 56, 76))
    for _ in range(count):
        starts.append(time)
        score.note(9, drum, time, 0.2, rng.randint(85, 115))
        time += rng.uniform(0.2, 0.8)
    return score, starts


def _onsets_in_noise(bench: Benchmark, rng: random.Random) -> None:
    """Strokes in steady noise, white or darker, whose level is theirs or up to 20 dB lower."""
    exact, truths = [], []
    for index in range(36):
        score, starts = _strokes(rng, 3 + index % 8)
        audio, width = played(bench.heard, score.file()), (1, 4, 16)[index % 3]
        noise = np.random.default_rng(index).standard_normal(len(audio))
        noise = np.convolve(noise, np.ones(width) / width, "same")
        gain = float(np.std(audio) / np.std(noise)) * 10 ** (-(0, 10, 20)[index // 3 % 3] / 20)
        clip = bench.clip(levelled((audio + gain * noise).astype(np.float32)))
        truths.append(len(starts))
        count = bench.find("onsets", clip).data["count"]
        exact.append(bench.judge("onsets", count == len(starts)))
    bench.share("onsets", "number of strokes in noise (3 to 10)", exact, majority(truths))


def _onsets(bench: Benchmark, rng: random.Random) -> None:
    f_drums, f_notes, exact, at_once, truths = [], [], [], [], []
    for index in range(40):
        score, starts = _strokes(rng, 3 + index % 8)
        audio = played(bench.heard, score.file())
        cut = bench.clip(audio[round((starts[0] - 0.005) * RATE) :])
        count = bench.find("onsets", cut).data["count"]
        at_once.append(bench.judge("onsets", count == len(starts)))
        found = bench.find("onsets", bench.clip(audio)).data["times_s"]
        f_drums.append(mir_eval.onset.f_measure(np.array(starts), np.array(found))[0])
        truths.append(len(starts))
        exact.append(bench.judge("onsets", len(found) == len(starts)))
        score, time, starts = Score(60), 0.3, []
        score.program(0, rng.choice((0, 6, 24, 13, 46)))
        for _ in range(8):
            starts.append(time)
            score.note(0, rng.randrange(50, 76), time, 0.4, rng.randint(75, 110))
            time += rng.uniform(0.2, 0.7)
        found = bench.find("onsets", bench.clip(played(bench.heard, score.file()))).data["times_s"]
        f_notes.append(mir_eval.onset.f_measure(np.array(starts), np.array(found))[0])
    bench.mean("onsets", "onset F-measure, drums, 50 ms", f_drums)
    bench.mean("onsets", "onset F-measure, plucked and struck notes, 50 ms", f_notes)
    bench.share("onsets", "number of strokes (3 to 10)", exact, majority(truths))
    what = "number of strokes (3 to 10), where the clip begins with the first"
    bench.share("onsets", what, at_once, majority(truths))


def _instruments(bench: Benchmark, rng: random.Random) -> None:
    first, three = [], []
    for name, program in INSTRUMENTS.items():
        for _ in range(2):
            score = Score(90)
            score.program(0, program)
            for position in range(6):
                score.note(0, rng.randrange(55, 72), position, 0.95, 95)
            found = bench.find("instruments", bench.clip(played(bench.heard, score.file()))).data
            fits = [
                re.search(PATTERNS[name], one["class"], re.IGNORECASE) is not None
                for one in found["instruments"]
            ]
            first.append(bench.judge("instruments", bool(fits) and fits[0]))
            three.append(any(fits[:3]))
    bench.share("instruments", "first name is one of 22 sampled instruments", first, 1 / 22)
    bench.share("instruments", "one of three is", three, 3 / 22)


def _dynamics(bench: Benchmark, rng: random.Random) -> None:
    close, told, truths = [], [], []
    for index in range(40):
        time = np.arange(8 * RATE) / RATE
        drop = rng.uniform(18, 26) if index % 2 else rng.uniform(0, 6)
        tone = 0.3 * sum(np.sin(2 * np.pi * 220 * n * time) / n for n in range(1, 6))
        quiet = (time // 2) % 2 == 1
        levels = np.convolve(np.where(quiet, 10 ** (-drop / 20), 1.0), np.ones(500) / 500, "same")
        data = bench.find("dynamics", bench.clip(tone * levels)).data
        truths.append(index % 2)
        told.append(bench.judge("dynamics", (data["range_db"] > 12) == bool(index % 2)))
        close.append(abs(data["range_db"] - drop) <= 3)
    bench.share("dynamics", "small or great contrasts", told, majority(truths))
    bench.share("dynamics", "range within 3 dB", close, None)


def _sections(bench: Benchmark) -> None:
    """Two or three instruments one after the other; random notes, so that only timbre changes."""
    rng = random.Random(f"sections {bench.split}")
    scores, exact, truths = [], [], []
    own = names_of("program", bench.split)
    names = sorted(name for name, program in INSTRUMENTS.items() if str(program) in own)
    for index in range(120):
        parts, length = 1 + index % 3, 15.0
        chosen = rng.sample(names, parts)
        edges = [length * i / parts + (rng.uniform(-1, 1) if i else 0) for i in range(parts)]
        score = Score(60)
        for channel, name in enumerate(chosen):
            score.program(channel, INSTRUMENTS[name])
            start = edges[channel]
            end = edges[channel + 1] if channel + 1 < parts else length
            while start < end - 0.2:
                score.note(channel, rng.randrange(55, 72), start, 0.4, 95)
                start += 0.5
        found = bench.find("sections", bench.clip(played(bench.heard, score.file()))).data
        changes = sorted({change for change in found["changes_s"] if 0 < change < length})
        truths.append(parts)
        exact.append(bench.judge("sections", len(changes) + 1 == parts))
        if parts > 1:
            ours, theirs = (
                mir_eval.util.boundaries_to_intervals(np.array([0.0, *edge, length]))
                for edge in (changes, edges[1:])
            )
            scores.append(mir_eval.segment.detection(theirs, ours, window=1.0, trim=True)[2])
    bench.share("sections", "number of sections (1 to 3)", exact, majority(truths))
    bench.mean("sections", "boundary F-measure, 1 s", scores)
