"""What keeps tools apart: a process without network, by the kernel where it can."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from audiorouter.doctor.checks import Check, Subject, ok, problem, warning


def sandbox(subject: Subject) -> Iterator[Check]:
    """Whether a child process can give up the network, as workers do before they load a tool."""
    facts, error = subject.children.told("sandbox")
    if error is not None or not facts["refused"]:
        yield problem(
            f"no process could be kept from the network: {error or 'sockets are not refused'}",
            "run it where child processes may be started (a batch starts one a tool worker)",
        )
    elif facts["by_kernel"]:
        yield ok("seccomp: the kernel refuses tools the network, also to native code and children")
    else:
        yield warning(
            f"no seccomp filter here (Linux {platform.release()}, {platform.machine()}): Python "
            "refuses tools the network, native code and child processes could have it",
            "a kernel with seccomp, or a container that allows it (docs/security.md)",
        )
