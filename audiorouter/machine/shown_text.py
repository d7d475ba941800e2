"""Text streams on which control characters are shown instead of sent.

What is printed on a terminal names clips, questions, answers and errors of others, and a terminal
obeys what stands in them: it may be told to delete lines, to change its title or to hide text.
"""

from __future__ import annotations

import io
import re
from typing import Any, TextIO, cast

from audiorouter.text import visible

_HARMLESS = re.compile(r"(?:\n|\x1b\[A)+|\x1b\[0m")
"""What tqdm writes to get to the line of another bar, and colorama at the end: no colours."""


class ShownText(io.TextIOWrapper):
    """Writes line by line; what cannot be encoded is escaped as well.

    Bars of tqdm keep what they need: a carriage return before or behind a text, and their moves.
    So does colorama, by which numba prints: it ends colours when the process ends.
    rich draws past this, by the name that it looks for.
    """

    def __init__(self, buffer: io.BufferedWriter, encoding: str):
        super().__init__(buffer, encoding, "backslashreplace", line_buffering=True)

    def write(self, text: str) -> int:
        """Write the text, shown."""
        if not _HARMLESS.fullmatch(text):
            inner = text.strip("\r")
            text = text.replace(inner, visible(inner), 1) if inner else text
        return super().write(text)

    @property
    def rich_proxied_file(self) -> TextIO:
        """The same stream for what is drawn."""
        return as_it_is(self)


class _AsItIs:
    """A stream without its disguise."""

    def __init__(self, stream: ShownText):
        self._stream = stream

    def write(self, text: str) -> int:
        return io.TextIOWrapper.write(self._stream, text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def as_it_is(stream: TextIO) -> TextIO:
    """The stream for whoever may steer the terminal: nothing is escaped."""
    return cast(TextIO, _AsItIs(stream)) if isinstance(stream, ShownText) else stream
