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
    target = arguments.folder / f"train-{arguments.each}.csv"
    print(f"{target}: {write_few(arguments.folder, arguments.each, target)} questions")


def write_few(folder: Path, each: int, target: Path) -> int:
    """Write the first `each` training questions of each wording; how many these are."""
    with (folder / "train.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    seen: Counter[tuple[str, int]] = Counter()
    few = []
    for row in rows:
        asked = row["skill"], wording_of(row["skill"], row["question"])
        seen[asked] += 1
        if seen[asked] <= each:
            few.append(row)
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(few)
    return len(few)


if __name__ == "__main__":
    main()
