"""Trained routers on the benchmark's test split, against each other and nothing else.

    python benchmarks/routers.py FOLDER ROUTER [ROUTER …]    # FOLDER as audioqa/build.py made it

Asks each question only by the routes that the routers take, so that it needs minutes where
benchmarks/routing.py needs an hour. Writes benchmarks/results/routers.json: each router's accuracy
with its interval, and how the first one differs from each of the others: how many questions they
send to other tools, how many of those each of them is right on, and the paired difference.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from audiorouter.batch.options import BatchOptions
from audiorouter.batch.progress import on_stderr
from audiorouter.evaluation.statistics import clustered_interval
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, usable_tools
from audiorouter.questions import read_questions
from audiorouter.routing.learned import LearnedRouter
from audiorouter.store import Store

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Measure, and write results/routers.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("routers", type=Path, nargs="+")
    parser.add_argument("--store", type=Path, default=HERE / "work" / "routing.db")
    arguments = parser.parse_args()
    registry = load_registry(third_party=False)
    questions = read_questions(arguments.folder / "test.csv", arguments.folder / "clips").questions
    clips = [question.audio for question in questions]
    with Store(arguments.store) as store:
        source = OutcomeSource(
            registry, open_reasoner(registry, "cascade"), store, BatchOptions(), progress=on_stderr
        )
        taken = [
            source.routed(LearnedRouter(folder, usable_tools(registry)), questions)
            for folder in arguments.routers
        ]
    right = [np.array([outcome.correct for _, outcome in routed]) for routed in taken]
    seconds = [float(np.mean([o.tool_seconds for _, o in routed])) for routed in taken]
    calls = [float(np.mean([len(route.calls) for route, _ in routed])) for routed in taken]
    results = [
        {
            "router": str(folder),
            "questions": len(questions),
            "right": int(correct.sum()),
            "accuracy": rounded(clustered_interval(correct, clips)),
            "calls": round(count, 3),
            "tool_seconds": round(spent, 4),
        }
        for folder, correct, count, spent in zip(
            arguments.routers, right, calls, seconds, strict=True
        )
    ]
    for result, routed, correct in zip(results[1:], taken[1:], right[1:], strict=True):
        other = np.array(
            [
                mine.calls != theirs.calls
                for (mine, _), (theirs, _) in zip(taken[0], routed, strict=True)
            ]
        )
        difference = right[0].astype(float) - correct.astype(float)
        result["first_differs"] = {
            "questions": int(other.sum()),
            "first_right": int(right[0][other].sum()),
            "right": int(correct[other].sum()),
            "difference": rounded(clustered_interval(difference, clips)),
        }
    text = json.dumps(results, indent=1) + "\n"
    (HERE / "results" / "routers.json").write_text(text, encoding="utf-8")
    print(text)


def rounded(interval: tuple[float, ...]) -> list[float]:
    """An interval as values of JSON."""
    return [round(float(value), 4) for value in interval]


if __name__ == "__main__":
    main()
