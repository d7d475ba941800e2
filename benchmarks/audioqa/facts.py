"""What is true of a clip, before anybody asks for it."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from audioqa.material import Material
from audioqa.sources import in_words


@dataclass(frozen=True)
class Value:
    """What a choice says: a key of the skill's `choices` in wordings.json, and what fills it.

    A way of saying it that names a part which is not given is not used: ranges are said only where
    `lo` and `hi` are there.
    """

    key: str
    parts: Mapping[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, tuple[tuple[str, str], ...]]:
        """What makes it another value than others."""
        return self.key, tuple(sorted(self.parts.items()))


def number(
    n: int, key: str = "{n}", *, one: str | None = None, reach: int | None = None, **parts: str
) -> Value:
    """A number: in digits, in words, and as a range `reach` to both sides of it if given.

    `one` is the key for 1, where the skill says that otherwise. Ranges of a question may not
    overlap: `reach` has to be less than half of the least distance of its numbers.
    """
    said = {"n": str(n)}
    if 0 <= n < 100:
        said["n_word"] = in_words(n)
    if reach is not None:
        said |= {"lo": str(max(0, n - reach)), "hi": str(n + reach)}
    return Value(one if n == 1 and one is not None else key, said | parts)


def in_seconds(time: float) -> str:
    """A place in time as a question says it: `4`, `2.5`."""
    return f"{time:.1f}".removesuffix(".0")


@dataclass(frozen=True)
class Fact:
    """One fact about one clip, with what it is not."""

    skill: str
    """As in wordings.json, such as `sound/first_sound`."""
    clip: str
    answer: Value
    wrong: tuple[Value, ...]
    sources: tuple[str, ...]
    """The recordings of the clip, as `kind:name` of recordings.csv, or `generated`."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What the wordings name: `sound`, `word`, `phrase`, `t`."""
    kind: str = ""
    """Of audio, where the clips of a skill come in kinds which different tools hear best."""


class Maker:
    """Collects the clips and facts of one split.

    `rng` decides everything that is left to chance, and is a skill's own, so that no skill changes
    with the number of questions about another one.
    """

    def __init__(
        self, material: Material, seed: int, test_only: frozenset[str], counts: Mapping[str, int]
    ):
        self.material = material
        self.facts: list[Fact] = []
        self.clips: dict[str, np.ndarray] = {}
        self._seed = seed
        self._test_only = test_only
        self._counts = counts
        self._of_skill: Counter[str] = Counter()

    @property
    def split(self) -> str:
        """Train, val or test."""
        return self.material.split

    def rng(self, name: str) -> random.Random:
        """A generator of the split's own for this name, the same one each time anew."""
        return random.Random(f"{self._seed} {self.split} {name}")

    def wanted(self, skill: str) -> int:
        """How many facts of this skill are still to be found in this split."""
        if skill in self._test_only and self.split != "test":
            return 0
        return max(0, self._counts[skill.partition("/")[0]] - self._of_skill[skill])

    def clip(self, name: str, parts: Sequence[np.ndarray]) -> str:
        """Keep the joined parts under this name, with faint noise so that no silence is digital.

        Parts are `(samples,)`, or `(samples, 2)` for stereo, at `sources.RATE`.

        Raises:
            ValueError: there is a clip of this name.
        """
        if name in self.clips:
            raise ValueError(f"two clips are called {name}")
        audio = np.concatenate(parts)
        digest = hashlib.sha256(f"{self.split} {name}".encode()).digest()
        noise = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        made = audio + noise.standard_normal(audio.shape) * 3e-4
        self.clips[name] = np.clip(made, -1, 1).astype(np.float32)
        return name

    def add(
        self,
        skill: str,
        clip: str,
        answer: Value,
        wrong: Sequence[Value],
        sources: Sequence[str],
        *,
        kind: str = "",
        **about: str,
    ) -> None:
        """Add a fact, unless there are enough of its skill in this split.

        Raises:
            ValueError: there is no such clip, or nothing is wrong.
        """
        if not self.wanted(skill):
            return
        others = {value.identity: value for value in wrong if value.identity != answer.identity}
        if clip not in self.clips or not others:
            raise ValueError(f"{skill}: no clip {clip!r}, or no wrong choice")
        self.facts.append(
            Fact(skill, clip, answer, tuple(others.values()), tuple(sources), about, kind)
        )
        self._of_skill[skill] += 1
