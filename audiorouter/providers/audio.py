"""Clips as servers take them."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from audiorouter.clips import Clip

SAMPLE_RATE = 16_000
"""Hz; with one channel of 16 bits, what every server is known to take."""


def wav_base64(path: Path, *, longest: float | None = None) -> str:
    """The clip as WAV in base64; only its first `longest` seconds, if that is given.

    Raises:
        ClipError: it cannot be decoded.
    """
    import soundfile

    audio = Clip(path).mono(SAMPLE_RATE)
    if longest is not None:
        audio = audio[: int(longest * SAMPLE_RATE)]
    stream = io.BytesIO()
    soundfile.write(stream, audio, SAMPLE_RATE, format="WAV", subtype="PCM_16")
    return base64.b64encode(stream.getvalue()).decode("ascii")
