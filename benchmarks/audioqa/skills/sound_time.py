"""When sounds are heard and for how long: silence before them and between, repeats, whole length."""

from __future__ import annotations

import random
from itertools import zip_longest

import numpy as np

from audioqa.arrangement import one_by_one, placed
from audioqa.chances import evenly
from audioqa.facts import Maker, Value, number
from audioqa.lengths import cut
from audioqa.levels import at_rms, unclipped
from audioqa.noises import room
from audioqa.skills.sound_pool import LEVEL, Pool, Sound, sources_of

DURATIONS = (1, 2, 3, 5, 8)
LEADS = (0, 1, 2, 3, 5)
PERIODS = (1, 2, 3, 4)
REPEATS = {1: 7, 2: 6, 3: 5, 4: 4}
BRIEF = 0.6
SIDES = ("left", "right", "centre")
EXACT = 3
"""Up to here, ranges of seconds reach less than half a second to both sides."""


def seconds(n: int) -> Value:
    """So many seconds; their ranges do not overlap if longer ones differ by at least three."""
    key = {0: "seconds=0", 1: "seconds=1"}.get(n, "seconds")
    reach = 0.4 if n <= EXACT else 0.9
    return number(n, key, lo=f"{max(0.0, n - reach):g}", hi=f"{n + reach:g}")


def make(maker: Maker, pool: Pool) -> None:
    """Sounds of a known length after a known silence, and short ones again and again."""
    _lasting(maker, pool)
    _repeating(maker, pool)


def _lasting(maker: Maker, pool: Pool) -> None:
    rng = maker.rng("sounds that last so long")
    count = max(map(maker.wanted, ("sound/duration", "sound/silence_start")))
    lengths = evenly(DURATIONS, count, rng)
    leads = evenly(LEADS, count, rng)
    things = evenly([one for one in pool.things if one.steady], count, rng)
    notes = evenly([one for one in pool.instruments if one.steady], count, rng)
    for index, (length, lead) in enumerate(zip(lengths, leads, strict=True)):
        kind = ("things", "speech", "instruments")[index % 3]
        if kind == "speech":
            sound = pool.voice(rng, length)
            heard = sound.audio
        else:
            sound = (things if kind == "things" else notes)[index]
            heard = sound.lasting(length)
        row = one_by_one([at_rms(heard, LEVEL)], [], lead, rng.uniform(0.5, 2.0))
        audio, sources = unclipped(row), sources_of([sound])
        if index % 2:
            audio = audio + room(len(audio), rng, 0.001)
            sources = [*sources, "generated noise"]
        clip = maker.clip(f"sound_duration_{index}", [audio])
        maker.add(
            "sound/duration", clip, seconds(length), [seconds(n) for n in DURATIONS], sources,
            kind=kind, sound=sound.noun,
        )  # fmt: skip
        maker.add("sound/silence_start", clip, seconds(lead), [seconds(n) for n in LEADS], sources)


def _repeating(maker: Maker, pool: Pool) -> None:
    """A short sound again and again on one side, evenly or not."""
    rng = maker.rng("sounds again and again")
    count = max(map(maker.wanted, ("sound/side", "sound/regular")))
    uneven = count // 2
    plan = [
        (is_even, period)
        for pair in zip_longest(
            (
                (True, n)
                for n in evenly(PERIODS, max(count - uneven, maker.wanted("sound/interval")), rng)
            ),
            ((False, n) for n in evenly(PERIODS, uneven, rng)),
        )
        for is_even, period in filter(None, pair)
    ]
    sides = evenly(SIDES, count, rng) + evenly(SIDES, len(plan) - count, rng)
    for index, ((is_even, period), side) in enumerate(zip(plan, sides, strict=True)):
        kind = ("things", "strokes", "speech")[index // 2 % 3]
        sound = _brief(pool, rng, kind)
        audio = _again(sound, rng, period, is_even=is_even)
        clip = maker.clip(f"sound_repeats_{index}", [_on_side(audio, side, rng)])
        sources = sources_of([sound])
        maker.add("sound/side", clip, Value(side), [Value(key) for key in SIDES], sources)
        maker.add(
            "sound/regular", clip, Value("regular" if is_even else "irregular"),
            [Value("regular"), Value("irregular")], sources, kind=kind,
        )  # fmt: skip
        if is_even:
            maker.add(
                "sound/interval", clip, seconds(period), [seconds(n) for n in PERIODS], sources,
                kind=kind,
            )  # fmt: skip


def _again(sound: Sound, rng: random.Random, period: int, *, is_even: bool) -> np.ndarray:
    """The sound every `period` seconds, or at steps of very different lengths."""
    count = REPEATS[period] - 1
    steps = [float(period)] * count if is_even else _uneven(rng, period, count)
    starts = np.cumsum([rng.uniform(0.2, 0.6), *steps])
    heard = cut(sound.audio, min(sound.once or BRIEF, BRIEF))
    return placed([(start, heard) for start in starts], starts[-1] + 1.0)


def _brief(pool: Pool, rng: random.Random, kind: str) -> Sound:
    """Something of about half a second: a call, a stroke or a word."""
    if kind == "things":
        return rng.choice([one for one in pool.things if 0 < one.once <= 0.8])
    if kind == "strokes":
        return rng.choice([one for one in rng.choice(pool.kits) if one.once])
    return pool.word(rng, BRIEF)


def _uneven(rng: random.Random, period: int, count: int) -> list[float]:
    """Steps of about this mean of which some are at least twice as long as others."""
    shares = [0.55, 1.7, 1.0, 0.75, 1.4, 0.8][:count]
    rng.shuffle(shares)
    return [max(0.8, share * period * rng.uniform(0.95, 1.05)) for share in shares]


def _on_side(audio: np.ndarray, side: str, rng: random.Random) -> np.ndarray:
    far = rng.uniform(0.05, 0.2)
    left, right = {"left": (1.0, far), "right": (far, 1.0), "centre": (1.0, 1.0)}[side]
    return np.stack([audio * left, audio * right], axis=1)
