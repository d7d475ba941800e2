"""Folds by clip: the same in every process, whatever order its sets have."""

import os
import subprocess
import sys
import zlib
from collections import Counter

import pytest

from audiorouter.learning.folds import clip_folds


def test_clips_are_dealt_evenly_and_a_clip_is_in_one_fold():
    clips = [f"{number // 3}.wav" for number in range(60)]
    folds = clip_folds(clips, 4)
    assert len({(clip, fold) for clip, fold in zip(clips, folds.tolist(), strict=True)}) == 20
    assert set(Counter(folds.tolist()).values()) == {15}


@pytest.mark.slow
def test_clips_whose_hashes_collide_are_dealt_alike_by_every_process():
    clip, other = "d3f504638284.wav", "c50963c80102.wav"
    assert len({zlib.crc32(f"fold {name}".encode()) for name in (clip, other)}) == 1
    code = (
        "import sys; from audiorouter.learning.folds import clip_folds; "
        "print(clip_folds(sys.argv[1:], 2))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code, clip, other],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in range(4)
    }  # fmt: skip
    assert len(told) == 1
