"""What was done to have questions answered, and on whose account."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from audiorouter.batch.ceilings import Account
from audiorouter.batch.latencies import Latencies


@dataclass
class ReasoningCounters:
    """What the stage did so far, and on whose account."""

    answers_made: int = 0
    answers_cached: int = 0
    under_way: int = 0
    seconds: float = 0.0
    latencies: Latencies = field(default_factory=Latencies)
    """Seconds of each answer that was made."""
    usage: dict[str, float] = field(default_factory=dict)
    """What servers say that these took, by kind."""
    endings: Counter[str] = field(default_factory=Counter)
    """How many replies were `cut` off or `refused`."""
    account: Account | None = None
    """None asks without end."""
