"""Seconds of `audiorouter --help` and `tools list`, beside `llm --help` where llm is installed.

python benchmarks/startup.py [PATH_OF_LLM]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 9


def main() -> None:
    """Time each command and print the medians as JSON."""
    own = str(Path(sys.executable).with_name("audiorouter"))
    commands = {
        "audiorouter --help": [own, "--help"],
        "audiorouter tools list": [own, "tools", "list"],
    }
    if len(sys.argv) > 1:
        commands["llm --help"] = [sys.argv[1], "--help"]
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            times[name].append(time.perf_counter() - started)
    print(json.dumps({name: round(statistics.median(t), 3) for name, t in times.items()}, indent=1))


if __name__ == "__main__":
    main()
