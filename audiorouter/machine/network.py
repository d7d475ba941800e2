"""Leaving the network: a process that has no business there loses it, with all that it starts."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

from audiorouter.machine import seccomp

_ON_THE_MACHINE = (socket.AF_UNIX, getattr(socket, "AF_NETLINK", socket.AF_UNIX))
"""Kinds of sockets that lead to other processes, and to the kernel."""
_REFUSED = (
    seccomp.Refusal("socket", 0, tuple(map(int, _ON_THE_MACHINE)), unless=True),
    # It makes sockets as well, past all filters.
    seccomp.Refusal("io_uring_setup"),
)
_LOOK_UPS = frozenset({
    "socket.getaddrinfo", "socket.gethostbyaddr", "socket.gethostbyname", "socket.getnameinfo",
})  # fmt: skip


def leave_network() -> bool:
    """Open no more sockets that lead off this machine, and look no name up.

    Returns whether the kernel holds that, for native code and for child processes as well. Where
    it cannot (see `seccomp`), only Python's own sockets and look-ups in this process are refused.
    """
    # systemd-resolved is asked through a socket of the machine, and would go out for us.
    os.environ["SYSTEMD_NSS_RESOLVE_NETWORK"] = "0"
    sys.addaudithook(_refuse)
    try:
        seccomp.refuse(_REFUSED)
    except OSError:
        return False
    return True


def _refuse(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: what the kernel refuses is said in words, and refused where it does not."""
    if event in _LOOK_UPS or (event == "socket.__new__" and args[1] not in (-1, *_ON_THE_MACHINE)):
        raise PermissionError("tools run without a network")
