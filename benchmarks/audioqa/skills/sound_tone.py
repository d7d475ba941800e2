"""What sounds are like: bright, dry or reverberant, clean or distorted; and whether they move."""

from __future__ import annotations

import random

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from audioqa.arrangement import one_by_one
from audioqa.chances import evenly
from audioqa.facts import Maker, Value
from audioqa.lengths import faded
from audioqa.levels import at_rms, rms, unclipped
from audioqa.noises import room
from audioqa.skills.sound_pool import LEVEL, Pool, Sound, sources_of
from audioqa.skills.sound_time import seconds
from audioqa.sources import RATE, silence

GAPS = (1, 2, 3, 5)
BRIGHTER = 1.8
"""How many times as high the spectral centroid of a clearly brighter sound is."""
MUFFLED_HZ = 500.0
DRY = 0.4
"""Seconds that a stroke takes if nothing rings on."""
MOVES = {"left to right": 1, "right to left": -1, "does not move": 0}


def make(maker: Maker, pool: Pool) -> None:
    """Pairs of which one is brighter, and sounds in rooms, overdriven or on the move."""
    _brighter(maker, pool)
    _echo(maker, pool)
    _distorted(maker, pool)
    _moves(maker, pool)


def _brighter(maker: Maker, pool: Pool) -> None:
    """Two sounds with a known gap between them."""
    rng = maker.rng("brighter")
    count = max(map(maker.wanted, ("sound/brighter", "sound/gap")))
    gaps = evenly(GAPS, count, rng)
    places = evenly(("first", "second"), count, rng)
    for index, (gap, place) in enumerate(zip(gaps, places, strict=True)):
        kind = ("things", "instruments", "speech")[index % 3]
        pair, sources = _dark_and_bright(pool, rng, kind)
        parts = pair[::-1] if place == "first" else pair
        row = one_by_one(parts, [gap], rng.uniform(0.2, 0.8), rng.uniform(0.3, 1.0))
        clip = maker.clip(f"sound_brighter_{index}", [unclipped(row)])
        values = [Value("first"), Value("second")]
        maker.add("sound/brighter", clip, Value(place), values, sources)
        maker.add("sound/gap", clip, seconds(gap), [seconds(n) for n in GAPS], sources, kind=kind)


def _dark_and_bright(
    pool: Pool, rng: random.Random, kind: str
) -> tuple[list[np.ndarray], list[str]]:
    """Two different sounds; of a voice, once muffled and once as it is."""
    if kind == "speech":
        while True:
            dark, bright = (pool.voice(rng, 1.6, within=0.4) for _ in range(2))
            pair = [_muffled(dark.audio), bright.audio]
            if min(_heights(pair[1]) / _heights(pair[0])) > BRIGHTER:
                break
    else:
        sounds = pool.things if kind == "things" else pool.instruments
        parts = {one: one.short(1.5) for one in sounds if len(one.audio) > 0.25 * RATE}
        height = {one: _heights(part) for one, part in parts.items()}
        dark, bright = rng.choice(
            [
                (low, high)
                for low in parts
                for high in parts
                if min(height[high] / height[low]) > BRIGHTER
            ]
        )
        pair = [parts[dark], parts[bright]]
    return [at_rms(faded(one), LEVEL) for one in pair], sources_of((dark, bright))


def _heights(audio: np.ndarray) -> np.ndarray:
    """The mean frequency of its spectrum in Hz, weighted by magnitude and by power."""
    spectrum = np.abs(np.fft.rfft(audio))
    frequencies = np.fft.rfftfreq(len(audio), 1 / RATE)
    return np.array([np.average(frequencies, weights=spectrum**power) for power in (1, 2)])


def _muffled(audio: np.ndarray) -> np.ndarray:
    kept = butter(6, MUFFLED_HZ, fs=RATE, output="sos")
    return np.asarray(sosfilt(kept, audio), dtype=np.float32)


def _echo(maker: Maker, pool: Pool) -> None:
    """Speech or strokes with rests between them, in a padded room or in a hall."""
    rng = maker.rng("echo")
    for index, wet in enumerate(evenly(("dry", "reverberant"), maker.wanted("sound/echo"), rng)):
        kind = ("speech", "strokes")[index % 2]
        sounds = _dry_sounds(pool, rng, kind)
        gaps = [rng.uniform(0.7, 1.1) for _ in sounds[1:]]
        parts = [sound.audio for sound in sounds]
        audio = one_by_one(parts, gaps, 0.3, 2.0)
        if wet == "reverberant":
            audio = _in_hall(audio, rng)
        audio = audio + room(len(audio), rng, 0.001)
        clip = maker.clip(f"sound_echo_{index}", [unclipped(at_rms(audio, LEVEL * 0.7))])
        sources = sources_of(sounds, "generated noise")
        maker.add(
            "sound/echo", clip, Value(wet), [Value("dry"), Value("reverberant")],
            sources,
        )  # fmt: skip


def _dry_sounds(pool: Pool, rng: random.Random, kind: str) -> list[Sound]:
    """Two phrases, or five strokes that do not ring on by themselves."""
    if kind == "speech":
        return [pool.voice(rng, 1.8, within=0.5) for _ in range(2)]
    kit = [one for one in rng.choice(pool.kits) if len(one.audio) < DRY * RATE]
    return [rng.choice(kit) for _ in range(5)]


def _in_hall(audio: np.ndarray, rng: random.Random) -> np.ndarray:
    """Noise that dies away by 60 dB in 2 to 3 s, as loud as the sound itself (J. A. Moorer, 1979)."""
    decay, length = rng.uniform(2.0, 3.0), round(3 * RATE)
    time = np.arange(length) / RATE
    noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(length)
    tail = sosfilt(butter(1, 5000, fs=RATE, output="sos"), noise) * 10 ** (-3 * time / decay)
    tail[: round(0.015 * RATE)] = 0
    wet = fftconvolve(audio, tail)[: len(audio)]
    return np.asarray(audio + at_rms(wet, 1.1 * rms(audio)), dtype=np.float32)


def _distorted(maker: Maker, pool: Pool) -> None:
    """Speech, music or calls, as they are or far beyond full scale."""
    rng = maker.rng("distorted")
    count = maker.wanted("sound/distorted")
    for index, state in enumerate(evenly(("clean", "distorted"), count, rng)):
        kind = ("speech", "music", "things")[index % 3]
        audio, sources = _to_overdrive(pool, rng, kind)
        peak = float(np.abs(audio).max())
        if state == "distorted":
            gain = 10 ** (rng.uniform(20, 26) / 20)
            audio = np.clip(audio / peak * gain, -1, 1)
            peak = 1.0
        scale = rng.choice((0.9, 0.5)) / peak
        clip = maker.clip(f"sound_distorted_{index}", [audio * scale])
        maker.add(
            "sound/distorted", clip, Value(state), [Value("clean"), Value("distorted")], sources
        )


def _to_overdrive(pool: Pool, rng: random.Random, kind: str) -> tuple[np.ndarray, list[str]]:
    if kind == "things":
        calls = [one for one in pool.things if one.once and len(one.single()) > 0.25 * RATE]
        chosen = rng.sample(calls, 2)
        parts = [one.single() for one in chosen] * 2
        row = one_by_one(parts, [rng.uniform(0.3, 0.6)] * 3, 0.3, 0.3)
        return row, sources_of(chosen)
    sound = pool.voice(rng, 5) if kind == "speech" else pool.music(rng, 6)
    return np.concatenate([silence(0.3), sound.audio, silence(0.3)]), sources_of([sound])


def _moves(maker: Maker, pool: Pool) -> None:
    """Something that goes on, and goes from side to side or does not."""
    rng = maker.rng("moves")
    count = maker.wanted("sound/moves")
    things = evenly([one for one in pool.things if one.steady], count, rng)
    for index, way in enumerate(evenly(MOVES, count, rng)):
        length = rng.uniform(5, 8)
        sound = things[index] if index % 2 else pool.voice(rng, length)
        audio = things[index].lasting(length) if index % 2 else sound.audio
        turn = MOVES[way] * np.linspace(-0.95, 0.95, len(audio))
        if not MOVES[way]:
            turn = np.full(len(audio), rng.choice((-0.6, 0.0, 0.6)))
        angle = (turn + 1) * np.pi / 4
        pair = np.stack([audio * np.cos(angle), audio * np.sin(angle)], axis=1)
        clip = maker.clip(f"sound_moves_{index}", [pair])
        maker.add(
            "sound/moves", clip, Value(way), [Value(key) for key in MOVES], sources_of([sound])
        )
