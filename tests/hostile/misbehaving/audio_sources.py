"""A source of audio files that misbehaves by the name of the file."""

from __future__ import annotations

import ctypes
import os

import numpy as np

from audiorouter import AudioSource, Samples, hookimpl
from misbehaving.faults import RAISED, hogs, loops


def audio(*_):
    return Samples(np.full((1, 800), 0.25, np.float32), 8_000)


READ = {
    **RAISED,
    "nothing": lambda p: None,
    "one dimension": lambda p: Samples(np.zeros(800, np.float32), 8_000),
    "no samples": lambda p: Samples(np.zeros((1, 0), np.float32), 8_000),
    "not finite": lambda p: Samples(np.full((1, 800), np.nan, np.float32), 8_000),
    "words": lambda p: Samples("noise", 8_000),
    "rate of zero": lambda p: Samples(np.zeros((1, 800), np.float32), 0),
    "rate beyond measure": lambda p: Samples(np.ones((1, 800), np.float32), 2**70),
    "rate in words": lambda p: Samples(np.zeros((1, 800), np.float32), "fast"),
    "segfault": lambda p: ctypes.string_at(0),
    "leaves well": lambda p: os._exit(0),
    "loops": loops,
    "hogs": hogs,
    "prints": lambda p: os.write(1, b"noise") and audio(),
}


class Source(AudioSource):
    suffixes = (".evil",)

    def read(self, path):
        return READ.get(path.stem, audio)(path)


@hookimpl
def register_audio_sources(register):
    register(Source())
