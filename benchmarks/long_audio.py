"""What three hours cost: every tool on a long clip in a worker of its own, and on its parts.

    python benchmarks/long_audio.py                     # all, several hours
    python benchmarks/long_audio.py --hours 1 --tools beats,tempo
    python benchmarks/long_audio.py --tools beats+tempo,notes    # beats and tempo share a worker

Real recordings (examples/clips) are joined until they last that long, as 16 kHz mono and as 48 kHz
stereo. Each tool hears each clip in a fresh worker; noted are the seconds, the most memory that the
process had resident (VmHWM, pages of files among it), which is to be below 2 GB, and what went
wrong: a worker may allocate 2 GB, and what the CUDA libraries of torch set aside and never touch.
Tools that are joined by + share a worker, as those of a batch do that hear through the same front
ends: the memory is then that of the worker up to this tool.
Then twenty minutes, which are heard by windows, are compared with their two halves, which are not:
lists are to be as long as those of both together, numbers to lie between theirs.

Results are kept after each tool, in benchmarks/results/long_audio.json; what is there is not
measured again (--fresh does).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr
import torch

import audiorouter
from audiorouter.errors import AudioRouterError
from audiorouter.plugins import load_registry
from audiorouter.toolbox.interface import Tool
from audiorouter.toolbox.isolation import IsolatedWorker

CLIPS = Path(__file__).parents[1] / "examples" / "clips"
RESULTS = Path(__file__).parent / "results" / "long_audio.json"
KINDS = {"mono": (16_000, 1), "stereo": (48_000, 2)}
"""Rate in Hz and channels of the long clips."""
MEMORY = 2_000_000_000 + (400_000_000 if torch.backends.cuda.is_built() else 0)
"""What a worker may allocate, in bytes."""
PARTED, PART = 1_200.0, 600.0
"""Seconds of the clip that is compared with its parts, and of those."""
CLOSE, CLOSE_LISTS = 0.1, 0.03
"""By how much of its value a number may lie outside those of the parts, and a length beside."""


def joined(path: Path, rate: int, channels: int, seconds: float) -> Path:
    """A FLAC file of all recordings one after the other, over and over, for so many seconds."""
    pieces = []
    for clip in sorted(CLIPS.glob("*.flac")):
        audio, own = soundfile.read(clip, dtype="float32", always_2d=True)
        audio = audio[:, :2] if channels == 2 else audio.mean(axis=1, keepdims=True)
        pieces.append(soxr.resample(np.repeat(audio, channels // audio.shape[1], 1), own, rate))
    once = np.concatenate(pieces)
    with soundfile.SoundFile(path, "w", rate, channels, subtype="PCM_16") as file:
        left = round(seconds * rate)
        while left > 0:
            file.write(once[:left])
            left -= len(once)
    return path


async def heard(
    tools: Sequence[Tool[Any]], clip: Path, arguments: Mapping[str, Any], seconds: float
) -> list[dict[str, Any]]:
    """What tools find one after the other in a worker of their own, their seconds and its peak.

    The peak, in MB, is that of the worker so far: what tools share is in it for each of them.
    """
    worker = IsolatedWorker(sources={}, verbose=False, memory=MEMORY)
    findings = []
    try:
        for tool in tools:
            findings.append(await _heard_by(worker, tool, clip, arguments, seconds))
    finally:
        await worker.close()
    return findings


async def _heard_by(
    worker: IsolatedWorker,
    tool: Tool[Any],
    clip: Path,
    arguments: Mapping[str, Any],
    seconds: float,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    started = time.perf_counter()
    try:
        await worker.load(tool)
        await worker.open(clip, seconds)
        found["decoding_s"] = round(time.perf_counter() - started, 1)
        done = await worker.run(tool, clip, arguments, seconds)
        found |= {"seconds": round(done.seconds.alone, 1), "data": json.loads(done.data)}
        found["text"] = done.text
    except AudioRouterError as error:
        found["error"] = str(error)
    finally:
        found["peak_mb"] = peak_mb()
    return found


def peak_mb() -> int | None:
    """The most memory that a process started by this one had resident; None where it is gone."""
    peaks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(
                line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines()
            )
        except (OSError, ValueError):
            continue
        if int(lines["PPid"]) == os.getpid() and "VmHWM" in lines:
            peaks.append(int(lines["VmHWM"].split()[0]) * 1024 // 10**6)
    return max(peaks, default=None)


def agreement(whole: Mapping[str, Any], parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Which fields of a finding agree with those of its parts, and which do not, as text.

    A field that a part lacks, as where it measured nothing, does not agree.
    """
    agree, differ = [], []
    for name, value in whole.items():
        others = [part.get(name) for part in parts]
        if not all(name in part for part in parts):
            told = [part.get("not_measured", "without it") for part in parts if name not in part]
            good, said = False, f"{name}, of parts: {told[0]}"
        elif isinstance(value, bool):  # which is a number to Python, but close to none
            good, said = value in others, f"{name}: {value}, parts {others}"
        elif isinstance(value, list) and all(isinstance(o, list) for o in others):
            total = sum(len(o) for o in others if isinstance(o, list))
            good = abs(len(value) - total) <= max(2, CLOSE_LISTS * total)
            # Or a list that is as long of every clip, such as the likeliest classes.
            good = good or {len(o) for o in others if isinstance(o, list)} == {len(value)}
            said = f"{name}: {len(value)}, parts {total}"
        elif isinstance(value, int | float) and all(isinstance(o, int | float) for o in others):
            numbers = [float(o) for o in others if isinstance(o, int | float)]
            slack = max(0.05, CLOSE * abs(value))
            total = sum(numbers)
            good = min(numbers) - slack <= value <= max(numbers) + slack
            good = good or abs(value - total) <= max(2, CLOSE_LISTS * total)
            said = f"{name}: {value}, parts {others}"
        elif isinstance(value, str):
            good = value in others
            lengths = [len(o) if isinstance(o, str) else o for o in others]
            said = f"{name}: {len(value)} letters, parts {lengths}"
        elif value is None:
            good, said = None in others, f"{name}: {value}, parts {others}"
        else:
            continue
        (agree if good else differ).append(name if good else said)
    return {"agree": agree, "differ": differ}


async def measure(
    groups: list[list[str]], hours: float, kinds: list[str], fresh: bool, most: float, output: Path
) -> None:
    """Measure what was not measured yet."""
    results = json.loads(output.read_text(encoding="utf-8")) if output.exists() else {}
    results["measured_with"] = {
        "audiorouter": audiorouter.__version__,
        "python": platform.python_version(),
        "processor": platform.machine(),
        "memory_limit_mb": MEMORY // 10**6,
    }
    registry = load_registry(third_party=False)
    stand_ins = {f"{name} (librosa)": tool for name, tool in registry.stand_ins.items()}
    tools = {**registry.tools, **stand_ins}
    if wrong := {name for group in groups for name in group} - tools.keys():
        raise SystemExit(f"--tools: {', '.join(sorted(wrong))}; there are {', '.join(tools)}")
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        clips = {
            kind: joined(Path(folder) / f"{kind}.flac", *KINDS[kind], hours * 3600)
            for kind in kinds
        }
        parted = joined(Path(folder) / "parted.flac", *KINDS["mono"], PARTED)
        for group in groups or [[name] for name in tools]:
            kept = {name: results.setdefault("tools", {}).setdefault(name, {}) for name in group}
            for kind, clip in clips.items():
                key = f"{kind}_{hours:g}h"
                left = [name for name in group if fresh or key not in kept[name]]
                found = await heard([tools[name] for name in left], clip, {}, most)
                for name, one in zip(left, found, strict=True):
                    one.pop("data", None)
                    one["text"] = one.pop("text", "")[:200]
                    if before := left[: left.index(name)]:
                        one["after"] = before
                    kept[name][key] = one
                    print(name, key, {k: v for k, v in one.items() if k != "text"}, flush=True)
                save(results, output)
            left = [name for name in group if fresh or "parts" not in kept[name]]
            for name, one in zip(
                left, await compared([tools[n] for n in left], parted), strict=True
            ):
                kept[name]["parts"] = one
                print(name, one, flush=True)
            save(results, output)


async def compared(tools: Sequence[Tool[Any]], clip: Path) -> list[dict[str, Any]]:
    """Tools' findings in the clip beside those in its two halves."""
    whole = await heard(tools, clip, {}, 3_600.0)
    in_parts = [tool for tool in tools if {"start", "end"} <= set(tool.Arguments.model_fields)]
    halves = [
        dict(zip([tool.name for tool in in_parts], found, strict=True))
        for span in ({"end": PART}, {"start": PART, "end": PARTED})
        for found in [await heard(in_parts, clip, span, 3_600.0)]
    ]
    return [
        _beside(found, [half[tool.name] for half in halves if tool.name in half])
        for tool, found in zip(tools, whole, strict=True)
    ]


def _beside(whole: Mapping[str, Any], parts: list[dict[str, Any]]) -> dict[str, Any]:
    if "error" in whole:
        return {"error": whole["error"], "peak_mb": whole["peak_mb"]}
    if not parts:
        return {"not_compared": "it hears no parts", "peak_mb": whole["peak_mb"]}
    if any("error" in part for part in parts):
        return {"error": [part.get("error") for part in parts]}
    shown = agreement(whole["data"], [part["data"] for part in parts])
    return shown | {"peak_mb": [one["peak_mb"] for one in (whole, *parts)]}


def save(results: Mapping[str, Any], output: Path) -> None:
    """Write the results."""
    output.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--hours", type=float, default=3.0)
    parser.add_argument("--kinds", default="mono,stereo")
    parser.add_argument("--tools", default="")
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--output", type=Path, default=RESULTS)
    parser.add_argument("--most", type=float, default=14_400.0, help="seconds a call may take")
    given = parser.parse_args()
    groups = [group.split("+") for group in given.tools.split(",") if group]
    if wrong := set(given.kinds.split(",")) - KINDS.keys():
        parser.error(f"--kinds: {', '.join(sorted(wrong))}; there are {', '.join(KINDS)}")
    asyncio.run(
        measure(groups, given.hours, given.kinds.split(","), given.fresh, given.most, given.output)
    )


if __name__ == "__main__":
    main()
