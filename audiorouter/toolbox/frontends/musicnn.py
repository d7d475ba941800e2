"""musicnn: two networks that give a piece of music 50 tags each.

Pons & Serra, "musicnn: Pre-trained Convolutional Neural Networks for Music Audio Tagging", ISMIR
2019 late-breaking; the architecture is that of Pons et al., "End-to-end Learning for Music Audio
Tagging at Scale", ISMIR 2018. One network was trained on MagnaTagATune (instruments, voices, tempo;
ROC-AUC 0.907 on its test set, say the authors), the other on the Million Song Dataset (genre, era,
mood; 0.880). The weights are the authors' TensorFlow checkpoints; benchmarks/check_musicnn.py holds
this PyTorch form against their own code.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.spectra import FloatArray, magnitudes, mel_filters
from audiorouter.toolbox.frontends.tensorflow_checkpoint import read_variables
from audiorouter.toolbox.frontends.windows import parts
from audiorouter.weights import locate

SAMPLE_RATE = 16_000
PATCH_FRAMES = 187
"""Frames of 16 ms that a network hears at once: 3 s."""
LEVEL = 0.1
"""Root mean square to which clips are brought: that of records, which the networks know."""
_WINDOW, _HOP, _BANDS = 512, 256, 96
_BATCH = 8
_NORM_EPSILON = 1e-3
_TIMBRES, _RHYTHMS = ((7, 38), (7, 67)), (128, 64, 32)
"""Sizes of the first filters: (frames, bands), and frames of one band."""
_TIMBRE_FILTERS, _RHYTHM_FILTERS, _MIDDLE_FILTERS, _DENSE = 204, 51, 64, 200
_MIDDLE_FRAMES = 7

MAGNATAGATUNE = (
    "guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast",
    "piano", "ambient", "beat", "violin", "vocal", "synth", "female", "indian", "opera", "male",
    "singing", "vocals", "no vocals", "harpsichord", "loud", "quiet", "flute", "woman",
    "male vocal", "no vocal", "pop", "soft", "sitar", "solo", "man", "classic", "choir", "voice",
    "new age", "dance", "male voice", "female vocal", "beats", "harp", "cello", "no voice",
    "weird", "country", "metal", "female voice", "choral",
)  # fmt: skip
MILLION_SONGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s",
    "alternative rock", "jazz", "beautiful", "metal", "chillout", "male vocalists",
    "classic rock", "soul", "indie rock", "Mellow", "electronica", "80s", "folk", "90s", "chill",
    "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic", "experimental",
    "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop",
    "sad", "House", "happy",
)  # fmt: skip


_COMMONEST = {"mtt": 0.19, "msd": 0.42}
"""Share of the training pieces that have the first tag of each list."""
_FALL = 0.6
"""Lists are ordered by frequency, which falls roughly as the rank to the power of minus this."""


class _Layers(nn.Module):
    """Filters as wide as timbres and as long as rhythms, three layers over time, two dense ones."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            [
                *(nn.Conv2d(1, _TIMBRE_FILTERS, size) for size in _TIMBRES),
                *(nn.Conv2d(1, _RHYTHM_FILTERS, (frames, 1)) for frames in _RHYTHMS),
            ]
        )
        front = _TIMBRE_FILTERS * len(_TIMBRES) + _RHYTHM_FILTERS * len(_RHYTHMS)
        inputs = (front, _MIDDLE_FILTERS, _MIDDLE_FILTERS)
        self.middle = nn.ModuleList(
            nn.Conv1d(channels, _MIDDLE_FILTERS, _MIDDLE_FRAMES, padding="same")
            for channels in inputs
        )
        pooled = 2 * (front + _MIDDLE_FILTERS * len(inputs))
        self.dense = nn.ModuleList(
            [nn.Linear(pooled, _DENSE), nn.Linear(_DENSE, len(MAGNATAGATUNE))]
        )
        widths = (1, *[_TIMBRE_FILTERS] * len(_TIMBRES), *[_RHYTHM_FILTERS] * len(_RHYTHMS))
        self.norms = nn.ModuleList(
            [
                *(nn.BatchNorm2d(width, eps=_NORM_EPSILON) for width in widths),
                *(nn.BatchNorm1d(_MIDDLE_FILTERS, eps=_NORM_EPSILON) for _ in inputs),
                *(nn.BatchNorm1d(width, eps=_NORM_EPSILON) for width in (pooled, _DENSE)),
            ]
        )

    def forward(self, patches: torch.Tensor) -> torch.Tensor:
        """Probabilities `(batch, 50)` of log-mel patches `(batch, 187, 96)`."""
        heard = self.norms[0](patches[:, None])
        front = []
        lengths = (*(frames for frames, _ in _TIMBRES), *_RHYTHMS)
        for frames, convolution, norm in zip(
            lengths, self.convolutions, self.norms[1:6], strict=True
        ):
            padded = functional.pad(heard, (0, 0, (frames - 1) // 2, frames // 2))
            front.append(norm(functional.relu(convolution(padded))).amax(dim=3))
        features = [torch.cat(front, dim=1)]
        for number, (convolution, norm) in enumerate(
            zip(self.middle, self.norms[6:9], strict=True)
        ):
            found = norm(functional.relu(convolution(features[-1])))
            features.append(found + features[-1] if number else found)
        joined = torch.cat(features, dim=1)
        pooled = torch.stack([joined.amax(dim=2), joined.mean(dim=2)], dim=2).flatten(1)
        dense = functional.relu(self.dense[0](self.norms[9](pooled)))
        return torch.sigmoid(self.dense[1](self.norms[10](dense)))


class MusicNN:
    """One of the two networks, by the name of its files ("mtt" or "msd")."""

    def __init__(self, name: str) -> None:
        folder = locate("musicnn")
        self._layers = _Layers()
        self._layers.load_state_dict(
            _state(read_variables(folder / f"{name}.index", folder / f"{name}.data"))
        )
        self._layers.eval()

    @torch.inference_mode()
    def probabilities(self, patches: FloatArray) -> NDArray[np.float32]:
        """Tag probabilities `(patches, 50)` of log-mel patches `(patches, 187, 96)`."""
        batches = [patches[start : start + _BATCH] for start in range(0, len(patches), _BATCH)]
        return np.concatenate([self._layers(torch.from_numpy(b)).numpy() for b in batches])


def log_mel(audio: FloatArray) -> FloatArray:
    """Log-mel spectrum `(frames, 96)` of 16 kHz mono audio `(samples,)`, as the networks know it.

    As librosa makes it (power, Slaney's scale, centred frames), rounded to half precision as the
    networks were trained. The logarithm is taken in single precision: in half precision, as the
    authors take it, loud music overflows.
    """
    padded = np.pad(audio, _WINDOW // 2)
    power = np.square(magnitudes(padded, window=_WINDOW, hop=_HOP, fft=_WINDOW))
    mel = (power @ _filters()).astype(np.float16).astype(np.float32)
    return np.asarray(np.log10(10_000 * mel + 1), dtype=np.float32)


def patches_of(spectrum: FloatArray) -> FloatArray:
    """Patches `(patches, 187, 96)`, as few as hold every frame; a shorter spectrum is repeated."""
    repeats = -(-PATCH_FRAMES // len(spectrum))
    if repeats > 1:
        spectrum = np.tile(spectrum, (repeats, 1))[:PATCH_FRAMES]
    count = -(-len(spectrum) // PATCH_FRAMES)
    starts = np.linspace(0, len(spectrum) - PATCH_FRAMES, count).astype(int)
    return np.stack([spectrum[start : start + PATCH_FRAMES] for start in starts])


@cache
def musicnn(name: str) -> MusicNN:
    """The worker's one network of that name, loaded when first wanted."""
    return MusicNN(name)


def clip_tags(clip: Clip) -> dict[str, float]:
    """`tags_of` the clip, computed once for all tools that want it."""
    return clip.shared("musicnn", lambda: _by_windows(clip))


def _by_windows(clip: Clip) -> dict[str, float]:
    """Mean over the clip's windows, each at its own level; of a short clip there is one."""
    found = [tags_of(part.mono(SAMPLE_RATE)) for _, part in parts(clip, context=False)]
    return {tag: float(np.mean([tags[tag] for tags in found])) for tag in found[0]}


def tags_of(audio: FloatArray) -> dict[str, float]:
    """How much likelier than usual each tag is of 16 kHz mono audio `(samples,)`.

    In log-odds: those of the tag's mean probability less those of its share of the training
    pieces, so that rare tags compare with common ones; 0 is as likely as of any piece. Of tags
    that both networks know it is the mean.
    """
    loudness = float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
    patches = patches_of(log_mel(audio * np.float32(LEVEL / max(loudness, 1e-6))))
    found: dict[str, list[float]] = {}
    for name, tags in (("mtt", MAGNATAGATUNE), ("msd", MILLION_SONGS)):
        mean = musicnn(name).probabilities(patches).mean(axis=0)
        for rank, (tag, probability) in enumerate(zip(tags, mean, strict=True), start=1):
            usual = _COMMONEST[name] * rank**-_FALL
            more = _log_odds(float(probability)) - _log_odds(usual)
            found.setdefault(tag, []).append(more)
    return {tag: float(np.mean(values)) for tag, values in found.items()}


def _log_odds(probability: float) -> float:
    inside = min(1 - 1e-6, max(1e-6, probability))
    return math.log(inside / (1 - inside))


@cache
def _filters() -> FloatArray:
    return mel_filters(
        bands=_BANDS, sample_rate=SAMPLE_RATE, fft=_WINDOW, low=0, high=8000, scale="slaney"
    )


def _state(variables: dict[str, NDArray[np.float32]]) -> dict[str, Any]:
    """The layers' state, by the names that TensorFlow numbers layers with."""
    scope = next(n for n in variables if n.endswith("conv2d/kernel")).removesuffix("conv2d/kernel")

    def variable(layer: str, number: int, name: str) -> torch.Tensor:
        numbered = f"{layer}_{number}" if number else layer
        return torch.from_numpy(np.ascontiguousarray(variables[f"{scope}{numbered}/{name}"]))

    state = {}
    for number in range(len(_TIMBRES) + len(_RHYTHMS)):
        kernel = variable("conv2d", number, "kernel")
        state[f"convolutions.{number}.weight"] = kernel.permute(3, 2, 0, 1)
        state[f"convolutions.{number}.bias"] = variable("conv2d", number, "bias")
    for number in range(3):
        # A filter as wide as all channels is a convolution over time alone.
        kernel = variable("conv2d", 5 + number, "kernel")
        state[f"middle.{number}.weight"] = kernel[:, :, 0].permute(2, 1, 0)
        state[f"middle.{number}.bias"] = variable("conv2d", 5 + number, "bias")
    for number in range(2):
        state[f"dense.{number}.weight"] = variable("dense", number, "kernel").T
        state[f"dense.{number}.bias"] = variable("dense", number, "bias")
    ours = ("weight", "bias", "running_mean", "running_var")
    theirs = ("gamma", "beta", "moving_mean", "moving_variance")
    for number in range(11):
        for name, source in zip(ours, theirs, strict=True):
            state[f"norms.{number}.{name}"] = variable("batch_normalization", number, source)
        state[f"norms.{number}.num_batches_tracked"] = torch.tensor(0)
    return state
