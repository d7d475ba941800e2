"""Tiny checkpoints of the real architectures, randomly initialised and saved as the large ones are.

Weights, tokenizers and chat templates are made up; classes, files and loading code are the real
ones. Each takes under a megabyte.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from checkpoints.others import (
    audio_flamingo_3,
    gemma4,
    glm_asr,
    granite_speech,
    phi4_multimodal,
    voxtral,
)
from checkpoints.qwen import qwen2, qwen2_5_omni, qwen2_audio, qwen3_omni

HEARING: dict[str, Callable[[Path], None]] = {
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
"""Models that hear."""
BUILDERS = HEARING | {"qwen2": qwen2}


def built(name: str, folder: Path) -> Path:
    """The checkpoint of a family, from `folder` where one was built by the same code before."""
    place = folder / _builders_hash() / name
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
            whole = Path(scratch) / name
            BUILDERS[name](whole)
            with contextlib.suppress(OSError):  # another process was at it as well
                whole.rename(place)
    return place


@lru_cache(maxsize=1)
def _builders_hash() -> str:
    """Changes with all that decides what is built."""
    code = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    versions = [importlib.metadata.version(name) for name in ("torch", "transformers")]
    return hashlib.sha256(b"\0".join([*code, *map(str.encode, versions)])).hexdigest()[:16]
