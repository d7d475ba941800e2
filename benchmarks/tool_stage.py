"""Wall time of the cold tool stage against a plain script over the same libraries.

    python benchmarks/tool_stage.py [COPIES]

Every example clip is copied COPIES times (default 10), each copy with another gain, so that no two
have the same audio. The plain script is what one would write without this package: one process, one
clip after the other, each tool's library with the same models and settings, models loaded once,
each tool reading the file itself. Both start in fresh processes; loading is part of both times.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import soundfile

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def main() -> None:
    """Measure both and print the ratio."""
    if len(sys.argv) > 2 and sys.argv[1] in ("plain", "toolbox"):
        {"plain": plain, "toolbox": toolbox}[sys.argv[1]](Path(sys.argv[2]))
        return
    copies = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    with tempfile.TemporaryDirectory() as folder:
        _copy(Path(folder), copies)
        seconds = {}
        for name in ("plain", "toolbox"):
            started = time.perf_counter()
            environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
            subprocess.run([sys.executable, __file__, name, folder], check=True, env=environment)
            seconds[name] = round(time.perf_counter() - started, 1)
        clips = len(list(Path(folder).glob("*.flac")))
    ratio = round(seconds["toolbox"] / seconds["plain"], 3)
    print(
        json.dumps({"clips": clips, "cores": os.cpu_count(), **seconds, "ratio": ratio}, indent=1)
    )


def _copy(folder: Path, copies: int) -> None:
    for clip in sorted((EXAMPLES / "clips").glob("*.flac")):
        audio, rate = soundfile.read(clip, dtype="float32")
        for number in range(copies):
            gain = 1 - 0.02 * number
            soundfile.write(folder / f"{number}_{clip.name}", audio * gain, rate)


def plain(folder: Path) -> None:
    """One clip after the other, one tool after the other, nothing shared."""
    from audiorouter.clips import Clip
    from audiorouter.plugins import load_registry

    tools = load_registry(third_party=False).tools.values()
    for tool in tools:
        tool.load()
    for path in sorted(folder.glob("*.flac")):
        for tool in tools:
            tool.run(Clip(path), tool.parse({}))


def toolbox(folder: Path) -> None:
    """The same calls through the toolbox, into a fresh store."""
    from audiorouter.plugins import load_registry
    from audiorouter.store import Store
    from audiorouter.toolbox import ToolCall
    from audiorouter.toolbox.toolbox import Toolbox

    tools = load_registry(third_party=False).tools
    calls = [ToolCall(name) for name in tools]

    async def work(store: Store) -> None:
        box = Toolbox(tools, store)

        async def one(path: Path) -> None:
            async with box.bench(path) as bench:
                results = await bench.run(await bench.facts(), calls)
            assert all(result.error is None for result in results.values())

        try:
            await asyncio.gather(*(one(path) for path in sorted(folder.glob("*.flac"))))
        finally:
            await box.close()

    with Store(folder / "store.db") as store:
        asyncio.run(work(store))


if __name__ == "__main__":
    main()
