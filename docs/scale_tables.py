"""Tables of docs/scale.md: what rows, nodes, tools and stores take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from audiorouter.plugins import load_registry
from audiorouter.toolbox.costs import published_cost

RESULTS = Path(__file__).resolve().parents[1] / "benchmarks" / "results"
ON_PAPER = 100_000_000
"""Clips of the calculation on paper."""


def one_machine() -> list[str]:
    """What a row costs, from benchmarks/results/scale.json."""
    found = _results("scale")
    if found is None:
        return ["Not measured yet: `python benchmarks/scale.py -o benchmarks/results/scale.json`."]
    lines = [
        f"Questions about {found['clips']} clips that the tool `{found['tool']}` has heard, with a "
        "reasoner that takes no time, in CPU seconds, of which other work beside makes more (an "
        f"empty process has {found['empty_process_mb']:.0f} MB). `benchmarks/scale.py` measures "
        "it:",
        "",
        "| rows | µs a row, first run | again, all from the store | rows a CPU second | again "
        "| peak MB, first | again | bytes a row |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for size in found["sizes"]:
        first, second = size["first"], size["second"]
        lines.append(
            f"| {size['rows']:,} | {first['microseconds_a_row']:.0f} "
            f"| {second['microseconds_a_row']:.0f} | {first['rows_a_cpu_second']:,} "
            f"| {second['rows_a_cpu_second']:,} | {first['peak_mb']:.0f} "
            f"| {second['peak_mb']:.0f} | {size['store_bytes_a_row']:,} |"
        )
    lines += [
        "",
        "The store has each row in two runs, and its answer. Seconds that it takes (commands with "
        "their start):",
        "",
        "| rows | store, MB | is opened | `store stats` | `store prune` | `runs list` "
        "| `store export answers` |",
        "|---|---|---|---|---|---|---|",
    ]
    for size in found["sizes"]:
        store = size["store_seconds"]
        lines.append(
            f"| {size['rows']:,} | {size['store_mb']:,.0f} | {store['open']:.3f} "
            f"| {store['stats']:.1f} | {store['prune']:.1f} | {store['runs_list']:.1f} "
            f"| {store['export_answers']:.1f} |"
        )
    return lines


def two_nodes() -> list[str]:
    """How much faster two nodes are, from benchmarks/results/scale_ray.json."""
    found = _results("scale_ray")
    if found is None:
        return ["Not measured yet: `python benchmarks/scale_ray.py`."]
    rates = " and ".join(f"{one:.2f}" for one in found["clips_a_second"])
    return [
        f"The tool stage ({', '.join(found['tools'])}) of {found['clips']} clips of "
        f"{found['seconds_a_clip']:g} s on nodes of one core each, on one machine of "
        f"{found['cores']} cores: {rates} clips a second by one node and by two, "
        f"{found['ratio']:.2f} times as many (`benchmarks/scale_ray.py`; starting is not counted)."
    ]


def store_size() -> list[str]:
    """What 100 million clips take in the store and as files, from results/store_size.json."""
    found = _results("store_size")
    if found is None:
        return ["Not measured yet: `python benchmarks/store_size.py`."]
    clip, row, flac = (found[f"{what}_a_clip"] for what in ("bytes", "row_bytes", "flac_bytes"))
    return [
        f"**Store.** A clip with its file, {found['calls_a_clip']} calls, a route and an answer "
        f"takes {clip / 1e3:.1f} KB, and its row in the run {row / 1e3:.1f} KB more, since it says "
        "again what was found (one short finding in the table above, four here): "
        f"{ON_PAPER * (clip + row) / 1e9:,.0f} GB for all. As FLAC, mono at "
        f"{found['flac']['rate'] / 1e3:g} kHz, {found['flac']['seconds']:g} s are "
        f"{flac / 1e3:.0f} KB, and all of them {ON_PAPER * flac / 1e12:.0f} TB. "
        f"`benchmarks/store_size.py` measures both: a made store of {found['clips']:,} clips with "
        "the calls that the tools' pages show and the questions of the examples, and the examples' "
        "clips.",
    ]


def paper() -> list[str]:
    """What each tool would take for 100 million clips of 10 s, from its published cost."""
    seconds, machine = 10.0, 64
    rates = {
        name: cost.rate
        for name, tool in load_registry(third_party=False).tools.items()
        if (cost := published_cost(tool)) is not None
    }
    rows = [
        "| tool | s a clip | core years | days on 10 machines of 64 cores |",
        "|---|---|---|---|",
    ]
    for name, rate in sorted(rates.items(), key=lambda item: -item[1]):
        core = rate * seconds * ON_PAPER
        years, days = core / 86400 / 365, core / 86400 / (10 * machine)
        rows.append(f"| {name} | {rate * seconds:.3f} | {years:.2f} | {days:.2f} |")
    return rows


def _results(name: str) -> Any:
    """What a benchmark has written; None before it has."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
