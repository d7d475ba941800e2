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
    if len(start) == _SEEN and not start.strip(b"\0"):
        return "not readable as audio: it begins with zeros, as a download does that broke off"
    return None
