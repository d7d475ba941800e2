"""System calls that a process gives up for good, with its threads and all that it starts.

Filters of Linux (seccomp(2)) need no privileges and no library, and cost nothing that can be
measured; libseccomp would be one more package of the system's, for a program of a dozen steps.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Sequence
from typing import NamedTuple

ERRNO, KILL = 0x0005_0000, 0x8000_0000
"""What becomes of a refused call: it fails with the error added to it, or ends the process."""

_ALLOW = 0x7FFF_0000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
"""Steps of classic BPF: load a word, compare it with a constant and skip, return."""
_STEP = struct.Struct("=HBBI")
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Where a filter finds them in `struct seccomp_data`; of arguments it looks at the low word."""
_X32 = 0x4000_0000
"""From here on numbers are those of another table, by which the same calls can be made."""
_NO_NEW_PRIVILEGES, _SET_FILTER = 38, 1
_ALL_THREADS, _NO_SLOWER = 1, 4
"""Flags. Without the second, kernels before 5.16 also switch off speculation, which costs speed."""


class _Machine(NamedTuple):
    architecture: int
    calls: dict[str, int]


_GENERIC = {"socket": 198, "connect": 203, "sendto": 206, "seccomp": 277, "io_uring_setup": 425}
_MACHINES = {
    "x86_64": _Machine(
        0xC000_003E,
        {"socket": 41, "connect": 42, "sendto": 44, "seccomp": 317, "io_uring_setup": 425},
    ),
    "aarch64": _Machine(0xC000_00B7, _GENERIC),
    "riscv64": _Machine(0xC000_00F3, _GENERIC),
}


class Refusal(NamedTuple):
    """A call that is refused: always, or where its argument (from 0) is one, or is none, of some
    `values`."""

    call: str
    argument: int | None = None
    values: tuple[int, ...] = ()
    unless: bool = False


def refuse(refusals: Sequence[Refusal], *, action: int = ERRNO | errno.EACCES) -> None:
    """Give up those calls in this process, all of its threads, and whatever it will start.

    Calls of another architecture, by which the same could be done, are given up with them. So are
    the privileges of programs such as sudo, of what is started from here.

    Raises:
        OSError: this system has no such filters, or not for this process.
    """
    machine = _MACHINES.get(os.uname().machine)
    if sys.platform != "linux" or machine is None or sys.maxsize < 1 << 32:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    steps = _program(machine, refusals, action)
    held = ctypes.create_string_buffer(steps, len(steps))
    filter_ = struct.pack("@HP", len(steps) // _STEP.size, ctypes.addressof(held))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_NO_NEW_PRIVILEGES, *map(ctypes.c_ulong, (1, 0, 0, 0))):
        raise _error()
    for flags in (_ALL_THREADS | _NO_SLOWER, _ALL_THREADS):
        if libc.syscall(machine.calls["seccomp"], _SET_FILTER, flags, filter_) == 0:
            return
    raise _error()


def _program(machine: _Machine, refusals: Sequence[Refusal], action: int) -> bytes:
    """The filter as the kernel runs it: from top to bottom, once a call."""
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, machine.architecture, then=1),
        _step(_RETURN, action),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, otherwise=1),
        _step(_RETURN, action),
    ]
    for refusal in refusals:
        check = _check(refusal, action)
        steps += [_step(_EQUAL, machine.calls[refusal.call], otherwise=len(check)), *check]
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _check(refusal: Refusal, action: int) -> list[bytes]:
    """The steps for one call, which always return."""
    if refusal.argument is None:
        return [_step(_RETURN, action)]
    found, other = (_ALLOW, action) if refusal.unless else (action, _ALLOW)
    left = len(refusal.values)
    return [
        _step(_LOAD, _ARGUMENTS + 8 * refusal.argument),
        *(_step(_EQUAL, value, then=left - n) for n, value in enumerate(refusal.values)),
        _step(_RETURN, other),
        _step(_RETURN, found),
    ]


def _step(code: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """One step; `then` and `otherwise` are how many of the next ones a comparison skips."""
    return _STEP.pack(code, then, otherwise, value)


def _error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
