"""The first reader: libsndfile, through soundfile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from audiorouter.decoding.large_samples import BLOCK, GrowingSamples, fits
from audiorouter.decoding.samples import (
    MAX_DECODED_BYTES,
    Reading,
    Samples,
    TooLongError,
    UnreadableError,
    check_rate,
)

if TYPE_CHECKING:
    from soundfile import SoundFile

    from audiorouter.decoding.samples import FloatArray

_COMPRESSED = ("MP3", "OGG", "FLAC")
"""Of these libsndfile may stop early: at a guessed length, or where a second file was joined on."""


def read(path: Path) -> Reading:
    """Decode a file.

    Raises:
        UnreadableError: it cannot be decoded.
        TooLongError: it is too long.
    """
    import soundfile

    try:
        # As bytes: a name need not be UTF-8.
        with soundfile.SoundFile(os.fsencode(path)) as file:
            frames, channels, rate, kind = file.frames, file.channels, file.samplerate, file.format
            check_rate(rate)
            if 0 < frames < 1 << 62 and frames * channels * 4 > MAX_DECODED_BYTES:
                raise TooLongError(path, frames / rate / 3600, channels)
            audio = _samples(file)
    # ValueError: a stream that does not say how long it is lasts for ever.
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise UnreadableError(f"not readable as audio ({_reason(error)})") from None
    # Of an MP3 the length is guessed from its first frames, where no header says it.
    claimed = None if kind == "MP3" else frames / rate
    return Reading(Samples(audio, rate), claimed, compressed=kind in _COMPRESSED)


def _samples(file: SoundFile) -> FloatArray:
    """All that is left of a file, `(channels, samples)`; on disk where that is much."""
    # One that does not say how long it is is refused by libsndfile.
    size = file.frames * file.channels * 4
    if fits(size) or size > MAX_DECODED_BYTES:
        small: FloatArray = file.read(dtype="float32", always_2d=True).T
        return small
    spool = GrowingSamples()
    while len(block := file.read(BLOCK, dtype="float32", always_2d=True)):
        spool.add(block.T)
    audio = spool.finish()
    return file.read(0, dtype="float32", always_2d=True).T if audio is None else audio


def _reason(error: Exception) -> str:
    text = str(getattr(error, "error_string", None) or error).strip().rstrip(".")
    if "SF_INFO" in text:  # its "internal error" where a header makes no sense
        return "its header gives no sample rate or no number of channels that sound can have"
    return text
