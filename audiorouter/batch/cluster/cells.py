"""Answers by given routes from the machines of a Ray cluster, for tables of outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from audiorouter.batch.activity import Activity
from audiorouter.batch.cluster.chunks import chunks_of
from audiorouter.batch.cluster.driver import Driver
from audiorouter.batch.cluster.kept import PlacedQuestions
from audiorouter.batch.cluster.options import ClusterOptions
from audiorouter.batch.cluster.run import alive, alone_in, connected, import_ray, lacking_of
from audiorouter.batch.options import BatchOptions, EngineOptions
from audiorouter.batch.progress import Shown, silent
from audiorouter.machine.files import check_folder, make_folder
from audiorouter.machine.paths import StrPath
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.questions import Question, QuestionSet
from audiorouter.questions.layout import Layout
from audiorouter.store import Store
from audiorouter.toolbox.interface import ToolCall

Cell = tuple[Question, tuple[ToolCall, ...]]
"""A question, and the calls by which it is asked."""


class ClusterCells:
    """Has cells computed by the nodes of a cluster, and what they find put into a store.

    The calls `heard` are made on each clip besides.

    It is a context: Ray is connected when something is lacking first, and nodes keep their models
    until it is left.

    Raises:
        UsageError: Ray is not installed, or the folder for exchange cannot be used.
    """

    def __init__(
        self,
        registry: Registry,
        options: EngineOptions,
        store: Store,
        clips: StrPath,
        cluster: ClusterOptions,
        *,
        heard: Sequence[ToolCall] = (),
        progress: Shown = silent,
        say: Any = lambda _line: None,
    ):
        self._ray = import_ray()
        self._heard = tuple(heard)
        self._registry = registry
        # Every cell has its route: the router is not asked.
        self._options = BatchOptions(**vars(options), router="none")
        self._store = store
        self._clips = Path(clips).absolute()
        self._address = cluster.address
        self._exchange = cluster.exchange(store.path)
        check_folder(self._exchange)
        self._progress = progress
        self._say = say
        self._stop = StopSignals()
        self._open = ExitStack()
        self._connected = False
        self._sent: set[tuple[object, ...]] = set()
        self._driver = Driver(
            self._ray,
            store,
            self._exchange,
            QuestionSet(self._clips, Layout.OURS, ()),
            self._clips,
            self._options,
            stop=self._stop,
            say=say,
        )

    def __enter__(self) -> Self:
        make_folder(self._exchange, private=True)
        self._open.enter_context(alone_in(self._exchange))
        return self

    def __exit__(self, *_exception: object) -> None:
        self._open.close()
        if (done := self._driver.done.said()) is not None:
            self._say(done)

    def compute(self, cells: Sequence[Cell]) -> None:
        """Have computed what the store lacks of them; what was tried here before is left alone.

        Raises:
            KeyboardInterrupt: a signal came; what was sent is in the store.
            UnreachableError: no node can do anything.
            StoreError: the store cannot be written.
            UsageError: there is no cluster.
        """
        new = {key: cell for cell in cells if (key := _key(cell)) not in self._sent}
        if not new:
            return
        asked = PlacedQuestions(
            tuple(question for question, _ in new.values()),
            tuple(calls for _, calls in new.values()),
            self._heard,
        )
        activity = Activity(len(new), doing="working", preparing="opening the reasoner")
        self._stop.noticed = activity.stop
        with self._progress(activity), self._stop:
            self._stop.hold()
            self._driver.merge_waiting()
            wanted = lacking_of(
                asked, self._registry, self._options, stop=self._stop, activity=activity
            )
            if wanted:
                if not self._connected:
                    self._open.enter_context(connected(self._ray, self._address))
                    self._open.enter_context(self._driver)
                    self._connected = True
                self._driver.run(chunks_of(wanted, nodes=alive(self._ray)), asked, activity)
        self._sent.update(new)


def _key(cell: Cell) -> tuple[object, ...]:
    question, calls = cell
    return question.path, question.text, question.choices, calls
