"""Reports for the viewer's page, made by hand in the form that it reads: scripts beside the page.

Their sound is a few beeps as WAV, their rows are made up; what a report of a real run holds is the
business of the code that writes it.
"""

from __future__ import annotations

import base64
import json
import math
import shutil
import struct
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent.parent / "audiorouter" / "viewer" / "static"
PART_SIZE = 100
SECONDS = 4.0
COLUMNS = [
    *("id", "audio", "question", "prediction", "correct", "confidence", "tools"),
    *("domain", "category", "error", "seconds", "right", "left"),
]
COLUMNS_OF_TWO = [*COLUMNS, "other_prediction", "other_correct", "other_tools", "other_error"]
HOSTILE = (
    "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">",
    "\"'`&lt;&amp;</script><!--",
    "\u202eright to left\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "long " * 1000,
    "lines\nand\ttabs\r\nand\u2028separators\u2029and\x00nothing",
    "\U0001f3b5" * 50,
)


def script(*call: Any) -> str:
    """The line that hands `call` to the page; nothing in it can end a script."""
    text = json.dumps(call)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f"(window.audiorouter = window.audiorouter || {{queue: []}}).queue.push({text});\n"


LEFT = {
    **dict.fromkeys(("prediction", "index", "correct", "confidence", "probabilities", "before")),
    "calls": [],
    "asked": None,
    "error": "interrupted (run it again to go on)",
    "left": True,
}
"""What a row is like that its run ended before."""


def beeps(rate: int = 8000) -> str:
    """Four seconds of beeps, one each second, as base64 of a WAV file."""
    samples = [
        int(12000 * math.sin(2 * math.pi * (400 + 200 * (n // rate)) * n / rate))
        * (n % rate < rate / 2)
        for n in range(int(SECONDS * rate))
    ]
    data = struct.pack(f"<{len(samples)}h", *samples)
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(data),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate,
        2 * rate,
        2,
        16,
        b"data",
        len(data),
    )
    return base64.b64encode(header + data).decode()


def row(position: int, **changes: Any) -> dict[str, Any]:
    """A row: right, wrong and failed ones in turn, with findings that have times."""
    failed, right = position % 7 == 6, position % 3 != 1
    words = [[0.0, 0.5, "one"], [1.0, 1.5, "two"], [2.0, 2.5, "three"], [3.0, 3.5, "four"]]
    call = {
        "label": "transcribe",
        "tool": "transcribe",
        "text": 'The speech says: "one, two, three, four".',
        "confidence": 0.93,
        "error": None,
        "seconds": 0.42,
        "lanes": [
            {"name": "words", "items": words},
            {"name": "onsets", "points": [0.0, 1.0, 2.0, 3.0]},
        ],
    }
    broken = {
        "label": "speakers",
        "tool": "speakers",
        "text": None,
        "confidence": None,
        "error": "RuntimeError: it stopped",
        "seconds": 0.1,
        "lanes": [],
    }
    calls = [] if position % 5 == 4 else [call, broken] if failed else [call]
    index = None if failed else 0 if right else 2
    choices = ["four", "three", "two"]
    made = {
        "id": str(position + 1),
        "audio": f"beeps_{position % 12}.wav",
        "clip": "beeps",
        "duration": SECONDS,
        "question": f"How many beeps are heard, asked for the {position + 1}. time?",
        "choices": choices,
        "right": [0],
        "answers": ["four"],
        "prediction": None if index is None else choices[index],
        "index": index,
        "correct": not failed and right,
        "scored_by": "choice",
        "confidence": None if failed else 0.5 + (position % 50) / 100,
        "probabilities": None if failed else [0.7, 0.2, 0.1] if right else [0.2, 0.1, 0.7],
        "before": {
            "prediction": "two",
            "index": 2,
            "correct": False,
            "probabilities": [0.3, 0.3, 0.4],
        },
        "reason": "learned: transcribe 71%",
        "calls": calls,
        "asked": "Question: How many beeps are heard?",
        "tool_seconds": 0.4 + position % 9,
        "reason_seconds": 1.5,
        "prompt_tokens": 1200,
        "answer_tokens": 3,
        "cost": 0.00125,
        "cached": False,
        "error": "The reasoner did not answer: timed out" if failed else None,
        "left": False,
        "remark": None,
        "domain": ("speech", "music", "sound")[position % 3],
        "category": ("counting", "order")[position % 2],
        "other": None,
    }
    return made | changes


def index_values(made: dict[str, Any], two_runs: bool) -> list[Any]:
    """What the index says of a row."""
    values = [
        *(made[name] for name in ("id", "audio", "question", "prediction", "correct")),
        made["confidence"],
        [call["tool"] for call in made["calls"]],
        *(made[name] for name in ("domain", "category", "error")),
        made["tool_seconds"] + made["reason_seconds"],
        " · ".join(made["answers"]),
        made["left"],
    ]
    other = made["other"]
    if two_runs and other is None:
        return [*values, None, None, None, None]
    if two_runs:
        tools = [call["tool"] for call in other["calls"]]
        return [*values, other["prediction"], other["correct"], tools, other["error"]]
    return values


def run(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A run as the index names it."""
    return {
        "name": name,
        "number": 1,
        "started": "2026-01-01 12:00:00 UTC",
        "status": "finished",
        "questions": len(rows),
        "answered": sum(made["prediction"] is not None for made in rows),
        "right": sum(made["correct"] is True for made in rows),
        "scored": len(rows),
        "provenance": {
            "version": "0.2.0",
            "command": "audiorouter batch clips questions.csv",
            "plugins": [],
        },
    }


def write(folder: Path, rows: list[dict[str, Any]], clips: dict[str, Any] | None = None) -> Path:
    """A report of `rows` in `folder`; the path of its page."""
    shutil.copytree(STATIC, folder, dirs_exist_ok=True)
    data = folder / "data"
    (data / "clips").mkdir(parents=True, exist_ok=True)
    two_runs = bool(rows) and rows[0]["other"] is not None
    runs = [run("run 1", rows)]
    if two_runs:
        runs.append(run("run 2", [made["other"] for made in rows if made["other"]]))
    index = {
        "title": "questions.csv",
        "version": "0.2.0",
        "kind": "run",
        "runs": runs,
        "part_size": PART_SIZE,
        "columns": COLUMNS_OF_TWO if two_runs else COLUMNS,
        "rows": [index_values(made, two_runs) for made in rows],
        "notes": [],
    }
    (data / "index.js").write_text(script("index", index))
    for part in range(math.ceil(len(rows) / PART_SIZE)):
        some = rows[part * PART_SIZE : (part + 1) * PART_SIZE]
        (data / f"rows-{part:04}.js").write_text(script("rows", part, some))
    for name, clip in (clips or {"beeps": {"type": "audio/wav", "base64": beeps()}}).items():
        (data / "clips" / f"{name}.js").write_text(script("clip", name, clip))
    return folder / "index.html"


def one_run(number: int) -> list[dict[str, Any]]:
    """Rows of one run."""
    return [row(position) for position in range(number)]


def two_runs(number: int) -> list[dict[str, Any]]:
    """Rows with the same questions in a second run, which answers what the first got wrong."""
    rows = []
    for position in range(number):
        first = row(position)
        other = row(position)
        if position % 3 == 1 and position % 7 != 6:
            other |= {"prediction": "four", "index": 0, "correct": True, "reason": "rules: a count"}
        if position == 0:
            other |= {"prediction": "two", "index": 2, "correct": False, "calls": []}
        del other["other"]
        rows.append(first | {"other": other})
    return rows


def hostile() -> list[dict[str, Any]]:
    """Rows whose every text comes from somebody who means harm, or from a very odd file."""
    rows = []
    for position, text in enumerate(HOSTILE):
        lanes = [
            {"name": text, "items": [[0.0, 1.0, text], [-1.0, 99.0, text]], "points": [0.5, 77.0]}
        ]
        call = {
            "label": text,
            "tool": text,
            "text": text,
            "confidence": 0.5,
            "error": text,
            "seconds": 0.1,
            "lanes": lanes,
        }
        rows.append(
            row(
                position,
                id=text[:200],
                audio=text,
                question=text,
                choices=[text, f"{text}2"],
                answers=[text],
                prediction=text,
                index=0,
                reason=text,
                asked=text,
                error=text,
                remark=text,
                domain=text,
                category=text,
                calls=[call],
                probabilities=[0.5, 0.5],
                before=None,
            )
        )
    return rows
