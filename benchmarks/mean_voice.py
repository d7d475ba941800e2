"""The mean of Resemblyzer's embeddings over the voices of the training recordings.

    python benchmarks/mean_voice.py FOLDER                  # as for benchmarks/tools.py

Writes audiorouter/toolbox/frontends/mean_voice.json.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
from pathlib import Path

import numpy as np
from audioqa.sources import Recordings, fetch, silence
from toolbench.measures import Benchmark
from toolbench.talk import voices

from audiorouter.toolbox.frontends import voices as front_end
from audiorouter.toolbox.frontends.speech import speech_segments

FILE = Path(front_end.__file__).with_name(front_end.MEAN_VOICE)
TURNS = 16


def main() -> None:
    """Embed turns of each voice and write their mean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--packages", type=Path, help="where the Debian packages are kept")
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    rng = random.Random("voice space")
    means = []
    with tempfile.TemporaryDirectory() as scratch:
        heard = Recordings(fetch(arguments.packages or arguments.folder / "packages"))
        bench = Benchmark(heard, Path(scratch), "train")
        for utter in voices(bench).values():
            parts = [np.concatenate([utter(rng), silence(0.5)]) for _ in range(TURNS)]
            clip = bench.clip(np.concatenate(parts))
            windows = front_end.embedded(clip, speech_segments(clip))
            assert windows is not None
            means.append(windows.embeddings.mean(axis=0))
    mean = np.round(np.mean(means, axis=0), 5).tolist()
    FILE.write_text(json.dumps(mean) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
