"""Clips as browsers play them: a file as it is where they know its kind, else as FLAC."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from audiorouter.clips import NO_SOURCES, Clip, FileStamp, Sources
from audiorouter.errors import ClipError
from audiorouter.store import Store
from audiorouter.viewer.rows import Values

PLAYED = {
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
}
"""Media types of what browsers play whatever is in it, by the endings of files' names. WAV is not
among them: it may hold codecs that they do not know."""
LARGEST = 32 << 20
"""Bytes of a sound that a page loads in one go."""


def sound_of(store: Store, clip: str, *, sources: Sources = NO_SOURCES) -> Values:
    """A clip as the page takes it: `type` and `base64`, or `missing`, which says why not.

    It is read from a file in which it was found, as long as that has not changed since.
    """
    path = next((path for path in store.clip_files(clip) if _holds(store, path, clip)), None)
    if path is None:
        return {"missing": "The clip's file has changed since, or is not there any more."}
    try:
        kind, content = _playable(path, sources)
    except (OSError, ClipError) as error:
        return {"missing": f"The clip cannot be read: {error}"}
    if len(content) > LARGEST:
        return {"missing": f"The clip is too long to listen to here: {len(content) >> 20} MiB."}
    return {"type": kind, "base64": base64.b64encode(content).decode("ascii")}


def _holds(store: Store, path: Path, clip: str) -> bool:
    """Whether a file is still the one in which the clip was found."""
    try:
        known = store.clip_of_file(path, FileStamp.of(path))
    except (OSError, ClipError):
        return False
    return known is not None and known[0] == clip


def _playable(path: Path, sources: Sources) -> tuple[str, bytes]:
    """Media type and bytes of a file as it is, or decoded and written anew.

    Raises:
        OSError: it cannot be read.
        ClipError: it cannot be decoded.
    """
    kind = PLAYED.get(path.suffix.lower())
    if kind is not None and path.stat().st_size <= LARGEST:
        return kind, path.read_bytes()
    import numpy as np
    import soundfile

    audio, rate = Clip(path, sources=sources).samples
    written = io.BytesIO()
    # Browsers know two channels; of more, the first two are played.
    heard = np.clip(audio[:2].T, -1.0, 1.0)
    soundfile.write(written, heard, rate, format="FLAC", subtype="PCM_16")
    return "audio/flac", written.getvalue()
