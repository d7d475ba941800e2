"""A thousand questions to a slow server: AudioRouter and inspect-ai, side by side.

    python -m venv inspect && inspect/bin/pip install inspect-ai openai
    python benchmarks/server_speed.py --inspect inspect/bin/inspect

The server (tests/audio_server.py, a process of its own) takes 50 ms a reply; 64 requests may be on
their way. Wall time and CPU seconds are of the whole client process, imports included. AudioRouter
sends a clip of one second with each question and keeps every answer in its store; inspect-ai sends
text alone and writes its log. Writes benchmarks/results/server_speed.json.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
SERVER = HERE.parent / "tests" / "audio_server.py"
QUESTIONS, IN_FLIGHT, LATENCY = 1000, 64, 0.05
TASK = f"""
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import choice
from inspect_ai.solver import multiple_choice

@task
def tones():
    samples = [
        Sample(input=f"High or low in {{i}}?", choices=["high", "low"], target="A", id=i)
        for i in range({QUESTIONS})
    ]
    return Task(dataset=MemoryDataset(samples), solver=multiple_choice(), scorer=choice())
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inspect", type=Path, help="inspect-ai's command, to run it as well")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    found: dict[str, list[dict[str, float]]] = {"audiorouter": [], "inspect-ai": []}
    for _ in range(arguments.repeat):
        with tempfile.TemporaryDirectory() as folder:
            found["audiorouter"].append(audiorouter(Path(folder)))
        if arguments.inspect is not None:
            with tempfile.TemporaryDirectory() as folder:
                found["inspect-ai"].append(inspect_ai(Path(folder), arguments.inspect))
    results = {
        "questions": QUESTIONS,
        "in_flight": IN_FLIGHT,
        "latency_s": LATENCY,
        **{name: best(runs) for name, runs in found.items() if runs},
    }
    if "inspect-ai" in results:
        results["ratio"] = {
            what: round(results["audiorouter"][what] / results["inspect-ai"][what], 3)
            for what in ("wall_s", "cpu_s")
        }
        (HERE / "results" / "server_speed.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


def audiorouter(folder: Path) -> dict[str, float]:
    clips = folder / "clips"
    clips.mkdir()
    time_ = np.arange(16_000) / 16_000
    soundfile.write(clips / "tone.wav", 0.3 * np.sin(2 * np.pi * 1000 * time_), 16_000)
    lines = [f"tone.wav,High or low in {i}?,high|low,high" for i in range(QUESTIONS)]
    questions = folder / "questions.csv"
    questions.write_text("\n".join(["audio,question,choices,answer", *lines]) + "\n")

    def command(url: str) -> list[object]:
        return [
            *(sys.executable, "-m", "audiorouter", "--db", folder / "store.db"),
            *("batch", clips, questions, "--router", "none", "-o", folder / "answers.csv"),
            *("--provider", "openai:ears", "--base-url", url, "-P", f"in_flight={IN_FLIGHT}"),
        ]

    return timed(command, folder, {})


def inspect_ai(folder: Path, program: Path) -> dict[str, float]:
    (folder / "task.py").write_text(TASK)

    def command(_url: str) -> list[object]:
        return [
            *(program.absolute(), "eval", "task.py", "--model", "openai-api/ears/ears"),
            *("--max-connections", str(IN_FLIGHT), "--display", "none", "--no-log-realtime"),
            *("--log-dir", folder / "logs"),
        ]

    return timed(command, folder, {"EARS_API_KEY": "none"})


def timed(command: object, folder: Path, extra: dict[str, str]) -> dict[str, float]:
    server = subprocess.Popen(
        [sys.executable, SERVER, "--latency", str(LATENCY)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    try:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        subprocess.run(
            [str(part) for part in command(url)],  # type: ignore[operator]
            cwd=folder,
            env=os.environ | {"EARS_BASE_URL": url} | extra,
            check=True,
            timeout=300,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wall = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    finally:
        server.terminate()
        server.wait()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(wall, 2), "cpu_s": round(cpu, 2)}


def best(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """The run of the least CPU time: what other work on the machine added is noise."""
    return min(runs, key=lambda run: run["cpu_s"])


if __name__ == "__main__":
    main()
