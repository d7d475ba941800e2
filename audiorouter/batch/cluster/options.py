"""Which cluster is used, and by which folder its machines and this one see each other's files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.machine.mounts import network_file_system
from audiorouter.machine.paths import StrPath


@dataclass(frozen=True, kw_only=True)
class ClusterOptions:
    """Where Ray is, and where stores are exchanged."""

    address: str | None = None
    """Of the cluster, such as `auto` or HOST:6379; None starts Ray on this machine alone."""
    folder: StrPath | None = None
    """A folder that all machines see; None is one beside the store, for one machine."""

    def exchange(self, store: Path) -> Path:
        """The folder through which stores go.

        Raises:
            UsageError: the store lies where machines share files.
        """
        if (network := network_file_system(store)) is not None:
            raise UsageError(
                f"the store {store} is on a network file system ({network}), which is no place for "
                "a database: keep it on this machine's disk (--db); only --ray-folder is shared"
            )
        return Path(self.folder or f"{store}.shards").absolute()
