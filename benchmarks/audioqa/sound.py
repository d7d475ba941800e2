"""Questions about recorded animals and things."""

from __future__ import annotations

import numpy as np

from audioqa.items import Maker
from audioqa.sources import ANIMALS, RATE, STAMPS, Recordings, silence, split_of

COUNTS = ("once", "twice", "three times", "four times", "five times", "six times")


def make(maker: Maker, heard: Recordings, count: int) -> None:
    """Add `count` questions a skill."""
    animals = split_of(sorted(ANIMALS), maker.split, 4)
    things = split_of(sorted(set(STAMPS) - ANIMALS), maker.split, 5)
    everything = [*animals, *things]
    for index in range(count):
        _which(maker, heard, f"animal_{index}", "animal", animals, sorted(ANIMALS))
        _which(maker, heard, f"source_{index}", "source", things, sorted(set(STAMPS) - ANIMALS))
        _count(maker, heard, index, everything)
        _order(maker, heard, index, everything)
        _when(maker, heard, index, everything)
        _duration(maker, heard, index, everything)
        _trend(maker, heard, index, everything)


def _which(
    maker: Maker, heard: Recordings, name: str, skill: str, own: list[str], all_: list[str]
) -> None:
    what = maker.rng.choice(own)
    before, after = maker.rng.uniform(0.1, 1.0), maker.rng.uniform(0.1, 1.0)
    clip = maker.clip(name, [silence(before), heard.stamp(what), silence(after)])
    maker.add(clip, skill, what, all_, what)


def _count(maker: Maker, heard: Recordings, index: int, names: list[str]) -> None:
    what, times = maker.rng.choice(names), 1 + index % 6
    sound = _short(heard.stamp(what), 1.2)
    parts = [silence(0.3)]
    for _ in range(times):
        parts += [sound, silence(maker.rng.uniform(0.4, 0.8))]
    clip = maker.clip(f"count_{index}", parts)
    maker.add(clip, "count", COUNTS[times - 1], COUNTS, what)


def _order(maker: Maker, heard: Recordings, index: int, names: list[str]) -> None:
    chosen = maker.rng.sample(names, 3)
    parts = [silence(0.3)]
    for what in chosen:
        parts += [_short(heard.stamp(what), 2.0), silence(0.6)]
    clip = maker.clip(f"order_{index}", parts)
    others = [n for n in names if n not in chosen]
    extra = maker.rng.choice(others)
    maker.add(clip, "first_sound", chosen[0], [*chosen[1:], extra], chosen[0])
    maker.add(clip, "last_sound", chosen[2], [*chosen[:2], extra], chosen[2])


def _when(maker: Maker, heard: Recordings, index: int, names: list[str]) -> None:
    what = maker.rng.choice(names)
    sound = _short(heard.stamp(what), 1.5)
    place = index % 3
    before = (0.3, 3.5, 6.8)[place] + maker.rng.uniform(0, 0.4)
    after = max(0.3, 9 - before - len(sound) / RATE)
    clip = maker.clip(f"when_{index}", [silence(before), sound, silence(after)])
    answers = ("at the beginning", "in the middle", "near the end")
    maker.add(clip, "when", answers[place], answers, what)


def _duration(maker: Maker, heard: Recordings, index: int, names: list[str]) -> None:
    seconds = (1, 2, 4, 6, 8)[index % 5]
    what = maker.rng.choice(names)
    sound = heard.stamp(what)
    loop = np.tile(sound, -(-seconds * RATE // len(sound)))[: seconds * RATE]
    clip = maker.clip(f"duration_{index}", [silence(0.8), loop, silence(9.2 - seconds)])
    answers = [f"about {n} second{'s' if n > 1 else ''}" for n in (1, 2, 4, 6, 8)]
    maker.add(clip, "duration", answers[(1, 2, 4, 6, 8).index(seconds)], answers, what)


def _trend(maker: Maker, heard: Recordings, index: int, names: list[str]) -> None:
    what = maker.rng.choice(names)
    sound = heard.stamp(what)
    loop = np.tile(sound, -(-6 * RATE // len(sound)))[: 6 * RATE]
    answers = ("it gets louder", "it gets quieter", "it stays the same")
    kind = index % 3
    gain = {
        0: np.geomspace(0.05, 1, len(loop)),
        1: np.geomspace(1, 0.05, len(loop)),
        2: np.full(len(loop), 0.6),
    }[kind]
    clip = maker.clip(f"trend_{index}", [(loop * gain).astype(np.float32)])
    maker.add(clip, "trend", answers[kind], answers, what)
    if kind < 2:
        maker.add(
            clip,
            "louder_half",
            ("the second half", "the first half")[kind],
            ("the first half", "the second half"),
            what,
        )


def _short(sound: np.ndarray, seconds: float) -> np.ndarray:
    """At most so many seconds, with an end that does not click."""
    cut = sound[: round(seconds * RATE)].copy()
    fade = min(len(cut), RATE // 50)
    cut[-fade:] *= np.linspace(1, 0, fade)
    return cut
