"""Answers a second of an outcome table, when what tools find is known.

    python benchmarks/outcome_speed.py [QUESTIONS [STORE]]

The first QUESTIONS (default 20) of the examples are asked by the direct answer and by every tool.
Then all answers are forgotten and asked for once more, which is timed. STORE (default: a new file)
keeps what tools find for the next time.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from audiorouter.batch.options import EngineOptions
from audiorouter.batch.progress import on_stderr
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, usable_tools
from audiorouter.questions import read_questions
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def main() -> None:
    """Fill a table twice, and print what the second time took."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(scratch) / "store.db"
        fill(path, count)
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("DELETE FROM outcomes")
            connection.execute("DELETE FROM answers")
        print(json.dumps(fill(path, count), indent=1))


def fill(path: Path, count: int) -> dict[str, Any]:
    """Fill the table by a reasoner that remembers nothing, and say how fast that was."""
    registry = load_registry(third_party=False)
    registry = replace(registry, tools=usable_tools(registry))
    questions = read_questions(
        EXAMPLES / "questions.csv", EXAMPLES / "clips", limit=count
    ).questions
    routes = [(ToolCall(name),) for name in registry.tools]
    with Store(path) as store:
        reasoner = open_reasoner(registry, "cascade")
        source = OutcomeSource(registry, reasoner, store, EngineOptions(), progress=on_stderr)
        started, processor = time.perf_counter(), time.process_time()
        table = source.fill(questions, routes).table
        seconds, processor = time.perf_counter() - started, time.process_time() - processor
    answers = len(table) * len(table.routes)
    return {
        "questions": len(table),
        "routes": len(table.routes),
        "answers": answers,
        "seconds": round(seconds, 1),
        "answers_per_second": round(answers / seconds, 1),
        "answers_per_processor_second": round(answers / processor, 1),
    }


if __name__ == "__main__":
    main()
