"""A file decoded, by us or by a plugin's source, and checked: what is no sound is refused."""

from __future__ import annotations

from pathlib import Path

from audiorouter.clips.files import FileStamp
from audiorouter.clips.sources import AudioSource
from audiorouter.decoding import Decoded, Samples, decode
from audiorouter.decoding.large_samples import in_blocks, on_disk
from audiorouter.decoding.samples import UnreadableError, check_rate
from audiorouter.errors import ClipError, NoAudioError
from audiorouter.read_only import read_only


def decoded(path: Path, source: AudioSource | None = None) -> Decoded:
    """The file's sound by `source`, or by us where there is none.

    Raises:
        ClipError: it cannot be decoded, or holds NaN or infinity.
        NoAudioError: it is no sound, or holds none.
    """
    import numpy as np

    if FileStamp.of(path).size == 0:
        raise NoAudioError(f"{path}: the file is empty")
    if source is None:
        (audio, rate), remark = decode(path)
    else:
        try:
            audio, rate = source.read(path)
        except ClipError as error:
            raise NoAudioError(str(error)) from error
        audio, remark = np.array(audio), None  # its own array may be one that it uses again
        try:
            check_rate(rate)
        except UnreadableError as error:
            raise NoAudioError(f"{path}: {error}") from None
    if audio.ndim != 2 or 0 in audio.shape:
        raise NoAudioError(f"{path}: the file holds no samples")
    if not all(np.isfinite(block).all() for block in in_blocks(audio)):
        raise NoAudioError(f"{path}: the audio holds NaN or infinite samples")
    if not on_disk(audio):
        audio = np.ascontiguousarray(audio, dtype=np.float32)
    return Decoded(Samples(read_only(audio), int(rate)), remark)
