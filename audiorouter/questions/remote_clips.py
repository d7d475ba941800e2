"""Clips that a questions file names by URLs, of which copies are kept in a bounded cache."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from audiorouter.decoding.suffixes import READ
from audiorouter.errors import ClipError
from audiorouter.machine.bounded_cache import BoundedCache
from audiorouter.machine.paths import cache_dir
from audiorouter.machine.remote_files import NotFetchedError, RemotePlaces, fetch


@dataclass(frozen=True)
class RemoteClips:
    """Clips of the `places` that a user named. A copy is used as long as it is there.

    A `fresh` one fetches every clip once more.
    """

    places: RemotePlaces
    suffixes: Set[str] = READ
    fresh: bool = False
    _fetched: set[str] = field(default_factory=set, init=False, repr=False)

    @cached_property
    def _cache(self) -> BoundedCache:
        return BoundedCache(cache_dir() / "remote")

    def place_of(self, url: str) -> Path:
        """Where the copy of a clip is once it was fetched."""
        ending = PurePosixPath(unquote(urlsplit(url).path)).suffix.lower()
        digest = hashlib.blake2b(url.encode(), digest_size=20).hexdigest()
        return self._cache.folder / f"{digest}{ending if ending in self.suffixes else ''}"

    def fetch(self, url: str) -> None:
        """Have a copy of the clip at its place.

        Raises:
            ClipError: it cannot be fetched.
            UsageError: the cache cannot be written.
        """
        name = self.place_of(url).name
        if self._cache.find(name) is not None and (not self.fresh or url in self._fetched):
            return
        try:
            self._cache.keep_pieces(name, fetch(url, self.places))
        except NotFetchedError as error:
            raise ClipError(str(error)) from None
        if self.fresh:
            self._fetched.add(url)

    def drop(self, url: str) -> None:
        """Let go of a copy: what cannot be decoded is no clip, but perhaps a page that says why."""
        self._cache.drop(self.place_of(url).name)
