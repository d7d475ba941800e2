"""What runs inside a worker process: it decodes hostile bytes and calls native code."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from audiorouter.clips import AudioSource, Clip, ClipFacts, FileStamp, use_sources
from audiorouter.errors import ClipError, ToolError
from audiorouter.front_ends import CallSeconds
from audiorouter.store.keys import canonical_json
from audiorouter.toolbox.interface import Finding, Tool

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
_OFFLINE_VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_PR_SET_PDEATHSIG = 1

_tools: dict[str, Tool[Any]] = {}
_open: tuple[Path, FileStamp, Clip] | None = None


class Complaint(NamedTuple):
    """Why a call gave no finding; sent instead of an exception, which may not survive the trip."""

    text: str


def start(verbose: bool, sources: Mapping[str, AudioSource]) -> None:
    """Prepare a fresh worker: one thread, no network, silent, and dead when its parent is."""
    use_sources(sources)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Leave in good order when told to, so that what libraries opened is closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _die_with_parent()
    for name in _THREAD_VARIABLES:
        os.environ[name] = "1"
    for name in _OFFLINE_VARIABLES:
        os.environ[name] = "1"
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2 if verbose else null, 1)
    if not verbose:
        os.dup2(null, 2)
    os.close(null)
    sys.addaudithook(_refuse_network)


def open_clip(path: Path, fresh: bool = False) -> ClipFacts | str:
    """Decode the clip and keep it for the calls to come; a text says why that failed.

    A `fresh` one is decoded again, and nothing that was computed of it is kept.
    """
    global _open
    if fresh:
        _open = None
    try:
        return _clip(path).facts
    except ClipError as error:
        return str(error)
    except MemoryError:
        return f"{path}: there is not enough memory to decode it"


def load_tool(tool: Tool[Any]) -> Complaint | None:
    """Load the tool's models unless this worker has them."""
    try:
        _loaded(tool)
    except Exception as error:  # noqa: BLE001 - whatever a tool raises costs that call alone
        return Complaint(_describe(error))
    return None


def run_tool(
    tool: Tool[Any], path: Path, arguments: dict[str, Any]
) -> tuple[str, str, CallSeconds] | Complaint:
    """Run the tool; the finding comes back as JSON text, sentence and seconds."""
    try:
        ready, clip = _loaded(tool), _clip(path)
        finding, seconds = clip.timed(lambda: ready.hear(clip, ready.parse(arguments)))
        return _checked(finding), finding.text, seconds
    except Exception as error:  # noqa: BLE001 - whatever a tool raises costs that call alone
        return Complaint(_describe(error))


def _loaded(tool: Tool[Any]) -> Tool[Any]:
    if tool.identity not in _tools:
        tool.load()
        _tools[tool.identity] = tool
    return _tools[tool.identity]


def _clip(path: Path) -> Clip:
    """The clip at `path`; the last one is kept, since calls come clip by clip."""
    global _open
    stamp = FileStamp.of(path)
    if _open is None or _open[:2] != (path, stamp):
        _open = None
        clip = Clip(path)
        clip.samples  # noqa: B018 - decoding now keeps a bad clip from being remembered
        _open = (path, stamp, clip)
    return _open[2]


def _checked(finding: Finding) -> str:
    if not isinstance(finding, Finding):
        raise ToolError(f"gave {type(finding).__name__} instead of a Finding")
    if not isinstance(finding.text, str) or not finding.text.strip():
        raise ToolError("gave a finding without text")
    try:
        return canonical_json(dict(finding.data))
    except ValueError:
        raise ToolError("gave a finding that holds NaN or infinity") from None
    except TypeError as error:
        raise ToolError(f"gave a finding that is not JSON ({error})") from None


def _describe(error: Exception) -> str:
    if isinstance(error, ToolError | ClipError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _refuse_network(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: tools have no business on the network. Unix sockets stay allowed."""
    if event == "socket.getaddrinfo":
        raise PermissionError("tools run without a network")
    if event in ("socket.connect", "socket.sendto") and isinstance(args[1], tuple):
        raise PermissionError("tools run without a network")


def _die_with_parent() -> None:
    """Ask Linux to kill this process when its parent dies, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
