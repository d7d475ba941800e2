"""Routers trained on few tools, in little time, by what a reasoner of the test's own answers."""

from __future__ import annotations

from pathlib import Path

from reasoners import Opens

from audiorouter import EngineOptions
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import Trained, train
from audiorouter.plugins import Registry
from audiorouter.providers import Reasoner

QUICK = TrainingOptions(epochs=30, patience=30)
"""As long as it takes to learn what few questions and few tools have to teach."""


def train_with(
    reasoner: Reasoner,
    questions: Path,
    clips: Path,
    folder: Path,
    registry: Registry,
    training: TrainingOptions = QUICK,
    *,
    text_only: bool = False,
    candidates: int | None = None,
    start: Path | None = None,
    unlabelled: bool = False,
    validation: Path | None = None,
    anew: bool = True,
) -> tuple[Trained, list[str]]:
    """Train a router into `folder / "router"`; it, and the lines that were said."""
    registry.providers["fake"] = Opens(reasoner)
    lines: list[str] = []
    request = TrainRequest(
        questions, clips, folder / "router", training=training,
        engine=EngineOptions(provider="fake"), text_only=text_only, candidates=candidates,
        replace=anew, start=start, unlabelled=unlabelled,
        validation=validation,
    )  # fmt: skip
    return train(request, registry=registry, say=lines.append), lines
