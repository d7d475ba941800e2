"""Outcomes that other machines compute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack

from audiorouter.batch.cluster.options import ClusterOptions
from audiorouter.batch.options import EngineOptions
from audiorouter.batch.progress import Shown
from audiorouter.learning.asked_table import Elsewhere
from audiorouter.machine.paths import StrPath
from audiorouter.plugins import Registry
from audiorouter.store import Store
from audiorouter.toolbox.interface import ToolCall


def computed_elsewhere(
    cluster: ClusterOptions | None,
    registry: Registry,
    engine: EngineOptions,
    store: Store,
    clips: StrPath,
    listening_calls: Sequence[ToolCall],
    opened: ExitStack,
    progress: Shown,
    say: Callable[[str], None],
) -> Elsewhere | None:
    """What has outcomes computed by a cluster as long as `opened` is; None without a cluster.

    Raises:
        UsageError: Ray is not installed, or its folder cannot be used.
    """
    if cluster is None:
        return None
    from audiorouter.batch.cluster.cells import ClusterCells

    cells = ClusterCells(
        registry, engine, store, clips, cluster, heard=listening_calls, progress=progress, say=say
    )
    return opened.enter_context(cells).compute
