"""Whether `compare` keeps what it says: intervals, tests and power, on answers drawn at random.

    python benchmarks/compare.py

Two sets of answers are drawn again and again from a known pair of models, with questions that hang
together by their clip and, in some settings, by their category. Writes results/compare.json, by
setting: how often the interval holds the true difference (95% is said), how often the test finds
one where there is none (at most 5%), where there is one, and with as many clips as `power_of` says
to be needed (80%). What is over clips is held against the true difference on the categories that
were drawn, what is over categories against that of all. A question shares the fate of its clip with
chance `together`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audiorouter.evaluation.paired_accuracy import paired_accuracy
from audiorouter.evaluation.power import power_of
from audiorouter.evaluation.statistics import sign_flip_test

HERE = Path(__file__).resolve().parent
FILES = 1_000
LARGE = 100_000
"""Clips from which the clips that are needed are reckoned, so that what is found is the formula."""


@dataclass(frozen=True)
class Setting:
    """A pair of models, and the file on which they are compared."""

    clips: int
    a_clip: int
    """Questions about a clip, each of another category where there are categories."""
    changed: float
    """Share of the questions that one of the two alone gets right."""
    gain: float
    """The true difference of accuracies."""
    together: float = 0.0
    categories: int = 0
    spread: float = 0.0
    """Standard deviation of the difference over categories."""


SETTINGS = (
    Setting(20, 1, 0.2, 0.0),
    Setting(20, 4, 0.3, 0.1, together=0.5),
    Setting(50, 1, 0.1, 0.0),
    Setting(50, 1, 0.3, 0.1),
    Setting(50, 4, 0.2, 0.0, together=0.9),
    Setting(50, 4, 0.3, 0.1, together=0.5),
    Setting(200, 1, 0.1, 0.0),
    Setting(200, 1, 0.1, 0.05),
    Setting(200, 4, 0.2, 0.05, together=0.5),
    Setting(1000, 1, 0.1, 0.02),
    Setting(100, 4, 0.3, 0.0, together=0.5, categories=8, spread=0.1),
    Setting(100, 4, 0.3, 0.0, together=0.5, categories=24, spread=0.1),
    Setting(100, 4, 0.3, 0.0, together=0.5, categories=24),
    Setting(100, 4, 0.3, 0.1, together=0.5, categories=24, spread=0.1),
)


def main() -> None:
    results = []
    for number, setting in enumerate(SETTINGS):
        found = measured(setting, np.random.default_rng(number))
        results.append(asdict(setting) | found)
        print(json.dumps(results[-1]), flush=True)
    out = HERE / "results" / "compare.json"
    out.write_text(json.dumps({"files": FILES, "settings": results}, indent=1) + "\n")


def measured(setting: Setting, rng: np.random.Generator) -> dict[str, float | int | None]:
    """What comes of one setting, as shares of the files; intervals of those that have one."""
    held, with_interval, found = [], 0, 0
    wider_held, wider_found, wider = [], 0, 0
    for _ in range(FILES):
        first, second, clips, categories, here = drawn(setting, rng)
        pair = paired_accuracy(first, second, clips, categories)
        found += pair.over_clips.p_value <= 0.05
        if (interval := pair.over_clips.interval) is not None:
            with_interval += 1
            held.append(interval.low <= here <= interval.high)
        if (over := pair.over_categories) is not None:
            wider += 1
            wider_found += over.p_value <= 0.05
            if over.interval is not None:
                wider_held.append(over.interval.low <= setting.gain <= over.interval.high)
    result: dict[str, float | int | None] = {
        "with_interval": with_interval / FILES,
        "interval_holds": share(held),
        "test_finds": found / FILES,
        "interval_holds_over_categories": share(wider_held),
        "test_finds_over_categories": wider_found / wider if wider else None,
    }
    if setting.gain and not setting.categories:
        result |= power(setting, rng)
    return result


def power(setting: Setting, rng: np.random.Generator) -> dict[str, float | int | None]:
    """The clips that are needed, and how often as many of them show the difference."""
    large = Setting(**(asdict(setting) | {"clips": LARGE}))
    first, second, clips, *_ = drawn(large, rng)
    needed = power_of(second.astype(int) - first, clips).clips_needed
    assert needed is not None
    as_many = Setting(**(asdict(setting) | {"clips": needed}))
    seen = 0
    for _ in range(FILES):
        first, second, clips, *_ = drawn(as_many, rng)
        seen += sign_flip_test(second.astype(int) - first, clips) <= 0.05
    return {"clips_needed": needed, "seen_with_clips_needed": seen / FILES}


def drawn(
    setting: Setting, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.str_], list[str] | None, float]:
    """Which answers of both are right, with each question's clip and category.

    The last is the true difference on these categories, on whichever clips.
    """
    shape = (setting.clips, setting.a_clip)
    gain = np.full(shape, setting.gain)
    categories, here = None, setting.gain
    if setting.categories:
        of_category = setting.spread * rng.standard_normal(setting.categories)
        place = np.argsort(rng.random((setting.clips, setting.categories)), axis=1)
        kinds = place[:, : setting.a_clip]
        limit = setting.changed
        gains = np.clip(setting.gain + of_category, -limit, limit)
        gain, here = gains[kinds], float(gains.mean())
        categories = [f"kind {kind}" for kind in kinds.reshape(-1)]
    # One number decides about a question; those that hang together have the same one.
    chance = rng.random(shape)
    shared = np.broadcast_to(rng.random((setting.clips, 1)), shape)
    chance = np.where(rng.random(shape) < setting.together, shared, chance)
    better = chance < (setting.changed + gain) / 2
    worse = chance > 1 - (setting.changed - gain) / 2
    both = rng.random(shape) < 0.5
    first = (both & ~better) | worse
    second = (both & ~worse) | better
    clips = np.repeat(np.arange(setting.clips), setting.a_clip).astype(str)
    return first.reshape(-1), second.reshape(-1), clips, categories, here


def share(values: list[bool]) -> float | None:
    return float(np.mean(values)) if values else None


if __name__ == "__main__":
    main()
