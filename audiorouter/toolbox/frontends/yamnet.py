"""YAMNet: scores of 521 AudioSet classes, twice a second.

Plakal & Ellis, https://github.com/tensorflow/models/tree/master/research/audioset/yamnet. The ONNX
file takes quantised log-mel patches and gives quantised logits; the constants below are its own.
"""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.energy import Segment, envelope
from audiorouter.toolbox.frontends.onnx import open_session
from audiorouter.toolbox.frontends.sound_names import GENERIC, class_names
from audiorouter.toolbox.frontends.spectra import FloatArray, in_blocks, magnitudes, mel_filters
from audiorouter.toolbox.frontends.windows import framewise
from audiorouter.weights import locate

SAMPLE_RATE = 16_000
PATCH_FRAMES = 96
PATCH_HOP = 48
HOP_SECONDS = 0.48
PATCH_SECONDS = 0.96
QUIET_DBFS, RAISED_DBFS = -31.0, -22.0
"""Level of the loudest patch of a clip, below which the network is given it at another one: 12 dB
below the level of the training recordings it names fewer instruments, scenes and sounds, 6 dB below
about as many."""

_WINDOW, _HOP, _FFT, _BANDS = 400, 160, 512, 64
_MIN_SAMPLES = _WINDOW + (PATCH_FRAMES - 1) * _HOP
_LOG_OFFSET = 0.001
_INPUT_STEP, _INPUT_ZERO = 0.047937885, 144
_OUTPUT_STEP, _OUTPUT_ZERO = 0.7565417, 190


class YamNet:
    """The network and its class names; one instance a worker."""

    def __init__(self) -> None:
        folder = locate("yamnet")
        self._session = open_session(folder / "model.onnx")
        self.classes = class_names()
        self.specific = np.array([name not in GENERIC for name in self.classes])

    @cached_property
    def _filters(self) -> FloatArray:
        return mel_filters(
            bands=_BANDS, sample_rate=SAMPLE_RATE, fft=_FFT, low=125.0, high=7500.0, scale="htk"
        )

    def probabilities(self, audio: FloatArray) -> NDArray[np.float64]:
        """Class probabilities `(patches, 521)` of 16 kHz mono audio `(samples,)`.

        Classes are not exclusive. Audio shorter than a patch (0.96 s) is padded with silence.
        """
        if len(audio) < _MIN_SAMPLES:
            audio = np.pad(audio, (0, _MIN_SAMPLES - len(audio)))
        log_mel = np.concatenate(
            [self._log_mel(block) for block in in_blocks(audio, window=_WINDOW, hop=_HOP)]
        )
        starts = range(0, len(log_mel) - PATCH_FRAMES + 1, PATCH_HOP)
        logits = np.stack([self._logits(log_mel[start : start + PATCH_FRAMES]) for start in starts])
        return np.asarray(1 / (1 + np.exp(-logits)))

    def _log_mel(self, audio: FloatArray) -> FloatArray:
        spectra = magnitudes(audio, window=_WINDOW, hop=_HOP, fft=_FFT)
        return np.asarray(np.log(spectra @ self._filters + _LOG_OFFSET))

    def _logits(self, patch: FloatArray) -> NDArray[np.float64]:
        quantised = np.clip(np.rint(patch / _INPUT_STEP + _INPUT_ZERO), 0, 255).astype(np.uint8)
        (scores,) = self._session.run(None, {"audio": quantised[None, None]})
        return np.asarray((scores[0].astype(np.float64) - _OUTPUT_ZERO) * _OUTPUT_STEP)


@cache
def yamnet() -> YamNet:
    """The worker's one network, loaded when first wanted; several tools share it."""
    return YamNet()


def clip_probabilities(clip: Clip) -> NDArray[np.float64]:
    """`YamNet.probabilities` of a clip, computed once for all tools that want them."""
    return clip.shared(
        "yamnet",
        lambda: framewise(
            clip,
            SAMPLE_RATE,
            PATCH_HOP * _HOP,
            lambda audio: yamnet().probabilities(audio * _gain(clip)),
        ),
    )


def _gain(clip: Clip) -> float:
    """Factor by which a clip is raised where even the loudest patch of it is quiet, not silent."""

    def measure() -> float:
        power = np.concatenate(([0.0], np.cumsum(10 ** (envelope(clip) / 10))))
        width = min(PATCH_FRAMES, len(power) - 1)
        loudest = 10 * np.log10((power[width:] - power[:-width]).max() / width)
        return 1.0 if loudest >= QUIET_DBFS else float(10 ** ((RAISED_DBFS - loudest) / 20))

    return 1.0 if clip.facts.silent else clip.shared("yamnet gain", measure)


def segment_probabilities(clip: Clip, segment: Segment) -> NDArray[np.float64]:
    """Mean class probabilities `(521,)` of a segment by itself, computed once a clip.

    The network hears the segment alone, so that its neighbours do not speak into it.
    """

    def listen() -> NDArray[np.float64]:
        audio = clip.mono(SAMPLE_RATE)
        part = audio[int(segment.start * SAMPLE_RATE) : int(segment.end * SAMPLE_RATE) + 1]
        return np.asarray(yamnet().probabilities(part * _gain(clip)).mean(axis=0))

    return clip.shared("yamnet of segments", listen, of=segment)
