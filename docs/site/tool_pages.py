"""A page for each built-in tool, made of its class, its measures, and a clip with its finding."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from citations import cited
from pictures import picture
from tool_findings import REMARKS, Example, kept, outdated

from audiorouter.plugins import load_registry
from audiorouter.toolbox.costs import published_cost
from audiorouter.toolbox.interface import Domain, Tool
from audiorouter.weights import find

MEASURES = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "tools.json"
TITLES = {Domain.SPEECH: "Speech", Domain.SOUND: "Sound", Domain.MUSIC: "Music"}
_MOST_DATA = 1_500
"""Letters of a finding's data that are shown."""


def tools_by_domain() -> dict[str, list[Tool[Any]]]:
    """The built-in tools, as the site lists them."""
    tools = load_registry(third_party=False).tools.values()
    return {
        title: [tool for tool in tools if tool.domain is domain] for domain, title in TITLES.items()
    }


def place_of(tool: Tool[Any]) -> str:
    """Where the site has a tool's page."""
    return f"tools/{tool.name}.md"


def pages() -> Iterator[tuple[Tool[Any], str]]:
    """Each tool with its page as Markdown.

    Raises:
        LookupError: a finding is missing, or of another version of its tool.
    """
    registry = load_registry(third_party=False)
    if stale := outdated(registry.tools.values()):
        raise LookupError(f"findings of {', '.join(stale)} are old, run `make docs-write`")
    examples, measured = kept(), json.loads(MEASURES.read_text("utf-8"))
    for tool in registry.tools.values():
        stand_in = registry.stand_ins.get(tool.name)
        yield tool, page(tool, examples[tool.name], measured, stand_in)


def with_links(text: str) -> str:
    """A page on which tools that begin a row of a table, or stand in the heading, have links.

    >>> with_links("| `tempo` | music |")
    '| [`tempo`](tools/tempo.md) | music |'
    """
    names = {tool.name for tool in load_registry(third_party=False).tools.values()}

    def one(match: re.Match[str]) -> str:
        name = match[1]
        return f"| [`{name}`](tools/{name}.md)" if name in names else match[0]

    return re.sub(r"^\| `(\w+)`", one, text, flags=re.M)


def page(
    tool: Tool[Any],
    example: Example,
    measured: Mapping[str, Any],
    stand_in: Tool[Any] | None = None,
) -> str:
    """The page of a tool."""
    lines = [f"# `{tool.name}`", "", tool.description, ""]
    if tool.not_for:
        lines += [f"**{tool.not_for}**", ""]
    if tool.experimental:
        lines += ["*Experimental: routers leave it out, whoever names it gets it.*", ""]
    lines += [*_method(tool), *_heard(tool, example)]
    if tool.examples:
        lines += ["## Questions that it helps with", ""]
        lines += [*(f"- {question}" for question in tool.examples), ""]
    lines += [*_parameters(tool), *_measures(tool, measured), *_cost(tool), *_licence(tool)]
    if stand_in is not None:
        lines += [*_stand_in(stand_in)]
    return "\n".join(lines)


def _method(tool: Tool[Any]) -> list[str]:
    told = " ".join((inspect.getdoc(type(tool)) or "").split())
    weights = ", ".join(f"`{find(one).name}`" for one in tool.weights)
    return [f"*How:* {told}" + (f" Weights: {weights}." if weights else ""), ""]


def _heard(tool: Tool[Any], example: Example) -> list[str]:
    """A clip, what it looks like, and what the tool found in it."""
    finding = escape(example.text).replace("\n", "<br>")
    sure = f" <small>({example.confidence:.0%} sure)</small>" if example.confidence else ""
    told = "".join(f" --arg {name}={value}" for name, value in example.arguments.items())
    data = json.dumps(example.data, indent=1, ensure_ascii=False)
    if len(data) > _MOST_DATA:
        data = f"{data[:_MOST_DATA]}\n…"
    drawn = picture(example.path, example.data)
    lines = [
        "## A clip, and what it finds",
        "",
        '<div class="clip">',
        f'<div class="scrolled" tabindex="0" role="group" aria-label="Picture">{drawn}</div>',
        '<p class="sideways">↔ The picture is wider than the screen: scroll it sideways.</p>',
        f'<audio controls preload="none" src="../clips/{example.clip}"></audio>',
        f'<blockquote class="finding">{finding}{sure}</blockquote>',
        "</div>",
        "",
    ]
    if tool.name in REMARKS:
        lines += [REMARKS[tool.name], ""]
    clicked = (
        "a bar to hear what it stands for."
        if "data-end" in drawn
        else "the picture to play from there."
    )
    command = f"audiorouter tools run {tool.name} examples/clips/{example.clip}{told}"
    return [
        *lines,
        f"Click {clicked} The clip is [`{example.clip}`](../example-clips.md); the same from the "
        "repository's folder:",
        "",
        *("```sh", command, "```", ""),
        "<details markdown><summary>The finding's data</summary>",
        "",
        *("```json", *data.splitlines(), "```", ""),
        "</details>",
        "",
    ]


def _parameters(tool: Tool[Any]) -> list[str]:
    """Each argument with its type, range, default and meaning."""
    schema = tool.Arguments.model_json_schema()
    properties: dict[str, Any] = schema.get("properties", {})
    if not properties:
        return ["## Parameters", "", "None.", ""]
    lines = ["## Parameters", "", "| name | takes | default | meaning |", "|---|---|---|---|"]
    for name, one in properties.items():
        default = one.get("default")
        shown = "–" if default is None or default == [] else f"`{json.dumps(default)}`"
        meaning = one.get("description", "").replace("|", "\\|")
        lines.append(f"| `{name}` | {_takes(one, schema)} | {shown} | {meaning} |")
    return [*lines, ""]


def _takes(one: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """What a value has to be, in words."""
    if "$ref" in one:
        return _takes(schema["$defs"][one["$ref"].rpartition("/")[2]], schema)
    if "anyOf" in one:
        inner = [part for part in one["anyOf"] if part.get("type") != "null"]
        return " or ".join(_takes(part, schema) for part in inner)
    if "enum" in one:
        return "one of " + ", ".join(f"`{value}`" for value in one["enum"])
    if "const" in one:
        return f"`{one['const']}`"
    kind = one.get("type")
    if kind == "array":
        most = f"up to {one['maxItems']} " if "maxItems" in one else ""
        return f"a list of {most}texts"
    bounds = _bounds(one)
    if kind in ("number", "integer"):
        return f"{'a whole number' if kind == 'integer' else 'a number'}{bounds}"
    if kind == "boolean":
        return "true or false"
    length = f" of up to {one['maxLength']} letters" if "maxLength" in one else ""
    pattern = f", as `{one['pattern']}`" if "pattern" in one else ""
    return f"text{length}{pattern}"


def _bounds(one: Mapping[str, Any]) -> str:
    least, most = one.get("minimum"), one.get("maximum")
    if least is not None and most is not None:
        return f", {least} to {most}"
    if least is not None:
        return f", {least} or more"
    if (above := one.get("exclusiveMinimum")) is not None:
        return f" above {above}"
    return "" if most is None else f", up to {most}"


def _measures(tool: Tool[Any], measured: Mapping[str, Any]) -> list[str]:
    """What benchmarks/tools.py has measured of a tool."""
    rows = [one for one in measured["measures"] if one["tool"] == tool.name]
    lines = ["## How well it hears", ""]
    if not rows:
        return [*lines, "Not measured by `benchmarks/tools.py`.", ""]
    lines += ["| measure | n | value | 95% interval | a guess gets |", "|---|---|---|---|---|"]
    for one in rows:
        value, low, high, guess = (
            "–" if one[key] is None else f"{one[key]:.1%}"
            for key in ("value", "low", "high", "guess")
        )
        arrow = " ↓" if one["better"] == "lower" else ""
        lines.append(f"| {one['what']}{arrow} | {one['n']} | {value} | {low} … {high} | {guess} |")
    sure = next((one for one in measured.get("calibration", []) if one["tool"] == tool.name), None)
    lines.append("")
    if sure is not None:
        lines += [
            f"Of {sure['n']} findings {sure['right']:.1%} were right; their mean confidence was "
            f"{sure['confidence']:.1%} (expected calibration error {sure['ece']:.3f}).",
            "",
        ]
    on_what = "[On which recordings, and what the measures mean](../tools.md#how-well-they-hear)."
    return [*lines, f"{on_what} ↓: lower is better.", ""]


def _cost(tool: Tool[Any]) -> list[str]:
    cost = published_cost(tool)
    lines = ["## Cost", ""]
    if cost is None:
        return [*lines, "Not measured.", ""]
    rate = 60 * cost.rate
    spent = f"{rate:.2f} s" if rate >= 0.01 else "Less than 0.01 s"
    lines.append(f"{spent} of computing a minute of audio, on one thread.")
    shared = sorted(cost.shared.items(), key=lambda item: -item[1])
    named = [f"{name} ({60 * each:.2f} s)" for name, each in shared if 60 * each >= 0.01]
    if named:
        lines.append(f"Of these, a route pays once with other tools: {', '.join(named)}.")
    lines.append("[Costs](../tools.md#what-there-is) says how they were measured.")
    return [*lines, ""]


def _licence(tool: Tool[Any]) -> list[str]:
    """Licences of code and weights, and whom to cite."""
    lines = ["## Licence and citation", "", "| what | licence |", "|---|---|"]
    lines.append(f"| code that it calls | {tool.licence} |")
    for weights in map(find, tool.weights):
        lines.append(f"| `{weights.name}`: {weights.description} | {weights.licence} |")
    lines.append("")
    if doubt := tool.not_commercial():
        lines += [f"`--licence commercial` leaves it out or replaces it: {doubt}.", ""]
    for source, parts in cited([*tool.weights, *tool.packages]).items():
        lines.append(f"- {', '.join(f'`{part}`' for part in parts)}: {source}.")
    return [*lines, ""]


def _stand_in(tool: Tool[Any]) -> list[str]:
    """The tool that takes its place."""
    how = " ".join((inspect.getdoc(type(tool)) or "").split())
    packages = ", ".join(f"`{package}`" for package in tool.packages)
    return [
        "## What stands in for it",
        "",
        "Where its package is not installed, or under `--licence commercial`, another tool takes "
        f"its place under the same name, by {packages} ({tool.licence}): {how}",
        "",
        *(f"- {source}." for source in cited(tool.packages)),
        "",
    ]
