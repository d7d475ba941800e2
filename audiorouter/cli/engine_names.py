"""What `batch` is run by."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiorouter.batch import BatchResult


class EngineName(StrEnum):
    """The machines that work on a batch."""

    LOCAL = "local"
    RAY = "ray"

    def function(self, *, address: str | None, folder: Path | None) -> Callable[..., BatchResult]:
        """What runs a batch so; nothing of Ray is imported for this machine alone.

        Raises:
            UsageError: options for Ray, and no Ray.
        """
        if self is EngineName.RAY:
            from audiorouter.batch.cluster.options import ClusterOptions
            from audiorouter.batch.cluster.run import run_given_batch_on_ray

            return partial(
                run_given_batch_on_ray, cluster=ClusterOptions(address=address, folder=folder)
            )
        if address is not None or folder is not None:
            from audiorouter.errors import UsageError

            raise UsageError("--ray-address and --ray-folder: add --engine ray")
        from audiorouter.batch.run import run_given_batch

        return run_given_batch
