"""Merging several stores into one: each by itself, so that a bad one costs itself alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from audiorouter.errors import ShardError
from audiorouter.store.database import Store
from audiorouter.store.merge import Merged


@dataclass(frozen=True)
class MergedShard:
    """What came of merging one store."""

    path: Path
    merged: Merged
    error: str | None = None
    """Why nothing of it, or not all of it, was merged."""


def merge_all(
    path: Path, shards: Sequence[Path], *, dry_run: bool = False
) -> Iterator[MergedShard]:
    """Merge stores into the one at `path`, which is made where there is none; one after the other.

    Raises:
        StoreError: the store at `path` cannot be used.
    """
    with _opened(path, dry_run=dry_run) as store:
        for shard in shards:
            try:
                if dry_run and path.exists() and shard.exists() and shard.samefile(path):
                    raise ShardError(f"{shard} is the store itself")
                yield MergedShard(shard, store.merge(shard))
            except ShardError as error:
                yield MergedShard(shard, Merged(), str(error))


@contextmanager
def _opened(path: Path, *, dry_run: bool) -> Iterator[Store]:
    if not dry_run:
        with Store(path) as store:
            yield store
        return
    # It is merged into a copy: what shards have in common is counted once, as it will be.
    with TemporaryDirectory(prefix="audiorouter-") as folder:
        copy = Path(folder, "store.db")
        if path.exists():
            with Store(path, read_only=True) as store:
                store.backup(copy)
        with Store(copy) as store:
            yield store
