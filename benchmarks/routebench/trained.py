"""Routers that are trained on a benchmark's questions, and asked about others of them."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from audiorouter import EngineOptions
from audiorouter.batch.progress import on_stderr
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.outcome_table import Outcome
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, usable_tools
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, Router
from audiorouter.routing.learned import LISTENING_CALLS
from audiorouter.store import Store

OPTIONS = TrainingOptions(max_calls=1, kl_weight=0.05)
"""As the default router is trained."""
CANDIDATES = 6
EACH = 3
"""Of how many questions of each wording it learned."""
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


def about_what_is_heard(folder: Path) -> list[dict[str, str]]:
    """The training questions of a benchmark's folder that need listening."""
    return [row for row in rows_of(folder / "train.csv") if row["stratum"] != "no call"]


def part_of(row: Mapping[str, str]) -> int:
    """In which of the `PARTS` the skill of a question is held out."""
    return zlib.crc32(row["skill"].encode()) % PARTS


class Bench:
    """Trains routers on questions of a benchmark, and asks others by them."""

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
