"""What a file of settings may set, and which values each setting takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Any


class Kind(Enum):
    """What a value of TOML has to be; the value is how it is called."""

    TEXT = "text"
    WHOLE = "a whole number"
    NUMBER = "a number"
    FLAG = "true or false"
    PATH = "the path of a file, as text"
    PATHS = "paths of files or folders, as a list of text"
    OPTIONS = "a table of options by name, such as {temperature = 0.5}"


_TYPES: Mapping[Kind, type | UnionType] = {
    Kind.TEXT: str,
    Kind.WHOLE: int,
    Kind.NUMBER: int | float,
    Kind.FLAG: bool,
    Kind.PATH: str,
    Kind.PATHS: list,
    Kind.OPTIONS: dict,
}


@dataclass(frozen=True)
class Setting:
    """An option of the command line that a file may set, under the option's own name."""

    name: str
    kind: Kind
    help: str
    commands: tuple[str, ...]
    """Those that have the option; none where every command does."""
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """Which values it takes, in words.

        >>> Setting("workers", Kind.WHOLE, "", (), least=1).allowed
        'a whole number of at least 1'
        """
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.least is not None and self.most is not None:
            return f"{self.kind.value} from {self.least:.15g} to {self.most:.15g}"
        if self.least is not None:
            return f"{self.kind.value} of at least {self.least:g}"
        return self.kind.value

    def accepts(self, value: Any) -> bool:
        """Whether it takes this value of TOML."""
        if isinstance(value, bool) or self.kind is Kind.FLAG:
            return isinstance(value, bool) and self.kind is Kind.FLAG
        if not isinstance(value, _TYPES[self.kind]):
            return False
        if isinstance(value, list):
            return all(isinstance(item, str) and item for item in value)
        if isinstance(value, int | float):
            low = self.least is None or value >= self.least
            return low and (self.most is None or value <= self.most)
        return value != "" and (not self.choices or value in self.choices)
