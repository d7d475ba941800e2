"""Texts that are there more than once among many, in eight bytes for each."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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

    return _repeated_among(np.frombuffer(array("Q", map(_hash, texts())), dtype=np.uint64), texts)


def contradicted_texts(pairs: Callable[[], Iterable[tuple[str, str]]]) -> Repeated | None:
    """Those of which different things are said, as `repeated_texts`.

    >>> contradicted_texts(lambda: [("a", "yes"), ("b", "yes"), ("a", "no"), ("b", "yes")])
    Repeated(number=1, first='a')
    """
    import numpy as np

    hashes = array("Q", (_hash(part) for pair in pairs() for part in pair))
    different = np.unique(np.frombuffer(hashes, dtype=np.uint64).reshape(-1, 2), axis=0)
    return _repeated_among(different[:, 0], lambda: (text for text, _ in pairs()))


def _repeated_among(
    hashes: NDArray[np.uint64], texts: Callable[[], Iterable[str]]
) -> Repeated | None:
    import numpy as np

    hashes = np.sort(hashes)
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
