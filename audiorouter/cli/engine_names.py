"""By which machines questions are answered, and the options that name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from audiorouter.cli.help_groups import MACHINES
from audiorouter.cli.option_groups import OptionGroup

if TYPE_CHECKING:
    from audiorouter.batch import BatchResult
    from audiorouter.batch.cluster.options import ClusterOptions


class EngineName(StrEnum):
    """The machines that work on a batch."""

    LOCAL = "local"
    RAY = "ray"


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


@dataclass(frozen=True)
class MachinesGroup(OptionGroup):
    """The machines that work."""

    engine: Engine = EngineName.LOCAL
    ray_address: RayAddress = None
    ray_folder: RayFolder = None

    def cluster(self) -> ClusterOptions | None:
        """The cluster by which outcomes are computed, if any.

        Raises:
            UsageError: options for Ray, and no Ray.
        """
        from audiorouter.batch.cluster.options import ClusterOptions

        if self.engine is EngineName.RAY:
            return ClusterOptions(address=self.ray_address, folder=self.ray_folder)
        if self.ray_address is not None or self.ray_folder is not None:
            from audiorouter.errors import UsageError

            raise UsageError("--ray-address and --ray-folder: add --engine ray")
        return None

    def function(self) -> Callable[..., BatchResult]:
        """What runs a batch so; nothing of Ray is imported for this machine alone.

        Raises:
            UsageError: options for Ray, and no Ray.
        """
        if (cluster := self.cluster()) is not None:
            from audiorouter.batch.cluster.run import run_given_batch_on_ray

            return partial(run_given_batch_on_ray, cluster=cluster)
        from audiorouter.batch.run import run_given_batch

        return run_given_batch
