"""What else there is but a voice: when it starts, and how much of the clip it is."""

from __future__ import annotations

import random

import numpy as np

from audioqa.arrangement import Timeline
from audioqa.facts import Maker, Value, number
from audioqa.lengths import looped
from audioqa.noises import music, sound
from audioqa.sources import RATE, VOICES
from audioqa.spoken import Line, lines, longest_rest, said

STARTS = range(1, 13)
KINDS = ("silence", "sounds", "music")
SHARES = {"nearly all": (0.93, 1.0), "about half": (0.46, 0.54), "only a little": (0.1, 0.15)}


def make(maker: Maker) -> None:
    """Clips for each of the two."""
    readers = {language: _readings(maker, language) for language in VOICES}
    _starts(maker, readers)
    _shares(maker, readers)


def _readings(maker: Maker, language: str) -> dict[Line, float]:
    """Lines without a long rest of their own, and how long they are, in s."""
    found = {}
    for line in lines(maker.material, language, (2, 16)):
        audio = said(maker.material, line)
        if longest_rest(audio) <= 0.4:
            found[line] = len(audio) / RATE
    return found


def _other(
    maker: Maker, rng: random.Random, kind: str, seconds: float
) -> tuple[np.ndarray, list[str]]:
    """So much of what is no speech."""
    if kind == "silence":
        return np.zeros(round(seconds * RATE), dtype=np.float32), []
    if kind == "music":
        audio, source = music(maker.material, rng, seconds)
    else:
        audio, source = sound(maker.material, rng, maker.material.stamps)
    return looped(audio, seconds), [source]


def _starts(maker: Maker, readers: dict[str, dict[Line, float]]) -> None:
    """Speech from a whole second on; choices are 3 s apart."""
    rng = maker.rng("speech start")
    for index in range(maker.wanted("speech/speech_start")):
        at, kind = STARTS[5 * index % len(STARTS)], KINDS[index % len(KINDS)]
        line = rng.choice([one for one, s in readers[_reader(index)].items() if 1.5 <= s <= 2.7])
        timeline = Timeline(0.0)
        before, sources = _other(maker, rng, kind, at - 0.15)
        timeline.add(before * rng.uniform(0.4, 0.8))
        timeline.rest_until(at)
        timeline.add(said(maker.material, line))
        clip = maker.clip(f"speech_start_{index}", [timeline.audio() * rng.uniform(0.6, 1.0)])
        wrong = [_start(n) for n in STARTS if n % 3 == at % 3]
        maker.add("speech/speech_start", clip, _start(at), wrong, [line.source, *sources],
                  kind=f"after {kind}")  # fmt: skip


def _start(n: int) -> Value:
    return number(n, one="1", reach=1)


def _shares(maker: Maker, readers: dict[str, dict[Line, float]]) -> None:
    """A voice, and before and after it silence, sounds or music."""
    rng = maker.rng("speech share")
    for index in range(maker.wanted("speech/speech_share")):
        share, kind = list(SHARES)[index % 3], KINDS[(index + index // 3) % 3]
        total, part = rng.uniform(8.5, 11.0), rng.uniform(*SHARES[share])
        spoken = _filling(rng, readers[_reader(index)], total * part)
        voice = Timeline(0.0)
        for line in spoken:
            voice.add(said(maker.material, line))
            voice.rest(0.1)
        rest = max(0.0, voice.end / part - voice.end)
        before = rest * rng.uniform(0.15, 0.85)
        parts, sources = [], [line.source for line in spoken]
        for seconds in (before, rest - before):
            other, source = _other(maker, rng, kind, seconds)
            parts.append(other * 0.7)
            sources += source
        parts.insert(1, voice.audio(0.0, shortest=0.0))
        clip = maker.clip(f"speech_share_{index}", [np.concatenate(parts) * rng.uniform(0.6, 1.0)])
        wrong = [Value(other) for other in SHARES]
        maker.add("speech/speech_share", clip, Value(share), wrong, sources, kind=f"and {kind}")


def _filling(rng: random.Random, pool: dict[Line, float], seconds: float) -> list[Line]:
    """Lines that take about as long, at least one."""
    for _ in range(2000):
        chosen: list[Line] = []
        for line in rng.sample(list(pool), len(pool)):
            chosen.append(line)
            length = sum(pool[one] + 0.1 for one in chosen)
            if abs(length - seconds) <= max(0.35, 0.15 * seconds):
                return chosen
            if length > seconds:
                break
    raise ValueError(f"no lines take {seconds} s")


def _reader(index: int) -> str:
    return list(VOICES)[index % len(VOICES)]
