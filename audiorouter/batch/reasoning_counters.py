"""What was done to have questions answered, and on whose account."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from audiorouter.batch.ceilings import Account
from audiorouter.batch.latencies import Latencies


class Running:
    """What the reasoner is at: answers that are asked for one by one, or a batch of them."""

    def __init__(self) -> None:
        self._began: dict[object, float] = {}
        self.answers = 0
        """How many are being made, those of a batch each."""
        self._busy = self._busy_since = 0.0

    @contextmanager
    def one(self, answers: int = 1) -> Iterator[None]:
        """One more runs: an answer, or a batch of so many."""
        this = object()
        self.answers += answers
        if not self._began:
            self._busy_since = time.monotonic()
        self._began[this] = time.monotonic()
        try:
            yield
        finally:
            del self._began[this]
            self.answers -= answers
            if not self._began:
                self._busy += time.monotonic() - self._busy_since

    def seconds(self) -> float:
        """For how long those that run have been running, all together."""
        now = time.monotonic()
        return sum(now - began for began in [*self._began.values()])

    def busy_seconds(self) -> float:
        """For how long something has been running so far."""
        return self._busy + (time.monotonic() - self._busy_since if self._began else 0.0)


@dataclass
class ReasoningCounters:
    """What the stage did so far, and on whose account."""

    answers_made: int = 0
    answers_cached: int = 0
    under_way: int = 0
    running: Running = field(default_factory=Running, compare=False, repr=False)
    seconds: float = 0.0
    """Of answers that were made."""
    latencies: Latencies = field(default_factory=Latencies)
    """Seconds of each answer that was made."""
    usage: dict[str, float] = field(default_factory=dict)
    """What servers say that these took, by kind."""
    endings: Counter[str] = field(default_factory=Counter)
    """How many replies were `cut` off or `refused`."""
    account: Account | None = None
    """None asks without end."""

    def progress_seconds(self) -> float:
        """Seconds by which those that run are ahead, at most what as many took so far."""
        running = self.running.seconds()
        if not self.answers_made:
            return running
        return min(running, self.running.answers * self.seconds / self.answers_made)
