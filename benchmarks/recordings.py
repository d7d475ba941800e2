"""Which source recordings belong to which split: once, for every benchmark.

`recordings.csv`, which `split_recordings.py` wrote, has a row a recording. Whatever is chosen, such
as a threshold, a prompt or a model, is chosen on `train` and `val`; nothing is on `test`. Kinds are

| kind | what one recording is | package, licence |
|---|---|---|
| prompt | a spoken prompt, five voices | asterisk-core-sounds-*-wav, CC BY-SA 3.0 |
| speaker | all that is said in one language | klettres-data, ktuberling-data, GPL-2+ |
| stamp | a recorded animal or thing | tuxpaint-stamps-default, GPL-2+ |
| sample | a sample: instruments, drums, loops, effects | sonic-pi-samples, CC0 |
| scene | a few seconds of a place or an activity | lincity-ng-data, GPL-2+ |
| drumkit | all strokes of one kit | hydrogen-drumkits, GPL-2+, CC BY(-SA) 3.0 or CC0 by kit |
| piece | a piece of music | asterisk-moh-opsound-wav CC BY-SA 3.0, wesnoth-1.16-music GPL-2+ |
| program | one instrument of General MIDI, in every soundfont | see below |
| drum | one key of the drum kit of General MIDI, in every soundfont | see below |
| score | a chorale by Bach | music21's corpus; public domain |

The soundfonts are fluid-soundfont-gm (MIT), musescore-general-soundfont-small (MIT) and
timgm6mb-soundfont (GPL-2); the second is made of the first in part, so that a program has one split
in all. Nothing of a recording is passed on: benchmarks make clips of them on the spot.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).with_suffix(".csv")
SPLITS = ("train", "val", "test")


class Recording(NamedTuple):
    """A row of the file."""

    kind: str
    package: str
    name: str
    split: str


@cache
def recordings() -> tuple[Recording, ...]:
    """All rows."""
    with FILE.open(encoding="utf-8", newline="") as stream:
        return tuple(Recording(**row) for row in csv.DictReader(stream))


def names_of(kind: str, split: str, package: str | None = None) -> list[str]:
    """Names of the recordings of a kind that belong to the split, in the order of the file.

    Raises:
        KeyError: there is no such kind, or no such split.
    """
    rows = [row for row in recordings() if row.kind == kind and package in (None, row.package)]
    if not rows or split not in SPLITS:
        raise KeyError(f"no recordings of kind {kind!r}, package {package!r}, split {split!r}")
    return [row.name for row in rows if row.split == split]


def write(rows: Iterable[Recording]) -> None:
    """Write the file."""
    with FILE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(Recording._fields)
        writer.writerows(rows)
