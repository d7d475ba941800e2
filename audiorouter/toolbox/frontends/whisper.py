"""Speech recognition through faster-whisper (CTranslate2), one model a worker and name.

Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from audiorouter.weights import locate

if TYPE_CHECKING:
    from audiorouter.decoding.samples import FloatArray

SAMPLE_RATE = 16_000
ENGLISH = "whisper-tiny-en"
MULTILINGUAL = "whisper-base"

_LEAST_FRAMES, _MOST_FRAMES = 1_000, 3_000
"""Spectra of 10 ms that are listened to for the language. The encoder was trained on 30 s; it tells
languages as well by 10 s, and takes an eighth of the time."""


@lru_cache(maxsize=2)
def whisper(name: str) -> Any:
    """The model called `name` in the catalogue, 8-bit on one thread."""
    from faster_whisper import WhisperModel

    return WhisperModel(str(locate(name)), device="cpu", compute_type="int8", cpu_threads=1)


def languages(audio: FloatArray) -> list[tuple[str, float]]:
    """ISO 639 codes with probabilities, the most probable first; none where nobody speaks.

    Whisper base hears the first 30 s of speech in the audio, `(samples,)` at 16 kHz.
    """
    import numpy as np
    from faster_whisper.audio import pad_or_trim
    from faster_whisper.vad import collect_chunks, get_speech_timestamps

    chunks, _ = collect_chunks(audio, get_speech_timestamps(audio))
    speech = np.concatenate(chunks)[: SAMPLE_RATE * _MOST_FRAMES // 100]
    if not speech.size:
        return []
    model = whisper(MULTILINGUAL)
    spectra = model.feature_extractor(speech)
    frames = min(max(spectra.shape[-1], _LEAST_FRAMES), _MOST_FRAMES)
    (ranked,) = model.model.detect_language(model.encode(pad_or_trim(spectra, frames)))
    return [(token[2:-2], float(probability)) for token, probability in ranked]
