"""What a router learns of questions whose right answers it is not told.

    python benchmarks/unlabelled.py BENCH --store STORE

BENCH is a folder of `audioqa/build.py`. Two routers are trained on its training questions, with and
without right answers, and nothing else is different; neither sees the validation questions, of
which both are judged, by the right answers. Beside them stand the direct answer, the tool that is
nearest to the question (what both are before training), and the share of the gain over that one
which was had without answers. Writes benchmarks/results/unlabelled.json; reads nothing of the test.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorouter import EngineOptions
from audiorouter.batch.progress import on_stderr
from audiorouter.evaluation.baselines import UntrainedPolicy
from audiorouter.evaluation.statistics import clustered_interval
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.plugins import Registry, load_registry
from audiorouter.plugins.opening import open_reasoner, open_router, usable_tools
from audiorouter.questions import Question, read_questions
from audiorouter.routing.interface import Router
from audiorouter.routing.learned import LISTENING_CALLS
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store import Store

RESULTS = Path(__file__).parent / "results" / "unlabelled.json"
OPTIONS = TrainingOptions(max_calls=1, kl_weight=0.05)
"""As the default router is trained."""
CANDIDATES = 6


def without_answers(source: Path, target: Path) -> Path:
    """The same questions with the column of right answers left empty."""
    with source.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row | {"answer": ""} for row in rows)
    return target


def trained(
    registry: Registry, questions: Path, clips: Path, folder: Path, store: Path, *, unlabelled: bool
) -> str:
    """Train a router; its folder."""
    request = TrainRequest(
        questions,
        clips,
        folder,
        training=OPTIONS,
        candidates=CANDIDATES,
        engine=EngineOptions(store=store),
        unlabelled=unlabelled,
    )
    train(request, registry=registry, progress=on_stderr, say=lambda line: print(line, flush=True))
    return str(folder)


def judged(
    source: OutcomeSource, questions: list[Question], routers: dict[str, Router]
) -> dict[str, NDArray[np.float64]]:
    """Which questions each router answers rightly, 1 or 0."""
    right = {}
    for name, router in routers.items():
        routed = source.routed(router, questions)
        right[name] = np.array([float(outcome.correct) for _, outcome in routed])
    return right


def compared(right: dict[str, NDArray[np.float64]], clips: list[str]) -> dict[str, Any]:
    """Accuracies, and gains over the nearest tool with intervals over clips."""
    results: dict[str, Any] = {"questions": len(clips), "clips": len(set(clips)), "routers": {}}
    for name, values in right.items():
        gain = clustered_interval(values - right["nearest 1"], clips)
        results["routers"][name] = {
            "accuracy": clustered_interval(values, clips).as_json(),
            "gain_over_nearest": gain.as_json(),
        }
    gained = {name: float((values - right["nearest 1"]).mean()) for name, values in right.items()}
    results["share_without_answers"] = gained["without answers"] / gained["with answers"]
    between = clustered_interval(right["without answers"] - right["with answers"], clips)
    results["without_less_with"] = between.as_json()
    return results


def main() -> None:
    """Train both, judge them, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    given = parser.parse_args()
    clips, registry = given.bench / "clips", load_registry(third_party=False)
    registry.tools = usable_tools(registry)
    with tempfile.TemporaryDirectory() as scratch:
        folder, file = Path(scratch), given.bench / "train.csv"
        blank = without_answers(file, folder / "train.csv")
        folders = {
            "none": "none",
            "with answers": trained(
                registry, file, clips, folder / "with", given.store, unlabelled=False
            ),
            "without answers": trained(
                registry, blank, clips, folder / "without", given.store, unlabelled=True
            ),
        }
        questions = list(read_questions(given.bench / "val.csv", clips).questions)
        with Store(given.store) as store:
            source = OutcomeSource(
                registry,
                open_reasoner(registry, "cascade", {}),
                store,
                EngineOptions(),
                listening_calls=LISTENING_CALLS,
                progress=on_stderr,
            )
            routers = {
                name: open_router(registry, router, provider="cascade")
                for name, router in folders.items()
            }
            routers["nearest 1"] = UntrainedPolicy(registry.tools, SentenceEncoder())
            right = judged(source, questions, routers)
    results = compared(right, [question.audio for question in questions])
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1), file=sys.stderr)


if __name__ == "__main__":
    main()
