"""Tables of benchmarks/results/*.json: examples, commands, attacks, processors, long audio."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from routing_tables import points

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"


def written(name: str, unmeasured: Any = None) -> Any:
    """What a benchmark has written; `unmeasured`, where that is given, before it has."""
    path = RESULTS / f"{name}.json"
    if unmeasured is not None and not path.exists():
        return unmeasured
    return json.loads(path.read_text())


def accuracies() -> list[str]:
    """The examples by router, from benchmarks/results/demo_accuracy.json."""
    results = written("demo_accuracy")
    rows = [
        "| router | right | accuracy | 95% interval | over `none`, points | calls a question |",
        "|---|---|---|---|---|---|",
    ]
    for name, result in results.items():
        share = result["accuracy"]
        low, high = share["interval_95"]
        rows.append(
            f"| `{name}` | {share['right']} of {share['n']} | {share['rate']:.0%} "
            f"| {low:.0%} … {high:.0%} | {points(result['gain_over_none'])} "
            f"| {result['calls_per_question']:.1f} |"
        )
    return rows


def unlabelled(part: str) -> list[str]:
    """Routers trained with and without right answers, from benchmarks/results/unlabelled.json."""
    rows = ["| router | right | over the nearest tool, points |", "|---|---|---|"]
    routers = written("unlabelled")[part]["routers"]
    for name, found in sorted(routers.items(), key=lambda item: item[1]["accuracy"][0]):
        share, low, high = found["accuracy"]
        gain = "" if name == "nearest 1" else points(found["gain_over_nearest"])
        rows.append(f"| {name} | {share:.1%} [{low:.1%}, {high:.1%}] | {gain} |")
    return rows


def when_to_call() -> list[str]:
    """Routers that may call none, from benchmarks/results/when_to_call.json."""
    rows = [
        "| questions of | decided by | right | over the policies, points | mended | broken "
        "| no call |",
        "|---|---|---|---|---|---|---|",
    ]
    for skills, found in written("when_to_call").items():
        for name, one in found["routers"].items():
            share, low, high = one["accuracy"]
            gain = "" if name == "policies" else points(one["gain_over_policies"])
            rest = " | ".join(f"{one[part][0]:.1%}" for part in ("mended", "broken", "no_call"))
            rows.append(
                f"| {skills}, n = {found['questions']:,} | {name} | "
                f"{share:.1%} [{low:.1%}, {high:.1%}] | {gain} | {rest} |"
            )
    return rows


def minutes() -> list[str]:
    """How long commands take, from benchmarks/results/first_minutes.json; not those of a second
    that are typed once."""
    rows, seen = ["| command | seconds | something is shown after |", "|---|---|---|"], set()
    for one in written("first_minutes", {"commands": []})["commands"]:
        again = one["command"] in seen
        seen.add(one["command"])
        if one["seconds"] >= 1 or again:
            command = one["command"].partition(" -c ")[0] + (
                " …" if " -c " in one["command"] else ""
            )
            name = f"`{command}`{', again' if again else ''}"
            rows.append(f"| {name} | {one['seconds']:.1f} | {one['first_output']:.1f} |")
    return rows


def long_audio() -> list[str]:
    """What hours cost each tool, from benchmarks/results/long_audio.json."""
    rows = [
        "| tool | clip | seconds of computing | most memory, MB | as on its parts |",
        "|---|---|---|---|---|",
    ]
    for name, found in sorted(written("long_audio", {"tools": {}})["tools"].items()):
        parts = found.get("parts", {})
        same = "; ".join(parts.get("differ", [])) or (
            "yes" if parts.get("agree") else "not compared"
        )
        for clip, one in found.items():
            if clip != "parts":
                seconds = one.get("error", one.get("seconds"))
                what = clip.replace("_", ", ").replace("h", " h")
                rows.append(f"| `{name}` | {what} | {seconds} | {one['peak_mb'] or '?'} | {same} |")
    return rows


def first_answers() -> list[str]:
    """Cold and warm commands, from benchmarks/results/first_answers.json."""
    rows = ["| command | runs | median, s | worst, s |", "|---|---|---|---|"]
    for name, one in written("first_answers", {"seconds": {}})["seconds"].items():
        rows.append(f"| `{name}` | {one['runs']} | {one['median']:.2f} | {one['worst']:.2f} |")
    return rows


def processors() -> list[str]:
    """How far answers move, from benchmarks/results/other_processors.json."""
    rows = [
        "| processor | router | right | other routes | other answers | probability moves by |",
        "|---|---|---|---|---|---|",
    ]
    for processor, routers in written("other_processors", {}).items():
        for router, one in routers.items():
            right, other = f"{one['right']} of {one['n']}", one["other_routes"]
            rows.append(
                f"| {processor} | `{router}` | {right} | {other} | {one['other_answers']} "
                f"| {one['largest_change_of_probability']:.3f} |"
            )
    return rows


def injection() -> list[str]:
    """What attacks and mentions did, from benchmarks/results/injection.json."""
    found = written("injection")
    rows = ["| what | before | after |", "|---|---|---|"]
    models = [name for name in found["after"] if name != "prompts"]
    for model in models:
        for what, named in (("attacks", "answers moved"), ("mentions", "by naming the choice")):
            cells = [
                _share(found[when].get(model, {}).get(what), "moved")
                for when in ("before", "after")
            ]
            rows.append(f"| `{model}`: {named} | {cells[0]} | {cells[1]} |")
    for prompt in found["after"]["prompts"]:
        cells = [
            _share(found[when]["prompts"][prompt], "lines of its own")
            for when in ("before", "after")
        ]
        rows.append(f"| prompt of a {prompt}: with lines of an attack | {cells[0]} | {cells[1]} |")
    return rows


def _share(found: dict[str, Any] | None, counted: str) -> str:
    if found is None:
        return "–"
    low, high = found["interval_95"]
    return f"{found[counted]} of {found['n']} [{low:.0%}, {high:.0%}]"
