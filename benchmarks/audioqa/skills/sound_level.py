"""How loud: over time, by halves, one sound beside another; whether there is speech or music."""

from __future__ import annotations

import random

import numpy as np

from audioqa.arrangement import one_by_one, placed
from audioqa.chances import evenly
from audioqa.facts import Maker, Value
from audioqa.lengths import cut
from audioqa.levels import FRAME, at_rms, frame_levels, rms, unclipped
from audioqa.skills.sound_pool import LEVEL, Pool, Sound, sources_of, unalike
from audioqa.skills.sound_time import seconds
from audioqa.sources import RATE

LOUDER, SPEECH, MUSIC = "sound/louder_half", "sound/any_speech", "sound/any_music"
TRENDS = {"gets louder": 1, "gets quieter": -1, "stays the same": 0}
HALVES = {"first": -1, "second": 1, "neither": 0}
LENGTHS = (3, 6, 9, 12, 15)
YES_NO = (Value("yes"), Value("no"))
HALF_SECONDS = 4.0


def make(maker: Maker, pool: Pool) -> None:
    """Courses of loudness, halves, and pairs."""
    _courses(maker, pool)
    _halves(maker, pool)
    _pairs(maker, pool)


def _courses(maker: Maker, pool: Pool) -> None:
    """Noise, speech or music of a known length whose level rises, falls or stays."""
    rng = maker.rng("courses of loudness")
    count = max(map(maker.wanted, ("sound/trend", "sound/length")))
    trends = evenly(TRENDS, count, rng)
    lengths = evenly(LENGTHS, count, rng)
    noises = evenly(pool.noises, count, rng)
    for index, (trend, length) in enumerate(zip(trends, lengths, strict=True)):
        kind = ("noise", "speech", "music")[index % 3]
        sound = _going_on(pool, rng, kind, length, noises[index])
        audio = _exactly(_flat(sound.audio), length)
        change = TRENDS[trend] * rng.uniform(16, 24)
        gain = 10 ** (np.linspace(min(0, -change), min(0, change), len(audio)) / 20)
        clip = maker.clip(f"sound_course_{index}", [at_rms(audio, LEVEL) * gain])
        values = [Value(key) for key in TRENDS]
        sources = sources_of([sound])
        maker.add("sound/trend", clip, Value(trend), values, sources, kind=kind)
        maker.add("sound/length", clip, seconds(length), [seconds(n) for n in LENGTHS], sources)


def _going_on(pool: Pool, rng: random.Random, kind: str, length: float, noise: Sound) -> Sound:
    """Noise, speech or music for about this long."""
    if kind == "noise":
        audio = noise.lasting(length)
        return Sound("noise", "", noise.alike, noise.sources, audio)
    return pool.voice(rng, length) if kind == "speech" else pool.music(rng, length)


def _exactly(audio: np.ndarray, length: float) -> np.ndarray:
    """Cut, or followed by silence, to this length (s)."""
    wanted = round(length * RATE)
    if len(audio) >= wanted:
        return cut(audio, length)
    return np.concatenate([audio, np.zeros(wanted - len(audio), dtype=np.float32)])


def _flat(audio: np.ndarray) -> np.ndarray:
    """Without a trend of its own: the line through its levels of each half second is taken off."""
    frames = np.array_split(audio, max(2, round(len(audio) / RATE / 0.5)))
    decibels = np.array([20 * np.log10(rms(frame) + 1e-4) for frame in frames])
    middles = (np.arange(len(frames)) + 0.5) / len(frames)
    slope, _ = np.polyfit(middles, decibels, 1)
    line = slope * (np.linspace(0, 1, len(audio)) - 0.5)
    return np.asarray(audio * 10 ** (-line / 20), dtype=np.float32)


def _halves(maker: Maker, pool: Pool) -> None:
    """Noise or music all along; over each half somebody speaks, or something else is heard."""
    rng = maker.rng("halves")
    count = max(map(maker.wanted, (LOUDER, SPEECH, MUSIC)))
    louder = evenly(HALVES, count, rng)
    beds = evenly(("noise", "music"), count, rng)
    talking = evenly((True, False), count, rng)
    for index, (half, bed_kind, talks) in enumerate(zip(louder, beds, talking, strict=True)):
        bed = _going_on(pool, rng, bed_kind, 2 * HALF_SECONDS, rng.choice(pool.noises))
        over = [_over(pool, rng, talks) for _ in range(2)]
        step = HALVES[half] * rng.uniform(10, 14)
        gains = (min(0.0, -step), min(0.0, step))
        halves = [
            _half(part, sound, rng) * 10 ** (gain / 20)
            for part, sound, gain in zip(
                np.array_split(_exactly(bed.audio, 2 * HALF_SECONDS), 2), over, gains, strict=True
            )
        ]
        clip = maker.clip(f"sound_halves_{index}", [unclipped(np.concatenate(halves))])
        sources = sources_of((bed, *over))
        values = [Value(key) for key in HALVES]
        maker.add(LOUDER, clip, Value(half), values, sources)
        maker.add(SPEECH, clip, YES_NO[not talks], YES_NO, sources)
        maker.add(MUSIC, clip, YES_NO[bed_kind != "music"], YES_NO, sources)


def _over(pool: Pool, rng: random.Random, talks: bool) -> Sound:
    if talks:
        return pool.voice(rng, rng.uniform(1.4, 2.4), within=0.3)
    return rng.choice([one for one in pool.things if not one.alike & {"crowd", "voice"}])


def _half(bed: np.ndarray, sound: Sound, rng: random.Random) -> np.ndarray:
    """The bed with the sound well above it, brought to a root mean square that all halves have."""
    heard = cut(sound.audio if sound.noun == "voice" else sound.short(2.0), 2.6)
    start = rng.uniform(0.3, HALF_SECONDS - 0.3 - len(heard) / RATE)
    quiet = at_rms(bed, LEVEL * 10 ** (-rng.uniform(8, 11) / 20))
    return at_rms(placed([(0, quiet), (start, at_rms(heard, LEVEL))], HALF_SECONDS), LEVEL)


def _pairs(maker: Maker, pool: Pool) -> None:
    """Two sounds in turn, twice, one much louder."""
    rng = maker.rng("louder of two")
    count = maker.wanted("sound/louder_of_two")
    loud = evenly((0, 1), count, rng)
    for index in range(count):
        kind = ("things", "instruments", "voices")[index % 3]
        pair = _two(pool, rng, kind)
        gains = [10 ** (-rng.uniform(14, 18) / 20)] * 2
        gains[loud[index]] = 1.0
        parts = [
            _as_loud(cut(sound.short(1.4), 1.6)) * gain
            for sound, gain in zip(pair, gains, strict=True)
        ] * 2
        row = one_by_one(parts, [rng.uniform(0.3, 0.6) for _ in parts[1:]], 0.3, 0.4)
        clip = maker.clip(f"sound_pair_{index}", [row])
        values = [sound.value for sound in pair]
        maker.add(
            "sound/louder_of_two", clip, values[loud[index]], values,
            sources_of(pair),
        )  # fmt: skip


def _two(pool: Pool, rng: random.Random, kind: str) -> list[Sound]:
    if kind == "things":
        return unalike(rng, pool.things, 2)
    if kind == "instruments":
        return unalike(rng, pool.instruments, 2)
    voice = pool.voice(rng, 1.4, within=0.3)
    return rng.sample([voice, *unalike(rng, pool.things, 1, [voice])], 2)


def _as_loud(audio: np.ndarray) -> np.ndarray:
    """At a common level of the loudest third of its frames of 25 ms, so that rests do not count."""
    decibels = frame_levels(audio)
    frames = audio[: len(decibels) * FRAME].reshape(len(decibels), -1)
    loud = frames[np.argsort(decibels)[-max(1, len(decibels) // 3) :]]
    made = audio * (1.5 * LEVEL / max(rms(loud), 1e-6))
    return unclipped(made)
