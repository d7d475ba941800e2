"""Clips as browsers play them: a file as it is where they know its kind, else as FLAC."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

from audiorouter.clips import NO_SOURCES, Clip, ClipFacts, FileStamp, Sources
from audiorouter.decoding import Samples
from audiorouter.errors import ClipError
from audiorouter.store import Store
from audiorouter.viewer.rows import Values

_BEGINNINGS = {
    b"fLaC": "audio/flac",
    b"OggS": "audio/ogg",
    b"ID3": "audio/mpeg",
    b"\xff\xfb": "audio/mpeg",
    b"\xff\xf3": "audio/mpeg",
}
"""Media types of what browsers play whatever is in it, by the first bytes. WAV is not among them:
it may hold codecs that they do not know."""
LOWEST_RATE, HIGHEST_RATE = 8_000, 96_000
"""Hz that every browser plays."""
LARGEST = 32 << 20
"""Bytes of a sound that a page loads in one go."""


def sound_of(store: Store, clip: str, *, sources: Sources = NO_SOURCES) -> Values:
    """A clip of the store as the page takes it: `type` and `base64`, or `missing`, which says why.

    It is read from a file in which it was found, as long as that has not changed since.
    """
    for path in store.clip_files(clip):
        facts = _facts(store, path, clip)
        if facts is not None:
            return played(path, facts.sample_rate, _decodes(path, sources))
    return missing("The clip's file has changed since, or is not there any more.")


def played(path: Path, rate: int, samples: Callable[[], Samples], *, most: int = LARGEST) -> Values:
    """The clip in a file, of `rate` Hz, as the page takes it: at most `most` bytes of sound.

    `samples` decodes it, and is called where browsers do not know the kind of the file.
    """
    try:
        kind, content = _playable(path, rate, samples, most)
    except (OSError, ClipError) as error:
        return missing(f"The clip cannot be read: {error}")
    if len(content) > most:
        return missing(f"The clip is too long to listen to here: {len(content) / 2**20:.1f} MiB.")
    return {"type": kind, "base64": base64.b64encode(content).decode("ascii")}


def missing(why: str) -> Values:
    """What the page is told where there is nothing to hear."""
    return {"missing": why}


def _decodes(path: Path, sources: Sources) -> Callable[[], Samples]:
    return lambda: Clip(path, sources=sources).samples


def _facts(store: Store, path: Path, clip: str) -> ClipFacts | None:
    """What is known of the clip in a file; None where that is not the clip any more."""
    try:
        known = store.clip_of_file(path, FileStamp.of(path))
    except (OSError, ClipError):
        return None
    return known[1] if known is not None and known[0] == clip else None


def _playable(
    path: Path, rate: int, samples: Callable[[], Samples], most: int
) -> tuple[str, bytes]:
    """Media type and bytes of a file as it is, or decoded and written anew.

    Raises:
        OSError: it cannot be read.
        ClipError: it cannot be decoded, or not be written anew.
    """
    if path.stat().st_size <= most and LOWEST_RATE <= rate <= HIGHEST_RATE:
        content = path.read_bytes()
        for beginning, kind in _BEGINNINGS.items():
            if content.startswith(beginning):
                return kind, content
    return "audio/flac", _as_flac(path, samples())


def _as_flac(path: Path, samples: Samples) -> bytes:
    """At most two channels, which is what browsers know, at a rate that they play."""
    import numpy as np
    import soundfile
    import soxr

    audio, rate = samples
    heard = audio[:2].T
    played_at = min(max(rate, LOWEST_RATE), HIGHEST_RATE)
    if played_at != rate:
        heard = soxr.resample(heard, rate, played_at)
    written = io.BytesIO()
    try:
        soundfile.write(written, np.clip(heard, -1.0, 1.0), played_at, "PCM_16", format="FLAC")
    except soundfile.LibsndfileError as error:
        raise ClipError(f"{path}: cannot be written as FLAC ({error})") from None
    return written.getvalue()
