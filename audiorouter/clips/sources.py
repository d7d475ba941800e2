"""What decodes files that we cannot, and which files those are."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from audiorouter.decoding import Samples


class AudioSource(ABC):
    """Decodes files that we cannot; plugins register them. Instances must be picklable."""

    suffixes: tuple[str, ...]
    """Endings of file names in lower case, such as `.sph`."""

    @abstractmethod
    def read(self, path: Path) -> Samples:
        """Decode a file to float32 `(channels, samples)`.

        Raises:
            ClipError: it cannot be decoded; the message says why.
        """


Sources = Mapping[str, AudioSource]
"""By which source files are decoded, by the endings of their names; we decode the others."""

NO_SOURCES: Sources = MappingProxyType({})
