"""Whether our PyTorch form of musicnn gives what its authors' code gives, number by number.

    python benchmarks/check_musicnn.py reference FILE.json CLIP …    # beside TensorFlow
    python benchmarks/check_musicnn.py compare FILE.json             # beside audiorouter

`reference` runs the authors' code and networks over the clips, 20 dB down: at the level of most
music their logarithm overflows (it is taken of `10000 * x` in half precision, which ends at 65504),
and whatever is played they give one and the same tags. It needs an environment with
tensorflow-cpu, tf-keras, librosa and `pip install --no-deps musicnn==0.1.0` (seen to run with
TensorFlow 2.21 and Python 3.11). `compare` prints the largest difference of any tag of each clip.
tests/data/musicnn_reference.json has the reference of five example clips for the tests:

    python benchmarks/check_musicnn.py reference tests/data/musicnn_reference.json \
        examples/clips/{rock,ballad,conversation,applause,helicopter}.flac
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import soundfile

GAIN = 0.1
MODELS = {"mtt": "MTT_musicnn", "msd": "MSD_musicnn"}


def main() -> None:
    """Make the reference, or compare with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("reference", "compare"))
    parser.add_argument("file", type=Path)
    parser.add_argument("clips", type=Path, nargs="*")
    arguments = parser.parse_args()
    if arguments.action == "reference":
        made = reference(arguments.clips)
        arguments.file.write_text(json.dumps(made, indent=1) + "\n")
        return
    known = json.loads(arguments.file.read_text())
    for clip, models in known.items():
        for model, tags in models.items():
            print(f"{clip} {model}: {largest_difference(Path(clip), model, tags):.2e}")


def reference(clips: list[Path]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean probability of each tag, by clip and network, as the authors' code has it."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    from musicnn.extractor import extractor

    means: dict[str, dict[str, dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        quiet = f"{folder}/quiet.wav"
        for clip in clips:
            audio, rate = soundfile.read(clip, dtype="float32")
            soundfile.write(quiet, GAIN * audio, rate, subtype="FLOAT")
            means[str(clip)] = {}
            for name, model in MODELS.items():
                taggram, tags = extractor(quiet, model=model, extract_features=False)
                mean = taggram.mean(axis=0)
                means[str(clip)][name] = {
                    tag: round(float(value), 6) for tag, value in zip(tags, mean, strict=True)
                }
    return means


def largest_difference(clip: Path, model: str, tags: dict[str, float]) -> float:
    """Largest absolute difference of a tag; over the whole patches of a clip, as theirs."""
    from audiorouter import Clip
    from audiorouter.toolbox.frontends.musicnn import (
        PATCH_FRAMES,
        SAMPLE_RATE,
        log_mel,
        musicnn,
    )

    spectrum = log_mel(GAIN * Clip(clip).mono(SAMPLE_RATE))
    whole = len(spectrum) // PATCH_FRAMES
    patches = spectrum[: whole * PATCH_FRAMES].reshape(whole, PATCH_FRAMES, -1)
    ours = musicnn(model).probabilities(patches).mean(axis=0)
    return float(np.max(np.abs(ours - np.array(list(tags.values())))))


if __name__ == "__main__":
    main()
