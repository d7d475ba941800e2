"""The recordings of one split: what a clip of that split may be made of."""

from __future__ import annotations

import random
from functools import cached_property

import mido
import numpy as np
from recordings import names_of

from audioqa.scores import played
from audioqa.sources import STAMPS, Recordings


class Material:
    """The recordings of `split`, all mono float32 at `sources.RATE`, by name.

    Each recording is named in a fact's sources as `kind:name`.
    """

    def __init__(self, heard: Recordings, split: str):
        self.heard = heard
        self.split = split
        self._strokes: dict[str, dict[str, np.ndarray]] = {}
        self._pieces: dict[str, np.ndarray] = {}

    def prompts(self, language: str, words: tuple[int, int]) -> dict[str, str]:
        """Names and transcripts of the spoken prompts in a language with as many words."""
        own = frozenset(names_of("prompt", self.split))
        prompts = sorted(self.heard.prompts(language, words=words).items())
        return {name: said for name, said in prompts if f"{language}/{name}" in own}

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The numbers that the English voice says: `prompt("English", f"digits/{n}")`."""
        names = names_of("prompt", self.split, "asterisk-core-sounds-en-wav")
        spoken = [name.removeprefix("English/digits/") for name in names if "/digits/" in name]
        return tuple(sorted(int(name) for name in spoken if name.isdigit()))

    @cached_property
    def stamps(self) -> tuple[str, ...]:
        """Recorded animals and things."""
        return tuple(name for name in STAMPS if name in set(names_of("stamp", self.split)))

    @cached_property
    def programs(self) -> tuple[int, ...]:
        """Instruments of General MIDI, in every soundfont."""
        return tuple(int(name) for name in names_of("program", self.split))

    @cached_property
    def drums(self) -> tuple[int, ...]:
        """Keys of the drum kit of General MIDI, in every soundfont."""
        return tuple(int(name) for name in names_of("drum", self.split))

    def names(self, kind: str) -> list[str]:
        """Names of another kind: sample, scene, drumkit, piece, speaker, score."""
        return names_of(kind, self.split)

    def strokes(self, kit: str) -> dict[str, np.ndarray]:
        """The strokes of a drum kit of the split, by the names of their recordings."""
        if kit not in self._strokes:
            self._strokes[kit] = self.heard.strokes(self._own("drumkit", kit))
        return self._strokes[kit]

    def piece(self, name: str) -> np.ndarray:
        """A whole piece of music of the split, at its own level."""
        if name not in self._pieces:
            self._pieces[name] = self.heard.piece(self._own("piece", name))
        return self._pieces[name]

    def sample(self, name: str) -> np.ndarray:
        """A single sample of the split, at a common level."""
        return self.heard.sample(self._own("sample", name))

    def _own(self, kind: str, name: str) -> str:
        if name not in self.names(kind):
            raise KeyError(f"{kind} {name!r} is not of {self.split}")
        return name

    def played(self, score: mido.MidiFile, rng: random.Random) -> np.ndarray:
        """The score by one of the soundfonts, `(samples,)`."""
        return played(self.heard, score, soundfont=rng.choice(sorted(self.heard.soundfonts)))
