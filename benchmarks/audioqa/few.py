"""A part of the training questions: of each wording of each skill the first few.

    python benchmarks/audioqa/few.py FOLDER --each 3      # writes FOLDER/train-3.csv

FOLDER is as build.py made it. A wording once more, about another clip, tells a router less than
another wording does, and takes as long to ask.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from audioqa.wordings import wording_of


def main() -> None:
    """Write the part."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, required=True, help="questions of each wording")
    arguments = parser.parse_args()
    few = few_of_each(arguments.folder, arguments.each)
    target = arguments.folder / f"train-{arguments.each}.csv"
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, few[0].keys())
        writer.writeheader()
        writer.writerows(few)
    print(f"{target}: {len(few)} questions")


def few_of_each(folder: Path, each: int) -> list[dict[str, str]]:
    """The first `each` training questions of each wording."""
    with (folder / "train.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    seen: Counter[tuple[str, int]] = Counter()
    few = []
    for row in rows:
        asked = row["skill"], wording_of(row["skill"], row["question"])
        seen[asked] += 1
        if seen[asked] <= each:
            few.append(row)
    return few


if __name__ == "__main__":
    main()
