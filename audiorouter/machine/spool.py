"""A sequence that is written once and read often, and lies on the disk where it is long."""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar, overload

from audiorouter.errors import UsageError
from audiorouter.machine.paths import scratch_folder

T = TypeVar("T")

ITEMS_AT_ONCE = 256
"""Items that are written, and read, together."""
MOST_IN_MEMORY = 8 << 20
"""Bytes, as they are written, that are kept without a file."""


class Spool(Sequence[T], Generic[T]):
    """Items in the order in which they came; what is read of it are copies.

    Beyond `MOST_IN_MEMORY` they lie in a file of the folder for temporary ones, which has no name
    and is gone with the process. What they are is up to who puts them there, as long as pickle
    knows it; nobody else can write there.

    >>> names = Spool(["a", "b"])
    >>> names.append("c")
    >>> list(names), names[1], len(names)
    (['a', 'b', 'c'], 'b', 3)

    Raises:
        UsageError: the file cannot be made or written.
    """

    def __init__(self, items: Iterable[T] = ()):
        self._blocks: list[bytes] = []
        """Those that are in memory; empty once there is a file."""
        self._ends: list[int] = []
        """Where each block ends."""
        self._last: list[T] = []
        """Items that make no block yet."""
        self._file: int | None = None
        self._read: tuple[int, list[T]] = (-1, [])
        for item in items:
            self.append(item)

    def append(self, item: T) -> None:
        """Put an item at the end."""
        self._last.append(item)
        if len(self._last) == ITEMS_AT_ONCE:
            self._write(pickle.dumps(self._last, protocol=5))
            self._last = []

    def __len__(self) -> int:
        return len(self._ends) * ITEMS_AT_ONCE + len(self._last)

    def __iter__(self) -> Iterator[T]:
        for number in range(len(self._ends)):
            yield from self._block(number)
        yield from self._last

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if start == 0 and step == 1:
                return list(islice(self, stop))
            return [self[number] for number in range(start, stop, step)]
        number = range(len(self))[place]
        block, within = divmod(number, ITEMS_AT_ONCE)
        if block == len(self._ends):
            return self._last[within]
        read, items = self._read
        if read != block:
            items = self._block(block)
            self._read = block, items
        return items[within]

    def _write(self, block: bytes) -> None:
        end = (self._ends[-1] if self._ends else 0) + len(block)
        if self._file is None and end <= MOST_IN_MEMORY:
            self._blocks.append(block)
        else:
            self._write_to_file(b"".join([*self._blocks, block]), end)
            self._blocks = []
        self._ends.append(end)

    def _write_to_file(self, data: bytes, end: int) -> None:
        try:
            if self._file is None:
                with tempfile.TemporaryFile(dir=scratch_folder()) as stream:
                    self._file = os.dup(stream.fileno())
            view = memoryview(data)
            while view:
                view = view[os.pwrite(self._file, view, end - len(view)) :]
        except OSError as error:
            raise UsageError(
                f"{scratch_folder()}: what is read is kept there meanwhile, which cannot be "
                f"written ({error.strerror}); TMPDIR names another folder"
            ) from None

    def _block(self, number: int) -> list[T]:
        start = self._ends[number - 1] if number else 0
        if self._file is None:
            data = self._blocks[number]
        else:
            data = os.pread(self._file, self._ends[number] - start, start)
        # Of our own making, in a file that nobody else has a name for.
        items: list[T] = pickle.loads(data)
        return items

    def __del__(self) -> None:
        if (file := getattr(self, "_file", None)) is not None:
            os.close(file)
