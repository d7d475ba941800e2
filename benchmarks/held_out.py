"""How routers do on questions unlike those they were trained on: this chose how they are trained.

    python benchmarks/held_out.py FOLDER        # FOLDER as benchmarks/audioqa/build.py made it

Cross-validation over the training and validation questions; the test split is not touched. Wordings
or skills are held out: of one that is held out, training sees nothing. Routers decide by all that
they have learned, or by as much of it as a question is near those of training (`familiarity`).
Writes benchmarks/results/held_out.json. Half an hour on two cores where benchmarks/routing.py
has filled the same store.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from audioqa.wordings import wording_of

from audiorouter.batch.options import EngineOptions
from audiorouter.clips import ClipFacts
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, usable_tools
from audiorouter.questions import Question, read_questions
from audiorouter.routing.checkpoint import load_policy, read_card, save_router
from audiorouter.routing.familiarity import FAMILIAR, STRANGE
from audiorouter.routing.features import question_vectors
from audiorouter.routing.interface import Router, RouteRequest
from audiorouter.routing.learned import LearnedRouter, listening_calls_among
from audiorouter.routing.policy import Committee, Policy
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store import Store

HERE = Path(__file__).resolve().parent
OPTIONS, CANDIDATES = TrainingOptions(max_calls=1, kl_weight=0.05), 6
"""Those of the router that comes with the package."""
KINDS = ("untrained", "all that was learned", "by familiarity")
RANGES = {"strange": -1.0, "between": STRANGE, "familiar": FAMILIAR}
"""Of the cosine with the nearest question of training, each with where it begins; a router keeps
some of them only, so that it may find a question stranger than that."""

Row = dict[str, str]
_ANY = ClipFacts("", 0.0, 1, 1, 0.0, 0.0)
"""What a question is compared by has nothing to do with its clip."""


def part(of: str, parts: int) -> int:
    """In which of `parts` something is; the same in every run."""
    return zlib.crc32(of.encode()) % parts


HELD_OUT: dict[str, Callable[[Row], int]] = {
    "skills": lambda row: part(row["skill"], 5),
    "wordings": lambda row: wording_of(row["skill"], row["question"]),
}


def main() -> None:
    """Measure, and write results/held_out.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store", type=Path, default=HERE / "work" / "routing.db")
    arguments = parser.parse_args()
    rows = [row for name in ("train", "val") for row in read(arguments.folder / f"{name}.csv")]
    results = {}
    with tempfile.TemporaryDirectory() as scratch, Store(arguments.store) as store:
        bench = Benchmark(arguments.folder / "clips", store, arguments.store, Path(scratch))
        for name, group in HELD_OUT.items():
            results[name] = bench.cross_validated(rows, group)
            print(name, results[name], file=sys.stderr)
    target = HERE / "results" / "held_out.json"
    target.write_text(json.dumps(results, indent=1) + "\n")


def read(path: Path) -> list[Row]:
    """The rows of a questions file; those of another file may have the same ids."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [row | {"id": f"{path.stem}/{row['id']}"} for row in csv.DictReader(stream)]


class Benchmark:
    """Trains on some rows and asks about others; every outcome comes from one store."""

    def __init__(self, clips: Path, store: Store, database: Path, scratch: Path):
        self._clips = clips
        self._database = database
        self._scratch = scratch
        registry = load_registry(third_party=False)
        self._tools = usable_tools(registry)
        self._encoder = SentenceEncoder()
        reasoner = open_reasoner(registry, "cascade")
        self._source = OutcomeSource(
            registry,
            reasoner,
            store,
            EngineOptions(),
            listening_calls=listening_calls_among(self._tools),
        )

    def cross_validated(
        self, rows: list[Row], group: Callable[[Row], int]
    ) -> dict[str, dict[str, float]]:
        """Accuracy over all rows and those of each range, by routers that saw no row of a group."""
        right: dict[str, list[bool]] = {kind: [] for kind in KINDS}
        nearest: list[float] = []
        for held in sorted({group(row) for row in rows}):
            seen = [row for row in rows if group(row) != held]
            asked = [row for row in rows if group(row) == held]
            for kind, router in zip(KINDS, self._routers(seen), strict=True):
                right[kind] += self._right(router, asked)
            nearest += self._nearest(asked, seen)
        bounds = [*RANGES.values(), 2.0]
        places = np.digitize(nearest, bounds) - 1
        within = {"all": np.ones(len(nearest), dtype=bool)} | {
            name: places == number for number, name in enumerate(RANGES)
        }
        return {
            name: {"n": int(chosen.sum())}
            | {kind: round(float(np.mean(np.array(right[kind])[chosen])), 4) for kind in KINDS}
            for name, chosen in within.items()
            if chosen.any()
        }

    def _routers(self, rows: list[Row]) -> tuple[Router, ...]:
        """One of each kind, in their order."""
        folders = [Path(tempfile.mkdtemp(dir=self._scratch)) for _ in KINDS]
        untrained, as_learned, trained = folders
        request = TrainRequest(
            self._file(rows),
            self._clips,
            trained,
            candidates=CANDIDATES,
            training=OPTIONS,
            engine=EngineOptions(store=self._database, plugins=False),
        )
        train(request)
        card = read_card(trained)
        policy = load_policy(trained, card)
        policy.known = None
        save_router(as_learned, policy, card)
        nearest = Policy(max_calls=card.max_calls, hidden=card.hidden)
        save_router(untrained, Committee([nearest]), card.model_copy(update={"members": 1}))
        return tuple(LearnedRouter(folder, self._tools) for folder in folders)

    def _right(self, router: Router, rows: list[Row]) -> list[bool]:
        return [
            outcome.correct for _, outcome in self._source.routed(router, self._questions(rows))
        ]

    def _nearest(self, asked: list[Row], seen: list[Row]) -> list[float]:
        """Of each question, the cosine with the nearest of those that were seen."""
        vectors = [
            question_vectors(
                [RouteRequest(each.text, each.choices, _ANY) for each in self._questions(rows)],
                self._encoder,
            ).whole
            for rows in (asked, seen)
        ]
        nearest: list[float] = (vectors[0] @ vectors[1].T).amax(1).tolist()
        return nearest

    def _questions(self, rows: list[Row]) -> Sequence[Question]:
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
