"""Tables of benchmarks/results/routing/*.json: routers on the benchmark, by several reasoners."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "routing"
STRATA = ("several kinds", "one kind", "two calls", "no call")
OTHERS = {
    "cascade-reads-all": "`cascade -P reads=all`",
    "qwen2.5-coder-1.5b": "`cascade:qwen2.5-coder-1.5b`",
}
"""Reasoners beside the embedded one."""
FORMS = {
    "test-seen-wording": "of training, of training",
    "test": "new, of training",
    "test-seen-wording-other-choices": "of training, said otherwise",
    "test-other-choices": "new, said otherwise",
}
SHOWN = ("none", "all", "rules", "nearest 1", "nearest 3", "default")


def routing() -> list[str]:
    """The default router beside what needs no training, by the embedded reasoner."""
    found = _strategies("cascade")
    whole = found["parts"]["all questions"]["all questions"]
    head = (
        f"router ({found['n']:,} questions, {found['clips']} clips)", "accuracy",
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
                f"{spent['tool seconds'] / found['routers']['all']['tool seconds']:.0%}",
            )
        )
    return table(head, rows)


def untouched() -> list[str]:
    """Some of the same on those of the questions alone that no look was at before."""
    found = _part("cascade-after-600", "strategies")
    if found is None:
        return ["Not measured yet; `benchmarks/routing.py` does."]
    whole = found["parts"]["all questions"]["all questions"]
    names = [name for name in whole["accuracy"] if "weight" not in name or name.endswith(" 0")]
    rows = [
        (name, percent(whole["accuracy"][name]), points(whole["less all"].get(name)))
        for name in names
    ]
    head = (
        f"router ({found['n']:,} questions, {found['clips']} clips)", "accuracy",
        "better than `all` by, points",
    )  # fmt: skip
    return table(head, rows)


def reasoners() -> list[str]:
    """The same routers by other reasoners, which the default router was not trained for."""
    rows = []
    for reasoner, title in OTHERS.items():
        found = _part(reasoner, "strategies")
        if found is None:
            continue
        whole = found["parts"]["all questions"]["all questions"]
        against = "all" if "less all" in whole else "none"
        for name, accuracy in whole["accuracy"].items():
            if name not in SHOWN:
                continue
            less = points(whole[f"less {against}"].get(name))
            share = found["routers"][name]
            rows.append(
                (
                    f"{title}, n = {found['n']}", name, percent(accuracy),
                    f"{less} ({against})" if less else "",
                    f"{share['mended']:.1%}", f"{share['broken']:.1%}",
                )
            )  # fmt: skip
    if not rows:
        return ["Not measured yet; `benchmarks/routing.py` does."]
    return table(
        ("reasoner", "router", "accuracy", "better by, points (than)", "mended", "broken"), rows
    )


def forms() -> list[str]:
    """The same facts asked in other words, and with the choices said otherwise."""
    found = _part("cascade", "forms")
    if found is None:
        earlier = "[of an earlier one](history.md#looks-at-the-test-split)"
        return [f"Not measured of this router yet, only {earlier}; `benchmarks/routing.py` does."]
    names = ("none", "all", "rules", "default")
    rows = [
        (
            FORMS[form],
            str(one["n"]),
            f"{found['blind'][form]['accuracy'][0]:.1%}",
            *(f"{one['accuracy'][name][0]:.1%}" for name in names),
            points(one["less all"]["default"]),
        )
        for form, one in found.items()
        if form in FORMS
    ]
    return table(("wording, choices", "n", "blind", *names, "default less all, points"), rows)


def strata() -> list[str]:
    """The same by stratum."""
    return _by_part(_strategies("cascade")["parts"]["strata"], STRATA, "stratum")


def skills() -> list[str]:
    """The same by whether training questions of this benchmark are of the skill."""
    return _by_part(_strategies("cascade")["parts"]["skills"], None, "questions")


def oracles() -> list[str]:
    """The default router beside what is best in hindsight; every single call was asked for it."""
    found = _part("cascade", "shipped")
    if found is None:
        return ["Not measured yet; `benchmarks/routing.py` does."]
    names = ("none", "all", "best single", "default", "cross-fitted oracle", "oracle")
    strategies = found["evaluation"]["strategies"]
    whole = {"n": found["evaluation"]["questions"], "accuracy": {
        name: strategies[name]["accuracy"] for name in names
    }}  # fmt: skip
    apart = {part: one for part, one in found["skills"].items() if "listening" not in part}
    parts = {"all": whole, **{part: found["strata"][part] for part in STRATA}, **apart}
    rows = [
        (part, str(one["n"]), *(f"{one['accuracy'][name][0]:.1%}" for name in names))
        for part, one in parts.items()
    ]
    return table(("questions", "n", *names), rows)


def seeds() -> list[str]:
    """Routers of five seeds, trained as the default one is: their mean, beside what needs no
    training and the same without hearing."""
    found = _part("cascade", "seeds")
    if found is None:
        return ["Not measured yet; `benchmarks/routing.py` does."]
    cuts = found["parts"]
    whole = cuts["all questions"]["all questions"]
    strata = {part: cuts["strata"][part] for part in STRATA}
    known = {part: one for part, one in cuts["skills"].items() if "listening" not in part}
    names, less = ("none", "all", "nearest 3", "text only", "learned"), ("all", "nearest 3")
    rows = [
        (
            part, str(one["n"]),
            *(f"{one['accuracy'][name][0]:.1%}" for name in names),
            *(points(one[f"less {name}"]["learned"]) for name in less),
        )
        for part, one in {"all": whole, **strata, **known}.items()
    ]  # fmt: skip
    spread = ", ".join(f"{share:.1%}" for share in found["seeds"]["learned"])
    deaf = ", ".join(f"{share:.1%}" for share in found["seeds"]["text only"])
    head = ("questions", "n", *names, *(f"learned less {name}, points" for name in less))
    return [
        *table(head, rows),
        "",
        f"By seed: {spread}; of those that hear nothing {deaf}. Learned less text only: "
        f"{points(whole['less text only']['learned'])} points.",
    ]


def sizes() -> list[str]:
    """Routers that are trained as the default one is, on fewer questions."""
    found = _part("cascade", "sizes")
    if found is None:
        return ["Not measured yet; `benchmarks/routing.py` does."]
    rows = [
        (size, f"{mean(shares):.1%}", f"{min(shares):.1%} to {max(shares):.1%}")
        for size, shares in found.items()
        if isinstance(shares, list)
    ]
    return table(("training questions", "accuracy, mean of five seeds", "of each"), rows)


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
        f"GRPO made {len(steps)} of {found['steps planned']} steps. The mean reward of what was "
        f"drawn was {first:+.2f} in the first {ends} of them and {last:+.2f} in the last {ends};",
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
    share, low, high = interval
    return f"{share:.1%}" if low is None else f"{share:.1%} [{low:.1%}, {high:.1%}]"


def points(difference: Sequence[float] | None) -> str:
    """A difference of shares in points, with its interval; nothing where there is none."""
    if difference is None:
        return ""
    middle, low, high = difference
    if low == high:  # None, where nothing tells its bounds
        return f"{100 * middle:+.1f}" if middle else ""
    return f"{100 * middle:+.1f} [{100 * low:+.1f}, {100 * high:+.1f}]"


def _by_part(found: dict[str, Any], order: Sequence[str] | None, title: str) -> list[str]:
    rows = []
    for part in order or sorted(found):
        one = found[part]
        rates = [f"{one['accuracy'][name][0]:.1%}" for name in SHOWN]
        less = points(one["less all"]["default"])
        rows.append((part, str(one["n"]), str(one["skills"]), *rates, less))
    return table((title, "n", "skills", *SHOWN, "default less all, points"), rows)


def _strategies(reasoner: str) -> dict[str, Any]:
    found = _part(reasoner, "strategies")
    assert found is not None, reasoner
    return found


def _part(reasoner: str, part: str) -> dict[str, Any] | None:
    """What was measured on all facts, else on the most; None where nothing was."""
    measured: list[tuple[float, dict[str, Any]]] = []
    for path in RESULTS.glob(f"{reasoner}*.json"):
        count = path.stem.removeprefix(reasoner)
        found = json.loads(path.read_text(encoding="utf-8"))
        if part in found and (not count or count.removeprefix("-").isdigit()):
            measured.append((float(count.removeprefix("-") or "inf"), found[part]))
    return max(measured, key=lambda one: one[0], default=(0.0, None))[1]
