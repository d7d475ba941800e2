"""What the store knows of costs: what tools were measured to cost, what calls and answers took."""

from __future__ import annotations

from audiorouter.store.row_shapes import is_whole, seconds_of
from audiorouter.store.sqlite_file import SqliteFile, now
from audiorouter.store.stored import AnswerUse, CallCost, MeasuredCost

_LATEST = 1000
"""Answers from which it is told what answers take."""


class CostRows(SqliteFile):
    """Costs of tools, and what finished calls and answers took."""

    def save_tool_cost(self, tool: str, identity: str, cost: MeasuredCost) -> None:
        """Keep what a tool costs on this machine."""
        with self._transaction():
            self._connection.execute(
                "INSERT OR REPLACE INTO tool_costs "
                "(identity, tool, seconds_per_second, measured, shared) VALUES (?, ?, ?, ?, ?)",
                [identity, tool, cost.seconds_per_second, now(), cost.shared],
            )

    def tool_costs(self) -> dict[str, MeasuredCost]:
        """What tools cost on this machine (`save_tool_cost`), by identity."""
        rows = self._all("SELECT * FROM tool_costs WHERE shared IS NOT NULL", [])
        return {
            row["identity"]: MeasuredCost(row["seconds_per_second"], row["shared"])
            for row in rows
            if seconds_of(row["shared"]) is not None
        }

    def call_costs(self, identity: str) -> list[CallCost]:
        """What each kept call of a tool takes; those of older versions do not say."""
        rows = self._all(
            "SELECT t.arguments, t.seconds, t.shared, c.duration FROM tool_calls AS t "
            "JOIN clips AS c ON c.hash = t.clip "
            "WHERE t.identity = ? AND t.status = 'ok' AND t.shared IS NOT NULL",
            [identity],
        )
        return [CallCost(*row) for row in rows if is_whole("tool_calls", row)]

    def seconds_per_answer(self, provider: str) -> float | None:
        """Mean seconds an answer of `provider`, or None where none is known to have taken any."""
        # One that was made of others has an empty usage: its time is that of all of them.
        row = self._one(
            "SELECT avg(seconds) AS mean FROM answers "
            "WHERE provider = ? AND usage IS NOT '{}' AND seconds > 0",
            [provider],
        )
        return None if row is None else row["mean"]

    def has_answers(self, provider: str) -> bool:
        """Whether any answer of `provider` is kept."""
        row = self._one("SELECT EXISTS (SELECT 1 FROM answers WHERE provider = ?)", [provider])
        return bool(row[0])

    def used(self, provider: str) -> list[AnswerUse]:
        """What the latest answers of `provider` took of which a server counted it."""
        rows, _ = self._all_and_damaged(
            "SELECT a.question, a.choices, a.findings, a.usage, c.duration FROM answers AS a "
            "JOIN clips AS c ON c.hash = a.clip WHERE a.provider = ? AND a.usage != '{}' "
            "ORDER BY a.created DESC LIMIT ?",
            [provider, _LATEST],
        )
        return [AnswerUse(*row) for row in rows]

    def finding_lengths(self) -> dict[str, float]:
        """Mean characters of what each tool found, by its name."""
        rows = self._all(
            "SELECT tool, avg(length(text)) FROM tool_calls WHERE status = 'ok' GROUP BY tool", []
        )
        return {tool: length for tool, length in rows if length is not None}
