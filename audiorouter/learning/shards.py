"""Sharing out an outcome table among processes, and putting it together again."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from audiorouter.learning.outcome_table import Calls, OutcomeRow, OutcomeTable


class Shard(NamedTuple):
    """Which part of the clips this process fills: number `rank` of `processes`."""

    rank: int = 0
    processes: int = 1

    def takes(self, audio_hash: str) -> bool:
        """Whether a clip is in this shard; the same in every process."""
        return zlib.crc32(audio_hash.encode()) % self.processes == self.rank


WHOLE = Shard()


@dataclass(frozen=True)
class TableShard:
    """A shard of a table by position of its questions, and why others are not in it, by position.

    It says everything that the table is made of, so that shards can be sent from process to process
    and put together.
    """

    routes: tuple[Calls, ...]
    rows: Mapping[int, OutcomeRow]
    left_out: Mapping[int, tuple[str, str]]
    """Id of the question, and the reason."""

    @classmethod
    def joined(cls, shards: Sequence[TableShard]) -> TableShard:
        """The whole of it, from the shards of every process."""
        rows = {position: row for shard in shards for position, row in shard.rows.items()}
        left_out = {
            position: why
            for shard in shards
            for position, why in shard.left_out.items()
            if position not in rows
        }
        return cls(shards[0].routes, dict(sorted(rows.items())), dict(sorted(left_out.items())))

    def with_direct_answers(self) -> TableShard:
        """Without the questions whose direct answer, which all are compared with, says nothing."""
        lacking = {
            i: (row.question.id, why)
            for i, row in self.rows.items()
            if (why := _why_silent(row)) is not None
        }
        return TableShard(
            self.routes,
            {i: row for i, row in self.rows.items() if i not in lacking},
            {**self.left_out, **lacking},
        )

    @property
    def table(self) -> OutcomeTable:
        """The table of the questions that are in it, in their order."""
        return OutcomeTable.of_rows(list(self.rows.values()), self.routes)

    @property
    def problems(self) -> dict[str, str]:
        """The questions that are not in it, each with the reason."""
        return dict(self.left_out.values())


def _why_silent(row: OutcomeRow) -> str | None:
    """Why nothing can be compared with the direct answer of a row; None where it can."""
    direct = row.outcomes[0]
    if not direct.answered:
        return "the reasoner could not answer it without tools"
    if direct.confidence is None and row.question.gold_index is None:
        return (
            "no right answer is known, and the reasoner does not say how sure it is "
            "(with --shuffle-choices 4 it does)"
        )
    return None
