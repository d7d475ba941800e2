"""Opening what outcomes come from: the store, and the machines that compute what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Protocol

from audiorouter.batch.cluster.options import ClusterOptions
from audiorouter.batch.options import EngineOptions
from audiorouter.batch.progress import Shown
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.machine.paths import StrPath
from audiorouter.plugins import Registry
from audiorouter.providers.interface import Reasoner
from audiorouter.toolbox.interface import ToolCall


class OutcomeRequest(Protocol):
    """What asks for outcomes, such as a training or an evaluation."""

    @property
    def clips(self) -> StrPath:
        """The folder of clips."""

    @property
    def engine(self) -> EngineOptions:
        """How tools and the reasoner are called."""

    @property
    def cluster(self) -> ClusterOptions | None:
        """The machines that compute; None is this one."""


@contextmanager
def open_outcome_source(
    request: OutcomeRequest,
    registry: Registry,
    reasoner: Reasoner,
    *,
    listening_calls: Sequence[ToolCall],
    max_calls: int = 1,
    unlabelled: bool = False,
    progress: Shown,
    say: Callable[[str], None],
) -> Iterator[OutcomeSource]:
    """The source of what is asked for, with its store and its cluster open; see `OutcomeSource`.

    Raises:
        StoreError: the store cannot be opened.
        UsageError: Ray is not installed, or its folder cannot be used.
    """
    with ExitStack() as opened:
        store = opened.enter_context(request.engine.open_store())
        elsewhere = None
        if request.cluster is not None:
            from audiorouter.batch.cluster.cells import ClusterCells

            cells = ClusterCells(
                registry,
                request.engine,
                store,
                request.clips,
                request.cluster,
                heard=listening_calls,
                progress=progress,
                say=say,
            )
            elsewhere = opened.enter_context(cells).compute
        yield OutcomeSource(
            registry,
            reasoner,
            store,
            request.engine,
            listening_calls=listening_calls,
            max_calls=max_calls,
            progress=progress,
            elsewhere=elsewhere,
            unlabelled=unlabelled,
        )
