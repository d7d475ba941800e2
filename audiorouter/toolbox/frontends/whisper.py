"""Speech recognition through faster-whisper (CTranslate2), one model a worker and name.

Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from audiorouter.weights import locate

SAMPLE_RATE = 16_000
ENGLISH = "whisper-tiny-en"
MULTILINGUAL = "whisper-base"


@lru_cache(maxsize=2)
def whisper(name: str) -> Any:
    """The model called `name` in the catalogue, 8-bit on one thread."""
    from faster_whisper import WhisperModel

    return WhisperModel(str(locate(name)), device="cpu", compute_type="int8", cpu_threads=1)
