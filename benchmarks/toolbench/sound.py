"""Sound: recorded animals and things, placed, counted, panned and mixed with noise."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import mir_eval
import numpy as np
from audioqa.sources import ANIMALS, RATE, VOICES, silence
from recordings import names_of

from audiorouter import Clip
from toolbench import parts, scenes
from toolbench.measures import Benchmark, majority
from toolbench.sound_classes import CLASSES


def measure(bench: Benchmark) -> None:
    """Measure every tool for sound."""
    rng = random.Random(f"sound {bench.split}")
    _tags(bench)
    _events(bench, rng)
    _count(bench)
    _silences(bench, rng)
    _repetition(bench, rng)
    _loudness(bench, rng)
    _noise(bench, rng)
    _brightness(bench, rng)
    _stereo(bench, rng)
    parts.measure(bench)
    scenes.measure(bench)


def _own(bench: Benchmark) -> list[str]:
    return names_of("stamp", bench.split)


def _short(bench: Benchmark, name: str, seconds: float) -> np.ndarray:
    sound = bench.heard.stamp(name)[: round(seconds * RATE)].copy()
    fade = min(len(sound), RATE // 50)
    sound[-fade:] *= np.linspace(1, 0, fade)
    return sound


def _tags(bench: Benchmark) -> None:
    """All recordings: the network was trained by others, and nothing here is tuned on them."""
    first, three, faint = [], [], []
    for name, pattern in CLASSES.items():
        audio = np.concatenate([silence(0.2), bench.heard.stamp(name)])
        quiet, clip = bench.clip(audio * 10 ** (-25 / 20)), bench.clip(audio)
        faint.append(any(_fits(bench, quiet, pattern)[:3]))
        fits = _fits(bench, clip, pattern)
        first.append(bench.judge("sound_tags", fits[0]))
        three.append(any(fits[:3]))
    bench.share("sound_tags", "first tag names one of 43 sounds", first, 1 / 43)
    bench.share("sound_tags", "one of three tags does", three, 3 / 43)
    bench.share("sound_tags", "the same, 25 dB quieter", faint, 3 / 43)


def _fits(bench: Benchmark, clip: Clip, pattern: str) -> list[bool]:
    """Whether each tag names the sound, the most probable first."""
    tags = bench.find("sound_tags", clip).data["tags"]
    return [re.search(pattern, tag["class"], re.IGNORECASE) is not None for tag in tags]


def _placed(
    bench: Benchmark, rng: random.Random, names: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The sounds one after the other, and when each begins."""
    parts, starts, time = [silence(0.3)], [], 0.3
    for name in names:
        sound, pause = _short(bench, name, 1.2), rng.uniform(0.5, 0.9)
        starts.append(time)
        parts += [sound, silence(pause)]
        time += len(sound) / RATE + round(pause * RATE) / RATE
    return np.concatenate(parts), np.array(starts)


def _events(bench: Benchmark, rng: random.Random) -> None:
    exact, near, onsets, truths = [], [], [], []
    for index in range(48):
        count = 1 + index % 6
        audio, starts = _placed(bench, rng, [rng.choice(_own(bench))] * count)
        data = bench.find("sound_events", bench.clip(audio)).data
        truths.append(count)
        exact.append(bench.judge("sound_events", data["count"] == count))
        near.append(abs(data["count"] - count) <= 1)
        found = np.array([event["start_s"] for event in data["events"]])
        onsets.append(mir_eval.onset.f_measure(starts, found, window=0.1)[0])
    bench.share("sound_events", "number of sounds (1 to 6)", exact, majority(truths))
    bench.share("sound_events", "within one", near, 0.5)
    bench.mean("sound_events", "onset F-measure, 0.1 s", onsets)


def _count(bench: Benchmark) -> None:
    rng = random.Random(f"counts {bench.split}")
    exact, near, truths = [], [], []
    animals = [name for name in _own(bench) if name in ANIMALS]
    others = [name for name in _own(bench) if name not in ANIMALS]
    for index in range(150):
        count = index % 5
        what = rng.choice(animals)
        names = [what] * count + [rng.choice(others) for _ in range(rng.randint(1, 2))]
        rng.shuffle(names)
        audio, _ = _placed(bench, rng, names)
        found = bench.find("count_sound", bench.clip(audio), sound=what).data["count"]
        truths.append(count)
        exact.append(bench.judge("count_sound", found == count))
        near.append(abs(found - count) <= 1)
    bench.share("count_sound", "number of one animal's (0 to 4)", exact, majority(truths))
    bench.share("count_sound", "within one", near, 0.6)


def _silences(bench: Benchmark, rng: random.Random) -> None:
    lengths, silent = [], []
    for _ in range(40):
        pieces, quiet, total = [], 0.0, 0.0
        for position in range(rng.randint(2, 5)):
            pause = rng.uniform(0.5, 3)
            tone = (
                np.sin(2 * np.pi * 300 * np.arange(rng.randint(RATE // 2, 2 * RATE)) / RATE) * 0.2
            )
            pieces += [silence(pause), tone] if position else [tone]
            quiet += round(pause * RATE) / RATE if position else 0.0
        audio = np.concatenate(pieces)
        total = len(audio) / RATE
        data = bench.find("silences", bench.clip(audio)).data
        lengths.append(abs(data["duration_s"] - total) <= 0.02)
        silent.append(bench.judge("silences", abs(data["silent_s"] - quiet) <= 0.3))
    bench.share("silences", "length within 0.02 s", lengths, None)
    bench.share("silences", "silence in all within 0.3 s", silent, None)


def _repetition(bench: Benchmark, rng: random.Random) -> None:
    periods, told, truths = [], [], []
    for index in range(60):
        sound, even = _short(bench, rng.choice(_own(bench)), 0.4), index % 2 == 0
        period, time, starts = rng.uniform(0.5, 2.2), 0.2, []
        while time < 10:
            starts.append(time)
            time += period if even else rng.uniform(0.45, 2.4)
        audio = np.zeros(11 * RATE, dtype=np.float32)
        for start in starts:
            first = round(start * RATE)
            audio[first : first + len(sound)] += sound[: len(audio) - first]
        found = bench.find("repetition", bench.clip(audio)).data["period_s"]
        truths.append(even)
        told.append(bench.judge("repetition", (found is not None) == even))
        if even:
            periods.append(found is not None and abs(found / period - 1) <= 0.05)
    bench.share("repetition", "regular or irregular", told, majority(truths))
    bench.share("repetition", "period within 5%", periods, None)


def _loudness(bench: Benchmark, rng: random.Random) -> None:
    """Against ffmpeg's own meter of EBU R 128, which prints tenths."""
    errors, trends, truths = [], [], []
    for _ in range(40):
        sound = bench.heard.stamp(rng.choice(_own(bench)))
        loop = np.tile(sound, -(-5 * RATE // len(sound)))[: 5 * RATE] * rng.uniform(0.05, 1)
        clip = bench.clip(loop)
        found = bench.find("loudness", clip).data["integrated_lufs"]
        errors.append(found is not None and abs(found - _ffmpeg_lufs(clip.path)) <= 0.15)
    for index in range(45):
        sound = bench.heard.stamp(rng.choice(_own(bench)))
        loop = np.tile(sound, -(-6 * RATE // len(sound)))[: 6 * RATE]
        kind = index % 3
        ends = ((0.05, 1.0), (1.0, 0.05), (0.6, 0.6))[kind]
        change = bench.find("loudness", bench.clip(loop * np.geomspace(*ends, len(loop)))).data
        truths.append(kind)
        course = 0 if change["change_db"] > 3 else 1 if change["change_db"] < -3 else 2
        trends.append(bench.judge("loudness", course == kind))
    bench.share("loudness", "LUFS within 0.15 of ffmpeg's", errors, None)
    bench.share("loudness", "louder, quieter or the same", trends, majority(truths))


def _ffmpeg_lufs(path: Path) -> float:
    command = ["ffmpeg", "-nostats", "-i", str(path), "-filter:a", "ebur128", "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", text)[-1])


def _noise(bench: Benchmark, rng: random.Random) -> None:
    close, told, truths = [], [], []
    for index in range(48):
        voice = rng.choice(list(VOICES))
        said = bench.heard.prompt(voice, rng.choice(list(bench.prompts(voice, (6, 25)))))
        ratio = (0, 5, 10, 30, 35, 40)[index % 6]
        noise = _below_8_khz(np.random.default_rng(index).standard_normal(len(said)))
        gain = float(np.std(said) / np.std(noise)) * 10 ** (-ratio / 20)
        found = bench.find("noise", bench.clip(said + gain * noise)).data["snr_db"]
        if ratio <= 10:
            close.append(abs(found - ratio) <= 3)
        truths.append(ratio >= 30)
        told.append(bench.judge("noise", (found >= 20) == (ratio >= 30)))
    bench.share("noise", "signal-to-noise ratio of 0 to 10 dB within 3 dB", close, None)
    bench.share("noise", "noisy (≤ 10 dB) or clean (≥ 30 dB) speech", told, majority(truths))


def _below_8_khz(noise: np.ndarray) -> np.ndarray:
    """Where the tool hears, and nearly all of the speech is."""
    spectrum = np.fft.rfft(noise)
    spectrum[round(8000 / RATE * len(noise)) :] = 0
    return np.fft.irfft(spectrum, len(noise))


def _brightness(bench: Benchmark, rng: random.Random) -> None:
    """Each sound as it is, and with its highs taken away."""
    right, theory = [], []
    for _ in range(40):
        sound = bench.heard.stamp(rng.choice(_own(bench)))
        dull = np.convolve(sound, np.ones(12) / 12, mode="same").astype(np.float32)
        as_is, darker = (
            bench.find("brightness", bench.clip(audio)).data["centroid_hz"]
            for audio in (sound, dull)
        )
        right.append(darker < as_is)
        low, high = rng.uniform(200, 800), rng.uniform(2000, 6000)
        time = np.arange(2 * RATE) / RATE
        pair = 0.2 * np.sin(2 * np.pi * low * time) + 0.2 * np.sin(2 * np.pi * high * time)
        found = bench.find("brightness", bench.clip(pair)).data["centroid_hz"]
        theory.append(bench.judge("brightness", abs(found / ((low + high) / 2) - 1) <= 0.1))
    bench.share("brightness", "a dulled sound is called darker", right, 0.5)
    bench.share("brightness", "centroid of two tones within 10%", theory, None)


def _stereo(bench: Benchmark, rng: random.Random) -> None:
    sides, moves, truths = [], [], []
    for index in range(40):
        sound = bench.heard.stamp(rng.choice(_own(bench)))
        loop = np.tile(sound, -(-3 * RATE // len(sound)))[: 3 * RATE]
        balance = (-20.0, -8.0, 0.0, 8.0, 20.0)[index % 5]
        pair = np.stack([loop, loop * 10 ** (balance / 20)], axis=1) / max(1, 10 ** (balance / 20))
        pair = pair + np.random.default_rng(index).standard_normal(pair.shape) * 5e-4
        found = bench.find("stereo", bench.clip(pair)).data["balance_db"]
        sides.append(bench.judge("stereo", abs(found - balance) <= 1))
        pan = np.linspace(0.03, 0.97, len(loop))
        pan = (pan, pan[::-1], np.full(len(loop), 0.5))[index % 3]
        still = np.random.default_rng(index).standard_normal((len(loop), 2)) * 5e-4
        data = bench.find(
            "stereo", bench.clip(np.stack([loop * (1 - pan), loop * pan], axis=1) + still)
        ).data
        change = data.get("last_third_db", 0.0) - data.get("first_third_db", 0.0)
        course = 0 if change > 6 else 1 if change < -6 else 2
        truths.append(index % 3)
        moves.append(bench.judge("stereo", course == index % 3))
    bench.share("stereo", "balance within 1 dB", sides, 0.2)
    bench.share("stereo", "moves right, left or not at all", moves, majority(truths))
