"""The tables whose rows mean the same in every store, since their keys say what they are about."""

from __future__ import annotations

from typing import NamedTuple


class ResultTable(NamedTuple):
    """A table of results; in the conditions `s` is a row of another store and `m` ours."""

    name: str
    key: str
    lists: tuple[str, ...] = ()
    """Columns that hold a list as JSON, or nothing."""
    objects: tuple[str, ...] = ()
    """Columns that hold an object as JSON, or nothing."""
    times: tuple[str, ...] = ()
    """Columns that hold a time (UTC), or nothing."""
    better: str = "0"
    """When a row of another store takes the place of ours."""
    about_clip: bool = True
    """Whether its column `clip` names a row of `clips`."""


RUNS = ResultTable(
    "runs", "id", objects=("settings",), times=("started", "finished"), about_clip=False
)
RUN_ROWS = ResultTable("run_rows", "position", lists=("route",), objects=("fields",))
"""Runs and their rows have numbers for keys, which mean something in one store only."""
RESULT_TABLES = (
    ResultTable("clips", "hash", about_clip=False),
    # Whether what is kept of a file is true of it is asked whenever it is used: the later one is
    # likelier to be.
    ResultTable(
        "clip_files",
        "path",
        better="s.mtime_ns > m.mtime_ns "
        "OR ((s.size, s.mtime_ns, s.inode) = (m.size, m.mtime_ns, m.inode) "
        "AND m.file_hash IS NULL AND s.file_hash IS NOT NULL)",
    ),
    ResultTable(
        "tool_calls",
        "key",
        objects=("arguments", "data", "shared"),
        times=("created",),
        better="m.status = 'failed' AND s.status = 'ok'",
    ),
    ResultTable(
        "answers",
        "key",
        lists=("choices", "findings", "probabilities"),
        objects=("usage",),
        times=("created",),
        better="m.choices <> '[]' AND m.prediction_index IS NULL "
        "AND s.prediction_index IS NOT NULL",
    ),
    ResultTable("routes", "key", lists=("calls",), times=("created",)),
    ResultTable("outcomes", "key", lists=("choices", "probabilities"), times=("created",)),
)
"""In an order in which each may name rows of those before it. What tools cost is measured on one
machine, and means nothing on another."""
