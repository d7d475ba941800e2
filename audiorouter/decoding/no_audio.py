"""Files that are no audio though their names say so, and what their owner can do."""

from __future__ import annotations

from pathlib import Path

_SEEN = 4096
_STARTS = (
    (
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer, not the audio itself: run `git lfs pull` in its repository",
    ),
    (
        b"/annex/objects/",
        "a git-annex pointer, not the audio itself: run `git annex get` in its repository",
    ),
    (b"<!doctype html", "a web page, not audio: its download failed"),
    (b"<html", "a web page, not audio: its download failed"),
)


def what_it_is(path: Path) -> str | None:
    """What the file at `path` is instead of audio, None where that is not known."""
    try:
        with path.open("rb") as file:
            start = file.read(_SEEN)
    except OSError:
        return None
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, said in _STARTS:
        if text.startswith(beginning):
            return said
    if start[4:8] == b"ftyp" and not _holds(path, b"moov"):
        return "not readable as audio: its index (moov) is missing, which recorders write last"
    if len(start) == _SEEN and not start.strip(b"\0"):
        return "not readable as audio: it begins with zeros, as a download does that broke off"
    return None


def _holds(path: Path, name: bytes) -> bool:
    """Whether an MP4 file has a box of that name at its top."""
    try:
        with path.open("rb") as file:
            while len(header := file.read(8)) == 8:
                size = int.from_bytes(header[:4], "big")
                if header[4:] == name:
                    return True
                if size == 1:
                    size = int.from_bytes(file.read(8), "big") - 8
                if size < 8:
                    return False  # the last one, or nonsense
                file.seek(size - 8, 1)
    except OSError:
        return True
    return False
