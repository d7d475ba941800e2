"""What is measured of a tool, with its interval, beside what a guess without hearing gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from audioqa.sources import RATE, Recordings
from recordings import names_of

from audiorouter import Clip, Finding, Tool
from audiorouter.plugins import load_registry
from toolbench.calibration import Judged

DRAWS = 4_000


@dataclass(frozen=True)
class Measure:
    """One figure of one tool over `n` clips; `guess` is what no hearing at all would get."""

    tool: str
    what: str
    n: int
    value: float
    low: float
    high: float
    guess: float | None
    better: str = "higher"

    @property
    def beats_guess(self) -> bool:
        """Whether the whole interval is on the right side of the guess."""
        if self.guess is None:
            return True
        return bool(self.low > self.guess if self.better == "higher" else self.high < self.guess)

    def as_json(self) -> dict[str, Any]:
        """Values of JSON, rounded."""
        fields = asdict(self)
        for name in ("value", "low", "high", "guess"):
            fields[name] = None if fields[name] is None else round(float(fields[name]), 4)
        return fields | {"beats_guess": self.beats_guess}


def measured_tools() -> dict[str, Tool[Any]]:
    """Every tool and every stand-in, by the name in the tables."""
    registry = load_registry(third_party=False)
    stand_ins = {f"{name} (librosa)": tool for name, tool in registry.stand_ins.items()}
    return {**registry.tools, **stand_ins}


class Benchmark:
    """Runs tools on clips of its own making, and keeps what was measured."""

    def __init__(self, heard: Recordings, folder: Path, split: str):
        self.heard = heard
        self.split = split
        self.measures: list[Measure] = []
        self.judged: list[Judged] = []
        self.tools = measured_tools()
        self._folder = folder
        self._loaded: set[str] = set()
        self._latest: dict[str, Finding] = {}
        self._made = 0

    def prompts(self, language: str, words: tuple[int, int]) -> dict[str, str]:
        """Names and transcripts of the split's spoken prompts with as many words."""
        own = frozenset(names_of("prompt", self.split))
        prompts = sorted(self.heard.prompts(language, words=words).items())
        return {name: said for name, said in prompts if f"{language}/{name}" in own}

    def clip(self, audio: np.ndarray, rate: int = RATE) -> Clip:
        """A clip of these samples, `(samples,)` or `(samples, channels)`, with faint noise."""
        self._made += 1
        path = self._folder / f"{self._made:05d}.wav"
        noise = np.random.default_rng(self._made).standard_normal(audio.shape) * 3e-4
        soundfile.write(path, np.clip(audio + noise, -1, 1), rate, subtype="FLOAT")
        return Clip(path)

    def find(self, tool: str, clip: Clip, **arguments: Any) -> Finding:
        """What the tool finds in a clip that nothing was computed of before."""
        one = self.tools[tool]
        if tool not in self._loaded:
            one.load()
            self._loaded.add(tool)
        self._latest[tool] = one.hear(Clip(clip.path), one.parse(arguments))
        return self._latest[tool]

    def judge(self, tool: str, right: bool) -> bool:
        """Keep whether the tool's latest finding is right, beside how sure it was; give that back.

        Findings that measured nothing, or do not say how sure they are, are not kept.
        """
        finding = self._latest[tool]
        if finding.confidence is not None and "not_measured" not in finding.data:
            self.judged.append(Judged(tool, finding.confidence, bool(right)))
        return bool(right)

    def share(
        self, tool: str, what: str, right: Sequence[bool], guess: float | None, *,
        better: str = "higher",
    ) -> None:  # fmt: skip
        """Keep a share of right ones, with Wilson's interval."""
        n, p, z = len(right), float(np.mean(right)), 1.96
        centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        low, high = max(0.0, centre - half), min(1.0, centre + half)
        self._keep(Measure(tool, what, n, p, low, high, guess, better))

    def mean(
        self, tool: str, what: str, values: Sequence[float], guess: float | None = None,
        *, better: str = "higher",
    ) -> None:  # fmt: skip
        """Keep a mean, with a percentile bootstrap over the clips."""
        array = np.asarray(values, dtype=float)
        drawn = np.random.default_rng(0).choice(array, (DRAWS, len(array))).mean(axis=1)
        low, high = np.percentile(drawn, [2.5, 97.5])
        self._keep(Measure(tool, what, len(array), float(array.mean()), low, high, guess, better))

    def _keep(self, measure: Measure) -> None:
        self.measures.append(measure)
        print(measure.as_json(), flush=True)


def majority(truth: Sequence[Any]) -> float:
    """How often always giving the commonest answer is right."""
    values = [str(value) for value in truth]
    return max(values.count(value) for value in set(values)) / len(values)
