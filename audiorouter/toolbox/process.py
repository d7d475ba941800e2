"""One worker process: started, asked one thing at a time, and stopped whatever it is at."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from typing import Any

from audiorouter.machine.processes import ending
from audiorouter.toolbox import messages
from audiorouter.toolbox.frontends.librosa_ready import CACHE_VARIABLE, compiled_folder

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[3]); "
    "from audiorouter.toolbox.worker import main; main(int(sys.argv[2]))"
)
"""It knows nothing of the script that runs here, which must not be run a second time."""
MARK = "audiorouter-worker"
"""By which lists of processes show what it is."""
_ENVIRONMENT = {
    # One thread: two workers with two threads each on two cores are slower than one thread each.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}
_LOOK = 0.25
"""Seconds between looks at whether a silent worker still lives: one that has left copies of itself
behind is not heard to hang up."""
_AT_ONCE = 1 << 20
"""Bytes that are read from a worker at once."""
_PATIENCE = 2.0
"""Seconds in which an idle worker may leave in good order."""


class WorkerGoneError(Exception):
    """The process has ended, or hung up; the text says how."""


class WorkerProcess:
    """A worker process and the socket to it. It belongs to one event loop."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ):
        self.served = 0
        """Orders that it has carried out."""
        self._process = process
        self._reader = reader
        self._writer = writer
        self._busy = False

    @classmethod
    async def start(cls, *, verbose: bool) -> WorkerProcess:
        """Start one; raises `OSError` where that cannot be done."""
        here, there = socket.socketpair()
        there.setblocking(True)  # whatever timeout somebody has made the default of all sockets
        with there:
            try:
                process = start_python(there.fileno(), verbose=verbose)
            except OSError:
                here.close()
                raise
        here.setblocking(False)
        try:
            reader, writer = await asyncio.open_connection(sock=here, limit=_AT_ONCE)
        except BaseException:
            process.kill()
            here.close()
            raise
        return cls(process, reader, writer)

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def ready(self) -> bool:
        """Whether what it says next will be the reply to the next order."""
        return self.alive and not self._busy

    async def ask(self, order: bytes, seconds: float) -> Any:
        """Send an order and return the reply.

        Where nobody waits for the reply any more, also since the waiting was cancelled, the process
        is ended: what it says later is no reply to the next order.

        Raises:
            TimeoutError: there was no reply within `seconds`.
            WorkerGoneError: the process ended, or said what is no reply.
        """
        self._busy = True
        try:
            reply = await self._reply_to(order, seconds)
        except BaseException:
            self.kill()
            raise
        self.served += 1
        self._busy = False
        return reply

    async def _reply_to(self, order: bytes, seconds: float) -> Any:
        reading = asyncio.ensure_future(self._exchange(order))
        reading.add_done_callback(lambda task: task.cancelled() or task.exception())
        try:
            async with asyncio.timeout(seconds):
                while not (await asyncio.wait([reading], timeout=_LOOK))[0] and self.alive:
                    pass
                # What a process said before it ended is still to be read.
                await asyncio.wait([reading], timeout=_LOOK)
        finally:
            reading.cancel()
        if not reading.done() or reading.cancelled():
            raise WorkerGoneError(await self._how_it_ended())
        try:
            return reading.result()
        except (OSError, EOFError, ValueError):
            raise WorkerGoneError(await self._how_it_ended()) from None

    def kill(self) -> None:
        """End the process at once, with all that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()

    async def close(self) -> None:
        """End the process: in good order if it is idle, at once if it is at work."""
        if self._busy:
            self.kill()
        self._writer.close()
        if not await self._ended_within(_PATIENCE):
            self.kill()
            await self._ended_within(_PATIENCE)
        self.kill()  # what it has started, if anything
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    async def _exchange(self, order: bytes) -> Any:
        self._writer.write(order)
        await self._writer.drain()
        size = messages.length(await self._reader.readexactly(messages.HEADER))
        if size > messages.MAX_REPLY:
            raise ValueError(f"a reply of {size} bytes")
        reply = json.loads(await self._reader.readexactly(size))
        if (size := messages.attached_bytes(reply)) > 0:
            reply["attached"] = await self._reader.readexactly(size)
        return reply

    async def _how_it_ended(self) -> str:
        if await self._ended_within(_PATIENCE):
            return ending(self._process.returncode)
        return "it hung up"

    async def _ended_within(self, seconds: float) -> bool:
        for _ in range(round(seconds / 0.01)):
            if not self.alive:
                return True
            await asyncio.sleep(0.01)
        return not self.alive


def start_python(descriptor: int, *, verbose: bool) -> subprocess.Popen[bytes]:
    """Start an interpreter that serves the socket of that descriptor.

    Raises:
        OSError: that cannot be done.
    """
    return subprocess.Popen(
        [sys.executable, "-c", _BOOT, MARK, str(descriptor), _paths()],
        stdin=subprocess.DEVNULL,
        stdout=2 if verbose else subprocess.DEVNULL,
        stderr=None if verbose else subprocess.DEVNULL,
        env=worker_environment(),
        pass_fds=[descriptor],
        # A group of its own: Ctrl-C is the host's business, and what a tool has started can be
        # ended with it.
        start_new_session=True,
    )


def worker_environment() -> dict[str, str]:
    """What a worker that is started now sees as its environment."""
    return {**os.environ, **_ENVIRONMENT, CACHE_VARIABLE: str(compiled_folder())}


def _paths() -> str:
    """Where modules are found here, for the worker to find the same ones."""
    return json.dumps([path for path in sys.path if isinstance(path, str)])
