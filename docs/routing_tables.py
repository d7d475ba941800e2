"""Tables of benchmarks/results/routing/*.json: routers on the benchmark, by several reasoners."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "routing"
STRATA = ("several kinds", "one kind", "two calls", "no call")
SHOWN = ("none", "all", "rules", "nearest 1", "nearest 3", "default")


def routing() -> list[str]:
    """The default router beside what needs no training, by the embedded reasoner."""
    found = _strategies("cascade")
    whole = found["parts"]["all questions"]["all questions"]
    head = (
        f"router ({found['n']} questions, {found['clips']} clips)", "accuracy",
        "better than `all` by, points", "mended", "broken", "no call", "calls",
        "tool seconds, of `all`",
    )  # fmt: skip
    rows = []
    for name, spent in found["routers"].items():
        rows.append(
            (
                name,
                percent(whole["accuracy"][name]),
                points(whole["less all"].get(name)),
                f"{spent['mended']:.1%}",
                f"{spent['broken']:.1%}",
                f"{spent['no call']:.0%}",
                f"{spent['calls']:.1f}",
                f"{spent['share of all seconds']:.0%}",
            )
        )
    return table(head, rows)


def strata() -> list[str]:
    """The same by stratum."""
    return _by_part(_strategies("cascade")["parts"]["strata"], STRATA, "stratum")


def skills() -> list[str]:
    """The same by whether training questions of this benchmark are of the skill."""
    return _by_part(_strategies("cascade")["parts"]["skills"], None, "questions of a")


def lm_router() -> list[str]:
    """A language model as router beside the small network, and what its training came to."""
    found = json.loads((RESULTS.parent / "language_model_router.json").read_text())
    best = "imitation, then GRPO"
    rows = [
        (
            f"language model, {name}" if name.startswith("imitation") else name,
            percent(accuracy),
            points(found["GRPO less"].get(name)),
            f"{found['calls'][name]:.1f}",
            f"{found['seconds a decision'].get(name, '')}",
        )
        for name, accuracy in found["accuracy"].items()
    ]
    steps, ends = found["steps"], 14
    first, last = (
        sum(step["reward"] for step in some) / ends for some in (steps[:ends], steps[-ends:])
    )
    spent = [step["step_time"] for step in steps]
    silent = sum(step["frac_reward_zero_std"] for step in steps) / len(steps)
    tokens = sum(step["completions/mean_length"] for step in steps) / len(steps)
    rate = steps[-1]["num_tokens"] / sum(spent)
    head = (
        f"router ({found['questions']} questions, {found['clips']} clips)", "accuracy",
        "GRPO less it, points", "calls", "seconds a decision",
    )  # fmt: skip
    return [
        *table(head, rows),
        "",
        f"Of the decisions of *{best}* {found['readable']:.0%} could be read.",
        f"In {len(steps)} of {found['steps planned']} steps the mean reward of what was drawn was "
        f"{first:+.2f} in the first {ends} and {last:+.2f} in the last {ends};",
        f"{silent:.0%} of the groups told nothing, and a decision had {tokens:.0f} tokens. "
        f"A step took {median(spent):.0f} s in the median and {min(spent):.0f} s at least, all of "
        f"them {sum(spent) / 3600:.1f} h: {rate:.0f} tokens a second were read or written, and "
        "learned from.",
    ]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def percent(interval: Sequence[float]) -> str:
    """A share with its interval."""
    mean, low, high = interval
    return f"{mean:.1%}" if low is None else f"{mean:.1%} [{low:.1%}, {high:.1%}]"


def points(difference: Sequence[float] | None) -> str:
    """A difference of shares in points, with its interval; nothing where there is none."""
    if difference is None:
        return ""
    mean, low, high = difference
    if low == high:  # None, where nothing tells its bounds
        return f"{100 * mean:+.1f}" if mean else ""
    return f"{100 * mean:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def _by_part(found: dict[str, Any], order: Sequence[str] | None, title: str) -> list[str]:
    rows = []
    for part in order or sorted(found):
        one = found[part]
        rates = [f"{one['accuracy'][name][0]:.1%}" for name in SHOWN]
        less = points(one["less all"]["default"])
        rows.append((part, str(one["n"]), str(one["skills"]), *rates, less))
    return table((title, "n", "skills", *SHOWN, "default less all, points"), rows)


def _strategies(reasoner: str) -> dict[str, Any]:
    """What was measured on all facts, else on the most."""
    known = {path.stem: path for path in RESULTS.glob(f"{reasoner}*.json")}
    parts = [name for name in known if name.removeprefix(f"{reasoner}-").isdigit()]
    most = max(parts, key=lambda name: int(name.rpartition("-")[2]), default=reasoner)
    path = known.get(reasoner, known.get(most, RESULTS / f"{reasoner}.json"))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    of_part: dict[str, Any] = found["strategies"]
    return of_part
