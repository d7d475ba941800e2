"""How routers do on questions unlike those they were trained on: this chose how they are trained.

    python benchmarks/held_out.py FOLDER        # FOLDER as benchmarks/audioqa/build.py made it

Cross-validation over the training and validation questions; the test split is not touched. Clips,
wordings or skills are held out: of a wording or a skill that is held out, training sees nothing.
Writes benchmarks/results/held_out.json. Half an hour on two cores, some minutes less where
benchmarks/routing.py has filled the same store.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from audioqa.wordings import skills

from audiorouter.batch.options import EngineOptions
from audiorouter.evaluation.baselines import UntrainedPolicy
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, usable_tools
from audiorouter.questions import Question, read_questions
from audiorouter.routing.interface import Router
from audiorouter.routing.learned import LearnedRouter
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store import Store

HERE = Path(__file__).resolve().parent
TRAININGS = {
    "one call, kl 0": TrainingOptions(max_calls=1, kl_weight=0.0),
    "one call, kl 0.2": TrainingOptions(max_calls=1),
    "two calls, kl 0.2": TrainingOptions(),
}

Row = dict[str, str]


def part(of: str, parts: int) -> int:
    """In which of `parts` something is; the same in every run."""
    return zlib.crc32(of.encode()) % parts


def wording(row: Row) -> int:
    """Which of its skill's wordings a question has; 0 where it needs no listening."""
    known = skills().get(row["skill"])
    if known is None:
        return 0
    for number, text in enumerate([*known["train"], *known["validation"]]):
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", ".*", re.escape(text)), row["question"]):
            return number
    raise ValueError(f"no wording of {row['skill']}: {row['question']}")


HELD_OUT: dict[str, Callable[[Row], int]] = {
    "clips": lambda row: part(row["audio"], 4),
    "wordings": wording,
    "skills": lambda row: part(row["skill"], 5),
}


def main() -> None:
    """Measure, and write results/held_out.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store", type=Path, default=HERE / "work" / "routing.db")
    arguments = parser.parse_args()
    rows = [row for name in ("train", "val") for row in read(arguments.folder / f"{name}.csv")]
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as scratch, Store(arguments.store) as store:
        bench = Benchmark(arguments.folder / "clips", store, arguments.store, Path(scratch))
        for name, group in HELD_OUT.items():
            results[name] = {"untrained": bench.untrained(rows)}
            for training, options in TRAININGS.items():
                results[name][training] = bench.cross_validated(rows, group, options)
            print(name, results[name], file=sys.stderr)
    target = HERE / "results" / "held_out.json"
    target.write_text(json.dumps({"n": len(rows), "accuracy": results}, indent=1) + "\n")


def read(path: Path) -> list[Row]:
    """The rows of a questions file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class Benchmark:
    """Trains on some rows and asks about others; every outcome comes from one store."""

    def __init__(self, clips: Path, store: Store, database: Path, scratch: Path):
        self._clips = clips
        self._database = database
        self._scratch = scratch
        registry = load_registry(third_party=False)
        self._tools = usable_tools(registry)
        reasoner = open_reasoner(registry, "cascade")
        self._source = OutcomeSource(registry, reasoner, store, EngineOptions())

    def untrained(self, rows: list[Row]) -> float:
        """Accuracy of what every router is before training."""
        nearest = UntrainedPolicy(self._tools, SentenceEncoder())
        return round(float(np.mean(self._right(nearest, rows))), 4)

    def cross_validated(
        self, rows: list[Row], group: Callable[[Row], int], options: TrainingOptions
    ) -> float:
        """Accuracy over all rows, each routed by a router that saw no row of its group."""
        right: list[bool] = []
        for held in sorted({group(row) for row in rows}):
            folder = Path(tempfile.mkdtemp(dir=self._scratch))
            request = TrainRequest(
                self._file([row for row in rows if group(row) != held]),
                self._clips,
                folder,
                training=options,
                engine=EngineOptions(store=self._database, plugins=False),
            )
            train(request)
            router = LearnedRouter(folder, self._tools)
            right += self._right(router, [row for row in rows if group(row) == held])
        return round(float(np.mean(right)), 4)

    def _right(self, router: Router, rows: list[Row]) -> list[bool]:
        return [
            outcome.correct for _, outcome in self._source.routed(router, self._questions(rows))
        ]

    def _questions(self, rows: list[Row]) -> tuple[Question, ...]:
        return read_questions(self._file(rows), self._clips).questions

    def _file(self, rows: list[Row]) -> Path:
        path = self._scratch / "questions.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
        return path


if __name__ == "__main__":
    main()
