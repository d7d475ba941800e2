"""How much faster two nodes are than one, on the tool stage, by a real Ray cluster on this machine.

    python benchmarks/scale_ray.py [CLIPS]

Each node has one core and runs one tool process. CLIPS (default 64) made clips of 10 s, each of its
own, go through tools of music, by a reasoner that answers at once; the same with an eighth of them
says what starting takes, which is taken off.
Wants two idle cores: each batch starts its nodes anew, which took 80 to 120 s on busy ones.
Writes benchmarks/results/scale_ray.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from ray_cluster import running_cluster  # noqa: E402

TOOLS = ("tempo", "key", "chords", "melody")
SECONDS, RATE = 10.0, 22_050
LEAST = 16


def main() -> None:
    """Measure one node and two, and write clips a second and their ratio."""
    clips = int(sys.argv[1]) if len(sys.argv) > 1 else 64
    if clips < LEAST:
        sys.exit(f"CLIPS is at least {LEAST}: what starting takes is told by an eighth of them")
    rates = [rate(nodes, clips) for nodes in (1, 2)]
    result = {
        "tools": TOOLS,
        "clips": clips,
        "seconds_a_clip": SECONDS,
        "cores": len(os.sched_getaffinity(0)),
        "clips_a_second": [round(each, 3) for each in rates],
        "ratio": round(rates[1] / rates[0], 3),
    }
    text = json.dumps(result, indent=1) + "\n"
    (ROOT / "benchmarks/results/scale_ray.json").write_text(text)
    print(text)


def rate(nodes: int, clips: int) -> float:
    """Clips a second by so many nodes, when they have started."""
    few = max(nodes, clips // 8)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "disk").mkdir()
        with running_cluster(nodes, TMPDIR=str(folder / "disk"), OMP_NUM_THREADS="1") as cluster:
            took = [seconds(folder, count, cluster.address) for count in (few, few, clips)]
    if took[2] <= took[1]:
        sys.exit(
            f"{few} clips took {took[1]:.0f} s and {clips} took {took[2]:.0f}: too few clips, "
            "or too busy a machine, to tell anything"
        )
    return (clips - few) / (took[2] - took[1])


def seconds(folder: Path, clips: int, address: str) -> float:
    """Seconds of a batch about clips that nobody has heard."""
    place = Path(tempfile.mkdtemp(dir=folder))
    (place / "clips").mkdir()
    rng, rows = np.random.default_rng(), ["audio,question,choices"]
    for number in range(clips):
        times = np.arange(round(SECONDS * RATE)) / RATE
        beats = np.maximum(0, np.sin(2 * np.pi * (1.5 + number / clips) * times)) ** 8
        notes = sum(np.sin(2 * np.pi * hz * times) for hz in rng.uniform(100, 900, 3))
        wave = 0.1 * beats * notes + rng.normal(0, 0.002, len(times))
        soundfile.write(place / "clips" / f"{number}.wav", wave, RATE)
        rows.append(f"{number}.wav,What is it?,music|speech")
    (place / "q.csv").write_text("\n".join(rows))
    line = [
        *(sys.executable, "-m", "audiorouter", "--db", place / "s.db"),
        *("--plugin", ROOT / "tests/ray_plugin.py", "batch", place / "clips", place / "q.csv"),
        *("--provider", "steady", "--router", f"tools:{','.join(TOOLS)}"),
        *("--engine", "ray", "--ray-address", address, "-o", place / "a.csv"),
    ]
    started = time.perf_counter()
    done = subprocess.run([*map(str, line)], stderr=subprocess.PIPE, text=True, check=False)
    took = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"the batch about {clips} clips failed:\n{done.stderr}")
    print(f"{clips} clips by {address}: {took:.1f} s", file=sys.stderr, flush=True)
    return took


if __name__ == "__main__":
    main()
