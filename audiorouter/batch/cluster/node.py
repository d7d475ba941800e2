"""What runs on a node: an engine with a store of its own, which answers chunk after chunk.

It is the engine of one machine: tools run in worker processes of their own, so that a crash costs a
call, and the reasoner's model is loaded once.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from audiorouter.batch.cluster.exchange import (
    node_store,
    own_folder,
    send,
    send_left_behind,
)
from audiorouter.batch.cluster.kept import PlacedQuestions, engine_options
from audiorouter.batch.engine import RunningEngine
from audiorouter.batch.given import Given
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.rows import Row
from audiorouter.batch.run import answer_questions
from audiorouter.errors import AudioRouterError, UsageError
from audiorouter.questions import QuestionSet
from audiorouter.text import counted, first_line


@dataclass(frozen=True)
class NodeTask:
    """A chunk as a node gets it."""

    asked: PlacedQuestions
    seed: str | None = None
    """The store, in the exchange, with what is known of its clips."""


@dataclass(frozen=True)
class NodeResult:
    """What came of it."""

    shard: str
    """The store, in the exchange, with all that is known of its clips now."""
    errors: dict[int, str]
    """Why questions, by their places in the chunk, have no answer."""
    failed: int = 0
    """Rows with an error of any kind."""
    failure: str | None = None
    """What ended the chunk before it was done."""
    calls: int = 0
    """Tool calls that were made for it."""
    answers: int = 0
    """Answers that were made for it."""


class Node:
    """Answers chunks of one batch on one machine; several at a time, from different threads."""

    def __init__(
        self, options: BatchOptions, template: QuestionSet, clips: Path, exchange: Path, ours: str
    ):
        self._ours = ours
        self._exchange, self._clips, self._template = exchange, clips, template
        self._options = options
        self._open = contextlib.ExitStack()

    def open(self) -> str:
        """Open reasoner, router and store, and send what killed processes left; its host.

        Raises:
            UsageError: this machine has another version, does not see a folder, or cannot open the
                provider or router.
        """
        exchange, clips, ours, options = self._exchange, self._clips, self._ours, self._options
        there = version("audiorouter")
        if there != ours:
            raise UsageError(f"AudioRouter is {there} there and {ours} here: install the same")
        for folder, what in ((exchange, "--ray-folder"), (clips, "CLIPS")):
            if not folder.is_dir():
                raise UsageError(f"{folder}: the node does not see this folder ({what})")
        own = own_folder(exchange)
        send_left_behind(own, exchange)
        store = self._open.enter_context(node_store(own))
        self._options = replace(options, store=store, output=None, shard=None, limit=None)
        registry = self._options.load_registry()
        self._running = RunningEngine(registry, engine_options(self._options))
        self._running.router(options.router, options.cost_weight)
        return os.uname().nodename

    def answer(self, task: NodeTask) -> NodeResult:
        """Work on a chunk, and send what is known of its clips.

        Raises:
            StoreError, OSError: the disk, or the folder, cannot be written.
        """
        store, registry = self._running.store, self._running.registry
        if task.seed is not None:
            store.merge(self._exchange / task.seed)
        asked = replace(self._template, questions=task.asked.questions)
        routes = dict(enumerate(task.asked.routes))
        given = Given(registry, self._running, routes=routes, router=task.asked.router)
        result = answer_questions(asked, self._clips, self._options, given)
        paths = {question.path for question in asked.questions if question.path is not None}
        shard = store.path.with_name(f"{os.urandom(8).hex()}.db")
        store.excerpt(shard, sorted(paths))
        return NodeResult(
            send(shard, self._exchange),
            _errors(result.rows),
            result.failed,
            result.failure or (None if result.status == "finished" else result.status),
            result.tools.calls_run,
            result.reasoning.answers_made,
        )

    def close(self) -> None:
        """End all processes, and remove the store: everything was sent."""
        self._running.close()
        self._open.close()

    def send_left_behind(self) -> None:
        """Send what killed processes left on this machine."""
        send_left_behind(own_folder(self._exchange), self._exchange)


def _errors(rows: Sequence[Row]) -> dict[int, str]:
    return {place: row.error for place, row in enumerate(rows) if row.answer is None and row.error}


def describe(error: BaseException) -> str:
    """Why a node failed, as a person wants to know it."""
    cause = getattr(error, "cause", None)
    if isinstance(cause, AudioRouterError | OSError):
        return str(cause)
    return f"{type(error).__name__}: {first_line(error)}"


def given_up(tries: int) -> str:
    """What a row says whose clip ended the process of its node each time."""
    return f"the process of its node ended {counted(tries, 'time')} while it was at this clip"
