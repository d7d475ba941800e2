"""Which channel is taken for mono where the mean of all would hold next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.decoding.large_samples import in_blocks

if TYPE_CHECKING:
    from audiorouter.decoding.samples import FloatArray

CANCELLED_DB = 20.0
"""How far the mean of the channels lies below the loudest one where they cancel each other out."""

_QUIET_POWER = 10 ** (-70 / 10)
"""Power of a loudest channel below which there is nothing to be lost."""
_STRETCH = 0.5
"""Seconds."""
_STRETCHES = 100
"""How many of them are looked at at once."""


def channel_to_take(audio: FloatArray) -> int | None:
    """The loudest channel of `(channels, samples)`, where their mean lies `CANCELLED_DB` or more
    below it, as where one is the other with its sign changed; None where the mean will do."""
    import numpy as np

    if len(audio) == 1:
        return None
    energies, sums, of_mean = np.zeros(len(audio)), np.zeros(len(audio)), 0.0
    for piece in in_blocks(audio):
        block = piece.astype(np.float64)
        energies += np.square(block).sum(axis=1)
        sums += block.sum(axis=1)
        of_mean += float(np.square(block.mean(axis=0)).sum())
    # What is constant is not heard.
    energies -= np.square(sums) / audio.shape[1]
    of_mean -= float(sums.mean() ** 2 / audio.shape[1])
    loudest = int(energies.argmax())
    enough = energies[loudest] > _QUIET_POWER * audio.shape[1]
    return loudest if enough and of_mean <= energies[loudest] * 10 ** (-CANCELLED_DB / 10) else None


def cancelled_seconds(audio: FloatArray, rate: int) -> float:
    """Seconds of `(channels, samples)` in which the channels cancel each other out, counted in
    stretches of `_STRETCH` s."""
    import numpy as np

    length = round(_STRETCH * rate)
    stretches = audio.shape[1] // length if length else 0
    if len(audio) == 1 or not stretches:
        return 0.0
    lost = 0
    for piece in in_blocks(audio[:, : stretches * length], _STRETCHES * length):
        cut = piece.reshape(len(audio), -1, length)
        loudest = cut.var(axis=2).max(axis=0)
        of_mean = cut.mean(axis=0, dtype=np.float32).var(axis=1)
        cancelled = of_mean <= loudest * 10 ** (-CANCELLED_DB / 10)
        lost += int(((loudest > _QUIET_POWER) & cancelled).sum())
    return float(lost * _STRETCH)


def mean_powers(audio: FloatArray) -> list[float]:
    """Mean square of each channel of `(channels, samples)` about its mean, block by block."""
    import numpy as np

    sums, squares = np.zeros(len(audio)), np.zeros(len(audio))
    for block in in_blocks(audio):
        sums += block.sum(axis=1, dtype=np.float64)
        squares += np.square(block, dtype=np.float64).sum(axis=1)
    means = sums / audio.shape[1]
    return [float(value) for value in squares / audio.shape[1] - means**2]
