"""Voice embeddings of short windows: Resemblyzer's LSTM.

Wan et al., "Generalized End-to-End Loss for Speaker Verification", ICASSP 2018.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import cache, cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.spectra import FloatArray, magnitudes, mel_filters
from audiorouter.toolbox.frontends.windows import framewise
from audiorouter.weights import locate

SAMPLE_RATE = 16_000
FRAME_SECONDS = 0.01
WINDOW_FRAMES = 160

_WINDOW, _HOP, _BANDS = 400, 160, 40
_BATCH = 64
"""Windows that are embedded at once."""
_TARGET_RMS = 10 ** (-30 / 20)


class VoiceEncoder(nn.Module):
    """Three LSTM layers, a linear layer and ReLU; embeddings have length 1."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(_BANDS, 256, num_layers=3, batch_first=True)
        self.linear = nn.Linear(256, 256)
        path = locate("resemblyzer") / "pretrained.pt"
        state = torch.load(path, map_location="cpu", weights_only=True)["model_state"]
        # The checkpoint also holds the two scalars of the training loss.
        self.load_state_dict(state, strict=False)
        self.eval()

    @cached_property
    def _filters(self) -> FloatArray:
        return mel_filters(
            bands=_BANDS, sample_rate=SAMPLE_RATE, fft=_WINDOW, low=0.0, high=8000.0, scale="slaney"
        )

    def features(self, audio: FloatArray) -> FloatArray:
        """Mel power spectra `(frames, 40)`, one every 10 ms, of 16 kHz audio `(samples,)`.

        Quiet audio is raised to -30 dBFS first, as in training; the power is not logarithmic.
        """
        rms = float(np.sqrt(np.mean(np.square(audio)))) + 1e-9
        louder = audio * max(1.0, _TARGET_RMS / rms)
        padded = np.pad(louder, _WINDOW // 2).astype(np.float32)
        return np.square(magnitudes(padded, window=_WINDOW, hop=_HOP, fft=_WINDOW)) @ self._filters

    @torch.inference_mode()
    def embed(self, windows: Iterable[FloatArray]) -> NDArray[np.float64]:
        """Embeddings `(windows, 256)` of feature windows `(160, 40)`, at least one."""
        left, embedded = iter(windows), []
        while batch := list(itertools.islice(left, _BATCH)):
            embedded.append(self._embed(batch))
        return np.concatenate(embedded)

    def _embed(self, windows: list[FloatArray]) -> NDArray[np.float64]:
        _, (hidden, _) = self.lstm(torch.from_numpy(np.stack(windows)))
        raw = torch.relu(self.linear(hidden[-1]))
        unit = raw / (raw.norm(dim=1, keepdim=True) + 1e-9)
        return np.asarray(unit.numpy(), dtype=np.float64)


def voice_features(clip: Clip) -> FloatArray:
    """`VoiceEncoder.features` of the clip."""
    return framewise(clip, SAMPLE_RATE, _HOP, voice_encoder().features)


@cache
def voice_encoder() -> VoiceEncoder:
    """The worker's one network, loaded when first wanted."""
    return VoiceEncoder()
