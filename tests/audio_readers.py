"""Readers of formats that tests make up; a module of its own, because workers import it."""

import os

import numpy as np

from audiorouter.clips import AudioSource
from audiorouter.decoding import Samples


class Crashes(AudioSource):
    suffixes = (".crash",)

    def read(self, path):
        os._exit(1)


class WhoReads(AudioSource):
    """Writes down which process decodes."""

    suffixes = (".mine",)

    def read(self, path):
        with path.with_suffix(".readers").open("a") as readers:
            readers.write(f"{os.getpid()}\n")
        return Samples(np.full((1, 8_000), 0.5, np.float32), 8_000)
