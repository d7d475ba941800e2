"""Fit how sure each tool is of its findings: curves from its evidence to the share of right ones.

    python benchmarks/calibrate.py FOLDER                    # as for benchmarks/tools.py
    python benchmarks/calibrate.py FOLDER --domain music     # the curves of other tools stay

Hears the training recordings as benchmarks/tools.py does, with tools giving their bare evidence as
confidence; findings about clips without what a tool hears count as wrong. Writes
audiorouter/toolbox/calibration.json. A tool without evidence, or with fewer findings than 20, gets
no curve. What comes of it on the test recordings is in docs/tools.md.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from audioqa.sources import Recordings, fetch
from toolbench.calibration import Judged, error_held_out, fit
from toolbench.domains import DOMAINS
from toolbench.measures import Benchmark, measured_tools
from toolbench.wrong_kind import measure as measure_wrong_kind

from audiorouter import Tool
from audiorouter.toolbox import calibration

FILE = Path(calibration.__file__).with_name(calibration.CURVES)
FEWEST = 20


def main() -> None:
    """Listen, fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--packages", type=Path, help="where the Debian packages are kept")
    parser.add_argument("--domain", choices=DOMAINS, help="only the tools of this one")
    parser.add_argument("--pairs", type=Path, help="a CSV file for evidence and right or wrong")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--only", nargs="+", help="write the curves of these classes of tools")
    arguments = parser.parse_args()
    known = {type(tool).__name__ for tool in measured_tools().values()}
    if unknown := set(arguments.only or ()) - known:
        parser.error(f"no classes of tools: {', '.join(sorted(unknown))}")
    os.environ["OMP_NUM_THREADS"] = "1"
    packages = arguments.packages or arguments.folder / "packages"
    fetch(packages)
    domains = [name for name in DOMAINS if arguments.domain in (None, name)]
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as processes:
        parts = processes.map(_judged, [*domains, None], repeat(domains), repeat(packages))
        judged = list(chain(*parts))
    if arguments.pairs is not None:
        _write_pairs(arguments.pairs, judged)
    curves = curves_of(judged)
    if arguments.only is not None:
        curves = {name: curve for name, curve in curves.items() if name in arguments.only}
    if arguments.only is not None or arguments.domain is not None:
        curves = json.loads(FILE.read_text(encoding="utf-8")) | curves
    FILE.write_text(json.dumps(curves, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _judged(domain: str | None, domains: Sequence[str], packages: Path) -> list[Judged]:
    """Evidence and right or wrong, of one domain or, with None, of clips of the wrong kind."""
    Tool.confidence = _bare  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as scratch:
        bench = Benchmark(Recordings(fetch(packages)), Path(scratch), "train")
        if domain is None:
            measure_wrong_kind(bench, domains)
        else:
            DOMAINS[domain](bench)
    print(domain or "wrong kind", "is done", file=sys.stderr)
    return bench.judged


def curves_of(judged: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """The curve of each class of tools that was judged often enough."""
    classes = {name: type(tool).__name__ for name, tool in measured_tools().items()}
    of_class: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        of_class[classes[one.tool]].append(one)
    curves = {}
    for name, own in of_class.items():
        if len(own) < FEWEST:
            print(f"{name}: {len(own)} findings are too few", file=sys.stderr)
            continue
        curve = fit(own)
        curves[name] = curve.as_json()
        print(f"{name}: {curve.as_json()}, held-out ECE {error_held_out(own):.3f}")
    silent = set(classes.values()) - set(of_class)
    print("no evidence, or not measured:", *sorted(silent), file=sys.stderr)
    return curves


def _bare(_tool: Tool[Any], evidence: float, *, unsure: bool = False) -> float:
    del unsure
    return float(evidence)


def _write_pairs(path: Path, judged: Sequence[Judged]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("tool", "evidence", "right"))
        writer.writerows((one.tool, one.confidence, int(one.right)) for one in judged)


if __name__ == "__main__":
    main()
