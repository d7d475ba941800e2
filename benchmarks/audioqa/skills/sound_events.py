"""Sounds among others: how often one is heard, how many kinds, which animal, what thing, where."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np

from audioqa.arrangement import one_by_one
from audioqa.chances import evenly
from audioqa.facts import Maker, Value, number
from audioqa.levels import at_rms, unclipped
from audioqa.noises import room
from audioqa.skills.sound_pool import LEVEL, Pool, Sound, sources_of, unalike
from audioqa.sound_names import ANIMALS, OTHER_ANIMALS, OTHER_SOURCES, SOURCES
from audioqa.sources import RATE

MOST = 6
MOST_KINDS = 5
FEW = 5
PLACES = ("beginning", "middle", "end")
CLIP_SECONDS = 9.0


def make(maker: Maker, pool: Pool) -> None:
    """Repeated sounds among others, and a single animal or thing over a background."""
    _repeated(maker, pool)
    _alone(maker, pool, "sound/animal", ANIMALS, OTHER_ANIMALS)
    _alone(maker, pool, "sound/source", SOURCES, OTHER_SOURCES)


def _repeated(maker: Maker, pool: Pool) -> None:
    """One sound so many times, others between; each event of any is clearly apart."""
    rng = maker.rng("sounds among others")
    count = max(map(maker.wanted, ("sound/count_named", "sound/kinds")))
    times = evenly(range(1, MOST + 1), count, rng)
    kinds = evenly(range(1, MOST_KINDS + 1), count, rng)
    for index in range(count):
        kind = ("things", "strokes")[index % 2]
        counted, *others = _kinds_of_sounds(pool, rng, kind, kinds[index], times[index])
        events = [counted] * times[index]
        for other in others:
            events += [other] * (rng.randint(1, 2) if len(events) < MOST else 1)
        rng.shuffle(events)
        longest_gap = 0.7 if len(events) > FEW else 1.3
        gaps = [rng.uniform(0.35, longest_gap) for _ in events[1:]]
        row = one_by_one([one.single() for one in events], gaps, rng.uniform(0.3, 1.0), 0.6)
        audio = unclipped(row + room(len(row), rng, 0.002))
        clip = maker.clip(f"sound_repeated_{index}", [audio])
        sources = sources_of((counted, *others), "generated noise")
        maker.add(
            "sound/count_named", clip, _times(times[index]),
            [_times(n) for n in range(1, MOST + 1)], sources, kind=kind, sound=counted.noun,
        )  # fmt: skip
        maker.add(
            "sound/kinds", clip, number(kinds[index], "n", one="n=1"),
            [number(n, "n", one="n=1") for n in range(1, MOST_KINDS + 1)], sources, kind=kind,
        )  # fmt: skip


def _kinds_of_sounds(
    pool: Pool, rng: random.Random, kind: str, count: int, times: int
) -> list[Sound]:
    """As many sounds, each one event; what comes often is short."""
    if kind == "strokes":
        return unalike(rng, rng.choice([kit for kit in pool.kits if len(kit) >= count]), count)
    single = [sound for sound in pool.things if sound.once]
    counted = unalike(rng, [sound for sound in single if sound.once * times < 4], 1)
    others = [one for one in [*single, *pool.instruments] if one.once <= 1.2]
    return counted + unalike(rng, others, count - 1, counted)


def _times(n: int) -> Value:
    return number(n, "n", one="n=1")


def _alone(
    maker: Maker, pool: Pool, skill: str, known: Mapping[str, str], further: frozenset[str]
) -> None:
    """One animal or thing in a third of a clip, over steady noise in two of three clips."""
    rng = maker.rng(skill)
    own = [sound for sound in pool.things if sound.noun in known or sound.noun in further]
    count = maker.wanted(skill)
    places = evenly(range(3), count, rng)
    for index, sound in enumerate(evenly(own, count, rng)):
        audio, sources = _placed(pool, rng, sound, places[index], noisy=index % 3 > 0)
        clip = maker.clip(f"{skill.replace('/', '_')}_{index}", [audio])
        wrong = [Value(noun) for noun, alike in known.items() if not sound.alike & {*alike.split()}]
        wrong += [
            _named(one, known, skill)
            for one in own
            if one.noun in further and not sound.alike & one.alike
        ]
        maker.add(skill, clip, _named(sound, known, skill), wrong, sources)
        maker.add(
            "sound/place", clip, Value(PLACES[places[index]]), [Value(key) for key in PLACES],
            sources, sound=sound.noun,
        )  # fmt: skip


def _placed(
    pool: Pool, rng: random.Random, sound: Sound, place: int, *, noisy: bool
) -> tuple[np.ndarray, list[str]]:
    """The sound within this third of a clip; over noise for which nobody takes it."""
    heard = at_rms(sound.short(2.0), LEVEL)
    lead = place * CLIP_SECONDS / 3 + rng.uniform(0.3, 0.7)
    tail = CLIP_SECONDS - lead - len(heard) / RATE
    audio = one_by_one([heard], [], lead, tail)
    if not noisy or "noise" in sound.alike:
        return unclipped(audio), sources_of([sound])
    noise = rng.choice(pool.noises)
    bed = noise.lasting(CLIP_SECONDS + 1)[: len(audio)]
    bed = at_rms(bed, LEVEL * 10 ** (-rng.uniform(18, 24) / 20))
    return unclipped(audio + bed), sources_of([sound, noise])


def _named(sound: Sound, known: Mapping[str, str], skill: str) -> Value:
    """The choice's own key if there is one, or else as any such thing is said."""
    if sound.noun in known:
        return Value(sound.noun)
    key = f"<{skill.partition('/')[2]}>"
    return Value(key, {"a_x": sound.a_noun, "ing": sound.doing})
