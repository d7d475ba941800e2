"""Tiny checkpoints of the real architectures, randomly initialised and saved as the large ones are.

Weights, tokenizers and chat templates are made up; classes, files and loading code are the real
ones. Each takes under a megabyte.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from checkpoints.others import (
    audio_flamingo_3,
    gemma4,
    glm_asr,
    granite_speech,
    phi4_multimodal,
    voxtral,
)
from checkpoints.qwen import qwen2_5_omni, qwen2_audio, qwen3_omni

BUILDERS: dict[str, Callable[[Path], None]] = {
    "qwen2_audio": qwen2_audio,
    "qwen2_5_omni": qwen2_5_omni,
    "qwen3_omni": qwen3_omni,
    "audio_flamingo_3": audio_flamingo_3,
    "voxtral": voxtral,
    "gemma4": gemma4,
    "phi4_multimodal": phi4_multimodal,
    "granite_speech": granite_speech,
    "glm_asr": glm_asr,
}
