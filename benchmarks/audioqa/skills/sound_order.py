"""Sounds in a row: which is first, last, after another, absent, longest; and in which order."""

from __future__ import annotations

import random
from itertools import permutations

from audioqa.arrangement import one_by_one
from audioqa.chances import evenly
from audioqa.facts import Maker, Value
from audioqa.noises import room
from audioqa.skills.sound_pool import Pool, Sound, sources_of, unalike

KINDS = ("things", "instruments", "voices")
FIRST, LAST, AFTER = "sound/first_sound", "sound/last_sound", "sound/after"
ABSENT, ORDER, LONGEST = "sound/absent", "sound/order3", "sound/longest"


def make(maker: Maker, pool: Pool) -> None:
    """Rows of four sounds, and rows of three of which one lasts longest."""
    _rows_of_four(maker, pool)
    _rows_of_three(maker, pool)


def _rows_of_four(maker: Maker, pool: Pool) -> None:
    rng = maker.rng("sounds in order")
    count = max(map(maker.wanted, (FIRST, LAST, AFTER, ABSENT)))
    places = evenly(range(4), count, rng)
    for index in range(count):
        kind = KINDS[index % 3]
        sounds = _of_kind(pool, rng, kind, 6, places[index])
        heard, absent = sounds[:4], sounds[4:]
        gaps = [rng.uniform(0.3, 0.8) for _ in heard[1:]]
        parts = [sound.short(rng.uniform(1.2, 1.7)) for sound in heard]
        audio = one_by_one(parts, gaps, rng.uniform(0.2, 0.9), rng.uniform(0.3, 1.0))
        sources = sources_of(heard)
        if index % 3 != 1:
            audio = audio + room(len(audio), rng, 0.003)
            sources = [*sources, "generated noise"]
        clip = maker.clip(f"sound_order_{index}", [audio])
        values = [sound.value for sound in heard]
        maker.add(FIRST, clip, values[0], values[1:], sources, kind=kind)
        maker.add(LAST, clip, values[3], values[:3], sources, kind=kind)
        before = rng.randrange(3)
        others = [*(heard[place] for place in range(4) if place != before), *absent]
        maker.add(
            AFTER, clip, values[before + 1], [sound.value for sound in others], sources,
            kind=kind, sound=heard[before].noun,
        )  # fmt: skip
        maker.add(ABSENT, clip, absent[0].value, values, sources, kind=kind)


def _of_kind(pool: Pool, rng: random.Random, kind: str, count: int, place: int) -> list[Sound]:
    """Sounds of a kind; where voices and sounds are mixed, the voice is at this place."""
    if kind == "things":
        return unalike(rng, pool.things, count)
    if kind == "instruments":
        return unalike(rng, pool.instruments, count)
    voice = pool.voice(rng, 1.5, within=0.4)
    sounds = unalike(rng, [*pool.things, *pool.instruments], count - 1, [voice])
    return [*sounds[:place], voice, *sounds[place:]]


def _rows_of_three(maker: Maker, pool: Pool) -> None:
    """One lasts about twice as long as the others, and any of them could."""
    rng = maker.rng("sounds that last")
    count = max(map(maker.wanted, (ORDER, LONGEST)))
    places = evenly(range(3), count, rng)
    for index in range(count):
        kind, longest = KINDS[index % 3], places[index]
        seconds = [rng.uniform(1.1, 1.7) for _ in range(3)]
        seconds[longest] = rng.uniform(3.2, 4.5)
        *heard, extra = _lasting(pool, rng, kind, seconds, index)
        parts = [
            sound.audio if sound.noun == "voice" else sound.lasting(length)
            for sound, length in zip(heard, seconds, strict=True)
        ]
        row = one_by_one(parts, [rng.uniform(0.4, 0.9) for _ in parts[1:]], 0.3, 0.5)
        clip = maker.clip(f"sound_lasting_{index}", [row])
        values = [sound.value for sound in heard]
        answer, *wrong = [_sequence(order) for order in permutations(heard)]
        maker.add(ORDER, clip, answer, wrong, sources_of(heard), kind=kind)
        maker.add(
            LONGEST, clip, values[longest], [*values, extra.value], sources_of(heard), kind=kind
        )


def _lasting(
    pool: Pool, rng: random.Random, kind: str, seconds: list[float], index: int
) -> list[Sound]:
    """Three sounds that can go on, a voice among them if the kind is so, and one for the choices."""
    things = [sound for sound in pool.things if sound.steady]
    instruments = [sound for sound in pool.instruments if sound.steady]
    if kind == "voices":
        place = index // 3 % 3
        voice = pool.voice(rng, seconds[place])
        sounds = unalike(rng, [*things, *instruments], 3, [voice])
        return [*sounds[:place], voice, *sounds[place:]]
    return unalike(rng, things if kind == "things" else instruments, 4)


def _sequence(sounds: tuple[Sound, ...]) -> Value:
    parts = {letter: sound.a_noun for letter, sound in zip("abc", sounds, strict=True)}
    return Value("<sequence of three>", parts)
