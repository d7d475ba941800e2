"""Samples at another rate, by soxr."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from audiorouter.decoding.large_samples import GrowingSamples, fits, in_blocks, on_disk
from audiorouter.decoding.samples import MAX_DECODED_BYTES
from audiorouter.errors import ClipError

if TYPE_CHECKING:
    from audiorouter.decoding.samples import FloatArray


def resample(path: Path, audio: FloatArray, source: int, target: int) -> FloatArray:
    """Mono audio `(samples,)` of `source` Hz at `target` Hz; the file at `path` is named in errors.

    Raises:
        ClipError: it would be larger than a decoded clip may be.
    """
    import numpy as np

    if source == target:
        return audio
    seconds = len(audio) / source
    if seconds * target * audio.itemsize > MAX_DECODED_BYTES:
        raise ClipError(
            f"{path}: {seconds / 3600:.1f} h are too long to be heard at {target} Hz at once "
            f"(over {MAX_DECODED_BYTES >> 30} GiB); cut it into parts"
        )
    import soxr

    if on_disk(audio) or not fits(round(seconds * target) * audio.itemsize):
        stream, spool = soxr.ResampleStream(source, target, 1), GrowingSamples()
        for block in in_blocks(audio):
            spool.add(stream.resample_chunk(np.ascontiguousarray(block))[None])
        spool.add(stream.resample_chunk(audio[:0].copy(), last=True)[None])
        whole = spool.finish()
        assert whole is not None
        return cast("FloatArray", whole[0])
    resampled: FloatArray = np.asarray(soxr.resample(audio, source, target), dtype=np.float32)
    # A few samples at a high rate come to less than one at a low rate; no clip is empty.
    return resampled if len(resampled) else audio[:1]
