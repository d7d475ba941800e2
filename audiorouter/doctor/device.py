"""What there is to compute with: processors, memory and GPUs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from audiorouter.doctor.checks import Check, Subject, ok, problem, warning
from audiorouter.toolbox.memory import machine_memory
from audiorouter.toolbox.toolbox import default_workers

MEMORY = 4 << 30
"""Bytes that all tools over clips of 10 s take on two cores; see benchmarks/tool_stage.py."""
_DRIVER = Path("/proc/driver/nvidia/version")
_MEMORY = Path("/proc/meminfo")


def device(subject: Subject) -> Iterator[Check]:
    """Cores, memory, and what torch makes of them."""
    yield _cores()
    yield _memory()
    facts, error = subject.children.told("torch")
    if error is not None:
        yield problem(
            f"torch cannot be imported: {error}", "pip install --force-reinstall 'torch<2.15'"
        )
        return
    yield ok(f"torch computes with {facts['capability']} on the processor")
    if facts["devices"]:
        for one in facts["devices"]:
            yield ok(f"GPU: {one['name']}, {_gib(one['bytes'])}")
    elif _DRIVER.exists():
        built = facts["built_for"]
        yield warning(
            "there is an NVIDIA driver, but torch "
            + (f"(for CUDA {built}) finds no GPU" if built else "was built without CUDA"),
            "install the torch that goes with the driver: https://pytorch.org/get-started/locally",
        )
    else:
        yield ok("no GPU: `cascade` needs none; `transformers:` models are slow without one")


def _cores() -> Check:
    ours, all_ = len(os.sched_getaffinity(0)), os.cpu_count() or 1
    return ok(f"{default_workers()} tool workers: {ours} of {all_} cores may be used")


def _memory() -> Check:
    limit, free = machine_memory(), _available()
    room = limit if free is None else min(limit, free)
    found = f"{_gib(limit)} of memory, {_gib(room)} free"
    if room < MEMORY:
        return warning(
            f"{found}: tools that run side by side may take up to {_gib(MEMORY)}",
            "close other programs, or give `batch` --workers 1",
        )
    return ok(found)


def _available() -> int | None:
    """Bytes that can be had without paging; None where the system does not say."""
    try:
        lines = _MEMORY.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    kibibytes = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return int(kibibytes[0]) << 10 if kibibytes else None


def _gib(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB"
