"""How healthy a batch was: what of it needs a look though it ended, and how fast answers came."""

from __future__ import annotations

from dataclasses import dataclass, field

from audiorouter.batch.reasoning.reasoning_counters import ReasoningCounters
from audiorouter.batch.rows import Row


@dataclass(frozen=True)
class Health:
    """Numbers of questions, where nothing else is said."""

    unparsed: int
    """Answered in words that name no choice, or several."""
    cut: int
    """Replies that were cut off before an answer."""
    refused: int
    """Replies that a model, its server or a filter would not give."""
    retried: int
    """Requests that a server was sent once more."""
    skipped: int
    """Not asked, since they cannot be as they stand."""
    failed_calls: int
    """Tool calls without a finding."""
    cached: int
    """Taken whole from the store."""
    latency_p50: float | None
    """Seconds of an answer that was made, within 1%: half of them took longer; None where no
    answer says how long it took."""
    latency_p95: float | None
    """One in twenty took longer."""


@dataclass
class RowHealth:
    """What of the rows needs a look, counted row by row."""

    unparsed: int = 0
    skipped: int = 0
    failures: set[int] = field(default_factory=set)
    """The calls on clips that failed, each once however many questions need it, as hashes."""
    cached: int = 0

    def add(self, row: Row) -> None:
        """Count one more."""
        self.unparsed += row.unparsed is not None
        self.skipped += row.question.path is None or row.question.problem is not None
        self.failures |= {
            hash((row.clip, each.call.label)) for each in row.results if each.error is not None
        }
        self.cached += row.cached

    def health(self, reasoning: ReasoningCounters, *, retried: int) -> Health:
        """The health of a batch with these rows, whose reasoner did what the counters say."""
        return Health(
            unparsed=self.unparsed,
            skipped=self.skipped,
            failed_calls=len(self.failures),
            cached=self.cached,
            cut=reasoning.endings["cut"],
            refused=reasoning.endings["refused"],
            retried=retried,
            latency_p50=_quantile(reasoning, 0.5),
            latency_p95=_quantile(reasoning, 0.95),
        )


def _quantile(reasoning: ReasoningCounters, share: float) -> float | None:
    seconds = reasoning.latencies.quantile(share)
    return None if seconds is None else round(seconds, 3)
