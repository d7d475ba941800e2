"""Write the generated parts of the documentation; `--check` only says whether they are current.

docs/cli.md holds the help of every command, docs/settings.md what a project's file may set,
docs/routers.md the rules, docs/tools.md what the tools hear and how well, README.md,
docs/audio.md and docs/results.md tables from benchmarks/results.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import result_tables
import routing_tables
import scale_tables
import typer
from typer.testing import CliRunner

from audiorouter.toolbox.costs import published_cost
from audiorouter.toolbox.interface import Tool
from audiorouter.weights import find

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Write or check."""
    os.environ |= {"COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}
    stale = []
    for path, text in {
        ROOT / "docs/cli.md": command_line(),
        ROOT / "docs/routers.md": routers(),
        ROOT / "docs/tools.md": tools(),
        ROOT / "docs/settings.md": settings(),
        ROOT / "README.md": readme(),
        ROOT / "docs/results.md": results(),
        ROOT / "docs/audio.md": _with_tables(
            "docs/audio.md", {"long_audio": result_tables.long_audio()}
        ),
        ROOT / "docs/scale.md": scale(),
        ROOT / "docs/design/lm-router.md": _with_tables(
            "docs/design/lm-router.md", {"lm-router": routing_tables.lm_router()}
        ),
    }.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.relative_to(ROOT))
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"out of date, run `make docs-write`: {', '.join(map(str, stale))}")


def command_line() -> str:
    """The help of every command."""
    from audiorouter.cli.app import app

    root = typer.main.get_command(app)
    parts = ["# The command line\n\nGenerated from `--help` by `make docs-write`.\n"]
    for words in _commands(root):
        result = CliRunner().invoke(app, [*words, "--help"], prog_name="audiorouter")
        assert result.exit_code == 0, (words, result.output)
        parts.append(f"## audiorouter {' '.join(words)}".rstrip() + "\n")
        parts.append(f"```text\n{result.output.strip()}\n```\n")
    return "\n".join(parts)


def _commands(command: object, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    inner = getattr(command, "commands", {})
    found = [words]
    for name, sub in inner.items():
        found += _commands(sub, (*words, name))
    return found


def routers() -> str:
    """The strategies and the rules."""
    from audiorouter.plugins import load_registry
    from audiorouter.routing.rules import FALLBACK, RULES

    lines = [
        "# Routers",
        "",
        "A router picks tool calls, or none, for each question; `--router NAME` chooses it, and",
        "`audiorouter routers list` shows these. Without `--router` it is `learned`;",
        "where that cannot be used, `rules` route, and that is said on stderr.",
        "[How well they do](results.md), [train one](tutorials/train-a-router.md), [how the",
        "learned one decides](design/routing.md).",
        "",
        "| name | what it does |",
        "|---|---|",
    ]
    lines += ["| `learned` | the trained one that comes with the package for the provider, "]
    lines[-1] += "where there is one (`cascade` has), unless a folder here is called so |"
    factories = load_registry(third_party=False).routers.values()
    for factory in factories:
        about = factory.description.replace("(docs/routers.md)", "([below](#the-rules))")
        lines.append(f"| `{factory.name}` | {about} |")
    lines += [
        "",
        "A trained router is chosen by its folder, or as `hub:OWNER/NAME`: only what is named so",
        "is looked for on the Hugging Face hub. `audiorouter routers show NAME` says what one was",
        "trained with, how it did, and which of its tools are other versions here. Of one of the",
        "hub the commit at the first use is used from then on,",
        "until `audiorouter routers pull OWNER/NAME` fetches the newest;",
        "`hub:OWNER/NAME@REVISION` is that one alone, and a run's record names the commit. Once it",
        "was used, `OWNER/NAME` will do.",
        "",
        "## What a call may cost",
        "",
        "A trained router calls what its training made worth calling, which is something for",
        "nearly every question. With `--cost-weight W` (`ask`, `batch`, `evaluate`) it weighs that",
        "anew, without any training: it makes the calls whose chance to mend a wrong answer, less",
        "that to break a right one, is more than *W* times what they cost beside calling every",
        "tool. 0 leaves out what is not expected to help. It has to have seen right answers for",
        "that, some among its training questions or in `--val`: a router that was trained",
        "without any (`train --unlabelled`) is refused.",
        "",
        "## The rules",
        "",
        "A tool is called where its pattern, a regular expression, is found in the question, or",
        f"in every choice. Where no rule applies, `{FALLBACK}` is called.",
        "This list is generated by `make docs-write`.",
        "",
    ]
    for rule in RULES:
        lines.append(f"- `{rule.tool}`")
        if rule.pattern is not None:
            lines.append(f"    - question: `{rule.pattern.pattern}`")
        if rule.choices is not None:
            lines.append(f"    - choices: `{rule.choices.pattern}`")
    return "\n".join(lines) + "\n"


def settings() -> str:
    """docs/settings.md with the table of what audiorouter.toml may set."""
    from audiorouter.cli.app import app
    from audiorouter.cli.project_settings import known_settings

    lines = ["| setting | takes | for | what it is |", "|---|---|---|---|"]
    for setting in known_settings(typer.main.get_command(app)).values():
        commands = ", ".join(f"`{name}`" for name in setting.commands) or "every command"
        about = re.sub(r"([<|])", r"\\\1", setting.help)
        lines.append(f"| `{setting.name}` | {setting.allowed} | {commands} | {about} |")
    return _with_tables("docs/settings.md", {"settings": lines})


def tools() -> str:
    """docs/tools.md with its tables made anew."""
    return _with_tables(
        "docs/tools.md",
        {"tools": tool_list(), "measures": tool_measures(), "calibration": calibration()},
    )


def tool_list() -> list[str]:
    """Every tool with its licence, weights and cost."""
    from audiorouter.plugins import load_registry

    registry = load_registry(third_party=False)
    stand_ins = {f"{name} (librosa)": tool for name, tool in registry.stand_ins.items()}
    columns = ("tool", "domain", "what it hears", "licence", "weights")
    lines = [f"| {' | '.join(columns)} | s a minute of audio | of these shared |"]
    lines += ["|---|---|---|---|---|---|---|"]
    for name, tool in {**registry.tools, **stand_ins}.items():
        licence = " + ".join(dict.fromkeys(tool.licences().values()))
        weights = ", ".join(find(weights).name for weights in tool.weights) or "none"
        mark = " *experimental*" if tool.experimental else ""
        lines.append(
            f"| `{name}`{mark} | {tool.domain.value} | {tool.description} | {licence} "
            f"| {weights} | {_seconds(tool)} |"
        )
    return lines


def _seconds(tool: Tool[Any]) -> str:
    """What a tool costs a minute of audio, and the front ends that count once a route."""
    cost = published_cost(tool)
    assert cost is not None, f"run benchmarks/tool_costs.py: {tool.name} was not measured"
    shared = sorted(cost.shared.items(), key=lambda item: -item[1])
    named = ", ".join(f"{name} {60 * rate:.2f}" for name, rate in shared if 60 * rate >= 0.01)
    rate = 60 * cost.rate
    return f"{rate:.2f} | {named}" if rate >= 0.01 else f"< 0.01 | {named}"


def tool_measures() -> list[str]:
    """Every figure of every tool, from benchmarks/results/tools.json."""
    lines = ["| tool | measure | n | value | 95% interval | a guess gets |"]
    lines += ["|---|---|---|---|---|---|"]
    for one in result_tables.written("tools")["measures"]:
        value, low, high, guess = (
            "–" if one[key] is None else f"{one[key]:.1%}"
            for key in ("value", "low", "high", "guess")
        )
        arrow = " ↓" if one["better"] == "lower" else ""
        lines.append(
            f"| `{one['tool']}` | {one['what']}{arrow} | {one['n']} | {value} "
            f"| {low} … {high} | {guess} |"
        )
    return lines


def calibration() -> list[str]:
    """How well confidences fit, from benchmarks/results/tools.json."""
    lines = ["| tool | findings | right | mean confidence | calibration error | by chance |"]
    lines += ["|---|---|---|---|---|---|"]
    for one in result_tables.written("tools").get("calibration", []):
        lines.append(
            f"| `{one['tool']}` | {one['n']} | {one['right']:.1%} | {one['confidence']:.1%} "
            f"| {one['ece']:.3f} | {one['by_chance']:.3f} |"
        )
    return lines


def readme() -> str:
    """The README with its tables of accuracies made anew."""
    tables = (
        result_tables.accuracies,
        routing_tables.routing,
        routing_tables.strata,
        result_tables.minutes,
    )
    return _with_tables("README.md", {table.__name__: table() for table in tables})


def results() -> str:
    """docs/results.md with its tables made anew."""
    tables = (
        routing_tables.routing, routing_tables.strata, routing_tables.skills,
        routing_tables.untouched, routing_tables.oracles, routing_tables.reasoners,
        routing_tables.forms, routing_tables.seeds, routing_tables.sizes,
        result_tables.accuracies, result_tables.injection, result_tables.first_answers,
        result_tables.processors,
    )  # fmt: skip
    trained = {
        "unlabelled": result_tables.unlabelled("all"),
        "gone_on": result_tables.unlabelled("skills"),
        "when_to_call": result_tables.when_to_call(),
    }
    return _with_tables("docs/results.md", {t.__name__: t() for t in tables} | trained)


def scale() -> str:
    """docs/scale.md with its tables made anew."""
    tables = (
        scale_tables.one_machine, scale_tables.two_nodes, scale_tables.paper,
        scale_tables.store_size,
    )  # fmt: skip
    return _with_tables("docs/scale.md", {table.__name__: table() for table in tables})


def _with_tables(name: str, tables: dict[str, list[str]]) -> str:
    """A file whose tables, each between two marks, are replaced."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for mark, rows in tables.items():
        table = "\n".join(rows)
        pattern = rf"(<!-- {mark} -->\n).*?(<!-- end -->)"
        text, places = re.subn(
            pattern, lambda m, new=table: f"{m[1]}{new}\n{m[2]}", text, flags=re.DOTALL
        )
        assert places, f"{name} has no place for the table {mark}"
    return text


if __name__ == "__main__":
    main()
