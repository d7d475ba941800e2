"""What two sets of answers to the same questions took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from audiorouter.batch.past.past_rows import PastRow


@dataclass(frozen=True)
class Costs:
    """Sums over the questions. None is what is not known of some of them."""

    calls: int
    """Tool calls of the routes."""
    tool_seconds: float | None
    """Of the tools by themselves, whether they ran or were taken from the store."""
    answer_seconds: float | None
    """Of the reasoner, likewise."""
    usage: Mapping[str, float] | None
    """What a server said: tokens by kind, and money where it names it."""

    def as_json(self) -> dict[str, Any]:
        """The sums as values of JSON."""
        return {
            "calls": self.calls,
            "tool_seconds": _rounded(self.tool_seconds),
            "answer_seconds": _rounded(self.answer_seconds),
            "usage": None if self.usage is None else dict(self.usage),
        }


def costs_of(rows: Iterable[PastRow], usage: Mapping[str, Mapping[str, float]]) -> Costs:
    """What the rows took; `usage` by the answer's key in the store."""
    rows = list(rows)
    used: dict[str, float] = {}
    known = [usage[key] for row in rows if (key := row.answer_key or "") in usage]
    for each in known:
        for kind, count in each.items():
            used[kind] = used.get(kind, 0) + count
    answered = sum(row.prediction is not None for row in rows)
    return Costs(
        calls=sum(len(row.calls) for row in rows),
        tool_seconds=_sum(rows, "tool_seconds"),
        answer_seconds=_sum(rows, "reason_seconds"),
        usage=used if known and len(known) >= answered else None,
    )


def _sum(rows: Iterable[PastRow], name: str) -> float | None:
    values = [row.fields.get(name) for row in rows]
    return None if None in values else float(sum(value for value in values if value is not None))


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
