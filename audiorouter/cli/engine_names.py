"""By which machines questions are answered, and the options that name them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiorouter.cli.help_groups import MACHINES

if TYPE_CHECKING:
    from audiorouter.batch import BatchResult
    from audiorouter.batch.cluster.options import ClusterOptions


class EngineName(StrEnum):
    """The machines that work on a batch."""

    LOCAL = "local"
    RAY = "ray"

    def cluster(self, *, address: str | None, folder: Path | None) -> ClusterOptions | None:
        """The cluster by which outcomes are computed, if any.

        Raises:
            UsageError: options for Ray, and no Ray.
        """
        from audiorouter.batch.cluster.options import ClusterOptions

        if self is EngineName.RAY:
            return ClusterOptions(address=address, folder=folder)
        _check_no_ray(address, folder)
        return None

    def function(self, *, address: str | None, folder: Path | None) -> Callable[..., BatchResult]:
        """What runs a batch so; nothing of Ray is imported for this machine alone.

        Raises:
            UsageError: options for Ray, and no Ray.
        """
        if (cluster := self.cluster(address=address, folder=folder)) is not None:
            from audiorouter.batch.cluster.run import run_given_batch_on_ray

            return partial(run_given_batch_on_ray, cluster=cluster)
        from audiorouter.batch.run import run_given_batch

        return run_given_batch


Engine = Annotated[
    EngineName,
    typer.Option(
        help="local: this machine; ray: all machines of a Ray cluster, see docs/scale.md.",
        rich_help_panel=MACHINES,
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        metavar="HOST:PORT",
        help="The cluster for --engine ray, or `auto` for the one that this machine is in; "
        "default: Ray is started here alone.",
        rich_help_panel=MACHINES,
    ),
]
RayFolder = Annotated[
    Path | None,
    typer.Option(
        help="A folder that all of its machines see, for what they find; default: one beside "
        "the store.",
        rich_help_panel=MACHINES,
    ),
]


def _check_no_ray(address: str | None, folder: Path | None) -> None:
    if address is not None or folder is not None:
        from audiorouter.errors import UsageError

        raise UsageError("--ray-address and --ray-folder: add --engine ray")
