"""How well every tool hears: each one on recorded or sampled audio whose truth is known.

    python benchmarks/tools.py FOLDER                  # as benchmarks/audioqa/build.py made it
    python benchmarks/tools.py FOLDER --split train    # for tuning: the published split is `test`

Writes benchmarks/results/tools.json, from which docs/generate.py makes docs/tools.md. Only
recordings of the split are used, but for networks that others trained (sound tags, instruments).
Needs Debian's fluidsynth and ffmpeg; takes about half an hour. What the tools cost is measured by
benchmarks/tool_costs.py.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import chain, repeat
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from audioqa.sources import Recordings, fetch
from recordings import SPLITS
from toolbench import wrong_kind
from toolbench.calibration import Judged, reliability
from toolbench.domains import DOMAINS
from toolbench.measures import Benchmark, Measure

HERE = Path(__file__).resolve().parent
MEASURES = DOMAINS | {"wrong kind": wrong_kind.measure}
RESULTS = HERE / "results" / "tools.json"


def main() -> None:
    """Measure, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--packages", type=Path, help="where the Debian packages are kept")
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument("--domain", choices=MEASURES, help="only this one, without writing")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    if arguments.folder is None:
        parser.error("the folder of the benchmark is needed")
    packages = arguments.packages or arguments.folder / "packages"
    fetch(packages)
    names = [name for name in MEASURES if arguments.domain in (None, name)]
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as processes:
        parts = processes.map(measured, names, repeat(packages), repeat(arguments.split))
        measures, judged = (list(chain(*part)) for part in zip(*parts, strict=True))
    calibration = reliability(judged)
    for row in calibration:
        print(row)
    if arguments.domain is None and arguments.split == "test":
        write(
            {
                "processor": platform.processor() or platform.machine(),
                "measures": [measure.as_json() for measure in measures],
                "calibration": calibration,
            }
        )


def measured(name: str, packages: Path, split: str) -> tuple[list[Measure], list[Judged]]:
    """The figures of one kind, and which findings were right."""
    with tempfile.TemporaryDirectory() as scratch:
        bench = Benchmark(Recordings(fetch(packages)), Path(scratch), split)
        MEASURES[name](bench)
    print(name, "is done", file=sys.stderr)
    return bench.measures, bench.judged


def write(results: dict[str, Any]) -> None:
    """Keep the results."""
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
