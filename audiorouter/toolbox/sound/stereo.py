"""Where between left and right a sound is, and whether it moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.clips import Clip
from audiorouter.decoding.large_samples import in_blocks
from audiorouter.toolbox.interface import Domain, Finding, SpanArguments, Tool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiorouter.decoding.samples import FloatArray

SIDE_DB = 3.0
"""Difference between the channels from which a sound is on one side."""
MOVES_DB = 6.0
"""Change of that difference from the first to the last third from which it moves."""
DOUBLE_MONO_DB = -60.0
OPPOSITE, WIDE = -0.5, 0.3
"""Correlation of the channels below which they work against each other, and below which a sound
that is as loud on both sides spreads over them."""
_BLOCK_SECONDS = 0.1
_AT_ONCE = 1_000
"""Blocks that are in memory at once."""
_SUREST = 5.0
"""Distance in dB from where it would be said otherwise, from which more say no more."""


class Stereo(Tool[SpanArguments]):
    """Level difference between the first two channels, over time, and their correlation."""

    name = "stereo"
    description = (
        "Locates the sound in the stereo image: left, right or centre, in mono or stereo, and "
        "whether it moves from one side to the other."
    )
    not_for = "Not for how near or far a sound is, nor for what it is."
    examples = (
        "Does the sound come from the left or from the right?",
        "Does the sound move from left to right?",
        "Is the recording mono or stereo?",
        "On which side is it louder?",
        "Is one of my channels dead?",
        "The helicopter crosses from ___ to ___.",
        "Where in the panorama does the bell sit?",
        "Which of these tells the path of the bee: it circles, it stays put, it goes rightward?",
        "True or false: the footsteps stay in the middle.",
        "Do both ears get the same thing?",
        "Blind listeners asked: from which direction comes the knock?",
        "On which side is the guitar panned?",
    )
    version = "4"
    licence = "Apache-2.0"
    domain = Domain.SOUND
    Arguments = SpanArguments

    def run(self, clip: Clip, arguments: SpanArguments) -> Finding:
        """Compare the channels."""
        import numpy as np

        audio, rate = clip.samples
        channels = int(audio.shape[0])
        if channels < 2:
            text = "The recording is mono: it has no left and no right."
            return Finding({"channels": 1}, text, self.confidence(_SUREST))
        if clip.facts.silent:
            return Finding.not_measured("the clip is silent", channels=channels)
        block = max(1, round(_BLOCK_SECONDS * rate))
        powers, difference, alike = _compared(audio[:2], block)
        if 10 * np.log10(max(difference, 1e-20)) < DOUBLE_MONO_DB:
            return Finding(
                {"channels": channels, "balance_db": 0.0},
                "Both channels are the same (mono): the sound is in the centre and does not move.",
                self.confidence(_SUREST),
            )
        heard = powers[:, powers.sum(axis=0) >= 1e-3 * powers.sum(axis=0).max()]
        third = max(1, heard.shape[1] // 3)
        first, last = _balance(heard[:, :third]), _balance(heard[:, -third:])
        balance = _balance(heard)
        data = {
            "channels": channels,
            "balance_db": round(balance, 1),
            "first_third_db": round(first, 1),
            "last_third_db": round(last, 1),
            "correlation": round(alike, 2),
        }
        evidence = min(_SUREST, abs(abs(balance) - SIDE_DB), abs(abs(last - first) - MOVES_DB))
        spread = alike < WIDE and {_side(balance), _side(first), _side(last)} == {"centre"}
        if spread and alike < OPPOSITE:
            text = _OPPOSITE
        else:
            text = _sentence(balance, first, last) + (_SPREAD if spread else "")
        return Finding(data, text, self.confidence(evidence, unsure=spread))


_OPPOSITE = (
    "In stereo, both sides are equally loud, but opposite in phase: it is unsure where the sound "
    "comes from, neither the left, the right nor the centre, and in mono much of it is lost."
)
_SPREAD = " It is wide rather than in one place: what the two sides play differs."


def _compared(audio: FloatArray, block: int) -> tuple[NDArray[np.float64], float, float]:
    """Of two channels `(2, samples)`: powers `(2, blocks)`, difference, and correlation.

    The difference is the power of left less right, as a share of that of both; the correlation is
    -1…1, and 0 where one of them is constant.
    """
    import numpy as np

    mean = np.zeros(2)
    for piece in in_blocks(audio, _AT_ONCE * block):
        mean += piece.sum(axis=1, dtype=np.float64)
    mean /= audio.shape[1]
    powers, between, together, products = [], 0.0, 0.0, np.zeros(3)
    for piece in in_blocks(audio, _AT_ONCE * block):
        left, right = piece.astype(np.float64)
        powers.append(np.stack([_powers(left, block), _powers(right, block)]))
        between += float(((left - right) ** 2).sum())
        together += float((left**2 + right**2).sum())
        left, right = left - mean[0], right - mean[1]
        products += left @ left, right @ right, left @ right
    power = float(products[0] * products[1]) ** 0.5
    alike = float(products[2]) / power if power > 0 else 0.0
    count = audio.shape[1]
    difference = between / count / max(1e-20, together / count)
    return np.concatenate(powers, axis=1), difference, alike


def _powers(samples: NDArray[np.float64], block: int) -> NDArray[np.float64]:
    import numpy as np

    count = -(-len(samples) // block)
    padded = np.pad(samples, (0, count * block - len(samples)))
    return np.asarray(np.square(padded).reshape(count, block).mean(axis=1))


def _balance(powers: NDArray[np.float64]) -> float:
    """Level of right less that of left, dB, within ±60."""
    import numpy as np

    left, right = powers.sum(axis=1) + 1e-20
    return float(np.clip(10 * np.log10(right / left), -60, 60))


def _side(balance: float) -> str:
    return "right" if balance >= SIDE_DB else "left" if balance <= -SIDE_DB else "centre"


def _sentence(balance: float, first: float, last: float) -> str:
    if abs(last - first) >= MOVES_DB and _side(first) != _side(last):
        return f"The sound moves from the {_side(first)} to the {_side(last)} (stereo)."
    side = _side(balance)
    if side == "centre":
        return (
            "In stereo, both sides are equally loud, and the sound does not move. It comes from "
            "the centre: it stays in the centre."
        )
    return (
        f"In stereo, the {side} channel is {abs(balance):.0f} dB louder, and the sound does not "
        f"move. It comes from the {side}: it is on the {side} side."
    )
