"""How likely somebody speaks, every 32 ms: Silero VAD on ONNX Runtime."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.toolbox.frontends.energy import Segment
from audiorouter.toolbox.frontends.onnx import open_session
from audiorouter.toolbox.frontends.spectra import FloatArray
from audiorouter.toolbox.frontends.windows import framewise
from audiorouter.weights import locate

SAMPLE_RATE = 16_000
_CHUNK, _CONTEXT = 512, 64
FRAME_SECONDS = _CHUNK / SAMPLE_RATE

_ONSET, _OFFSET = 0.5, 0.35
_MIN_SPEECH, _MIN_PAUSE, _PAD = 0.25, 0.1, 0.03


class SileroVad:
    """The network; it goes through the audio in steps of 32 ms and carries a state along."""

    def __init__(self) -> None:
        self._session = open_session(locate("silero-vad") / "silero_vad_16k_op15.onnx")

    def probabilities(self, audio: FloatArray) -> NDArray[np.float32]:
        """Probability of speech every 32 ms of 16 kHz mono audio `(samples,)`."""
        count = -(-len(audio) // _CHUNK)
        padded = np.pad(audio, (_CONTEXT, count * _CHUNK - len(audio))).astype(np.float32)
        state = np.zeros((2, 1, 128), dtype=np.float32)
        rate = np.array(SAMPLE_RATE, dtype=np.int64)
        speech = np.zeros(count, dtype=np.float32)
        for index in range(count):
            chunk = padded[index * _CHUNK : (index + 1) * _CHUNK + _CONTEXT]
            output, state = self._session.run(
                None, {"input": chunk[None], "state": state, "sr": rate}
            )
            speech[index] = output[0, 0]
        return speech


@cache
def silero() -> SileroVad:
    """The worker's one network, loaded when first wanted."""
    return SileroVad()


def speech_probabilities(clip: Clip) -> NDArray[np.float32]:
    """Probability of speech every 32 ms of the clip, computed once."""
    return clip.shared(
        "speech probabilities",
        lambda: framewise(clip, SAMPLE_RATE, _CHUNK, silero().probabilities),
    )


def segments(probability: NDArray[np.float32]) -> list[Segment]:
    """Speech from where the probability passes 0.5 to where it stays below 0.35 for 0.1 s."""
    segments_found: list[Segment] = []
    start: float | None = None
    quiet: float | None = None
    for index, value in enumerate(probability):
        time = index * FRAME_SECONDS
        if start is None:
            if value >= _ONSET:
                start, quiet = time, None
        elif value >= _OFFSET:
            quiet = None
        else:
            quiet = time if quiet is None else quiet
            if time - quiet >= _MIN_PAUSE:
                _append(segments_found, start, quiet)
                start = None
    if start is not None:
        _append(segments_found, start, len(probability) * FRAME_SECONDS if quiet is None else quiet)
    return segments_found


def _append(segments: list[Segment], start: float, end: float) -> None:
    if end - start >= _MIN_SPEECH:
        segments.append(Segment(max(0.0, start - _PAD), end + _PAD))
