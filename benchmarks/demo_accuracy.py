"""Accuracy on the example questions without tools, by rules, with all tools, and learned.

    python benchmarks/demo_accuracy.py

Writes benchmarks/results/demo_accuracy.json, from which the README's table is copied by
docs/generate.py. The examples were not used to choose prompts, wordings or rules.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.progress import on_stderr
from audiorouter.batch.summary import summarise
from audiorouter.evaluation.statistics import clustered_interval

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"


def main() -> None:
    """Run the routers into a fresh store and write what came out."""
    results = {}
    direct: np.ndarray | None = None
    with tempfile.TemporaryDirectory() as folder:
        for router in ("none", "rules", "all", None):
            options = BatchOptions(router=router, store=Path(folder) / "store.db")
            result = run_batch(
                EXAMPLES / "clips", EXAMPLES / "questions.csv", options, progress=on_stderr
            )
            summary = summarise(result).as_json()
            calls = sum(len(row.results) for row in result.rows) / len(result.rows)
            right = np.array([row.correct is True for row in result.rows])
            direct = right if direct is None else direct
            clips = [row.question.audio for row in result.rows]
            gained = clustered_interval(right.astype(float) - direct, clips)
            name = router or "learned"
            results[name] = {
                "accuracy": summary["accuracy"],
                "gain_over_none": gained.as_json(),
                "calls_per_question": round(calls, 2),
            }
            print(name, results[name], file=sys.stderr)
    target = HERE / "results" / "demo_accuracy.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
