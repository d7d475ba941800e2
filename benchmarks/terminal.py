"""Commands in a pseudo terminal: what they showed, when, and how long they showed nothing."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

COLUMNS, ROWS = 100, 40
_STEP = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b.|[\r\n]|[^\x1b\r\n]+")


@dataclass(frozen=True)
class Shown:
    """A line as it stood at some time, in seconds; `stays` if it was never replaced."""

    at: float
    text: str
    stays: bool


@dataclass(frozen=True)
class Gap:
    """A time without output: from when, how long, in seconds, and the last line before."""

    at: float
    seconds: float
    after: str


@dataclass(frozen=True)
class Recording:
    """One command from start to end."""

    command: str
    seconds: float
    code: int
    lines: list[Shown]
    gaps: list[Gap]
    """All of them, in order; the first one ends with the first output."""

    def silent(self, longer_than: float) -> list[Gap]:
        """Gaps of more than so many seconds."""
        return [gap for gap in self.gaps if gap.seconds > longer_than]


@dataclass
class Screen:
    """As much of a terminal as lines and bars of progress need."""

    lines: list[str] = field(default_factory=lambda: [""])
    row: int = 0
    column: int = 0

    def write(self, text: str) -> None:
        """Show text, with carriage returns, line feeds, and what moves the cursor and erases."""
        for step in _STEP.finditer(text):
            if step[2] is not None:
                self._steer(step[1], step[2])
            elif step[0] == "\r":
                self.column = 0
            elif step[0] == "\n":
                self.row += 1
                if self.row == len(self.lines):
                    self.lines.append("")
            elif not step[0].startswith("\x1b"):
                line = self.lines[self.row].ljust(self.column)
                after = self.column + len(step[0])
                self.lines[self.row] = line[: self.column] + step[0] + line[after:]
                self.column = after

    def _steer(self, number: str, what: str) -> None:
        count = int(number) if number.isdigit() else 1
        if what == "A":
            self.row = max(0, self.row - count)
        elif what == "K":
            line = self.lines[self.row]
            self.lines[self.row] = "" if number == "2" else line[: self.column]


def record(command: str, *, folder: Path, environment: Mapping[str, str]) -> Recording:
    """Run a command line of the shell in a terminal of 100 columns, in `folder`."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began = time.monotonic()
    process = subprocess.Popen(
        ["/bin/sh", "-c", command],
        cwd=folder,
        env={**environment, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    screen, decoder = Screen(), codecs.getincrementaldecoder("utf-8")("replace")
    seen: dict[int, str] = {}
    events: list[tuple[float, int, str]] = []
    gaps: list[Gap] = []
    last = 0.0
    while (text := _read(ours)) is not None:
        now = time.monotonic() - began
        gaps.append(Gap(last, now - last, _last_line(screen)))
        last = now
        screen.write(decoder.decode(text))
        for row, line in enumerate(screen.lines):
            if seen.get(row) != line:
                seen[row] = line
                events.append((now, row, line.rstrip()))
    code = process.wait()
    seconds = time.monotonic() - began
    gaps.append(Gap(last, seconds - last, _last_line(screen)))
    os.close(ours)
    return Recording(command, seconds, code, _lines(events, screen), gaps)


def _read(terminal: int) -> bytes | None:
    """What comes next; None at the end."""
    select.select([terminal], [], [])
    try:
        return os.read(terminal, 1 << 16) or None
    except OSError:  # how Linux says that nobody holds the other end
        return None


def _last_line(screen: Screen) -> str:
    return next((line.strip() for line in reversed(screen.lines) if line.strip()), "")


def _lines(events: list[tuple[float, int, str]], screen: Screen) -> list[Shown]:
    """The states of lines in order, without those that were not whole yet."""
    lines = []
    for number, (at, row, text) in enumerate(events):
        later = next((t for _, other, t in events[number + 1 :] if other == row), None)
        if text and (later is None or not later.startswith(text)):
            stays = later is None and screen.lines[row].rstrip() == text
            lines.append(Shown(at, text, stays))
    return lines
