"""Write recordings.csv: every source recording with its split.

    python benchmarks/split_recordings.py PACKAGES     # a folder; they are fetched if need be

The split is by a hash of the name, within each kind and package, 36% train, 16% val and 48% test.
What was measured on before there was such a file keeps the split that it had, by a shuffle with a
seed. Prompts had been drawn for each purpose anew, from those of so many words, and three of four
were in several splits: of these draws the two that have all prompts count, the longer ones' first.
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from audioqa.pieces import INSTRUMENTS, SOLO
from audioqa.sources import NUMBERS, SHARES, STAMPS, VOICES, Recordings, fetch
from recordings import SPLITS, Recording, write

PROMPT_DRAWS = ((6, 25), (2, 6))
"""Least and most words of the draws that count, the first first."""
SILENT = frozenset({"silence"})
"""A piece of wesnoth's in which nothing is heard."""
T = TypeVar("T")
DRUM_KEYS = range(27, 88)
DRUMS = (35, 38, 41, 45, 48, 56, 76)
"""Those that were drawn by a shuffle."""


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path)
    heard = Recordings(fetch(parser.parse_args().packages))
    write(
        [
            *_prompts(heard),
            *_speakers(heard),
            *_drawn("stamp", "tuxpaint-stamps-default", sorted(STAMPS), 8),
            *_hashed("sample", "sonic-pi-samples", heard.samples()),
            *_hashed("scene", "lincity-ng-data", heard.scenes()),
            *_hashed("drumkit", "hydrogen-drumkits", heard.drumkits()),
            *_pieces(heard),
            *_programs(),
            *_drums(),
            *_scores(),
        ]
    )


def split_of(items: Sequence[T], split: str, seed: int) -> list[T]:
    """The items that one shuffle gives to `split`; one of more or fewer items gives others."""
    shuffled = list(items)
    random.Random(seed).shuffle(shuffled)
    bounds = [round(len(items) * sum(SHARES[:index])) for index in range(len(SHARES) + 1)]
    index = SPLITS.index(split)
    return shuffled[bounds[index] : bounds[index + 1]]


def _cut(names: Sequence[str]) -> dict[str, str]:
    """The split of each name by its place."""
    bounds = [round(len(names) * sum(SHARES[:index])) for index in range(len(SHARES) + 1)]
    return {
        name: split
        for split, first, end in zip(SPLITS, bounds, bounds[1:], strict=False)
        for name in names[first:end]
    }


def _hashed(kind: str, package: str, names: Iterable[str]) -> list[Recording]:
    def digest(name: str) -> str:
        return hashlib.sha256(f"{package}/{name}".encode()).hexdigest()

    split = _cut(sorted(names, key=digest))
    return [Recording(kind, package, name, split[name]) for name in sorted(split)]


def _drawn(kind: str, package: str, names: Sequence[str], seed: int) -> list[Recording]:
    split = {name: split for split in SPLITS for name in split_of(names, split, seed)}
    return [Recording(kind, package, name, split[name]) for name in sorted(split)]


def _prompts(heard: Recordings) -> list[Recording]:
    rows = []
    for voice, (code, _) in VOICES.items():
        split: dict[str, str] = {}
        for words in PROMPT_DRAWS:
            names = sorted(heard.prompts(voice, words=words))
            drawn = {name: one for one in SPLITS for name in split_of(names, one, 3)}
            split = drawn | split
        if voice == "English":
            numbers = sorted(NUMBERS)
            split |= {f"digits/{n}": one for one in SPLITS for n in split_of(numbers, one, 2)}
        package = f"asterisk-core-sounds-{code}-wav"
        rows += [Recording("prompt", package, f"{voice}/{n}", split[n]) for n in sorted(split)]
    return rows


def _speakers(heard: Recordings) -> list[Recording]:
    """One split a language in both packages: a person may have spoken for both."""
    folders = heard.speakers()
    languages = _hashed("speaker", "speakers", {name.partition("/")[2] for name in folders})
    split = {row.name: row.split for row in languages}
    return [
        Recording("speaker", f"{package}-data", name, split[language])
        for name in folders
        for package, _, language in [name.partition("/")]
    ]


def _pieces(heard: Recordings) -> list[Recording]:
    return [
        row
        for package, names in heard.pieces().items()
        for row in _hashed("piece", package, set(names) - SILENT)
    ]


def _programs() -> list[Recording]:
    """Those that were drawn for instruments, and before them those for solo lines, keep theirs."""
    split = {row.name: row.split for row in _hashed("program", "soundfonts", map(str, range(128)))}
    for one in SPLITS:
        split |= {str(INSTRUMENTS[name]): one for name in split_of(sorted(INSTRUMENTS), one, 6)}
    for one in SPLITS:
        split |= {str(program): one for program in split_of(SOLO, one, 7)}
    return [Recording("program", "soundfonts", str(n), split[str(n)]) for n in range(128)]


def _drums() -> list[Recording]:
    split = {row.name: row.split for row in _hashed("drum", "soundfonts", map(str, DRUM_KEYS))}
    for one in SPLITS:
        split |= {str(key): one for key in split_of(DRUMS, one, 9)}
    return [Recording("drum", "soundfonts", str(key), split[str(key)]) for key in DRUM_KEYS]


def _scores() -> list[Recording]:
    """Bach's chorales; a draw of ninety for each split had shared some."""
    from music21 import corpus

    paths = sorted(str(path) for path in corpus.getComposer("bach"))
    return _hashed("score", "music21", [f"bach/{Path(path).name}" for path in paths])


if __name__ == "__main__":
    main()
