"""Tools on clips that have nothing of what they hear: none of their findings should be confident.

Tools for speech get music and sounds, tools for music speech and sounds, `pitch` noise and whole
pieces, `onsets` and `repetition` noise and steady tones, and `count_sound` speech and music, asked
for an animal. What measures any audio (levels, times, spectra, names of sounds) has no wrong kind,
and `speech_activity` is itself the
one that says whether somebody speaks. What a tool claims to hear there counts as wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np
from audioqa.sources import ANIMALS, RATE, VOICES, levelled
from recordings import names_of

from audiorouter import Domain, Finding
from audiorouter.toolbox.interface import A_GUESS
from toolbench.measures import Benchmark

CLIPS = 25
"""Of each of the two kinds that are wrong for a tool."""
CLIPS_TO_FIT = {"pitch": 100}
"""The same on the training split, of tools that claim something of nearly every clip: so many, that
how sure they are hangs on more than the one or two clips in which they nearly hear it."""
PLAYED = frozenset({"cello", "violin", "cymbal", "drum kit"})
"""Recorded things that are instruments."""
ANY_AUDIO = frozenset({"speech_activity", "dynamics", "sections"})
"""Besides the tools for sound."""
WRONG: Mapping[Domain, tuple[str, str]] = {
    Domain.SPEECH: ("music", "sounds"),
    Domain.MUSIC: ("speech", "sounds"),
}
OF_A_TOOL: Mapping[str, tuple[str, str]] = {
    "pitch": ("noise", "music"),
    "onsets": ("noise", "tones"),
    "repetition": ("noise", "tones"),
    "count_sound": ("speech", "music"),
}
CLAIMS: Mapping[str, str] = {"pitch": "median_hz", "count_sound": "count"}
"""What the data of a finding have where it claims to have heard something, not that it did not."""


def measure(bench: Benchmark, domains: Collection[str] | None = None) -> None:
    """Measure every tool that a kind of audio is wrong for, or those of some domains."""
    rng = random.Random(f"wrong kind {bench.split}")
    makers: dict[str, Callable[[Benchmark, random.Random], np.ndarray]] = {
        "music": _music, "speech": _speech, "sounds": _sounds, "noise": _noise, "tones": _tones,
    }  # fmt: skip
    more = CLIPS_TO_FIT if bench.split == "train" else {}
    most = {
        kind: max([CLIPS, *(more.get(name, 0) for name, of in OF_A_TOOL.items() if kind in of)])
        for kind in makers
    }
    clips = {
        kind: [bench.clip(make(bench, rng)) for _ in range(most[kind])]
        for kind, make in makers.items()
    }
    for name, tool in bench.tools.items():
        kinds = OF_A_TOOL.get(name) or WRONG.get(tool.domain)
        if kinds is None or name in ANY_AUDIO or tool.domain not in (domains or list(Domain)):
            continue
        arguments = _arguments(name, bench)
        confident = []
        count = more.get(name, CLIPS)
        for clip in (clip for kind in kinds for clip in clips[kind][:count]):
            finding = bench.find(name, clip, **arguments)
            confident.append(_confident(name, finding))
            if _claims(name, finding):
                bench.judge(name, False)
        what = f"confident findings on {kinds[0]} and {kinds[1]}"
        bench.share(name, what, confident, None, better="lower")


def _confident(name: str, finding: Finding) -> bool:
    """Whether it claims something, and is surer of it than of a guess."""
    sure = finding.confidence is None or finding.confidence > A_GUESS
    return sure and _claims(name, finding)


def _claims(name: str, finding: Finding) -> bool:
    """Whether it claims to have heard something; no such sound, or no clear pitch, is no claim."""
    claimed = CLAIMS.get(name)
    return "not_measured" not in finding.data and not (claimed and not finding.data.get(claimed))


def _arguments(name: str, bench: Benchmark) -> dict[str, Any]:
    animals = [stamp for stamp in names_of("stamp", bench.split) if stamp in ANIMALS]
    return {"sound": animals[0]} if name == "count_sound" else {}


def _music(bench: Benchmark, rng: random.Random) -> np.ndarray:
    """Eight seconds of a piece in which no voice is known to sing, at a place where it plays."""
    audio = bench.heard.piece(rng.choice(names_of("piece", bench.split)))
    for _ in range(10):
        start = rng.randrange(max(1, len(audio) - 8 * RATE))
        part = audio[start : start + 8 * RATE]
        if float(np.sqrt(np.mean(part**2))) > 0.005:
            break
    return levelled(part)


def _speech(bench: Benchmark, rng: random.Random) -> np.ndarray:
    language = rng.choice(list(VOICES))
    name = rng.choice(list(bench.prompts(language, (6, 25))))
    return bench.heard.prompt(language, name)[: 8 * RATE]


def _sounds(bench: Benchmark, rng: random.Random) -> np.ndarray:
    """Two animals or things, one after the other."""
    names = [name for name in names_of("stamp", bench.split) if name not in PLAYED]
    pause = np.zeros(RATE // 3, dtype=np.float32)
    first, second = (bench.heard.stamp(name) for name in rng.sample(names, 2))
    return np.concatenate([first, pause, second])


def _noise(_bench: Benchmark, rng: random.Random) -> np.ndarray:
    """White, or with ever less of the highs."""
    draw = np.random.default_rng(rng.randrange(2**32))
    width = rng.choice((1, 4, 16))
    noise = np.convolve(draw.standard_normal(5 * RATE), np.ones(width) / width, "same")
    return levelled(noise.astype(np.float32))


def _tones(_bench: Benchmark, rng: random.Random) -> np.ndarray:
    """One to three that go on unchanged."""
    time = np.arange(5 * RATE) / RATE
    pitches = [rng.uniform(80, 4000) for _ in range(rng.randint(1, 3))]
    waves = [np.sin(2 * np.pi * (hertz * time + rng.random())) for hertz in pitches]
    return levelled(np.sum(waves, axis=0).astype(np.float32))
