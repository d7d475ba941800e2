"""What a row costs on one machine, and how much memory, from a thousand rows to a million.

    python benchmarks/scale.py [ROWS …] [--tool NAME] [-o scale.json]

For each number of rows (default 1,000, 10,000, 100,000 and 1,000,000) a file of questions about 500
short clips is answered twice by a reasoner that answers at once: the first run makes every answer,
the second has all from the store. The clips, and what the tool finds in them, are in the store
before. Time is the seconds of computing (user and system) of the command and of its workers, since
other work may go on beside it, and memory is the most that the command's own process held at once
(`VmHWM`). A row's cost is that of a run less that of one with ten rows. Then the store is opened,
counted, pruned and exported. A million rows take half an hour and several GB. What is measured is
written after each number.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

HERE = Path(__file__).resolve().parent
CLIPS = 500
FEW = 10
"""Rows of the run that shows what starting takes."""


def main() -> None:
    """Measure each size in a store of its own, and print or write what came of it."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        _make_clips(folder / "clips")
        _ask(folder, _questions(folder, CLIPS), arguments, store="first.db")  # hears every clip
        few = {run: _fresh_run(folder, FEW, arguments)[run] for run in ("first", "second")}
        empty = _measured([sys.executable, "-c", "import audiorouter.cli.app"])
        result: dict[str, Any] = {
            "clips": CLIPS,
            "tool": arguments.tool,
            "cores": len(os.sched_getaffinity(0)),
            "empty_process_mb": empty["peak_mb"],
            "ten_rows": few,
            "sizes": [],
        }
        for rows in arguments.rows:
            result["sizes"].append(_size(folder, rows, arguments, few, empty))
            text = json.dumps(result, indent=1) + "\n"
            if arguments.output is not None:
                arguments.output.write_text(text)
    print(text)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--tool", default="loudness", help="its finding is told to the reasoner")
    parser.add_argument("--folder", type=Path, help="where to work; default: the temporary one")
    parser.add_argument("-o", "--output", type=Path)
    return parser.parse_args()


def _size(
    folder: Path,
    rows: int,
    arguments: argparse.Namespace,
    few: dict[str, dict[str, Any]],
    empty: dict[str, Any],
) -> dict[str, Any]:
    runs = _fresh_run(folder, rows, arguments)
    for name, run in runs.items():
        run["microseconds_a_row"] = round(
            1e6 * (run["cpu_seconds"] - few[name]["cpu_seconds"]) / (rows - FEW), 1
        )
        run["rows_a_cpu_second"] = round(rows / run["cpu_seconds"])
        run["rows_a_second"] = round(rows / run["wall_seconds"])
        run["mb_over_empty"] = round(run["peak_mb"] - empty["peak_mb"], 1)
    store = folder / f"{rows}.db"
    size = store.stat().st_size
    result = {
        "rows": rows,
        **runs,
        "store_mb": round(size / 1e6, 1),
        "store_bytes_a_row": round(size / rows),
        "store_seconds": _store_seconds(store),
    }
    store.unlink()
    print(json.dumps(result), file=sys.stderr, flush=True)
    return result


def _fresh_run(folder: Path, rows: int, arguments: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """The first and the second run of so many questions, in a store that knows the clips."""
    questions = _questions(folder, rows)
    _copy_store(folder / "first.db", folder / f"{rows}.db")
    measured = {
        run: _ask(folder, questions, arguments, store=f"{rows}.db") for run in ("first", "second")
    }
    questions.unlink()
    return measured


def _ask(
    folder: Path, questions: Path, arguments: argparse.Namespace, *, store: str
) -> dict[str, Any]:
    answers = folder / "answers.csv"
    measured = _measured(
        [
            *(sys.executable, "-m", "audiorouter", "--plugin", str(HERE / "instant_reasoner.py")),
            *("--db", str(folder / store), "batch", str(folder / "clips"), str(questions)),
            *("--provider", "instant", "--router", f"tools:{arguments.tool}", "-o", str(answers)),
        ]
    )
    answers.unlink()
    return measured


def _measured(command: list[str]) -> dict[str, Any]:
    """Seconds and memory of a command."""
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        peak = [0]
        watch = threading.Thread(target=_watch, args=(process.pid, peak), daemon=True)
        watch.start()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.join()
        if process.returncode:
            said.seek(0)
            sys.exit(f"{command} failed: {said.read().decode()}")
    return {
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "wall_seconds": round(time.perf_counter() - started, 2),
        "peak_mb": round(peak[0] / 1e3, 1),
    }


def _watch(pid: int, peak: list[int]) -> None:
    """Note the most memory that a process held, in kB, as long as it is there."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        while True:
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    peak[0] = max(peak[0], int(line.split()[1]))
                    break
            else:
                return  # it has ended, and waits to be fetched
            time.sleep(0.02)


def _store_seconds(store: Path) -> dict[str, float]:
    """Seconds of computing for what people do with a store of this size, each a command.

    Opening is in seconds of the clock, and within a process.
    """
    commands = {
        "stats": ["store", "stats"],
        "prune": ["store", "prune", "--days", "1", "--yes"],
        "runs_list": ["runs", "list"],
        "export_rows": ["store", "export", "run_rows"],
        "export_answers": ["store", "export", "answers"],
    }
    seconds = {"open": _open_seconds(store)}
    for name, rest in commands.items():
        measured = _measured([sys.executable, "-m", "audiorouter", "--db", str(store), *rest])
        seconds[name] = measured["cpu_seconds"]
    return seconds


def _open_seconds(store: Path) -> float:
    from audiorouter.store import Store

    started = time.perf_counter()
    with Store(store):
        return round(time.perf_counter() - started, 3)


def _make_clips(folder: Path) -> None:
    folder.mkdir()
    time_axis = np.arange(1_600) / 16_000
    for number in range(CLIPS):
        tone = 0.5 * np.sin(2 * np.pi * (200 + number) * time_axis)
        soundfile.write(folder / f"tone_{number:04}.wav", tone, 16_000)


def _rows(count: int) -> Iterator[list[str]]:
    for number in range(count):
        yield [
            f"q{number}",
            f"tone_{number % CLIPS:04}.wav",
            f"Is this tone higher than tone number {number}?",
            json.dumps(["yes", "no", "as high", "it cannot be told"]),
            "yes" if number % 3 else "no",
            f"kind {number % 20}",
        ]


def _questions(folder: Path, rows: int) -> Path:
    path = folder / f"questions_{rows}.csv"
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "audio", "question", "choices", "answer", "category"])
        writer.writerows(_rows(rows))
    return path


def _copy_store(source: Path, target: Path) -> None:
    for end in ("", "-wal", "-shm"):
        if (there := Path(f"{source}{end}")).exists():
            shutil.copy(there, f"{target}{end}")


if __name__ == "__main__":
    main()
