"""Wall time and memory of the cold tool stage, against a plain script over the same libraries.

    python benchmarks/tool_stage.py [CLIPS]

CLIPS clips (default 100) of 10 s are made of the example clips, repeated or cut, each with another
gain, so that no two have the same audio. The plain script is what one would write without this
package: one process, one clip after the other, each tool's library with the same models and
settings, models loaded once, each tool reading the file itself. Both start in fresh processes;
loading is part of both times. Writes benchmarks/results/tool_stage.json.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import soundfile

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def main() -> None:
    """Measure both, and write the ratio."""
    if len(sys.argv) > 2 and sys.argv[1] in ("plain", "toolbox"):
        {"plain": plain, "toolbox": toolbox}[sys.argv[1]](Path(sys.argv[2]))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    results: dict[str, float] = {
        "clips": count,
        "tools": len(tools()),
        "cores": os.cpu_count() or 0,
    }
    with tempfile.TemporaryDirectory() as folder:
        _make(Path(folder), count)
        for name in ("plain", "toolbox"):
            seconds, megabytes = _run(name, folder)
            results |= {f"{name}_seconds": seconds, f"{name}_peak_megabytes": megabytes}
            print(name, seconds, megabytes, file=sys.stderr)
    results["ratio"] = round(results["toolbox_seconds"] / results["plain_seconds"], 3)
    target = Path(__file__).parent / "results" / "tool_stage.json"
    target.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


def _run(name: str, folder: str) -> tuple[float, int]:
    """Seconds, and the most memory that the process and its children held together (MB, RSS)."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    started, peak = time.perf_counter(), 0
    process = psutil.Popen([sys.executable, __file__, name, folder], env=environment)
    while process.poll() is None:
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [process, *process.children(recursive=True)]
            peak = max(peak, sum(one.memory_info().rss for one in family))
        time.sleep(0.25)
    if process.returncode:
        sys.exit(f"{name} failed")
    return round(time.perf_counter() - started, 1), round(peak / 1e6)


def _make(folder: Path, count: int) -> None:
    sources = sorted((EXAMPLES / "clips").glob("*.flac"))
    for number in range(count):
        audio, rate = soundfile.read(sources[number % len(sources)], dtype="float32")
        whole = np.concatenate([audio] * (10 * rate // len(audio) + 1))[: 10 * rate]
        soundfile.write(folder / f"{number:03d}.flac", whole * (1 - 0.004 * number), rate)


def tools() -> dict[str, Any]:
    """All that routers consider."""
    from audiorouter.plugins import load_registry
    from audiorouter.plugins.opening import usable_tools

    return usable_tools(load_registry(third_party=False))


def plain(folder: Path) -> None:
    """One clip after the other, one tool after the other, nothing shared."""
    from audiorouter.clips import Clip

    every = tools().values()
    for tool in every:
        tool.load()
    for path in sorted(folder.glob("*.flac")):
        for tool in every:
            tool.run(Clip(path), tool.parse({}))


def toolbox(folder: Path) -> None:
    """The same calls through the toolbox, into a fresh store."""
    from audiorouter.store import Store
    from audiorouter.toolbox import ToolCall
    from audiorouter.toolbox.toolbox import Toolbox

    every = tools()
    calls = [ToolCall(name) for name in every]

    async def work(store: Store) -> None:
        box = Toolbox(every, store)

        async def one(path: Path) -> None:
            async with box.session(path) as session:
                results = await session.run(await session.facts(), calls)
            assert all(result.error is None for result in results.values())

        try:
            await asyncio.gather(*(one(path) for path in sorted(folder.glob("*.flac"))))
        finally:
            await box.close()

    with Store(folder / "store.db") as store:
        asyncio.run(work(store))


if __name__ == "__main__":
    main()
