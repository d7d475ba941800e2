"""Tables of benchmarks/results/*.json: examples, commands, attacks, processors, long audio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from routing_tables import percent, points, table

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"


def written(name: str, unmeasured: Any = None) -> Any:
    """What a benchmark has written; `unmeasured`, where that is given, before it has."""
    path = RESULTS / f"{name}.json"
    if unmeasured is not None and not path.exists():
        return unmeasured
    return json.loads(path.read_text())


def accuracies() -> list[str]:
    """The examples by router, from benchmarks/results/demo_accuracy.json."""
    head = (
        "router", "right", "accuracy", "95% interval", "over `none`, points", "calls a question",
    )  # fmt: skip
    rows = []
    for name, result in written("demo_accuracy").items():
        share = result["accuracy"]
        low, high = share["interval_95"]
        rows.append(
            (
                f"`{name}`", f"{share['right']} of {share['n']}", f"{share['rate']:.0%}",
                f"{low:.0%} … {high:.0%}", points(result["gain_over_none"]),
                f"{result['calls_per_question']:.1f}",
            )
        )  # fmt: skip
    return table(head, rows)


def unlabelled(part: str) -> list[str]:
    """Routers trained with and without right answers, from benchmarks/results/unlabelled.json."""
    routers = written("unlabelled")[part]["routers"]
    rows = [
        (
            name,
            percent(found["accuracy"]),
            "" if name == "nearest 1" else points(found["gain_over_nearest"]),
        )
        for name, found in sorted(routers.items(), key=lambda item: item[1]["accuracy"][0])
    ]
    return table(("router", "right", "over the nearest tool, points"), rows)


def when_to_call() -> list[str]:
    """Routers that may call none, from benchmarks/results/when_to_call.json."""
    head = (
        "questions of", "decided by", "right", "over the policies, points", "mended", "broken",
        "no call",
    )  # fmt: skip
    rows = [
        (
            f"{skills}, n = {found['questions']:,}",
            name,
            percent(one["accuracy"]),
            "" if name == "policies" else points(one["gain_over_policies"]),
            *(f"{one[part][0]:.1%}" for part in ("mended", "broken", "no_call")),
        )
        for skills, found in written("when_to_call").items()
        for name, one in found["routers"].items()
    ]
    return table(head, rows)


def minutes() -> list[str]:
    """How long commands take, from benchmarks/results/first_minutes.json; not those of a second
    that are typed once."""
    rows, seen = [], set()
    for one in written("first_minutes", {"commands": []})["commands"]:
        again = one["command"] in seen
        seen.add(one["command"])
        if one["seconds"] >= 1 or again:
            command, cut, _ = one["command"].partition(" -c ")
            name = f"`{command}{' …' if cut else ''}`{', again' if again else ''}"
            rows.append((name, f"{one['seconds']:.1f}", f"{one['first_output']:.1f}"))
    return table(("command", "seconds", "something is shown after"), rows)


def long_audio() -> list[str]:
    """What hours cost each tool, from benchmarks/results/long_audio.json."""
    rows = []
    for name, found in sorted(written("long_audio", {"tools": {}})["tools"].items()):
        parts = found.get("parts", {})
        same = "; ".join(parts.get("differ", [])) or (
            "yes" if parts.get("agree") else "not compared"
        )
        for clip, one in found.items():
            if clip != "parts":
                seconds = one.get("error", one.get("seconds"))
                what = clip.replace("_", ", ").replace("h", " h")
                rows.append((f"`{name}`", what, str(seconds), str(one["peak_mb"] or "?"), same))
    head = ("tool", "clip", "seconds of computing", "most memory, MB", "as on its parts")
    return table(head, rows)


def first_answers() -> list[str]:
    """Cold and warm commands, from benchmarks/results/first_answers.json."""
    rows = [
        (f"`{name}`", str(one["runs"]), f"{one['median']:.2f}", f"{one['worst']:.2f}")
        for name, one in written("first_answers", {"seconds": {}})["seconds"].items()
    ]
    return table(("command", "runs", "median, s", "worst, s"), rows)


def processors() -> list[str]:
    """How far answers move, from benchmarks/results/other_processors.json."""
    head = (
        "processor", "router", "right", "other routes", "other answers", "probability moves by",
    )  # fmt: skip
    rows = [
        (
            processor, f"`{router}`", f"{one['right']} of {one['n']}", str(one["other_routes"]),
            str(one["other_answers"]), f"{one['largest_change_of_probability']:.3f}",
        )
        for processor, routers in written("other_processors", {}).items()
        for router, one in routers.items()
    ]  # fmt: skip
    return table(head, rows)


def injection() -> list[str]:
    """What attacks and mentions did, from benchmarks/results/injection.json."""
    found = written("injection")
    times, rows = ("before", "after"), []
    for model in found["after"]:
        if model == "prompts":
            continue
        for what, named in (("attacks", "answers moved"), ("mentions", "by naming the choice")):
            shares = [_share(found[when].get(model, {}).get(what), "moved") for when in times]
            rows.append((f"`{model}`: {named}", *shares))
    for prompt in found["after"]["prompts"]:
        shares = [_share(found[when]["prompts"][prompt], "lines of its own") for when in times]
        rows.append((f"prompt of a {prompt}: with lines of an attack", *shares))
    return table(("what", *times), rows)


def _share(found: dict[str, Any] | None, counted: str) -> str:
    if found is None:
        return "–"
    low, high = found["interval_95"]
    return f"{found[counted]} of {found['n']} [{low:.0%}, {high:.0%}]"
