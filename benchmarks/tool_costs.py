"""What the tools of the package cost: the costs that routing takes where none were measured.

    python benchmarks/tool_costs.py                      # on an idle machine
    python benchmarks/tool_costs.py --tool transcribe    # only this one anew, may be repeated

Each tool hears the example clips by itself, as `audiorouter tools bench` does it, in several
rounds; of its own seconds and of those of each front end the least counts, as what else a machine
does only adds to them. Writes audiorouter/toolbox/costs.json, of which docs/generate.py makes the
seconds in docs/tools.md. A round takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from toolbench.measures import measured_tools

from audiorouter.store import Store
from audiorouter.toolbox.costs import PUBLISHED, published_name
from audiorouter.toolbox.interface import Tool
from audiorouter.toolbox.timing import ToolCost, time_tools

CLIPS = Path(__file__).resolve().parents[1] / "examples" / "clips"
DIGITS = 4
"""Significant ones that are kept."""


def main() -> None:
    """Measure, and write what came out after each round."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tool", action="append", choices=list(measured_tools()))
    parser.add_argument("--output", type=Path, default=PUBLISHED)
    arguments = parser.parse_args()
    tools = {n: t for n, t in measured_tools().items() if n in (arguments.tool or [n])}
    known = json.loads(PUBLISHED.read_text(encoding="utf-8"))["tools"] if arguments.tool else {}
    clips = sorted(CLIPS.glob("*.flac"))
    rounds: list[dict[str, ToolCost]] = []
    for number in range(1, arguments.rounds + 1):
        rounds.append(measure(tools, clips))
        costs = {
            published_name(tool): least(name, [one[name] for one in rounds])
            for name, tool in tools.items()
        }
        found = {
            "unit": "seconds of computing a second of audio, on one thread",
            "processor": processor(),
            "cores": os.cpu_count(),
            "clips": len(clips),
            "tools": known | costs,
        }
        arguments.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print("round", number, "is done", file=sys.stderr)


def measure(tools: Mapping[str, Tool[Any]], clips: Sequence[Path]) -> dict[str, ToolCost]:
    """Each tool once over all clips, by its name in the tables."""
    found = {}
    with tempfile.TemporaryDirectory() as scratch, Store(Path(scratch) / "store.db") as store:
        for name, tool in tools.items():
            (found[name],) = time_tools([tool], clips, store, timeout=600)
            if found[name].error is not None:
                sys.exit(f"{name}: {found[name].error}")
    return found


def least(name: str, costs: Sequence[ToolCost]) -> dict[str, Any]:
    """Own and shared seconds a second of audio: the least of all rounds."""

    def rate(of: Callable[[ToolCost], float]) -> float:
        return float(f"{min(map(of, costs)) / 60:.{DIGITS}g}")

    shared = {name: rate(lambda cost, n=name: cost.shared[n]) for name in costs[0].shared}  # type: ignore[misc]
    return {"name": name, "own": rate(lambda c: c.own_seconds_a_minute or 0.0), "shared": shared}


def processor() -> str:
    """The processor's name, as Linux says it."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))


if __name__ == "__main__":
    main()
