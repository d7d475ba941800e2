"""Which channel is taken for mono where the mean of all would hold next to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from audiorouter.decoding.samples import FloatArray

CANCELLED_DB = 20.0
"""How far the mean of the channels lies below the loudest one where they cancel each other out."""

_QUIET_POWER = 10 ** (-70 / 10)
"""Power of a loudest channel below which there is nothing to be lost."""
_BLOCK = 1 << 20


def channel_to_take(audio: FloatArray) -> int | None:
    """The loudest channel of `(channels, samples)`, where their mean lies `CANCELLED_DB` or more
    below it, as where one is the other with its sign changed; None where the mean will do."""
    import numpy as np

    if len(audio) == 1:
        return None
    energies, of_mean = np.zeros(len(audio)), 0.0
    for start in range(0, audio.shape[1], _BLOCK):
        block = audio[:, start : start + _BLOCK].astype(np.float64)
        energies += np.square(block).sum(axis=1)
        of_mean += float(np.square(block.mean(axis=0)).sum())
    loudest = int(energies.argmax())
    enough = energies[loudest] > _QUIET_POWER * audio.shape[1]
    return loudest if enough and of_mean <= energies[loudest] * 10 ** (-CANCELLED_DB / 10) else None
