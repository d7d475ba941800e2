"""Questions a second of a second run, when everything is in the store.

    python benchmarks/warm_run.py [COPIES]

The examples are copied COPIES times (default 100) under other names, answered once and then again.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def main() -> None:
    """Time the second run as a user sees it: a process of its own, from start to end."""
    import time

    copies = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        questions = _copied(folder, copies)
        command = [sys.executable, "-m", "audiorouter", "--db", str(folder / "store.db"), "batch"]
        command += [str(folder / "clips"), str(questions), "--router", "rules", "--json"]
        cold = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        started = time.perf_counter()
        warm = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        seconds = time.perf_counter() - started
    result = {
        "questions": warm["questions"],
        "first_run": {k: cold[k] for k in ("tool_calls", "answers", "seconds")},
        "second_run": {k: warm[k] for k in ("tool_calls", "answers", "seconds")},
        "second_run_process_seconds": round(seconds, 2),
        "questions_per_second": round(warm["questions"] / seconds),
    }
    print(json.dumps(result, indent=1))


def _copied(folder: Path, copies: int) -> Path:
    (folder / "clips").mkdir()
    with (EXAMPLES / "questions.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    for clip in (EXAMPLES / "clips").glob("*.flac"):
        for number in range(copies):
            shutil.copy(clip, folder / "clips" / f"{number}_{clip.name}")
    with (folder / "questions.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        for number in range(copies):
            writer.writerows({**row, "audio": f"{number}_{row['audio']}"} for row in rows)
    return folder / "questions.csv"


if __name__ == "__main__":
    main()
