"""Workers forked from a process that has imported what each of them would import for itself.

Each is a process of its own, as fresh as one that was started: nothing of a test is seen by the
next one. What is spared is a third of a second of importing, hundreds of times. Only Linux lets a
process give its parent a child; elsewhere, and where that is refused, workers are started.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
from functools import cached_property
from pathlib import Path

from audiorouter.toolbox import process

_CLONE = {"x86_64": 56, "aarch64": 220}.get(platform.machine()) if sys.platform == "linux" else None
"""Number of the system call."""
CAN_FORK = _CLONE is not None
_CLONE_PARENT = 0x8000
"""The new process is a child of the template's parent, so that the tests can wait for it."""


class ForkedProcess:
    """As much of `subprocess.Popen` as a `WorkerProcess` uses."""

    def __init__(self, pid: int):
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


class Template:
    """The process that workers are forked from; it comes with the first one."""

    def __init__(self) -> None:
        self._start = process.start_python
        self._turn = threading.Lock()
        self.forked = 0

    def start_python(self, descriptor: int, *, verbose: bool) -> ForkedProcess | subprocess.Popen:
        """In place of `audiorouter.toolbox.process.start_python`."""
        order = {
            "environment": process.worker_environment(),
            "paths": [path for path in sys.path if isinstance(path, str)],
            "folder": str(Path.cwd()),
            "verbose": verbose,
        }
        pid = -1
        if CAN_FORK:
            with self._turn:
                socket.send_fds(self._control, [b"+"], [descriptor, 2])
                self._control.sendall(json.dumps(order).encode() + b"\n")
                pid = int(self._replies.readline() or -1)
        if pid < 0:
            return self._start(descriptor, verbose=verbose)
        self.forked += 1
        return ForkedProcess(pid)

    @cached_property
    def _control(self) -> socket.socket:
        here, there = socket.socketpair()
        for end in (here, there):
            end.setblocking(True)
        with there:
            self._template = subprocess.Popen(
                [sys.executable, __file__, str(there.fileno())],
                env=process.worker_environment() | {"PYTHONPATH": os.pathsep.join(sys.path)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[there.fileno()],
                start_new_session=True,
            )
        return here

    @cached_property
    def _replies(self):
        return self._control.makefile("r")

    def close(self) -> None:
        if "_control" in vars(self):
            self._control.shutdown(socket.SHUT_RDWR)
            self._template.wait(30)


def serve(control: socket.socket) -> int | None:
    """Fork a worker whenever one is wanted.

    Comes back in each worker, with the descriptor of its socket, and at the end with None.
    """
    import pyloudnorm  # noqa: F401 - what `loudness` imports, which many tests call
    import soundfile  # noqa: F401 - what workers import

    from audiorouter.toolbox import worker  # noqa: F401

    gc.freeze()  # what is not touched is not copied
    orders = control.makefile("r")
    with contextlib.suppress(OSError):
        while (got := socket.recv_fds(control, 1, 2))[0]:
            descriptors, order = got[1], json.loads(orders.readline())
            if (pid := _fork()) == 0:
                return _become_worker(descriptors, order)
            control.sendall(b"%d\n" % pid)
            for descriptor in descriptors:
                os.close(descriptor)
    return None


def _fork() -> int:
    """`os.fork`, but the new process is a sibling; -1 where that is refused."""
    python, system = ctypes.pythonapi, ctypes.PyDLL(None)
    python.PyOS_BeforeFork()
    pid: int = system.syscall(_CLONE, _CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
    (python.PyOS_AfterFork_Child if pid == 0 else python.PyOS_AfterFork_Parent)()
    return pid


def _become_worker(descriptors: list[int], order: dict) -> int:
    """All that a process is given when it is started."""
    os.setsid()
    served, errors = descriptors
    nothing = os.open(os.devnull, os.O_RDWR)
    said = errors if order["verbose"] else nothing
    for source, stream in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(source, stream)
    os.close(nothing)
    os.close(errors)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.path[:] = order["paths"]
    return served


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as _control:
        _served = serve(_control)
    if _served is not None:
        from audiorouter.toolbox.worker import main

        main(_served)
