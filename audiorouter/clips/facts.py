"""What is kept of a clip once it was decoded, and the levels in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

SILENT_DBFS = -70.0
"""Mean level below which a clip counts as silent."""

SILENCE_DBFS = -120.0
"""Level reported for digital silence, where the logarithm has no value."""


@dataclass(frozen=True)
class ClipFacts:
    """What is known of a clip once it was decoded; small enough to keep and to send around."""

    audio_hash: str
    duration: float
    """Seconds."""
    sample_rate: int
    """Hz."""
    channels: int
    rms_dbfs: float
    """Root mean square over all channels, dB relative to full scale; what is constant is not heard,
    and does not count."""
    peak_dbfs: float
    file_hash: str | None = None
    """Hash of the file's bytes; None where what is kept of it is older than that hash."""
    remark: str | None = None
    """What a user should know of how it was heard: what is lost, or which channel is taken."""

    @property
    def silent(self) -> bool:
        """Whether there is nothing in it that a tool could make anything of."""
        return self.rms_dbfs < SILENT_DBFS


def decibels(amplitude: float) -> float:
    """`20 log10(amplitude)`, with `SILENCE_DBFS` as the floor."""
    if amplitude <= 0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 20 * math.log10(amplitude))
