"""Build the benchmark: clips as FLAC, and one CSV a split.

python benchmarks/audioqa/build.py benchmarks/work/audioqa
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections import Counter
from pathlib import Path

import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from recordings import SPLITS

from audioqa import music, music_detail, sound, speech
from audioqa.items import Item, Maker
from audioqa.sources import RATE, Recordings, fetch

PER_SKILL = {"train": 5, "val": 3, "test": 11}
TRAIN = 200
"""Training questions at most, unless another number a skill is asked for."""
SEED = 20261125


def main() -> None:
    """Build into the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--packages", type=Path, help="where the Debian packages are kept")
    parser.add_argument(
        "--train", type=int, default=PER_SKILL["train"], help="training questions a skill"
    )
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    sizes = PER_SKILL | {"train": arguments.train}
    heard = Recordings(fetch(arguments.packages or folder / "packages"))
    for split in SPLITS:
        maker = Maker(split, SEED)
        for part in (speech, sound, music, music_detail):
            part.make(maker, heard, sizes[split])
        (folder / "clips" / split).mkdir(parents=True, exist_ok=True)
        used = {item.clip for item in maker.items}
        for name in used:
            soundfile.write(
                folder / "clips" / split / f"{name}.flac", maker.clips[name], RATE, subtype="PCM_16"
            )
        kept = _limited(maker.items, sizes[split])
        if split == "train" and arguments.train == PER_SKILL["train"]:
            kept = sorted(maker.rng.sample(kept, min(TRAIN, len(kept))), key=kept.index)
        _write(folder / f"{split}.csv", split, kept)
        print(
            split,
            len(maker.items),
            "questions about",
            len(used),
            "clips",
            dict(Counter(i.skill for i in maker.items)),
        )


def _limited(items: list[Item], count: int) -> list[Item]:
    seen: Counter[str] = Counter()
    kept = []
    for item in items:
        seen[item.skill] += 1
        if seen[item.skill] <= count:
            kept.append(item)
    return kept


def _write(path: Path, split: str, items: list[Item]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(
            ["id", "audio", "question", "choices", "answer", "domain", "skill", "source"]
        )
        for number, item in enumerate(items, start=1):
            writer.writerow(
                [
                    f"{split}-{number}",
                    f"{split}/{item.clip}.flac",
                    item.question,
                    json.dumps(item.choices),
                    item.answer,
                    item.domain,
                    item.skill,
                    item.source,
                ]
            )


if __name__ == "__main__":
    main()
