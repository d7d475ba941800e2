"""A text of which only the part is in memory that is being read."""

from __future__ import annotations

from collections.abc import Iterator

_KEPT_BEHIND = 1 << 20
"""Characters that are read already, and may stand in memory until they are let go of."""


class TextWindow:
    """The part of a text that is at hand, as `text`; `ended` once that goes to the text's end."""

    def __init__(self, pieces: Iterator[str]):
        self._pieces = pieces
        self.text = ""
        self.ended = False
        self.more()

    def more(self, position: int = 0) -> None:
        """Have more of it at hand: at least as much again as there is from `position` on."""
        wanted = len(self.text) - position
        found: list[str] = []
        size = 0
        while size <= wanted and not self.ended:
            piece = next(self._pieces, None)
            self.ended = piece is None
            found.append(piece or "")
            size += len(found[-1])
        self.text = "".join([self.text, *found])

    def let_go(self, position: int) -> int:
        """Where `position` is after what stands before it was let go of, which is not always."""
        if position < _KEPT_BEHIND:
            return position
        self.text = self.text[position:]
        return 0

    def lines(self) -> Iterator[tuple[int, str]]:
        """The lines that are left, with their numbers, from 1; they end by line feeds alone."""
        position, number = 0, 1
        while True:
            end = self.text.find("\n", position)
            if end < 0 and not self.ended:
                self.more(position)
                continue
            if end < 0:
                yield number, self.text[position:]
                return
            yield number, self.text[position:end]
            position, number = self.let_go(end + 1), number + 1
