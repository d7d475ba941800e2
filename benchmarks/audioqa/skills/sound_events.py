"""Sounds among others: how often one is heard, how many kinds, which animal, what thing, where."""

from __future__ import annotations

import random
from collections.abc import Mapping

from audioqa.facts import Maker, Value, number
from audioqa.skills import sound_layout as layout
from audioqa.skills.sound_names import ANIMALS, OTHER_ANIMALS, SOURCES
from audioqa.skills.sound_pool import LEVEL, Pool, Sound, unalike

MOST = 6
MOST_KINDS = 5
PLACES = ("beginning", "middle", "end")
CLIP_SECONDS = 9.0


def make(maker: Maker, pool: Pool) -> None:
    """Repeated sounds among others, and a single animal or thing over a background."""
    _repeated(maker, pool)
    _alone(maker, pool, "sound/animal", ANIMALS)
    _alone(maker, pool, "sound/source", SOURCES)


def _repeated(maker: Maker, pool: Pool) -> None:
    """One sound so many times, others between; each event of any is clearly apart."""
    rng = maker.rng("sounds among others")
    count = max(map(maker.wanted, ("sound/count_named", "sound/kinds")))
    times = layout.evenly(range(1, MOST + 1), count, rng)
    kinds = layout.evenly(range(1, MOST_KINDS + 1), count, rng)
    for index in range(count):
        kind = ("things", "strokes")[index % 2]
        counted, *others = _kinds_of_sounds(pool, rng, kind, kinds[index], times[index])
        events = [counted] * times[index]
        for other in others:
            events += [other] * (rng.randint(1, 2) if len(events) < MOST else 1)
        rng.shuffle(events)
        gaps = [rng.uniform(0.35, 0.7) for _ in events[1:]]
        row = layout.row([one.single() for one in events], gaps, 0.3, 0.6)
        audio = row.audio + layout.room(len(row.audio), rng, 0.002)
        clip = maker.clip(f"sound_repeated_{index}", [audio])
        sources = [*(one.source for one in (counted, *others)), "generated noise"]
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
    return counted + unalike(rng, [one for one in single if one.once <= 1.2], count - 1, counted)


def _times(n: int) -> Value:
    return number(n, "n", one="n=1")


def _alone(maker: Maker, pool: Pool, skill: str, known: Mapping[str, str]) -> None:
    """One animal or thing in a third of a clip, over steady noise in two of three clips."""
    rng = maker.rng(skill)
    own = [
        sound
        for sound in pool.things
        if sound.noun in known or (skill == "sound/animal" and sound.noun in OTHER_ANIMALS)
    ]
    count = maker.wanted(skill)
    places = layout.evenly(range(3), count, rng)
    for index, sound in enumerate(layout.evenly(own, count, rng)):
        heard = layout.at_rms(sound.short(2.0), LEVEL)
        third = CLIP_SECONDS / 3
        lead = places[index] * third + rng.uniform(0.3, 0.7)
        tail = CLIP_SECONDS - lead - len(heard) / layout.RATE
        audio, sources = layout.row([heard], [], lead, tail).audio, [sound.source]
        quiet = [noise for noise in pool.noises if noise.source != sound.source]
        if index % 3 and "noise" not in sound.alike:
            noise = rng.choice(quiet)
            bed = noise.lasting(CLIP_SECONDS + 1)[: len(audio)]
            audio = audio + layout.at_rms(bed, LEVEL * 10 ** (-rng.uniform(18, 24) / 20))
            sources = [*sources, noise.source]
        clip = maker.clip(f"{skill.replace('/', '_')}_{index}", [audio])
        maker.add(skill, clip, _named(sound, known), _others(sound, known, own), sources)
        maker.add(
            "sound/place", clip, Value(PLACES[places[index]]), [Value(key) for key in PLACES],
            sources, sound=sound.noun,
        )  # fmt: skip


def _named(sound: Sound, known: Mapping[str, str]) -> Value:
    """The choice's own key if there is one, or else as any animal is said."""
    if sound.noun in known:
        return Value(sound.noun)
    return Value("<animal>", {"a_x": sound.a_noun, "ing": sound.doing})


def _others(sound: Sound, known: Mapping[str, str], own: list[Sound]) -> list[Value]:
    """What nobody takes for it: of the choices' keys, and of the split's recordings."""
    keys = [Value(noun) for noun, alike in known.items() if not sound.alike & set(alike.split())]
    further = [
        _named(other, known)
        for other in own
        if other.noun not in known and not sound.alike & other.alike
    ]
    return keys + further
