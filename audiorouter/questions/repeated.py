"""Texts that are there more than once among many, in eight bytes for each."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable
from typing import NamedTuple


class Repeated(NamedTuple):
    """How many different texts are there more than once, and the first of them."""

    number: int
    first: str


def repeated_texts(texts: Callable[[], Iterable[str]]) -> Repeated | None:
    """Those that are there more than once, None where there are none; `texts` may be asked twice.

    They are compared by 64 bits of BLAKE2b: among a million texts two different ones are taken for
    one in a case of forty million.

    >>> repeated_texts(lambda: ["a", "b", "c", "b"])
    Repeated(number=1, first='b')
    """
    import numpy as np

    hashes = np.frombuffer(array("Q", map(_hash, texts())), dtype=np.uint64).copy()
    hashes.sort()
    repeated = np.unique(hashes[1:][hashes[1:] == hashes[:-1]])
    if not repeated.size:
        return None

    def among(text: str) -> bool:
        place = int(np.searchsorted(repeated, wanted := np.uint64(_hash(text))))
        return place < repeated.size and repeated[place] == wanted

    return Repeated(int(repeated.size), next(filter(among, texts())))


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
