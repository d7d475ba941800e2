"""Accuracy on the example questions without tools, by rules, and with all tools.

    python benchmarks/demo_accuracy.py

Writes benchmarks/results/demo_accuracy.json, from which the README's table is copied by
docs/generate.py. The examples were not used to choose prompts, wordings or rules.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.progress import on_stderr
from audiorouter.batch.summary import summarise

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"


def main() -> None:
    """Run the three routers into a fresh store and write what came out."""
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for router in ("none", "rules", "all"):
            options = BatchOptions(router=router, store=Path(folder) / "store.db")
            result = run_batch(
                EXAMPLES / "clips", EXAMPLES / "questions.csv", options, progress=on_stderr
            )
            summary = summarise(result).as_json()
            calls = sum(len(row.results) for row in result.rows) / len(result.rows)
            results[router] = {
                "accuracy": summary["accuracy"],
                "calls_per_question": round(calls, 2),
            }
            print(router, results[router], file=sys.stderr)
    target = HERE / "results" / "demo_accuracy.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
