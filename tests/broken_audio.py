"""Files that cannot be read as audio, each broken in a way of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile


def broken_files(folder: Path) -> dict[str, Path]:
    """Write them into a folder; the paths by what is wrong, which is the name. One is missing."""
    wave = np.zeros(1000, dtype=np.float32)
    files = {
        name: folder / f"{name}.wav" for name in ("empty", "text", "truncated", "nan", "short")
    }
    files["empty"].write_bytes(b"")
    files["text"].write_text("this is no audio")
    soundfile.write(files["truncated"], wave, 8000)
    files["truncated"].write_bytes(files["truncated"].read_bytes()[:20])
    soundfile.write(files["nan"], np.full(1000, np.nan), 8000, subtype="FLOAT")
    soundfile.write(files["short"], wave[:0], 8000)
    files["missing"] = folder / "missing.wav"
    return files
