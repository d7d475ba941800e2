"""Run in a child process: import one thing, and print as JSON what can be said of it.

python -m audiorouter.doctor.looks torch
python -m audiorouter.doctor.looks imported madmom
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import Any

from audiorouter.border import describe

SOUND_FORMATS = ("WAV", "FLAC", "OGG", "MP3", "AIFF")
"""What libsndfile should read by itself."""
DECODERS = ("aac", "alac", "mp3", "opus", "vorbis", "wmav2", "ac3", "amrnb")
"""What FFmpeg should decode."""


def imported(module: str) -> dict[str, Any]:
    """That it can be imported."""
    importlib.import_module(module)
    return {}


def torch() -> dict[str, Any]:
    """Threads and devices."""
    import torch

    devices = [torch.cuda.get_device_properties(n) for n in range(torch.cuda.device_count())]
    return {
        "built_for": torch.version.cuda or torch.version.hip,
        "capability": torch.backends.cpu.get_cpu_capability(),
        "devices": [{"name": one.name, "bytes": one.total_memory} for one in devices],
    }


def soundfile() -> dict[str, Any]:
    """Version of libsndfile, and the formats that it lacks."""
    import soundfile

    there = soundfile.available_formats()
    return {
        "version": soundfile.__libsndfile_version__,
        "lacks": [name for name in SOUND_FORMATS if name not in there],
    }


def av() -> dict[str, Any]:
    """Version of FFmpeg's libavcodec, and the decoders that it lacks."""
    import av

    return {
        "version": ".".join(map(str, av.library_versions["libavcodec"])),
        "lacks": [name for name in DECODERS if name not in av.codecs_available],
    }


def madmom() -> dict[str, Any]:
    """That it can be imported, as its tools do."""
    from audiorouter.toolbox.frontends.madmom import import_madmom

    import_madmom()
    return {}


def sandbox() -> dict[str, Any]:
    """Whether a process can leave the network for good, as the workers of tools do."""
    import socket

    from audiorouter.machine.network import leave_network

    by_kernel = leave_network()
    try:
        with socket.socket(socket.AF_INET):
            refused = False
    except OSError:
        refused = True
    return {"by_kernel": by_kernel, "refused": refused}


_LOOKS = {look.__name__: look for look in (torch, soundfile, av, madmom, sandbox)}


def main() -> None:
    """Print facts and error of the one that is named; whatever a package prints goes to stderr."""
    stdout = os.dup(1)
    os.dup2(2, 1)
    name, *module = sys.argv[1:]
    facts, error = {}, None
    try:
        facts = imported(module[0]) if module else _LOOKS[name]()
    except BaseException as raised:  # noqa: BLE001 - a package may raise anything
        error = describe(raised)
    with os.fdopen(stdout, "w", encoding="utf-8") as stream:
        json.dump([facts, error], stream)
    os._exit(0)  # what a package does at exit is not its import


if __name__ == "__main__":
    main()
