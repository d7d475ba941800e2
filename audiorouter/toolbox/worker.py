"""What runs inside a worker process: it decodes hostile bytes and calls code that is not ours."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from audiorouter.border import describe, message
from audiorouter.border.values import Given, JsonObject, Probability, Text, checked
from audiorouter.clips import NO_SOURCES, AudioSource, Clip, FileStamp, Sources
from audiorouter.errors import ClipError, NoAudioError, ToolError, ToolUnavailableError
from audiorouter.machine.network import leave_network
from audiorouter.machine.source_code import source_hash
from audiorouter.toolbox import messages
from audiorouter.toolbox.interface import Finding, Tool

_PR_SET_PDEATHSIG = 1
_FIRST_TO_GO = "1000"
_PYTHON_ALONE = (
    "audiorouter: this kernel cannot take the network from tools; Python refuses it to them"
)

Reply = dict[str, Any]


class Setup(NamedTuple):
    """What a worker is told first."""

    host: int
    """Process id of the host."""
    memory: int | None
    """Bytes that the worker may use, None for as many as there are."""
    sources: Mapping[str, bytes]
    """Pickled audio sources of plugins, by suffix."""


class CheckedFinding(Given):
    """What a finding must be: an object of JSON, a sentence, and how sure it is."""

    data: JsonObject
    text: Text
    confidence: Probability | None = None


def main(descriptor: int) -> None:
    """Serve the host at the other end of a socket until it hangs up."""
    worker = Worker()
    with socket.socket(fileno=descriptor) as host, host.makefile("rb") as orders:
        own, home = os.getpid(), os.open(".", os.O_RDONLY)
        while (told := messages.read_order(orders)) is not None:
            name, arguments = told
            answer = getattr(worker, name)(*arguments)
            if os.getpid() != own:
                os._exit(0)  # a tool has forked, and this is the copy
            for piece in messages.reply(answer):
                host.sendall(piece)
            os.fchdir(home)  # relative paths mean the same to the next tool


class Worker:
    """What a worker holds; each public method carries out the order of its name."""

    def __init__(self) -> None:
        self._sources: Sources = NO_SOURCES
        self._tools: dict[str, Tool[Any]] = {}
        self._modules: dict[str, str] = {}
        """In which module the class of each tool is, by the tool's identity."""
        self._open: tuple[Path, FileStamp, Clip] | None = None
        self._memory_text = "memory"

    def start(self, setup: Setup) -> Reply:
        """Prepare a fresh worker: no network, bounded memory, and dead when its host is."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _die_with(setup.host)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _go_first()
        if setup.memory is not None:
            # Not the address space, of which libraries reserve more than they will ever use.
            resource.setrlimit(resource.RLIMIT_DATA, (setup.memory, setup.memory))
            gib = setup.memory / 2**30
            self._memory_text = f"memory (a worker may use {gib:.1f} GiB: --memory)"
        if not leave_network():
            print(_PYTHON_ALONE, file=sys.stderr)
        self._sources = {
            suffix: _PickledSource(pickled) for suffix, pickled in setup.sources.items()
        }
        return {"ok": None}

    def open_clip(self, path: Path, fresh: bool = False) -> Reply:
        """Decode the clip and keep it for the calls to come; the reply holds its facts.

        A `fresh` one is decoded again, and nothing that was computed of it is kept.
        """
        if fresh:
            self._open = None
        return self._decoding(path, lambda: {"ok": vars(self._clip(path).facts)})

    def read_clip(
        self,
        path: Path,
        stamp: FileStamp | None,
        rate: int | None,
        longest: float | None,
        start: float = 0.0,
    ) -> Reply:
        """Decode the clip, and attach its samples to the reply: `(channels, samples)` float32.

        With a `rate` they are mono. They are those of `longest` seconds, if that is given, from
        `start` (s) on. With a `stamp` they are those of the file that bore it.
        """

        def read() -> Reply:
            import numpy as np

            _check_stamp(path, stamp)
            clip = self._clip(path)
            if rate is None:
                audio, at = clip.samples
            else:
                audio, at = clip.mono(rate)[None], rate
            end = None if longest is None else int((start + longest) * at)
            audio = audio[:, int(start * at) : end]
            # What lies on disk is not in this order.
            held = np.ascontiguousarray(audio).data.cast("B")
            return {"ok": {"channels": len(audio), "sample_rate": at}, "attached": held}

        return self._decoding(path, read)

    def _decoding(self, path: Path, work: Callable[[], Reply]) -> Reply:
        """Whatever a decoder raises costs its clip alone."""
        try:
            return work()
        except ClipError as error:
            return _complaint(message(error), lasting=isinstance(error, NoAudioError))
        except MemoryError:
            text = f"{path}: there is not enough {self._memory_text} to decode it"
            return _complaint(text, worn=True)
        except BaseException as error:  # noqa: BLE001 - decoders and sources may raise anything
            _show(error)
            text = f"{path}: not readable as audio ({describe(error)})"
            # A disk that fails, or a package that is lacking, says nothing of the file.
            return _complaint(text, lasting=not isinstance(error, OSError | ImportError))

    def load_tool(self, identity: str, pickled: bytes, source: str | None) -> Reply:
        """Load a tool with its models; `source` is the hash of its source that `identity` holds."""

        def load() -> None:
            tool: Tool[Any] = pickle.loads(pickled)
            self._modules[identity] = type(tool).__module__
            if source is not None and source_hash(type(tool)) not in (source, None):
                raise ToolError("its source was changed since it was loaded: start again")
            tool.load()
            self._tools[identity] = tool

        return self._guarded(load, identity)

    def run_tool(
        self, identity: str, path: Path, stamp: FileStamp | None, arguments: dict[str, Any]
    ) -> Reply:
        """Run the tool; the reply holds the finding as JSON text and sentence, and seconds.

        With a `stamp` only on the file that bore it: another one was swapped in since it was
        hashed.
        """
        return self._guarded(
            lambda: self._run(self._tools[identity], path, stamp, arguments), identity
        )

    def _run(
        self, tool: Tool[Any], path: Path, stamp: FileStamp | None, arguments: dict[str, Any]
    ) -> Reply:
        _check_stamp(path, stamp)
        clip, parsed = self._clip(path), tool.parse(arguments)
        try:
            finding, seconds = clip.timed(lambda: tool.hear(clip, parsed))
        except ToolUnavailableError:
            raise
        except ToolError as error:
            # The tool itself says so of this clip: the one kind of failure that is worth keeping.
            raise ToolError(message(error), lasting=True) from None
        if not isinstance(finding, Finding):
            raise ToolError(f"gave {type(finding).__name__} instead of a Finding")
        checked_finding = checked(CheckedFinding, finding, whose="", kind=ToolError)
        if not checked_finding.text.strip():
            raise ToolError("gave a finding without text")
        return {
            "data": checked_finding.data,
            "text": checked_finding.text,
            "confidence": checked_finding.confidence,
            "seconds": seconds._asdict(),
        }

    def _guarded(self, work: Callable[[], Reply | None], identity: str) -> Reply:
        """Whatever a tool raises costs the call that it was at."""
        try:
            return {"ok": work()}
        except ToolError as error:
            return _complaint(message(error), lasting=error.lasting)
        except ClipError as error:
            return _complaint(message(error))
        except MemoryError:
            return _complaint(f"ran out of {self._memory_text}", worn=True)
        except BaseException as error:  # noqa: BLE001 - code that is not ours may raise anything
            _show(error)
            return _complaint(describe(error, of=self._modules.get(identity)))

    def _clip(self, path: Path) -> Clip:
        """The clip at `path`; the last one is kept, since calls come clip by clip."""
        stamp = FileStamp.of(path)
        if self._open is None or self._open[:2] != (path, stamp):
            self._open = None
            clip = Clip(path, sources=self._sources)
            clip.samples  # noqa: B018 - decoding now keeps a bad clip from being remembered
            self._open = (path, stamp, clip)
        return self._open[2]


def _check_stamp(path: Path, stamp: FileStamp | None) -> None:
    if stamp is not None and FileStamp.of(path) != stamp:
        raise ClipError(f"{path}: the file was changed while it was being worked on")


def _complaint(text: str, *, lasting: bool = False, worn: bool = False) -> Reply:
    """`worn` where a fresh worker may do better."""
    return {"complaint": text, "lasting": lasting, "worn": worn}


def _show(error: BaseException) -> None:
    """The whole traceback on stderr, which is to be seen with `--verbose` alone."""
    with contextlib.suppress(Exception):  # a tool may have closed it
        traceback.print_exception(error)


class _PickledSource(AudioSource):
    """A plugin's source, unpickled when the first file is decoded by it."""

    suffixes = ()

    def __init__(self, pickled: bytes):
        self._pickled = pickled
        self._source: AudioSource | None = None

    def read(self, path: Path) -> Any:
        if self._source is None:
            self._source = pickle.loads(self._pickled)
        return self._source.read(path)


def _go_first() -> None:
    """Ask Linux to end this process, and not its host, where all of them need too much memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")


def _die_with(host: int) -> None:
    """Ask Linux to kill this process when its host dies, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != host:
        os._exit(0)  # it died before it could be asked
