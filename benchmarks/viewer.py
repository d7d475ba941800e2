"""How long reports of many rows take to be written and opened, and how large they are.

    python benchmarks/viewer.py

Needs Chromium and playwright. Rows without clips, so that it is the page that is measured. *Opened*
is from the address to a page that can be used, the median of five. Writes results/viewer.json.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from audiorouter.batch.past.past_runs import find_run
from audiorouter.store import Store
from audiorouter.viewer.report import write_report
from audiorouter.viewer.viewed import Viewed
from audiorouter.viewer.viewed_run import ViewedRun

RESULTS = Path(__file__).resolve().parent / "results" / "viewer.json"
ROWS = (100, 1_000, 10_000)
RUNS = 5
CHOICES = ["one", "two", "three", "four"]


def main() -> None:
    chromium = shutil.which("chromium") or sys.exit("chromium is not installed")
    load = os.getloadavg()[0]
    measured = []
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as started:
        browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for count in ROWS:
            folder = Path(scratch) / str(count)
            with Store(Path(scratch) / "store.db") as store:
                run = find_run(store, str(_save(store, count)))
                began = time.perf_counter()
                write_report(folder, Viewed(ViewedRun(store, run)))
            written = time.perf_counter() - began
            opened = []
            for _ in range(RUNS):
                page = browser.new_page()
                began = time.perf_counter()
                page.goto((folder / "index.html").as_uri())
                page.wait_for_selector("body[data-ready]")
                opened.append(time.perf_counter() - began)
                page.close()
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
            measured.append(
                {
                    "rows": count,
                    "written_s": round(written, 2),
                    "opened_s": round(statistics.median(opened), 2),
                    "worst_opened_s": round(max(opened), 2),
                    "mb": round(size / 1e6, 2),
                }
            )
            print(measured[-1])
        browser.close()
    result = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
        "reports": measured,
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _save(store: Store, count: int) -> int:
    """A run of that many rows, with a finding each; its number."""
    number = store.start_run(Path("questions.csv"), Path("clips"), "{}")
    store.save_rows(number, [_row(position) for position in range(count)])
    store.finish_run(number, "finished")
    return number


def _row(position: int) -> dict[str, object]:
    chosen = position % len(CHOICES)
    question = f"How many times is the sound number {position} heard in this clip?"
    fields = {
        "id": str(position),
        "audio": f"clip_{position}.wav",
        "question": question,
        "choices": CHOICES,
        "answer": "one",
        "prediction": CHOICES[chosen],
        "prediction_index": chosen,
        "correct": chosen == 0,
        "confidence": 0.5,
        "tool_seconds": 0.1,
        "reason_seconds": 0.1,
        "findings": [{"call": "sound_events", "text": "One sound. " * 20, "confidence": 0.9}],
        "domain": ("speech", "music", "sound")[position % 3],
        "category": f"kind {position % 40}",
    }
    return {
        "position": position,
        "question_id": fields["id"],
        "audio": fields["audio"],
        "question": question,
        "answer": "one",
        "prediction": fields["prediction"],
        "correct": int(chosen == 0),
        "clip": None,
        "route": "[]",
        "answer_key": None,
        "error": None,
        "fields": json.dumps(fields),
    }


if __name__ == "__main__":
    main()
