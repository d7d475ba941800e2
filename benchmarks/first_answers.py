"""How long the commands that come first take: each in a process of its own.

    python benchmarks/first_answers.py [RUNS]

On a machine that does nothing else, with the weights fetched. *Cold* is with a new store, *warm*
with what the run before has kept. Writes results/first_answers.json: of RUNS runs (default 5) of
each command median and worst, in seconds.
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
ASKED = 6
"""Example questions that are asked, spread over the file."""
LEAST_RUNS = 5


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else LEAST_RUNS
    load = os.getloadavg()[0]
    seconds: dict[str, list[float]] = {}

    def timed(name: str, store: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "audiorouter", "--db", str(store), *arguments]
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True)
        seconds.setdefault(name, []).append(time.perf_counter() - started)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")

    evaluate = ["evaluate", str(EXAMPLES / "questions.csv"), "--clips", str(EXAMPLES / "clips")]
    evaluate += ["--limit", "20"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        timed("evaluate --limit 20, cold", folder / "evaluated.db", *evaluate)
        for run in range(runs):
            print(f"run {run + 1} of {runs}", file=sys.stderr)
            timed("--help", folder / "none.db", "--help")
            timed("doctor", folder / "none.db", "doctor")
            for number, question in enumerate(_questions()):
                store = folder / f"{run}-{number}.db"
                timed("ask, cold", store, *question)
                timed("ask, warm", store, *question)
            timed("evaluate --limit 20, warm", folder / "evaluated.db", *evaluate)
    result = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
        "questions": ASKED,
        "seconds": {
            name: {
                "runs": len(times),
                "median": round(statistics.median(times), 2),
                "worst": round(max(times), 2),
            }
            for name, times in seconds.items()
        },
    }
    print(json.dumps(result, indent=1))
    target = HERE / "results" / "first_answers.json"
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _questions() -> list[list[str]]:
    """Arguments of `ask`, of questions of several kinds."""
    with (EXAMPLES / "questions.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    chosen = [rows[round(n * (len(rows) - 1) / (ASKED - 1))] for n in range(ASKED)]
    return [
        ["ask", str(EXAMPLES / "clips" / row["audio"]), row["question"]]
        + [part for choice in row["choices"].split("|") for part in ("-c", choice)]
        for row in chosen
    ]


if __name__ == "__main__":
    main()
