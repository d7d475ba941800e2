"""A run as a report that anybody can open: a folder, or one file that can be sent around."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.machine.files import check_file, check_folder, make_folder, write_file
from audiorouter.viewer.one_file import one_file
from audiorouter.viewer.scripts import clip_name, index_name, part_name, script
from audiorouter.viewer.viewed_run import ViewedRun

PAGE = ".html"
"""Ending of the name of a report that is one file."""
LARGEST_FILE = 64 << 20
"""Characters of sound that one file holds; a page with more of it opens slowly."""
_LEFT_OUT = {"missing": "Left out, since the file would be too large: write a folder instead."}

Shown = Callable[[int, int], None]
"""Is told how many of how many clips are written."""


def page_files() -> Traversable:
    """The folder of the page itself."""
    return resources.files("audiorouter.viewer") / "static"


def check_report(path: Path, *, unlike: Iterable[Path | None] = ()) -> None:
    """Raise `UsageError` where no report could be written to `path`; better before the work."""
    if path.suffix.lower() in (PAGE, ".htm"):
        check_file(path, unlike=unlike)
        return
    check_folder(path)
    if path.is_dir() and any(path.iterdir()) and not (path / index_name()).is_file():
        raise UsageError(
            f"{path}: the folder holds something else than a report: name a new or empty one, or a "
            f"file NAME{PAGE}"
        )


def write_report(path: Path, run: ViewedRun, *, shown: Shown = lambda _done, _all: None) -> None:
    """Write a run to a file `NAME.html` that holds everything, or into a folder.

    Raises:
        UsageError: it cannot be written there.
    """
    check_report(path)
    if path.suffix.lower() in (PAGE, ".htm"):
        write_file(path, _one_file(run, shown))
        return
    if (path / "data").is_dir():
        shutil.rmtree(path / "data")  # of a report that was here before
    # First, since by it a folder is known for a report, even one that was not finished.
    _write(path / index_name(), script("index", run.index()))
    _copy(page_files(), path)
    for number in range(run.parts):
        _write(path / part_name(number), script("rows", number, run.part(number)))
    for clip, sound in _sounds(run, shown):
        _write(path / clip_name(clip), script("clip", clip, sound))


def _one_file(run: ViewedRun, shown: Shown) -> str:
    """The page with its scripts, styles and data in it."""
    data = [script("index", run.index())]
    data += [script("rows", number, run.part(number)) for number in range(run.parts)]
    room = LARGEST_FILE
    for clip, sound in _sounds(run, shown):
        room -= len(sound.get("base64", ""))
        data.append(script("clip", clip, sound if room >= 0 else _LEFT_OUT))
    return one_file(page_files(), data)


def _sounds(run: ViewedRun, shown: Shown) -> Iterator[tuple[str, dict[str, str]]]:
    clips = run.clips()
    for done, clip in enumerate(clips, start=1):
        yield clip, run.sound(clip)
        shown(done, len(clips))


def _copy(source: Traversable, target: Path) -> None:
    make_folder(target)
    for entry in source.iterdir():
        if entry.is_dir():
            _copy(entry, target / entry.name)
        else:
            _write(target / entry.name, entry.read_text("utf-8"))


def _write(path: Path, content: str) -> None:
    make_folder(path.parent)
    write_file(path, content)
