"""Decoding: what a file holds as float32 samples, and what of it could not be heard.

libsndfile reads first; FFmpeg's libraries (through PyAV) read what it does not know, and what it
would hear a part of only: what was decoded is held against what the file says that it holds.
"""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import NamedTuple

from audiorouter.decoding import ffmpeg, no_audio, ogg, sndfile, wav
from audiorouter.decoding.samples import (
    MAX_DECODED_BYTES,
    Reading,
    Samples,
    TooLongError,
    UnreadableError,
)
from audiorouter.errors import ClipError

__all__ = ["MAX_DECODED_BYTES", "SUFFIXES", "Decoded", "Samples", "decode"]

# fmt: off
SUFFIXES = frozenset([
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd",
    ".caf", ".w64", ".rf64", ".voc", ".m4a", ".m4b", ".aac", ".weba", ".wma", ".mka", ".mp2",
    ".mpga", ".amr", ".ac3", ".eac3", ".ape", ".wv", ".tta", ".mpc", ".dsf", ".spx",
    ".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".wmv", ".asf", ".flv", ".3gp",
    ".3g2", ".mpg", ".mpeg", ".ogv",
])
# fmt: on
"""Endings of the names of files of sound, and of videos with sound, in lower case."""

SLACK = 0.25
"""Seconds by which lengths may differ: coders pad what they write, at 8 kHz by up to 0.2 s."""

FLAW = 0.1
"""Seconds of damage that are not worth a word: what a coder lacks where two files were joined."""


class Decoded(NamedTuple):
    """A file's sound, and what has to be said of it, such as that a part could not be decoded."""

    samples: Samples
    remark: str | None


def decode(path: Path) -> Decoded:
    """Decode the file at `path`.

    Raises:
        ClipError: it cannot be decoded, holds no sound, or is too long; the message says why.
    """
    reading = _read(path)
    return Decoded(reading.samples, _remark(path, reading))


def _read(path: Path) -> Reading:
    """By libsndfile, or by FFmpeg where that hears more."""
    try:
        first = sndfile.read(path)
    except TooLongError:
        raise
    except UnreadableError as error:
        try:
            return ffmpeg.read(path)
        except UnreadableError as other:
            why = no_audio.what_it_is(path) or other.known or str(error)
            raise ClipError(f"{path}: {why}") from None
    if first.length == 0 and wav.is_empty(path):
        raise ClipError(f"{path}: the file holds no samples")
    claim = wav.claimed(path)
    if claim is None:
        claim = first.claimed
        there = ffmpeg.length(path, count=first.compressed)
        if there is not None:
            claim = there.claimed
            if first.length and there.counted <= first.seconds + SLACK:
                return first._replace(claimed=claim)
    elif first.length:
        return first._replace(claimed=claim)
    second = None
    with contextlib.suppress(UnreadableError):
        second = ffmpeg.read(path)
    if second is not None and second.seconds > first.seconds + (SLACK if first.length else 0):
        return second
    if first.length == 0:
        raise ClipError(f"{path}: the file holds no samples")
    return first._replace(claimed=claim)


def _remark(path: Path, reading: Reading) -> str | None:
    heard = reading.seconds
    if reading.claimed is not None and reading.claimed > heard + SLACK:
        return (
            f"the file is damaged or was cut: by its header it lasts {reading.claimed:.2f} s, "
            f"{heard:.2f} s of it could be decoded"
        )
    if math.isinf(reading.lost):
        return f"the file is damaged: what comes after {heard:.2f} s could not be read"
    if reading.lost > FLAW:
        return f"the file is damaged: {reading.lost:.2f} s could not be decoded and are left out"
    if ogg.has_end(path) is False:
        return f"the file was cut or is still being recorded: it has no end after {heard:.2f} s"
    if wav.is_followed(path):
        return f"a second WAV file was joined on after {heard:.2f} s, which is not heard"
    return None
