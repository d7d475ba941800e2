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
        _named_count(maker, heard, index, everything)
        _stereo(maker, heard, index, everything)
        _length(maker, heard, index, everything)
        _repeated(maker, heard, index, everything)
        _brightness(maker, index)


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


def _named_count(maker: Maker, heard: Recordings, index: int, names: list[str]) -> None:
    """Two kinds of sound in turn; one of them is to be counted."""
    animals = [name for name in names if name in ANIMALS]
    what, times = maker.rng.choice(animals), 1 + index % 4
    other = maker.rng.choice([name for name in names if name not in ANIMALS])
    kinds = [what] * times + [other] * maker.rng.randint(1, 2)
    maker.rng.shuffle(kinds)
    parts = [silence(0.3)]
    for kind in kinds:
        parts += [_short(heard.stamp(kind), 1.2), silence(maker.rng.uniform(0.5, 0.8))]
    clip = maker.clip(f"named_count_{index}", parts)
    maker.add(clip, "named_count", COUNTS[times - 1], COUNTS[:5], what, about=what)


def _stereo(maker: Maker, heard: Recordings, index: int, names: list[str]) -> None:
    """A sound on one side, in the centre, or on its way from side to side."""
    what, kind = maker.rng.choice(names), index % 3
    sound = heard.stamp(what)
    loop = np.tile(sound, -(-4 * RATE // len(sound)))[: 4 * RATE]
    sides = ("from the left", "from the right", "from the centre")
    quiet = maker.rng.uniform(0.05, 0.3)
    left, right = ((1.0, quiet), (quiet, 1.0), (1.0, 1.0))[kind]
    other = np.random.default_rng(index).standard_normal((len(loop), 2)) * 1e-3
    clip = maker.clip(f"side_{index}", [np.stack([loop * left, loop * right], axis=1) + other])
    maker.add(clip, "side", sides[kind], sides, what)
    pan = np.linspace(0.05, 0.95, len(loop))
    moving = np.stack([loop * (1 - pan), loop * pan], axis=1)
    still = np.stack([loop * 0.7, loop * 0.7], axis=1) + other
    clip = maker.clip(f"moves_{index}", [moving if index % 2 else still])
    answers = ("no, it stays in the centre", "yes, from the left to the right")
    maker.add(clip, "moves", answers[index % 2], answers, what)


def _length(maker: Maker, heard: Recordings, index: int, names: list[str]) -> None:
    what, seconds = maker.rng.choice(names), (3, 5, 8, 12, 16)[index % 5]
    sound = _short(heard.stamp(what), 2.0)
    gap = (1, 2, 3)[index % 3]
    rest = max(0.0, seconds - len(sound) / RATE - 0.3)
    clip = maker.clip(f"length_{index}", [silence(0.3), sound, silence(rest)])
    answers = [f"about {n} seconds" for n in (3, 5, 8, 12, 16)]
    maker.add(clip, "length", answers[index % 5], answers, what)
    clip = maker.clip(f"gap_{index}", [silence(0.2), sound, silence(gap), sound, silence(0.2)])
    answers = [f"about {n} second{'s' if n > 1 else ''}" for n in (1, 2, 3, 5)]
    maker.add(clip, "gap", answers[gap - 1], answers, what)


def _repeated(maker: Maker, heard: Recordings, index: int, names: list[str]) -> None:
    """Something short again and again: evenly, or not."""
    what, even = maker.rng.choice(names), index % 2 == 0
    sound = _short(heard.stamp(what), 0.4)
    period = (0.5, 1.0, 1.5, 2.0)[index % 4]
    starts, time = [], 0.2
    while time < 9:
        starts.append(time)
        time += period if even else maker.rng.uniform(0.45, 2.4)
    clip = maker.clip(f"repeated_{index}", [_placed(sound, starts)])
    answers = ("it is irregular", "it is regular")
    maker.add(clip, "regular", answers[even], answers, what)
    starts = list(np.arange(0.2, 9, period))
    clip = maker.clip(f"interval_{index}", [_placed(sound, starts)])
    answers = ["half a second", "one second", "one and a half seconds", "two seconds"]
    maker.add(clip, "interval_s", answers[index % 4], answers, what)


def _placed(sound: np.ndarray, starts: list[float]) -> np.ndarray:
    audio = np.zeros(10 * RATE, dtype=np.float32)
    for start in starts:
        first = round(start * RATE)
        audio[first : first + len(sound)] += sound[: len(audio) - first]
    return audio


def _brightness(maker: Maker, index: int) -> None:
    """A tone of many harmonics that fall slowly or fast."""
    bright = index % 2
    pitch = maker.rng.uniform(120, 400)
    time = np.arange(3 * RATE) / RATE
    fall = maker.rng.uniform(0.0, 0.3) if bright else maker.rng.uniform(1.8, 2.6)
    harmonics = np.arange(1, int(10_000 / pitch))
    tone = sum(np.sin(2 * np.pi * pitch * n * time + n * n) / n**fall for n in harmonics)
    audio = (0.2 * tone / np.abs(tone).max()).astype(np.float32)
    clip = maker.clip(f"brightness_{index}", [silence(0.2), audio, silence(0.2)])
    answers = ("dark", "bright")
    maker.add(clip, "brightness", answers[bright], answers, f"tone {maker.split} {index}")


def _short(sound: np.ndarray, seconds: float) -> np.ndarray:
    """At most so many seconds, with an end that does not click."""
    cut = sound[: round(seconds * RATE)].copy()
    fade = min(len(cut), RATE // 50)
    cut[-fade:] *= np.linspace(1, 0, fade)
    return cut
