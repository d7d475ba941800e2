"""Audio files that stand in a row themselves: the Hub's `{"path": …, "bytes": …}`.

Their bytes leave the row as soon as it is read, so that they are printed nowhere.
"""

from __future__ import annotations

import base64
import binascii
import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

KeepFile = Callable[[str | None, bytes], Path | None]
"""Takes a file's name, where it has one, and its bytes; says where it is kept, if it had to be."""

_MAGIC = {
    b"RIFF": ".wav",
    b"fLaC": ".flac",
    b"OggS": ".ogg",
    b"ID3": ".mp3",
    b"FORM": ".aiff",
    b"caff": ".caf",
    b".snd": ".au",
    b"\x1aE\xdf\xa3": ".webm",
}
_MP3_FRAMES = (b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")


class LiftedFile(NamedTuple):
    """The name that stands in the row in place of the file, and where the file is."""

    name: str | None
    path: Path | None = None
    problem: str | None = None


def keep_none(_name: str | None, _data: bytes) -> Path | None:
    """Keep no file at all."""
    return None


def holds_file(value: Any) -> bool:
    """Whether the value of a cell is an audio file rather than the name of one."""
    return (
        isinstance(value, dict)
        and "path" in value
        and ("bytes" in value or "array" in value)
        and isinstance(value["path"], str | None)
    )


def lift_file(value: dict[str, Any], keep: KeepFile) -> LiftedFile:
    """Take the file out of a value that `holds_file`, and have it kept."""
    name = value["path"] or None
    try:
        data = _file_bytes(value)
    except ValueError as error:
        return LiftedFile(name, problem=str(error))
    if data is None:
        return LiftedFile(name)
    path = keep(name, data)
    return LiftedFile(name or (path.name if path else None), path)


def is_audio(data: bytes) -> bool:
    """Whether the bytes begin as audio files do."""
    return data.startswith((*_MAGIC, *_MP3_FRAMES)) or data[4:8] == b"ftyp"


def file_suffix(name: str | None, data: bytes) -> str:
    """Ending for a file of these bytes: what they begin with tells, or else its name."""
    for magic, suffix in _MAGIC.items():
        if data.startswith(magic):
            return suffix
    if data[4:8] == b"ftyp":
        return ".m4a"
    return Path(name).suffix.lower() if name else ".mp3"


def _file_bytes(value: dict[str, Any]) -> bytes | None:
    data = value.get("bytes")
    if isinstance(data, bytes):
        return data or None
    if isinstance(data, str) and data:
        try:
            return base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError):
            raise ValueError("the bytes of the audio file are not base64") from None
    if isinstance(data, list) and data:
        try:
            return bytes(data)
        except (TypeError, ValueError):
            raise ValueError("the bytes of the audio file are no bytes (0 to 255)") from None
    return _wav(value.get("array"), value.get("sampling_rate"))


def _wav(array: Any, rate: Any) -> bytes | None:
    """Decoded audio, as the Hub's library hands it out, `(samples,)` or `(channels, samples)`."""
    if array is None or not isinstance(rate, int):
        return None
    import numpy as np
    from scipy.io import wavfile

    stream = io.BytesIO()
    try:
        audio = np.asarray(array, dtype=np.float32)
        if audio.ndim not in (1, 2) or 0 in audio.shape:
            raise ValueError
        # Not by libsndfile, which writes the time into such files: the same audio is one file.
        wavfile.write(stream, rate, audio.T)
    except (ValueError, TypeError, OverflowError, struct.error):
        raise ValueError("the array of the audio file is no audio") from None
    return stream.getvalue()
