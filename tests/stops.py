"""A batch that is told to stop, or killed, at a moment drawn at random; and the next one after it.

python tests/stops.py 50        # so many of each signal
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from conftest import only_plugins

from audiorouter.batch.answers_file.answer_files import unfinished

HERE = Path(__file__).parent
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL)
CLIPS = 30


class Place:
    """Clips, questions and a store; one command that works on them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.store = folder / "store.db"
        self.output = folder / "answers.jsonl"
        clips = folder / "clips"
        clips.mkdir()
        rng = np.random.default_rng(0)
        rows = ["audio,question,choices,answer"]
        for number in range(CLIPS):
            soundfile.write(clips / f"{number}.wav", rng.normal(0, 0.1, 800), 8_000)
            rows += [f"{number}.wav,{word},first|second,first" for word in ("honest 1", "honest 2")]
        questions = folder / "questions.csv"
        questions.write_text("\n".join(rows))
        self.command = [
            *(sys.executable, "-m", "audiorouter", "--db", self.store, "batch", clips, questions),
            *("--provider", "hostile:slow", "--router", "tools:honest,slow", "-o", self.output),
            *("--workers", "2"),
        ]
        self.environment = os.environ | only_plugins(HERE / "hostile")

    def start(self) -> subprocess.Popen[str]:
        """Start the batch."""
        return subprocess.Popen(
            self.command,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            # A shell that starts the tests in the background has their children ignore SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def kept(self) -> dict[str, tuple[object, ...]]:
        """Everything finished that the store holds, by key, with the row it was written in."""
        return {
            key: tuple(rest)
            for table in ("tool_calls", "answers")
            for key, *rest in self._select(f"SELECT key, rowid, created FROM {table}")
        }

    def statuses(self) -> Counter[str]:
        """How many runs ended how."""
        return Counter(status for (status,) in self._select("SELECT status FROM runs"))

    def _select(self, statement: str) -> list[tuple]:
        if not self.store.exists():
            return []
        with sqlite3.connect(self.store, timeout=60) as connection:
            try:
                return connection.execute(statement).fetchall()
            except sqlite3.OperationalError:
                return []  # killed before the tables were made


def wait_until(ready: Callable[[], object], seconds: float = 120) -> None:
    """Wait, with an end to it."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stop_once(place: Place, which: signal.Signals, after: float) -> str:
    """Start a batch, stop it so many seconds after it began, check what is left; how it ended."""
    for file in (place.output, unfinished(place.output)):
        file.unlink(missing_ok=True)
    kept, runs = place.kept(), sum(place.statuses().values())
    process = place.start()
    wait_until(lambda: sum(place.statuses().values()) > runs or process.poll() is not None)
    time.sleep(after)
    process.send_signal(which)
    _, stderr = process.communicate(timeout=120)
    now = place.kept()
    assert kept.items() <= now.items(), "something finished was lost, or made again"
    if which is signal.SIGKILL:
        return "killed" if process.returncode else "finished"
    assert stderr.count("Traceback") == 0 and "leaked" not in stderr, stderr
    file = place.output if place.output.exists() else unfinished(place.output)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert len(rows) == 2 * CLIPS, "the answers file is not whole"
    unanswered = [row for row in rows if not row["prediction"]]
    assert all(which.name in row["error"] for row in unanswered)
    # One that comes when all is written may end the process as it is leaving.
    allowed = (130,) if unanswered else (0, 130, -which)
    assert process.returncode in allowed, (process.returncode, stderr)
    return "interrupted" if unanswered else "finished"


def stop_many(folder: Path, each: int, seed: int = 0) -> Counter[str]:
    """So many of each signal, at random moments, and a last run to the end; how they ended."""
    draw = random.Random(seed)
    ends: Counter[str] = Counter()
    place = Place(folder)
    for which in SIGNALS * each:
        end = stop_once(place, which, draw.uniform(0, 3))
        ends[end] += 1
        if end == "finished":
            for file in folder.glob("store.db*"):
                file.unlink()
    process = place.start()
    assert process.communicate(timeout=300) and process.returncode == 0
    assert place.statuses()["running"] == 0, "a run that died is not closed"
    return ends


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(dict(stop_many(Path(name), int(sys.argv[1]))))
