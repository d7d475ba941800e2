"""Fixtures of tests that ask a reasoner by several routes: two tools, four questions, outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from few_tools import few_tools

from audiorouter import EngineOptions
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.plugins import Registry
from audiorouter.providers import Reasoner
from audiorouter.questions import Question, read_questions
from audiorouter.store import Store


@pytest.fixture
def two_tools() -> Registry:
    """A registry whose tools are `loudness` and `silences`."""
    return few_tools("loudness", "silences")


@pytest.fixture
def question_file(tone: Callable[..., Path], tmp_path: Path) -> Path:
    """Four questions about four tones; the first choice is right."""
    for number in range(4):
        tone(f"{number}.wav", frequency=300 + 100 * number)
    path = tmp_path / "q.csv"
    lines = [f"{number}.wav,Is it loud?,yes|no,yes" for number in range(4)]
    path.write_text("\n".join(["audio,question,choices,answer", *lines]))
    return path


@pytest.fixture
def four_questions(question_file: Path, clips: Path) -> tuple[Question, ...]:
    """Those of `question_file`."""
    return read_questions(question_file, clips).questions


@pytest.fixture
def outcomes_by(two_tools: Registry, own_store: Path) -> Iterator[Callable[..., OutcomeSource]]:
    """Makes sources of outcomes by a reasoner, which share a store."""
    with Store(own_store) as store:

        def make(reasoner: Reasoner, **options: object) -> OutcomeSource:
            return OutcomeSource(two_tools, reasoner, store, EngineOptions(**options))

        yield make
