"""A sequence whose items are made of another one's, each time that they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class Mapped(Sequence[T], Generic[T]):
    """What `make` makes of each item of `items`; nothing of it is kept.

    >>> squares = Mapped(range(1_000_000), lambda number: number**2)
    >>> squares[3], squares[:3], len(squares)
    (9, [0, 1, 4], 1000000)
    """

    def __init__(self, items: Sequence[Any], make: Callable[[Any], T]):
        self._items = items
        self._make = make

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return map(self._make, self._items)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> list[T]: ...
    def __getitem__(self, place: int | slice) -> T | list[T]:
        if isinstance(place, slice):
            return [self._make(item) for item in self._items[place]]
        return self._make(self._items[place])
