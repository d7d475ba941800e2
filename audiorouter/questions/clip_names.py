"""Where the clip is that a row names: by its path, or by one that differs as names often do.

Names come from other machines: with backslashes, another Unicode form, upper case, without their
ending, or counted from a folder above or below the one that is given. Such a name is looked for
among all files of that folder, and taken where only one fits.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import posixpath
import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote

from audiorouter.decoding.suffixes import READ
from audiorouter.machine.bounded_cache import BoundedCache
from audiorouter.machine.paths import cache_dir
from audiorouter.machine.remote_files import why_refused
from audiorouter.questions.files.embedded import file_suffix
from audiorouter.questions.remote_clips import RemoteClips
from audiorouter.text import is_path, path_of, path_text

T = TypeVar("T")
_Parts = tuple[str, ...]
"""A path in parts, without regard to upper case and to how accents are encoded."""

_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[/\\~]|[a-z]:[/\\]", re.IGNORECASE)
"""How a path begins that does not count from the folder, on this system or another."""
_FILE_URL = re.compile(r"file://(?:localhost)?(?=/)", re.IGNORECASE)
_NAMES_IN_OBJECTS = ("path", "src", "audio", "file", "file_name", "filename")
_WHOLE_FLOAT = re.compile(r"(\d+)\.0")
"""A number that was a whole one before a table made floats of its column."""
_LONGEST_QUOTE = 200
_FEW = 3
"""How many of several files that fit a message names."""
_COMPARED = 100
"""Names with which one that is not there is compared: about as many as sort next to it."""


class NoClipError(Exception):
    """A row names no clip that can be used; the message says why."""


class FoundClip(NamedTuple):
    """A clip's path, and what is worth saying of how it was found."""

    path: Path
    remark: str | None = None
    url: str | None = None
    """Where it has to be fetched from before that path is one."""


class _File(NamedTuple):
    """A file of the folder."""

    name: str
    """From the folder down, as it is."""
    parts: _Parts


def kept_clip(name: str | None, data: bytes, cache: BoundedCache | None = None) -> Path:
    """The file in the cache with those bytes of an audio file, which was perhaps called `name`.

    Raises:
        UsageError: the cache cannot be written.
    """
    cache = cache or BoundedCache(cache_dir() / "clips")
    called = f"{hashlib.blake2b(data, digest_size=20).hexdigest()}{file_suffix(name, data)}"
    return cache.find(called) or cache.keep(called, data)


def clip_name(value: Any) -> Any:
    """What names the clip in a cell's value: a text, the only one of a list, a `path` or `src`."""
    if isinstance(value, list) and len(value) == 1:
        return clip_name(value[0])
    if isinstance(value, dict):
        held = next((value[key] for key in _NAMES_IN_OBJECTS if value.get(key)), value)
        return held if held is value else clip_name(held)
    return value


@dataclass(frozen=True)
class ClipNames:
    """Finds the clips that a questions file names, in `folder` and `beside` the file."""

    folder: Path
    beside: Path
    allow_outside: bool = False
    suffixes: Set[str] = READ
    """Endings that may be missing from a name."""
    remote: RemoteClips | None = None
    """Where clips may be that are named by URLs; None is nowhere."""

    def find(self, name: str, kept: Path | None = None) -> FoundClip:
        """The clip called `name`, see `audiorouter.text.path_of`.

        `kept` is where the file is whose bytes stood in the row: it comes after a file that has
        that very name, and before those that only resemble it. A link counts as where it lies, not
        as where it leads to: the Hub's folders are made of links.

        Raises:
            NoClipError: there is none, several fit, or it lies outside the folders.
        """
        if not name:
            raise NoClipError("no clip is named")
        shown = name if len(name) <= _LONGEST_QUOTE else f"{name[:_LONGEST_QUOTE]}…"
        wanted = path_of(unquote(_FILE_URL.sub("", name)) if _FILE_URL.match(name) else name)
        usable = is_path(wanted) and not _URL.match(wanted)
        if usable and (path := self._plain(wanted)):
            return FoundClip(path)
        if kept is not None:
            return FoundClip(kept)
        if _URL.match(wanted):
            why = why_refused(wanted, None if self.remote is None else self.remote.places)
            if why is not None or self.remote is None:
                raise NoClipError(why)
            return FoundClip(self.remote.place_of(wanted), url=wanted)
        if not usable:
            raise NoClipError(f"no file can have the clip's name {shown!r}")
        if any(map(_is_file, self._places(wanted))):
            raise NoClipError(self._outside(shown))
        for fitting in self._similar(wanted):
            if len(fitting) == 1:
                there = f"the clip {shown} is read from {path_text(fitting[0].name)}"
                return FoundClip(self.folder / fitting[0].name, there)
            if fitting:
                some = " or ".join(path_text(file.name) for file in fitting[:_FEW])
                more = " or others" if len(fitting) > _FEW else ""
                raise NoClipError(
                    f"there is no clip {shown} in {self.folder}; it may be called {some}{more}"
                )
        raise NoClipError(self._missing(shown, wanted))

    def keep(self, name: str | None, data: bytes) -> Path | None:
        """Keep an audio file that stood in the questions file, unless it is there by its name.

        It goes into the cache, once, by the hash of its bytes; see `BoundedCache`.

        Raises:
            UsageError: the cache cannot be written.
        """
        if name and is_path(name) and self._plain(name):
            return None
        return kept_clip(name, data, self._kept)

    @cached_property
    def _kept(self) -> BoundedCache:
        return BoundedCache(cache_dir() / "clips")

    def _plain(self, name: str) -> Path | None:
        """The file that has this very name, where it may be read."""
        return next((path for path in self._allowed(name) if _is_file(path)), None)

    def _allowed(self, name: str) -> Iterator[Path]:
        places = zip((self.folder, self.beside), self._places(name), strict=True)
        return (path for base, path in places if self.allow_outside or _inside(base, path))

    def _places(self, name: str) -> Iterator[Path]:
        """Where a file of that name would be: in the folder, and beside the questions file."""
        # As text: behind a link, the folder above would be another one.
        goes_up = ".." in name and ".." in Path(name).parts
        for base in (self.folder, self.beside):
            yield Path(os.path.normpath(base / name)) if goes_up else base / name

    def _similar(self, name: str) -> Iterator[list[_File]]:
        """Files that the name may mean: a list for each way to read it, the likeliest first."""
        for parts in self._readings(name):
            ends_so = self._by_end.get(parts, [])
            yield self._there(file for file in ends_so if file.parts == parts)
            yield self._there(ends_so)
            if _suffix(parts[-1]) not in self.suffixes:
                ends_so = self._by_bare_end.get(parts, [])
                yield self._there(file for file in ends_so if len(file.parts) == len(parts))
                yield self._there(ends_so)

    def _readings(self, name: str) -> Iterator[_Parts]:
        """The name's folded parts, from the folder down: as they are, or after its own name."""
        own = _parts(str(self.folder.absolute()))
        whole = _WHOLE_FLOAT.fullmatch(name)
        for spelling in dict.fromkeys((name, unquote(name), whole[1] if whole else name)):
            parts = _parts(spelling.replace("\\", "/"))
            absolute = _ABSOLUTE.match(spelling)
            if not parts or parts[0] == "..":
                continue
            if not absolute:
                yield parts
            for end in range(len(parts) - 1, 0, -1):
                # Another machine's folders may be called anything down to this one.
                above = parts[end - 1 : end] if absolute else parts[:end]
                if own[-len(above) :] == above:
                    yield parts[end:]

    def _there(self, files: Iterable[_File]) -> list[_File]:
        """Those that are no broken links; a few of them tell as much as all."""
        return list(islice((f for f in files if _is_file(self.folder / f.name)), _FEW + 1))

    def _outside(self, shown: str) -> str:
        return (
            f"the clip {shown} lies outside the folder {self.folder} (--allow-outside permits it)"
        )

    def _missing(self, shown: str, name: str) -> str:
        allowed = list(self._allowed(name))
        if not allowed:
            return self._outside(shown)
        missing = f"there is no clip {shown} in {self.folder}"
        if any(map(os.path.isdir, allowed)):
            return f"{missing}: it is a folder"
        if any(map(os.path.islink, allowed)):
            return f"{missing}: the link of that name leads to nothing"
        near = self._nearest(_parts(name.replace("\\", "/")))
        return f"{missing}; the nearest name is {path_text(near)}" if near else missing

    def _nearest(self, parts: _Parts) -> str | None:
        """The file whose name is most like it, if any is."""
        if not parts:
            return None
        stem = _stem(parts[-1])
        files = [*self._by_end.get(parts[-1:], ()), *self._by_bare_end.get((stem,), ())][:_COMPARED]
        for names, key in ((self._sorted, stem), (self._sorted_backwards, stem[::-1])):
            place = bisect_left(names, key, key=lambda pair: pair[0])
            first = max(0, place - _COMPARED // 2)
            files += [file for _, file in names[first : place + _COMPARED // 2]]
        by_stem = _grouped((_stem(file.parts[-1]), file) for file in files)
        if not (near := difflib.get_close_matches(stem, by_stem, 1)):
            return None
        paths = {"/".join(file.parts): file.name for file in by_stem[near[0]]}
        return paths[difflib.get_close_matches("/".join(parts), paths, 1, cutoff=0)[0]]

    @cached_property
    def _files(self) -> list[_File]:
        """Every file below the folder but hidden ones, found once, when it is first needed."""
        files = []
        for where, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            below = os.path.relpath(where, self.folder)
            for name in names:
                if not name.startswith("."):
                    path = os.path.normpath(os.path.join(below, name))  # noqa: PTH118 - of text
                    files.append(_File(path, _parts(path)))
        return sorted(files)

    @cached_property
    def _by_end(self) -> dict[_Parts, list[_File]]:
        """The files by every end of their paths."""
        return _grouped((end, file) for file in self._files for end in _ends(file.parts))

    @cached_property
    def _by_bare_end(self) -> dict[_Parts, list[_File]]:
        """The audio files by every end of their paths, without the ending of the name."""
        return _grouped(
            (end, file)
            for file in self._files
            if _suffix(file.parts[-1]) in self.suffixes
            for end in _ends((*file.parts[:-1], _stem(file.parts[-1])))
        )

    @cached_property
    def _sorted(self) -> list[tuple[str, _File]]:
        return sorted((_stem(file.parts[-1]), file) for file in self._files)

    @cached_property
    def _sorted_backwards(self) -> list[tuple[str, _File]]:
        return sorted((stem[::-1], file) for stem, file in self._sorted)


def _grouped(pairs: Iterable[tuple[T, _File]]) -> dict[T, list[_File]]:
    groups: dict[T, list[_File]] = defaultdict(list)
    for key, file in pairs:
        groups[key].append(file)
    return groups


def _ends(parts: _Parts) -> Iterator[_Parts]:
    return (parts[start:] for start in range(len(parts)))


def _parts(path: str) -> _Parts:
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
    return tuple(part for part in posixpath.normpath(folded).split("/") if part not in ("", "."))


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _suffix(name: str) -> str:
    return "".join(name.rpartition(".")[1:]) if "." in name else ""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # such as a name that is longer than any file's
        return False


def _inside(folder: Path, path: Path) -> bool:
    # By text, or where the folder itself has two names. Not by `Path.resolve`, which fails at a
    # link that leads to itself.
    return any(
        f"{whole(path)}/".startswith(f"{whole(folder).rstrip('/')}/")
        for whole in (os.path.abspath, os.path.realpath)
    )
