"""Shared fixtures: a store of its own for each test, small clips, and the examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import settings

# How fast a machine is says nothing of what is right.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "store" / "store.db"
    monkeypatch.setenv("AUDIOROUTER_DB", str(path))
    return path


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    return folder


@pytest.fixture
def tone(clips: Path) -> Callable[..., Path]:
    """Writes a sine of `seconds` at `frequency` Hz as `name` and returns its path."""

    def write(
        name: str = "tone.wav",
        frequency: float = 440.0,
        seconds: float = 1.0,
        rate: int = 16_000,
        channels: int = 1,
        subtype: str | None = None,
    ) -> Path:
        wave = 0.3 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)
        path = clips / name
        soundfile.write(path, np.stack([wave] * channels, axis=1), rate, subtype=subtype)
        return path

    return write
