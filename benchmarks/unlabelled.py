"""What a router learns of questions whose right answers it is not told.

    python benchmarks/unlabelled.py BENCH --store STORE
    python benchmarks/unlabelled.py BENCH --store STORE --part skills

BENCH is a folder of `audioqa/build.py`. Two routers are trained on its training questions, with and
without right answers, and nothing else is different; neither sees the validation questions, of
which both are judged, by the right answers. Beside them stand the direct answer, the tool that is
nearest to the question, which is what both are before training.

With `--part skills` a router is trained without a fifth of the skills, in turn, and goes on from
there by the questions of those skills without their answers, as somebody would whose questions are
of other kinds than those that it was trained on. It is judged of those questions by the answers.

Writes into benchmarks/results/unlabelled.json; reads nothing of the test.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
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
from audiorouter.learning.outcome_table import Outcome
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, open_router, usable_tools
from audiorouter.questions import Question, read_questions
from audiorouter.routing.interface import Route, Router
from audiorouter.routing.learned import LISTENING_CALLS
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store import Store

RESULTS = Path(__file__).parent / "results" / "unlabelled.json"
OPTIONS = TrainingOptions(max_calls=1, kl_weight=0.05)
"""As the default router is trained."""
CANDIDATES = 6
PARTS = 5
"""In which skills are held out, each a fifth of them."""


def rows_of(file: Path) -> list[dict[str, str]]:
    """The questions of a file."""
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def written(rows: list[dict[str, str]], target: Path, *, answers: bool = True) -> Path:
    """A file of questions, with their right answers or without."""
    with target.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(row if answers else row | {"answer": ""} for row in rows)
    return target


class Bench:
    """Trains routers on questions of a benchmark, and judges them."""

    def __init__(self, folder: Path, store: Path, scratch: Path):
        self.folder, self.clips, self.scratch = folder, folder / "clips", scratch
        self._store = store
        self.registry = load_registry(third_party=False)
        self.registry.tools = usable_tools(self.registry)

    def train(
        self,
        questions: Path,
        *,
        unlabelled: bool = False,
        start: str | None = None,
        members: int = OPTIONS.members,
    ) -> str:
        """Train a router; its folder, beside the file of questions."""
        folder = questions.with_suffix(".router")
        request = TrainRequest(
            questions,
            self.clips,
            folder,
            training=replace(OPTIONS, members=members),
            candidates=CANDIDATES,
            engine=EngineOptions(store=self._store),
            unlabelled=unlabelled,
            start=start,
        )
        train(request, registry=self.registry, progress=on_stderr, say=print)
        return str(folder)

    def judged(
        self, questions: list[Question], folders: dict[str, str]
    ) -> dict[str, NDArray[np.float64]]:
        """Which questions are answered rightly, 1 or 0: directly, by the nearest tool, routed."""
        routers: dict[str, Router] = {
            name: open_router(self.registry, router, provider="cascade")
            for name, router in {"none": "none", **folders}.items()
        }
        routers["nearest 1"] = UntrainedPolicy(self.registry.tools, SentenceEncoder())
        return {
            name: np.array([float(outcome.correct) for _, outcome in taken])
            for name, taken in self.routed(questions, routers).items()
        }

    def routed(
        self, questions: list[Question], routers: Mapping[str, Router]
    ) -> dict[str, list[tuple[Route, Outcome]]]:
        """By which routes routers have questions asked, and what comes of them."""
        with Store(self._store) as store:
            source = OutcomeSource(
                self.registry,
                open_reasoner(self.registry, "cascade", {}),
                store,
                EngineOptions(),
                listening_calls=LISTENING_CALLS,
                progress=on_stderr,
            )
            return {name: source.routed(router, questions) for name, router in routers.items()}


def compared(right: dict[str, NDArray[np.float64]], of: list[str]) -> dict[str, Any]:
    """Accuracies, and gains over the nearest tool, with intervals over what questions are of."""
    names = list(right)
    results: dict[str, Any] = {"questions": len(of), "clusters": len(set(of)), "routers": {}}
    for name, values in right.items():
        results["routers"][name] = {
            "accuracy": clustered_interval(values, of).as_json(),
            "gain_over_nearest": clustered_interval(values - right["nearest 1"], of).as_json(),
        }
    one, other = (name for name in names if name not in ("none", "nearest 1"))
    between = clustered_interval(right[other] - right[one], of)
    results[f"{other} less {one}"] = between.as_json()
    return results


def of_all(bench: Bench) -> dict[str, Any]:
    """Both routers by the validation questions."""
    rows = rows_of(bench.folder / "train.csv")
    routers = {
        "with answers": bench.train(written(rows, bench.scratch / "with.csv")),
        "without answers": bench.train(
            written(rows, bench.scratch / "without.csv", answers=False), unlabelled=True
        ),
    }
    questions = list(read_questions(bench.folder / "val.csv", bench.clips).questions)
    right = bench.judged(questions, routers)
    return compared(right, [question.audio for question in questions])


def of_skills(bench: Bench) -> dict[str, Any]:
    """What going on without answers brings of skills that training had not."""
    rows = [row for row in rows_of(bench.folder / "train.csv") if row["stratum"] != "no call"]
    right: dict[str, list[NDArray[np.float64]]] = {}
    skills: list[str] = []
    for part in range(PARTS):
        held = [row for row in rows if zlib.crc32(row["skill"].encode()) % PARTS == part]
        rest = [row for row in rows if zlib.crc32(row["skill"].encode()) % PARTS != part]
        before = bench.train(written(rest, bench.scratch / f"rest-{part}.csv"), members=2)
        unknown = written(held, bench.scratch / f"held-{part}.csv", answers=False)
        after = bench.train(unknown, unlabelled=True, start=before)
        judge = written(held, bench.scratch / f"judged-{part}.csv")
        questions = list(read_questions(judge, bench.clips).questions)
        found = bench.judged(questions, {"as it was": before, "gone on": after})
        for name, values in found.items():
            right.setdefault(name, []).append(values)
        skills += [row["skill"] for row in held]
        print(part, {name: np.concatenate(v).mean() for name, v in right.items()}, flush=True)
    return compared({name: np.concatenate(v) for name, v in right.items()}, skills)


def main() -> None:
    """Train, judge, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--part", choices=("all", "skills"), default="all")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(given.bench, given.store, Path(scratch))
        part = of_all(bench) if given.part == "all" else of_skills(bench)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[given.part] = part
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(part, indent=1), file=sys.stderr)


if __name__ == "__main__":
    main()
