"""Clips as browsers play them: a file as it is where they know its kind, else as FLAC."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from audiorouter.clips import NO_SOURCES, Clip, ClipFacts, FileStamp, Sources
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
    """A clip as the page takes it: `type` and `base64`, or `missing`, which says why not.

    It is read from a file in which it was found, as long as that has not changed since.
    """
    for path in store.clip_files(clip):
        facts = _facts(store, path, clip)
        if facts is None:
            continue
        try:
            kind, content = _playable(path, facts, sources)
        except (OSError, ClipError) as error:
            return {"missing": f"The clip cannot be read: {error}"}
        if len(content) > LARGEST:
            return {"missing": f"The clip is too long to listen to here: {len(content) >> 20} MiB."}
        return {"type": kind, "base64": base64.b64encode(content).decode("ascii")}
    return {"missing": "The clip's file has changed since, or is not there any more."}


def _facts(store: Store, path: Path, clip: str) -> ClipFacts | None:
    """What is known of the clip in a file; None where that is not the clip any more."""
    try:
        known = store.clip_of_file(path, FileStamp.of(path))
    except (OSError, ClipError):
        return None
    return known[1] if known is not None and known[0] == clip else None


def _playable(path: Path, facts: ClipFacts, sources: Sources) -> tuple[str, bytes]:
    """Media type and bytes of a file as it is, or decoded and written anew.

    Raises:
        OSError: it cannot be read.
        ClipError: it cannot be decoded, or not be written anew.
    """
    if path.stat().st_size <= LARGEST and LOWEST_RATE <= facts.sample_rate <= HIGHEST_RATE:
        content = path.read_bytes()
        for beginning, kind in _BEGINNINGS.items():
            if content.startswith(beginning):
                return kind, content
    return "audio/flac", _as_flac(path, sources)


def _as_flac(path: Path, sources: Sources) -> bytes:
    """At most two channels, which is what browsers know, at a rate that they play."""
    import numpy as np
    import soundfile
    import soxr

    audio, rate = Clip(path, sources=sources).samples
    heard = audio[:2].T
    played = min(max(rate, LOWEST_RATE), HIGHEST_RATE)
    if played != rate:
        heard = soxr.resample(heard, rate, played)
    written = io.BytesIO()
    try:
        soundfile.write(written, np.clip(heard, -1.0, 1.0), played, "PCM_16", format="FLAC")
    except soundfile.LibsndfileError as error:
        raise ClipError(f"{path}: cannot be written as FLAC ({error})") from None
    return written.getvalue()
