"""Tables of benchmarks/results/routing/*.json: routers on the benchmark, by several reasoners."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "routing"
STRATA = ("several kinds", "one kind", "two calls", "no call")
SHOWN = ("none", "all", "rules", "nearest by examples", "default", "cross-fitted oracle")
FORMS = {
    "test-seen-wording": "wordings of training",
    "test": "new wordings",
    "test-seen-wording-other-choices": "wordings of training, choices said otherwise",
    "test-other-choices": "new wordings, choices said otherwise",
}


def routing() -> list[str]:
    """The default router beside what needs no training, by the embedded reasoner."""
    found = _part("cascade", "shipped")["evaluation"]
    less = {c["second"]: c["difference"] for c in found["comparisons"] if c["first"] == "default"}
    head = (
        f"router ({found['questions']} questions, {found['clips']} clips)", "accuracy",
        "default is better by, points", "harm", "no call", "calls", "tool seconds, of `all`",
    )  # fmt: skip
    rows = []
    for name, score in found["strategies"].items():
        share = score["share_of_all_seconds"]
        rows.append(
            (
                name,
                percent(score["accuracy"]),
                points(less.get(name)),
                f"{score['harm'][0]:.1%}",
                f"{score['abstention'][0]:.0%}",
                f"{score['calls']:.1f}",
                "–" if share is None else f"{share:.0%}",
            )
        )
    return table(head, rows)


def strata() -> list[str]:
    """The same by stratum."""
    found = _part("cascade", "shipped")
    return _by_part(found["strata"], STRATA, "stratum")


def skills() -> list[str]:
    """The same by whether training questions of this benchmark are of the skill."""
    return _by_part(_part("cascade", "shipped")["skills"], None, "questions of a")


def forms() -> list[str]:
    """The same facts by how they are asked, of skills that training has wordings of."""
    found = _part("cascade", "shipped")
    shown = ("none", "all", "rules", "default")
    rows = []
    for form, title in FORMS.items():
        one = found["forms"][form]
        rates = [f"{one['accuracy'][name][0]:.1%}" for name in shown]
        told = found["blind"][form]
        without = (f"{told['guess']:.1%}", f"{told['accuracy'][0]:.1%}")
        rows.append((title, *without, *rates, points(one["less all"]["default"])))
    return table(("form", "a guess", "blind", *shown, "default less all, points"), rows)


def reasoners() -> list[str]:
    """The default router as it is, by each reasoner that was measured."""
    rows = []
    for path in sorted(RESULTS.glob("*.json")):
        one = json.loads(path.read_text(encoding="utf-8"))
        found = one["shipped"]["evaluation"]
        scores = found["strategies"]
        rates = [percent(scores[name]["accuracy"]) for name in SHOWN if name in scores]
        rows.append((f"`{one['reasoner']}`", str(found["questions"]), *rates))
    return table(("reasoner", "n", *SHOWN), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def percent(interval: Sequence[float]) -> str:
    """A share with its interval."""
    mean, low, high = interval
    return f"{mean:.1%} [{low:.1%}, {high:.1%}]"


def points(difference: Sequence[float] | None) -> str:
    """A difference of shares in points, with its interval; nothing where there is none."""
    if difference is None:
        return ""
    mean, low, high = (100 * value for value in difference)
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}]" if low != high else ""


def _by_part(found: dict[str, Any], order: Sequence[str] | None, title: str) -> list[str]:
    rows = []
    for part in order or sorted(found):
        one = found[part]
        rates = [f"{one['accuracy'][name][0]:.1%}" for name in SHOWN]
        less = points(one["less all"]["default"])
        rows.append((part, str(one["n"]), str(one["skills"]), *rates, less))
    return table((title, "n", "skills", *SHOWN, "default less all, points"), rows)


def _part(reasoner: str, part: str) -> dict[str, Any]:
    """What was measured on all facts, else on the most."""
    known = {path.stem: path for path in RESULTS.glob(f"{reasoner}*.json")}
    parts = [name for name in known if name.removeprefix(f"{reasoner}-").isdigit()]
    most = max(parts, key=lambda name: int(name.rpartition("-")[2]), default=reasoner)
    path = known.get(reasoner, known.get(most, RESULTS / f"{reasoner}.json"))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    of_part: dict[str, Any] = found[part]
    return of_part
