"""How right a batch is about the time that is left, from nothing, on the example questions.

    python benchmarks/time_left.py

Looks at what is shown twice a second. Writes results/time_left.json: by router, when the first
estimate came, and what was said over what it was, at least and at most, from a tenth of the
questions on until ten seconds before the end.
"""

from __future__ import annotations

import json
import tempfile
import threading
import time
from pathlib import Path

from audiorouter.batch import BatchOptions, run_batch
from audiorouter.batch.activity import Activity
from audiorouter.batch.progress import Progress

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
LOOK_SECONDS = 0.5
LAST_SECONDS = 10.0
"""An estimate of less is shown in seconds, and one of them is much of it."""


class Watching(Progress):
    """Notes what would be shown."""

    def __init__(self, activity: Activity):
        super().__init__(activity)
        self.said: list[tuple[float, float, float]] = []
        """Seconds since the beginning, share of the questions done, seconds left."""
        self.seconds = 0.0
        self._ended = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            if (left := self.activity.seconds_left()) is not None:
                done = self.activity.done / self.activity.questions
                self.said.append((time.monotonic() - self._began, done, left))

    def __enter__(self) -> Watching:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        self.seconds = time.monotonic() - self._began


def main() -> None:
    measured = {}
    for router in (None, "all"):
        with tempfile.TemporaryDirectory() as scratch:
            shown: list[Watching] = []

            def watch(activity: Activity, shown: list[Watching] = shown) -> Watching:
                shown.append(Watching(activity))
                return shown[-1]

            run_batch(
                EXAMPLES / "clips",
                EXAMPLES / "questions.csv",
                BatchOptions(router=router, store=Path(scratch) / "store.db"),
                progress=watch,
            )
        (watching,) = shown
        ratios = [
            left / (watching.seconds - at)
            for at, done, left in watching.said
            if done >= 0.1 and watching.seconds - at > LAST_SECONDS
        ]
        measured[router or "default"] = {
            "seconds": round(watching.seconds, 1),
            "first_after": round(watching.said[0][0], 1),
            "looks": len(ratios),
            "least": round(min(ratios), 2),
            "most": round(max(ratios), 2),
        }
        print(router, measured[router or "default"])
    target = HERE / "results" / "time_left.json"
    target.write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
