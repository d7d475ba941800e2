"""A run as a report that anybody can open: a folder, or one file that can be sent around."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol

from audiorouter.errors import UsageError
from audiorouter.machine.files import check_file, check_folder, make_folder, write_file
from audiorouter.viewer.folders import is_report, replacing
from audiorouter.viewer.one_file import one_file
from audiorouter.viewer.scripts import clip_name, index_name, part_name, script

PAGES = (".html", ".htm")
"""Endings of the name of a report that is one file."""
_OTHER_FILES = frozenset({".csv", ".json", ".jsonl", ".md", ".pdf", ".txt", ".zip"})
"""Endings that nobody gives to a folder."""
MOST_SOUND = 64 << 20
"""Bytes of sound that one file holds; a page with more of it opens slowly."""
_LEFT_OUT = {"missing": "Left out, since the file would be too large: write a folder instead."}

Shown = Callable[[int, int], None]
"""Is told how many of how many clips are written."""


class Viewable(Protocol):
    """What is shown: a run, or an evaluation."""

    @property
    def parts(self) -> int:
        """How many parts its rows come in."""

    def index(self) -> dict[str, Any]:
        """What the list, its filters and the head of the page show."""

    def part(self, number: int) -> list[dict[str, Any]]:
        """The rows of a part, with all that is known of them."""

    def clips(self) -> list[str]:
        """The hashes of its clips."""

    def sound(self, clip: str) -> dict[str, str]:
        """A clip as the page plays it, or why there is nothing to hear."""


def page_files() -> Traversable:
    """The folder of the page itself."""
    return resources.files("audiorouter.viewer") / "static"


def page_of(path: Path) -> Path:
    """What to open of the report at `path`."""
    return path if _is_one_file(path) else path / "index.html"


def _is_one_file(path: Path) -> bool:
    return path.suffix.lower() in PAGES


def check_report(path: Path, *, unlike: Iterable[Path | None] = ()) -> None:
    """Raise `UsageError` where no report could be written to `path`; better before the work."""
    if _is_one_file(path):
        check_file(path, unlike=unlike)
        return
    if path.name == "-" or path.suffix.lower() in _OTHER_FILES:
        raise UsageError(f"{path}: a report is a folder, or one file NAME{PAGES[0]}")
    check_folder(path)
    if path.is_dir() and any(path.iterdir()) and not is_report(path):
        raise UsageError(
            f"{path}: the folder holds something else than a report: name a new or empty one, or a "
            f"file NAME{PAGES[0]}"
        )


def write_report(path: Path, run: Viewable, *, shown: Shown = lambda _done, _all: None) -> None:
    """Write a run to a file `NAME.html` that holds everything, or into a folder.

    A report that was there is replaced when the new one is whole.

    Raises:
        UsageError: it cannot be written there.
    """
    check_report(path)
    if _is_one_file(path):
        write_file(path, _one_file(run, shown))
        return
    with replacing(path) as folder:
        # First, since by it a folder is known for a report, even one that was not finished.
        _write(folder / index_name(), script("index", run.index()))
        _copy(page_files(), folder)
        for number in range(run.parts):
            _write(folder / part_name(number), script("rows", number, run.part(number)))
        for clip, sound in _sounds(run, shown):
            _write(folder / clip_name(clip), script("clip", clip, sound))


def _one_file(run: Viewable, shown: Shown) -> str:
    """The page with its scripts, styles and data in it."""
    data = [script("index", run.index())]
    data += [script("rows", number, run.part(number)) for number in range(run.parts)]
    room = MOST_SOUND
    for clip, sound in _sounds(run, shown):
        size = len(sound.get("base64", "")) * 3 // 4
        fits = size <= room
        room -= size if fits else 0
        data.append(script("clip", clip, sound if fits else _LEFT_OUT))
    return one_file(page_files(), data)


def _sounds(run: Viewable, shown: Shown) -> Iterator[tuple[str, dict[str, str]]]:
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
