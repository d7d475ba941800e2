"""Decoding: what a file holds as float32 samples, and what of it could not be heard.

libsndfile reads first; FFmpeg's libraries (through PyAV) read what it does not know, and what it
would hear a part of only: what was decoded is held against what the file says that it holds.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

from audiorouter.decoding import ends, ffmpeg, no_audio, sndfile, wav
from audiorouter.decoding.large_samples import NoRoomError
from audiorouter.decoding.samples import (
    MAX_DECODED_BYTES,
    Reading,
    Samples,
    TooLongError,
    UnreadableError,
)
from audiorouter.errors import ClipError, NoAudioError

__all__ = ["MAX_DECODED_BYTES", "Decoded", "Samples", "decode"]

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
        ClipError: it cannot be decoded or is too long; the message says why.
        NoAudioError: it is no sound, or holds none.
    """
    try:
        reading = _read(path)
    except NoRoomError as error:
        raise ClipError(f"{path}: {error}") from None
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
            raise NoAudioError(f"{path}: {why}") from None
    if first.length and wav.goes_on(path):
        with contextlib.suppress(UnreadableError):
            longer = ffmpeg.read(path, to_the_end=True)
            if longer.seconds > first.seconds + SLACK:
                return longer
    if first.length and (claim := wav.claimed(path)) is not None:
        return first._replace(claimed=claim)
    if first.length == 0 and wav.is_empty(path):
        raise NoAudioError(f"{path}: the file holds no samples")
    there = ffmpeg.length(path)
    if there is not None:
        first = first._replace(claimed=there.claimed, lost=there.lost, cut=there.cut)
        if first.length and not (first.compressed and there.counted > first.seconds + SLACK):
            return first
    with contextlib.suppress(UnreadableError):
        second = ffmpeg.read(path)
        if first.length == 0 or second.seconds > first.seconds + SLACK:
            return second
    if first.length == 0:
        raise NoAudioError(f"{path}: the file holds no samples")
    return first


def _remark(path: Path, reading: Reading) -> str | None:
    remarks = [_damage(path, reading), _left_out(path, reading)]
    return "; ".join(remark for remark in remarks if remark is not None) or None


def _left_out(path: Path, reading: Reading) -> str | None:
    """What of a file is not heard though nothing is wrong with it."""
    if reading.tracks > 1:
        return f"of its {reading.tracks} tracks of sound number {reading.track + 1} is heard"
    if wav.is_followed(path):
        return f"a second WAV file was joined on after {reading.seconds:.2f} s, which is not heard"
    if wav.has_more(path):
        return f"more samples follow after {reading.seconds:.2f} s, which are not heard"
    return None


def _damage(path: Path, reading: Reading) -> str | None:
    heard = reading.seconds
    if reading.claimed is not None and reading.claimed > heard + SLACK:
        return (
            f"the file is damaged or was cut: by its header it lasts {reading.claimed:.2f} s, "
            f"{heard:.2f} s of it could be decoded"
        )
    if reading.lost > FLAW:
        return (
            f"the file is damaged: about {reading.lost:.1f} s could not be decoded and are left out"
        )
    if reading.cut or ends.has_end(path) is False:
        return f"the file was cut or is still being recorded: it has no end after {heard:.2f} s"
    if missing := ends.missing_pages(path):
        return f"the file is damaged: pages are missing at {missing} places, with what they held"
    return None
