"""A set of answers to look at: a run of the store, or an answers file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from audiorouter.batch.past.past_rows import PastRow
from audiorouter.viewer.rows import Values


class ViewedAnswers(ABC):
    """Answers, their rows in parts, and the sound of their clips."""

    name: str
    title: str
    """What was asked."""
    version: str | None = None
    """Of the AudioRouter that answered."""

    @property
    def has_sound(self) -> bool:
        """Whether it may know where clips are."""
        return True

    @property
    @abstractmethod
    def rows(self) -> Sequence[PastRow]:
        """All rows, also those that were not come to."""

    @property
    @abstractmethod
    def head(self) -> Values:
        """What the page says of them as a whole."""

    @property
    @abstractmethod
    def notes(self) -> list[str]:
        """What a reader should know of them."""

    @abstractmethod
    def shown(self, rows: Sequence[PastRow]) -> list[Values]:
        """Some of the rows with all that is known of them."""

    @abstractmethod
    def clip(self, row: PastRow) -> str | None:
        """By what the page asks for the sound of a row: 40 hexadecimal digits."""

    @abstractmethod
    def sound(self, clip: str) -> Values:
        """A clip as the page plays it, or why there is nothing to hear."""

    def close(self) -> None:  # noqa: B027 - most hold nothing open
        """Let go of what it holds."""
