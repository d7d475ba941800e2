"""The driver: gives chunks to nodes, merges what comes back, and tries again what was lost.

It is the only one that writes the store. Nodes come and go; the batch ends when all chunks are
done or given up, or when nothing can be done by any node.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from audiorouter.batch.activity import Activity
from audiorouter.batch.cluster.chunks import Chunk
from audiorouter.batch.cluster.exchange import SEEDS, send, waiting
from audiorouter.batch.cluster.kept import PlacedQuestions
from audiorouter.batch.cluster.node import Node, NodeResult, NodeTask, describe, given_up
from audiorouter.batch.options import BatchOptions
from audiorouter.clips import FileStamp
from audiorouter.errors import FaultError, ShardError, UnreachableError
from audiorouter.machine.signals import StopSignals
from audiorouter.questions import QuestionSet
from audiorouter.store import Store
from audiorouter.text import counted

CHUNKS_AT_ONCE = 2
"""Chunks that a node is at, so that its cores have work while one ends."""
TRIES = 3
"""How often a clip may end the process of its node."""
_TRIES_OF_NODE = 3
"""How often a node may fail before it has finished anything."""
_FRUITLESS, _IN_A_ROW = 6, 30
"""Failures in a row that end the batch: where nothing was finished yet, and anyway."""
_LOOK_SECONDS, _HELD_SECONDS, _CLOSE_SECONDS = 2.0, 60.0, 20.0

_log = logging.getLogger(__name__)


@dataclass
class _Worker:
    """An actor on a node, and what it is at."""

    node: str
    actor: Any
    starting: Any = None
    running: dict[Any, tuple[Chunk, Path | None]] = field(default_factory=dict)


@dataclass
class Done:
    """What the nodes did."""

    errors: dict[int, str] = field(default_factory=dict)
    """Why questions have no answer, by their places."""
    nodes: set[str] = field(default_factory=set)
    calls: int = 0
    answers: int = 0

    def said(self) -> str | None:
        """It in a sentence; None where there was nothing to do."""
        if not self.nodes:
            return None
        return (
            f"ray: {counted(self.calls, 'tool call')} and {counted(self.answers, 'answer')} "
            f"by {counted(len(self.nodes), 'node')}"
        )


class Driver:
    """Has chunks worked on by all nodes of a cluster that Ray is connected to.

    It is a context: leaving it ends what runs on the nodes, and merges what they sent. `template`
    is a set of questions without any.
    """

    def __init__(
        self,
        ray: Any,
        store: Store,
        exchange: Path,
        template: QuestionSet,
        clips: Path,
        options: BatchOptions,
        *,
        stop: StopSignals,
        say: Callable[[str], None],
    ):
        self._ray = ray
        self._store = store
        self._exchange = exchange
        self._template = template
        self._asked = PlacedQuestions(())
        self._clips = clips
        self._options = options
        self._activity = Activity(0)
        self._stop = stop
        self._say = say
        self.done = Done()
        self._workers: list[_Worker] = []
        self._failures_of: dict[str, int] = {}
        self._pending: deque[Chunk] = deque()
        self._held: list[Chunk] = []
        self._held_until = 0.0
        self._looked_at = 0.0
        self._in_a_row, self._finished = 0, 0
        self._why = "no node of the cluster is alive"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._close()

    def run(self, chunks: Iterator[Chunk], asked: PlacedQuestions, activity: Activity) -> None:
        """Work on all chunks of what is asked.

        Raises:
            KeyboardInterrupt: a signal came; what was sent is merged.
            UnreachableError: no node can do anything.
            StoreError: the store cannot be written.
        """
        self._asked, self._activity = asked, activity
        self._pending.extend(chunks)
        while self._pending or self._held or any(each.running for each in self._workers):
            if self._stop.came:
                raise KeyboardInterrupt
            self._hire()
            self._let_go()
            self._dispatch()
            self._wait()

    # Nodes

    def _hire(self) -> None:
        """An actor on each node, or one for each of its GPUs."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_SECONDS:
            return
        self._looked_at = now
        for node in self._ray.nodes():
            name, has = node["NodeID"], node.get("Resources", {})
            cores, gpus = int(has.get("CPU", 0)), int(has.get("GPU", 0))
            if not node["Alive"] or not cores or self._failures_of.get(name, 0) >= _TRIES_OF_NODE:
                continue
            wanted = max(1, min(gpus, cores))
            there = sum(each.node == name for each in self._workers)
            for _ in range(wanted - there):
                self._workers.append(self._worker(name, cores // wanted, gpus // wanted))
        if not self._workers:
            raise UnreachableError(self._why)

    def _worker(self, node: str, cores: int, gpus: int) -> _Worker:
        from dataclasses import replace

        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        options = self._options
        actor = (
            self._ray.remote(Node)
            .options(
                num_cpus=cores,
                num_gpus=gpus,
                max_concurrency=CHUNKS_AT_ONCE + 1,
                max_restarts=0,
                scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False),
            )
            .remote(
                replace(options, workers=options.workers or cores),
                self._template,
                self._clips,
                self._exchange,
                version("audiorouter"),
            )
        )
        return _Worker(node, actor, actor.open.remote())

    def _fire(self, worker: _Worker, why: str) -> None:
        """Its process is gone, or no use; what it was at is tried again."""
        if worker not in self._workers:
            return
        self._workers.remove(worker)
        self._why = why
        self._failures_of[worker.node] = self._failures_of.get(worker.node, 0) + 1
        with contextlib.suppress(Exception):
            self._ray.kill(worker.actor)
        for chunk, seed in worker.running.values():
            self._drop(seed)
            self._again(chunk, given_up(chunk.failures + 1))
        worker.running.clear()
        self._count_failure(why)
        self._looked_at = 0.0

    def _count_failure(self, why: str) -> None:
        """So many in a row mean that it is not the clips.

        Raises:
            UnreachableError: there were as many.
        """
        self._in_a_row += 1
        _log.info("a node failed: %s", why)
        if self._in_a_row >= (_IN_A_ROW if self._finished else _FRUITLESS):
            raise UnreachableError(why)

    # Chunks

    def _again(self, chunk: Chunk, why: str) -> None:
        """Try a chunk once more, when what was done of it has been sent; else its rows say why."""
        chunks = chunk.after_failure(most=TRIES)
        if not chunks:
            self.done.errors |= dict.fromkeys(chunk.places, why)
            for _ in chunk.places:
                self._activity.question_done(failed=True)
        self._held += chunks
        self._held_until = time.monotonic() + _HELD_SECONDS

    def _let_go(self) -> None:
        """Chunks that failed go on when what lay on their machines is in the store."""
        if not self._held:
            return
        starting = any(each.starting is not None for each in self._workers)
        if starting and time.monotonic() < self._held_until:
            return
        sending = [
            each.actor.send_left_behind.remote() for each in self._workers if each.starting is None
        ]
        self._ray.wait(sending, num_returns=len(sending), timeout=_HELD_SECONDS)
        self.merge_waiting()
        self._pending.extend(self._held)
        self._held = []

    def _dispatch(self) -> None:
        for _ in range(CHUNKS_AT_ONCE):
            for worker in self._workers:
                if worker.starting is None and len(worker.running) < CHUNKS_AT_ONCE:
                    if not self._pending:
                        return
                    chunk = self._pending.popleft()
                    seed = self._seed(chunk)
                    asked = self._asked.at(chunk.places)
                    name = None if seed is None else f"{SEEDS}/{seed.name}"
                    ref = worker.actor.answer.remote(NodeTask(asked, name))
                    worker.running[ref] = chunk, seed

    def _seed(self, chunk: Chunk) -> Path | None:
        """A store with what is known of a chunk's clips; nothing where that is nothing."""
        if not any(map(self._is_known, chunk.paths)):
            return None
        seeds = self._exchange / SEEDS
        seeds.mkdir(exist_ok=True)
        with TemporaryDirectory(prefix="audiorouter-") as folder:
            store = Path(folder, "seed.db")
            self._store.excerpt(store, chunk.paths)
            return seeds / send(store, seeds)

    def _is_known(self, path: Path) -> bool:
        try:
            return self._store.clip_of_file(path, FileStamp.of(path)) is not None
        except FaultError:
            return False

    @staticmethod
    def _drop(seed: Path | None) -> None:
        if seed is not None:
            seed.unlink(missing_ok=True)

    # What comes back

    def _wait(self) -> None:
        of = {ref: each for each in self._workers for ref in each.running}
        starting = {each.starting: each for each in self._workers if each.starting is not None}
        self._activity.preparing = None if of else "waiting for the nodes"
        refs = [*starting, *of]
        if not refs:
            return
        ready, _ = self._ray.wait(refs, num_returns=1, timeout=1.0)
        for ref in ready:
            if ref in starting:
                self._started(starting[ref])
            else:
                self._came(of[ref], ref)

    def _started(self, worker: _Worker) -> None:
        try:
            self._ray.get(worker.starting)
        except self._ray.exceptions.RayError as error:
            self._fire(worker, describe(error))
            return
        worker.starting = None
        self.done.nodes.add(worker.node)
        self.merge_waiting()

    def _came(self, worker: _Worker, ref: Any) -> None:
        if ref not in worker.running:
            return
        try:
            result: NodeResult = self._ray.get(ref)
        except self._ray.exceptions.RayActorError as error:
            self._fire(worker, describe(error))
            return
        except self._ray.exceptions.RayError as error:
            self._failed(worker, ref, describe(error))
            return
        try:
            self._merge(self._exchange / result.shard)
        except ShardError as error:
            self._failed(worker, ref, str(error))
            return
        if result.failure is not None:
            self._failed(worker, ref, result.failure)
            return
        chunk, seed = worker.running.pop(ref)
        self._drop(seed)
        self._in_a_row = self._failures_of[worker.node] = 0
        self._finished += 1
        self.done.calls += result.calls
        self.done.answers += result.answers
        places = chunk.places
        self.done.errors |= {places[place]: error for place, error in result.errors.items()}
        for number in range(len(places)):
            self._activity.question_done(failed=number < result.failed)

    def _failed(self, worker: _Worker, ref: Any, why: str) -> None:
        """A chunk that was not done, by a process that lives on."""
        chunk, seed = worker.running.pop(ref)
        self._drop(seed)
        self._why = why
        self._again(chunk, why)
        self._count_failure(why)

    def merge_waiting(self) -> None:
        """Merge all stores that lie in the exchange, whoever sent them."""
        for shard in waiting(self._exchange):
            try:
                self._merge(shard)
            except ShardError as error:
                aside = shard.with_suffix(".bad")
                shard.rename(aside)
                self._say(f"{error}; it is kept as {aside}")

    def _merge(self, shard: Path) -> None:
        if shard.exists():  # otherwise it was merged with others that were waiting
            self._store.merge(shard)
            shard.unlink()

    def _close(self) -> None:
        closing = [each.actor.close.remote() for each in self._workers if not each.running]
        with contextlib.suppress(Exception):
            self._ray.wait(closing, num_returns=len(closing), timeout=_CLOSE_SECONDS)
        for worker in self._workers:
            with contextlib.suppress(Exception):
                self._ray.kill(worker.actor)
        # These fail once the processes are dead, and nothing is sent any more.
        killed = [ref for each in self._workers for ref in (each.starting, *each.running) if ref]
        with contextlib.suppress(Exception):
            self._ray.wait(killed, num_returns=len(killed), timeout=_CLOSE_SECONDS)
        self.merge_waiting()
