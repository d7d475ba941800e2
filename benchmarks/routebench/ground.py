"""The benchmark's questions, and what one reasoner makes of them by any route."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from audioqa.build import FORMS
from audioqa.few import few_of_each
from audioqa.looks import test_files

from audiorouter.batch.options import EngineOptions
from audiorouter.batch.progress import on_stderr
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.plugins import Registry, load_registry
from audiorouter.plugins.opening import open_reasoner, open_router, usable_tools
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import Question, read_questions
from audiorouter.routing.interface import Router
from audiorouter.routing.learned import LISTENING_CALLS, LearnedRouter
from audiorouter.store import Store
from routebench.reasoners import Judged
from routebench.trained import CANDIDATES, EACH, OPTIONS, written

MAIN = FORMS["test"][0].file
"""The form of the test that the tables are of where they do not say another."""


@dataclass(frozen=True)
class Ground:
    """One reasoner on the benchmark in `folder`; whatever was asked once is kept in the store."""

    folder: Path
    database: Path
    scratch: Path
    judged: Judged
    reason: str
    """What the test is looked at for."""
    registry: Registry
    store: Store
    source: OutcomeSource

    @classmethod
    def open(
        cls, folder: Path, database: Path, scratch: Path, judged: Judged, reason: str
    ) -> Ground:
        """With the package's own tools that are usable here."""
        registry = load_registry(third_party=False)
        registry = replace(registry, tools=usable_tools(registry))
        store = Store(database)
        reasoner = open_reasoner(registry, judged.provider, judged.options)
        source = _source(registry, reasoner, store, judged)
        return cls(folder, database, scratch, judged, reason, registry, store, source)

    def asking(self, reasoner: Reasoner) -> OutcomeSource:
        """A source of another reasoner's outcomes."""
        return _source(self.registry, reasoner, self.store, self.judged)

    def default_router(self, cost_weight: float | None = None) -> Router:
        """The router that comes with the package, which was trained for `cascade`."""
        return open_router(self.registry, None, provider="cascade", cost_weight=cost_weight)

    def questions(self, split: str) -> tuple[Question, ...]:
        """Those of train or val."""
        return self._read(self.folder / f"{split}.csv")

    def test(self, *forms: str) -> dict[str, tuple[Question, ...]]:
        """Questions of the test by form, the same facts in each; the look is written down."""
        files = test_files(self.folder, self.reason, forms)
        return {name: self._drawn(self._read(path)) for name, path in files.items()}

    def train(
        self, name: str, *, seed: int = 0, size: int | None = None, without: Sequence[str] = (),
        cost_weight: float | None = None, text_only: bool = False,
    ) -> LearnedRouter:  # fmt: skip
        """A router that is trained as the default one is, or on `size` of its questions, without
        some tools, by another cost weight, or deaf."""
        tools = {n: t for n, t in self.registry.tools.items() if n not in without}
        engine = EngineOptions(
            store=self.database,
            provider=self.judged.provider,
            provider_options=self.judged.options,
            shuffle_choices=self.judged.shuffle_choices,
        )
        request = TrainRequest(
            self._training(size, seed),
            self.folder / "clips",
            self.scratch / name,
            training=replace(OPTIONS, seed=seed),
            candidates=CANDIDATES,
            engine=engine,
            text_only=text_only,
        )
        if cost_weight is not None:
            request = replace(request, cost_weight=cost_weight)
        train(request, registry=replace(self.registry, tools=tools), progress=on_stderr)
        return LearnedRouter(self.scratch / name, self.registry.tools, name=name)

    def _read(self, file: Path) -> tuple[Question, ...]:
        return read_questions(file, self.folder / "clips").questions

    def _drawn(self, questions: tuple[Question, ...]) -> tuple[Question, ...]:
        judged = self.judged
        order = sorted(questions, key=lambda q: hashlib.sha256(q.id.encode()).hexdigest())
        chosen = {question.id for question in order[judged.after :][: judged.questions]}
        return tuple(question for question in questions if question.id in chosen)

    def _training(self, size: int | None, seed: int) -> Path:
        """The questions that the default router learned of, or `size` drawn by their hash and the
        seed."""
        rows = few_of_each(self.folder, EACH)
        if size is None:
            return written(rows, self.scratch / "train.csv")
        order = sorted(rows, key=lambda r: hashlib.sha256(f"{seed} {r['id']}".encode()).digest())
        return written(order[:size], self.scratch / f"train-{size}-{seed}.csv")


def _source(registry: Registry, reasoner: Reasoner, store: Store, judged: Judged) -> OutcomeSource:
    options = EngineOptions(shuffle_choices=judged.shuffle_choices)
    return OutcomeSource(
        registry, reasoner, store, options, listening_calls=LISTENING_CALLS, progress=on_stderr
    )
