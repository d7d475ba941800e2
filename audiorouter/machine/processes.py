"""Processes: which one this is, whether another still lives, and how they end, in words."""

from __future__ import annotations

import os
import signal
from functools import cache
from pathlib import Path
from typing import NamedTuple


def started_together(variable: str) -> int:
    """How many processes a launcher such as torchrun started together, by what it says there."""
    said = os.environ.get(variable, "")
    return int(said) if said.isdecimal() and int(said) > 0 else 1


class ProcessMark(NamedTuple):
    """What tells a process from every other one, also from a later one with the same number."""

    host: str
    boot: str
    """The machine's current boot; numbers and times mean nothing after it."""
    namespace: str
    """In which the number counts: a container has one of its own."""
    pid: int
    started: int
    """Clock ticks from the boot to its start."""

    @classmethod
    def own(cls) -> ProcessMark:
        """This process."""
        host, boot, namespace = _here()
        return cls(host, boot, namespace, os.getpid(), _start_of(os.getpid()) or 0)

    def gone(self) -> bool | None:
        """Whether the process has ended; None where that cannot be seen from here."""
        host, boot, namespace = _here()
        if not boot or self.host != host:
            return None
        if self.boot != boot:
            return True
        if self.namespace != namespace:
            return None
        return _start_of(self.pid) != self.started


def ending(exitcode: int | None) -> str:
    """What an exit code means.

    >>> ending(-11), ending(3)
    ('SIGSEGV', 'exit code 3')
    """
    if exitcode is not None and exitcode < 0:
        try:
            return signal.Signals(-exitcode).name
        except ValueError:
            return f"signal {-exitcode}"
    return f"exit code {exitcode}"


@cache
def _here() -> tuple[str, str, str]:
    """Host, boot and process namespace; the last two are empty where there is no /proc."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return os.uname().nodename, boot, str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return os.uname().nodename, "", ""


def _start_of(pid: int) -> int | None:
    """When a process started, in clock ticks from the boot; None where there is none, or a dead
    one whose parent has not asked how it ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    # The second field is the name in parentheses, in which anything may stand.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in ("Z", "X") else int(fields[19])
