"""Which files of a data set hold its rows, and of which split, by their names.

As the Hub and the library `datasets` lay data sets out: parquet or other tables named by their
split (`data/test-00000-of-00002.parquet`, `test.csv`, `dev/…`), a folder of audio beside a table
`metadata.csv`, and what `save_to_disk` writes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath

Splits = Mapping[str, tuple[str, ...]]
"""Files by the name of their split, each in the order of its rows; "" where no name tells one."""

TABLES = (".parquet", ".arrow", ".csv", ".tsv", ".jsonl", ".ndjson", ".json")
"""Endings of files with rows; of several kinds the first is taken, it holds the others' too."""
_PACKED = (".gz", ".bz2", ".xz")
_METADATA = tuple(f"metadata{ending}" for ending in (".csv", ".jsonl", ".parquet"))
_ABOUT = frozenset({
    "dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "config.json",
})  # fmt: skip
"""Tables' endings, and no rows."""
_SHARD = re.compile(r"(?:^|[._-])([A-Za-z0-9_.]+?)-\d{5}-of-\d{5}")
_OF = re.compile(r"-(\d{5})-of-(\d{5})")
_NUMBER = re.compile(r"-\d{5}-of-\d{5}.*|\d{3,}")
"""Of a part, padded with zeros as programs do it: people number versions."""
_ALIASES = {
    "train": "train",
    "training": "train",
    "test": "test",
    "testing": "test",
    "eval": "test",
    "evaluation": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
}
"""Words in the names of files and folders that name a split; others do as shards or saved ones."""


def find_splits(names: Iterable[str]) -> Splits:
    """The files that hold rows, of all below a data set's folder, by split.

    >>> find_splits(["README.md", "data/dev-00000-of-00001.parquet", "data/a.wav"])
    {'validation': ('data/dev-00000-of-00001.parquet',)}
    """
    shown = [name for name in names if not any(p.startswith(".") for p in name.split("/"))]
    tables = _tables(shown)
    saved = _saved_splits(shown)
    found: dict[str, list[str]] = {}
    for name in sorted(tables):
        first = name.partition("/")[0]
        split = first if first in saved else _split_of(name)
        found.setdefault(split, []).append(name)
    return {split: tuple(files) for split, files in sorted(found.items())}


def usual_name(split: str) -> str:
    """What a split is called here that somebody names as a file does.

    >>> usual_name("dev"), usual_name("en_us")
    ('validation', 'en_us')
    """
    return _ALIASES.get(split.lower(), split)


def is_one_table(names: Iterable[str]) -> bool:
    """Whether files are parts of one table: in one folder, and numbered from 0 or 1 on.

    >>> is_one_table(["a/0000.parquet", "a/0001.parquet"]), is_one_table(["q.csv", "answers.csv"])
    (True, False)
    >>> is_one_table(["q1.csv", "q2.csv"]), is_one_table(["test_2023.csv", "test_2024.csv"])
    (False, False)
    """
    paths = [PurePosixPath(name) for name in names]
    if len(paths) == 1:
        return True
    if len({path.with_name(_NUMBER.sub("#", path.name)) for path in paths}) != 1:
        return False
    if all(_OF.search(path.name) for path in paths):
        return True
    places = zip(*(map(int, _NUMBER.findall(path.name)) for path in paths), strict=True)
    counted = [sorted(numbers) for numbers in places if len(set(numbers)) > 1]
    return counted in ([list(range(first, first + len(paths)))] for first in (0, 1))


def is_metadata(name: str) -> bool:
    """Whether it is the table of a folder of audio, whose clips lie beside it."""
    return PurePosixPath(name).name in _METADATA


def parts_there(names: Iterable[str]) -> tuple[int, int] | None:
    """How many of a table's parts these are, and of how many; None where they do not say.

    >>> parts_there(["test-00000-of-00002.parquet"]), parts_there(["test.csv"])
    ((1, 2), None)
    """
    found = [_OF.search(name) for name in names]
    counts = {int(part[2]) for part in found if part}
    if len(counts) != 1 or None in found:
        return None
    (count,) = counts
    return len({int(part[1]) for part in found if part and int(part[1]) < count}), count


def _tables(names: list[str]) -> list[str]:
    """Those with rows, all of one kind."""
    if beside_audio := [name for name in names if is_metadata(name)]:
        return beside_audio
    tables = [name for name in names if _ending(name) and not _is_about(name)]
    kinds = Counter(map(_ending, tables))
    kind = next((kind for kind in TABLES if kinds[kind]), "")
    return [name for name in tables if _ending(name) == kind]


def _is_about(name: str) -> bool:
    base = PurePosixPath(name).name
    # `datasets` keeps what it computed of a saved set beside it.
    return base in _ABOUT or (base.startswith(("cache-", "tmp")) and base.endswith(".arrow"))


def _ending(name: str) -> str:
    path = PurePosixPath(name.lower())
    ending = PurePosixPath(path.stem).suffix if path.suffix in _PACKED else path.suffix
    return ending if ending in TABLES else ""


def _saved_splits(names: list[str]) -> set[str]:
    """The folders that `save_to_disk` wrote, one a split, however they are called."""
    if "dataset_dict.json" not in names:
        return set()
    return {name.split("/")[0] for name in names if name.endswith("/state.json")}


def _split_of(name: str) -> str:
    *folders, base = name.split("/")
    if (shard := _SHARD.search(base)) and shard[1] != "data":
        return _ALIASES.get(shard[1].lower(), shard[1])
    for part in (base, *reversed(folders)):
        for word in _words(part):
            if word in _ALIASES:
                return _ALIASES[word]
    return ""


def _words(part: str) -> Iterator[str]:
    return (word for word in re.split(r"[^a-z]+", part.lower()) if word)
