"""The sounds of a split, each with what it is called."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from recordings import names_of

from audioqa.arrangement import one_by_one
from audioqa.facts import Value
from audioqa.lengths import cut, looped, loudest, tight
from audioqa.levels import rms
from audioqa.material import Material
from audioqa.noises import STEADY
from audioqa.scores import Score
from audioqa.sound_names import (
    INSTRUMENTS,
    RINGING,
    STROKES,
    THINGS,
    Instrument,
    article,
)
from audioqa.sources import RATE, VOICES, levelled, silence

LEVEL = 0.08
"""Root mean square of a sound at its own level."""
BRIEF = 0.3
"""Seconds that are too few to know a sound by."""
LONGEST_NOTE = 8.5
SLOT = 12
"""Seconds from note to note, more than any of them rings on."""
CHANNELS = 9
"""Channels before that of the drums."""
EFFECT = Instrument("", "", 60, held=True)
SHORTEST = 1.2
"""Seconds of a stroke that rings on, of a plucked note, and of most prompts at least."""
BETWEEN_PROMPTS = 0.15
"""Seconds between joined prompts: no pause."""


@dataclass(frozen=True, eq=False)
class Sound:
    """Something that is heard, and what it is called."""

    noun: str
    doing: str
    alike: frozenset[str]
    sources: tuple[str, ...]
    audio: np.ndarray
    """The whole recording, from its onset on."""
    once: float = 0
    """As in sound_names."""
    steady: bool = False

    @property
    def a_noun(self) -> str:
        """Such as `an owl`."""
        return f"{article(self.noun)} {self.noun}".strip()

    @property
    def value(self) -> Value:
        """It as a choice."""
        parts = {"a_x": self.a_noun, "x": self.noun}
        return Value("<sound>", parts | ({"ing": self.doing} if self.doing else {}))

    def short(self, seconds: float = 1.6) -> np.ndarray:
        """As much of it as is needed to know it; what is over at once is heard three times."""
        if len(self.audio) < BRIEF * RATE:
            return one_by_one([self.audio] * 3, [0.25, 0.25], 0, 0, shortest=0)
        return (cut if self.once else loudest)(self.audio, seconds)

    def single(self) -> np.ndarray:
        """One event only."""
        return cut(self.audio, self.once or SHORTEST)

    def lasting(self, seconds: float) -> np.ndarray:
        """For so many seconds without a break."""
        steady = tight(self.audio, 9) if self.steady else self.audio
        return looped(steady, seconds)


class Pool:
    """What `material` has to offer."""

    def __init__(self, material: Material):
        self._material = material
        self._read: dict[tuple[str, ...], np.ndarray] = {}

    @cached_property
    def things(self) -> list[Sound]:
        """Animals and things, one recording of each."""
        found = []
        for source, name in THINGS.items():
            kind, _, recording = source.partition(":")
            if recording not in self._material.names(kind):
                continue
            if kind == "program":
                audio = self._notes[int(recording)]
            else:
                audio = getattr(self._material.heard, kind)(recording)
            alike = frozenset(name.alike.split())
            found.append(
                Sound(
                    name.noun, name.doing, alike, (source,), levelled(tight(audio)), name.once,
                    name.steady,
                )
            )  # fmt: skip
        return found

    @cached_property
    def instruments(self) -> list[Sound]:
        """Instruments that play a note; a held one for `LONGEST_NOTE` seconds."""
        own = self._material.programs
        return [self._instrument(program) for program in INSTRUMENTS if program in own]

    def _instrument(self, program: int) -> Sound:
        one: Instrument = INSTRUMENTS[program]
        return Sound(
            one.noun, "playing", frozenset(one.alike.split()), (f"program:{program}",),
            levelled(tight(self._notes[program])), once=SHORTEST, steady=one.held,
        )  # fmt: skip

    @cached_property
    def _notes(self) -> dict[int, np.ndarray]:
        """A note of each program that is used, `CHANNELS` of them rendered in one go."""
        effects = [int(source.partition(":")[2]) for source in THINGS if "program" in source]
        used = [one for one in (*INSTRUMENTS, *effects) if one in self._material.programs]
        notes: dict[int, np.ndarray] = {}
        for first in range(0, len(used), CHANNELS):
            programs, score = used[first : first + CHANNELS], Score(bpm=60)
            for channel, program in enumerate(programs):
                one = INSTRUMENTS.get(program, EFFECT)
                length = LONGEST_NOTE if one.held else 1.5
                score.program(channel, program)
                score.note(channel, one.pitch, channel * SLOT, length, 100)
            audio = self._material.played(score.file(), random.Random(first))
            bounds = [round(channel * SLOT * RATE) for channel in range(1, len(programs))]
            notes |= dict(zip(programs, np.split(audio, bounds), strict=True))
        return notes

    @cached_property
    def kits(self) -> list[list[Sound]]:
        """Strokes of each drum kit that differ clearly."""
        return [self._kit(name) for name in self._material.names("drumkit") if name in STROKES]

    def _kit(self, kit: str) -> list[Sound]:
        strokes = self._material.heard.strokes(kit)
        return [
            Sound(
                noun, "", frozenset({noun}), (f"drumkit:{kit}",),
                levelled(cut(tight(strokes[name]), 1.5)),
                once=0 if noun in RINGING else 0.4,
            )
            for noun, name in STROKES[kit].items()
        ]  # fmt: skip

    @cached_property
    def noises(self) -> list[Sound]:
        """Scenes of steady noise."""
        return [
            Sound(
                name, "", frozenset({"noise"}), (f"scene:{name}",),
                levelled(tight(self._material.heard.scene(name), 8)), steady=True,
            )
            for name in STEADY[self._material.split]
        ]  # fmt: skip

    @cached_property
    def _prompts(self) -> dict[str, list[str]]:
        return {language: sorted(self._material.prompts(language, (3, 30))) for language in VOICES}

    def voice(self, rng: random.Random, seconds: float, *, within: float = 0.15) -> Sound:
        """Somebody who speaks for as long, without a pause: the nearest of many joined prompts."""
        language = rng.choice(list(VOICES))
        best: tuple[float, list[str], np.ndarray] | None = None
        for _ in range(60):
            names, audio = self._spoken(rng, language, seconds)
            off = abs(len(audio) / RATE - seconds)
            if best is None or off < best[0]:
                best = off, names, audio
            if off <= within:
                break
        assert best is not None
        sources = tuple(f"prompt:{language}/{name}" for name in best[1])
        return Sound("voice", "speaking", frozenset({"voice"}), sources, best[2])

    def _spoken(
        self, rng: random.Random, language: str, seconds: float
    ) -> tuple[list[str], np.ndarray]:
        names: list[str] = []
        audio = silence(0)
        while len(audio) / RATE < seconds - SHORTEST / 2:
            name = rng.choice(self._prompts[language])
            prompt = self._prompt(language, name)
            audio = np.concatenate([audio, silence(BETWEEN_PROMPTS if names else 0), prompt])
            names.append(name)
        return names, audio

    def _prompt(self, language: str, name: str) -> np.ndarray:
        if (language, name) not in self._read:
            prompt = tight(self._material.heard.prompt(language, name), 30)
            self._read[language, name] = prompt
        return self._read[language, name]

    def word(self, rng: random.Random, seconds: float) -> Sound:
        """A word or a syllable of at most this length."""
        speaker = rng.choice(self._material.names("speaker"))
        names = self._material.heard.words(speaker)
        for name in rng.sample(names, len(names)):
            audio = tight(self._material.heard.word(speaker, name))
            if 0.2 * RATE < len(audio) <= seconds * RATE:
                break
        heard = cut(levelled(audio), seconds)
        return Sound("word", "", frozenset({"voice"}), (f"speaker:{speaker}",), heard)

    def music(self, rng: random.Random, seconds: float) -> Sound:
        """A stretch of a piece of instrumental music, where it keeps its level best."""
        own = names_of("piece", self._material.split, "wesnoth-1.16-music")
        name = rng.choice(own)
        piece, wanted = self._piece(name), round(seconds * RATE)
        starts = [rng.randrange(max(1, len(piece) - wanted)) for _ in range(12)]
        parts = [piece[start : start + wanted] for start in starts]
        audio = levelled(min(parts, key=_unrest))
        return Sound("music", "playing", frozenset({"music"}), (f"piece:{name}",), audio)

    def _piece(self, name: str) -> np.ndarray:
        if (name,) not in self._read:
            self._read[name,] = self._material.heard.piece(name)
        return self._read[name,]


def _unrest(audio: np.ndarray) -> float:
    """By how many dB the level of its quarters differs."""
    quarters = [rms(part) + 1e-6 for part in np.array_split(audio, 4)]
    return float(20 * np.log10(max(quarters) / min(quarters)))


def sources_of(sounds: Iterable[Sound], *others: str) -> list[str]:
    """Every recording of these, once, and the others."""
    return list(dict.fromkeys([*(source for one in sounds for source in one.sources), *others]))


def unalike(
    rng: random.Random, sounds: Sequence[Sound], count: int, kept: Sequence[Sound] = ()
) -> list[Sound]:
    """So many that nobody takes for each other, nor for one of the `kept`.

    Raises:
        ValueError: there are not as many.
    """
    chosen: list[Sound] = []
    for sound in rng.sample(list(sounds), len(sounds)):
        if len(chosen) < count and not any(sound.alike & one.alike for one in [*kept, *chosen]):
            chosen.append(sound)
    if len(chosen) < count:
        raise ValueError(f"only {len(chosen)} of {count} sounds that are not alike")
    return chosen
