"""What was done to have questions answered, and on whose account."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from audiorouter.batch.reasoning.ceilings import Account
from audiorouter.batch.reasoning.latencies import Latencies


class Running:
    """What the reasoner is at: answers that are asked for one by one, or batches of them."""

    def __init__(self) -> None:
        self.ended = 0
        """Answers that are no longer being made, whatever came of them."""
        self.ended_seconds = 0.0
        """For how long those were, all together."""
        self._answers = 0
        self._began: dict[object, float] = {}
        self._busy = self._busy_since = 0.0

    @contextmanager
    def one(self, answers: int = 1) -> Iterator[None]:
        """One more runs: an answer, or a batch of so many."""
        this = object()
        self._answers += answers
        if not self._began:
            self._busy_since = time.monotonic()
        self._began[this] = time.monotonic()
        try:
            yield
        finally:
            self.ended_seconds += time.monotonic() - self._began.pop(this)
            self.ended += answers
            self._answers -= answers
            if not self._began:
                self._busy += time.monotonic() - self._busy_since

    @property
    def answers(self) -> int:
        """How many answers are being made; those that wait for their batch are none."""
        return self._answers

    def seconds(self) -> float:
        """For how long those that run have been running, all together."""
        now = time.monotonic()
        return sum(now - began for began in [*self._began.values()])

    def seconds_ahead(self) -> float:
        """Those seconds, as far as they are not more than as many answers took so far."""
        mean = self.ended_seconds / self.ended if self.ended else float("inf")
        return min(self.seconds(), self._answers * mean) if self._answers else 0.0

    def busy_seconds(self) -> float:
        """For how long something has been running so far."""
        return self._busy + (time.monotonic() - self._busy_since if self._began else 0.0)


@dataclass
class ReasoningCounters:
    """What the stage did so far, and on whose account."""

    answers_made: int = 0
    answers_cached: int = 0
    under_way: int = 0
    """Answers that are asked for and not there, whether they are being made or wait for that."""
    running: Running = field(default_factory=Running, compare=False, repr=False)
    seconds: float = 0.0
    """Of answers that were made."""
    latencies: Latencies = field(default_factory=Latencies)
    """Seconds of each answer that says how long it took."""
    usage: dict[str, float] = field(default_factory=dict)
    """What servers say that these took, by kind."""
    endings: Counter[str] = field(default_factory=Counter)
    """How many replies were `cut` off or `refused`."""
    account: Account | None = None
    """None asks without end."""
