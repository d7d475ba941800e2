"""What a clip takes in the store, and in object storage, for docs/scale.md.

    python benchmarks/store_size.py [CLIPS] [-o store_size.json]

A store is made of CLIPS (default 5,000) clips: each with its file, four calls, a route, an answer
and its row in a run. The calls are those that the docs show of each tool, as long as they are
there, four tools a clip in turn; question, choices and answers are those of the examples. FLAC is
what the examples take when they are mono at 16 kHz, for each 10 s.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import soundfile
import soxr

from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.store import Store, StoredAnswer, StoredCall, StoredRoute

ROOT = Path(__file__).resolve().parents[1]
CALLS = 4
RATE, SECONDS = 16_000, 10.0


def main() -> None:
    """Make the store, and print or write what it takes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="?", type=int, default=5_000)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        results, with_rows = _sizes(path, arguments.clips)
    result = {
        "clips": arguments.clips,
        "calls_a_clip": CALLS,
        "bytes_a_clip": round(results / arguments.clips),
        "row_bytes_a_clip": round((with_rows - results) / arguments.clips),
        "flac_bytes_a_clip": round(_flac_bytes()),
        "flac": {"rate": RATE, "seconds": SECONDS},
    }
    text = json.dumps(result, indent=1) + "\n"
    if arguments.output is not None:
        arguments.output.write_text(text)
    print(text)


def _sizes(path: Path, clips: int) -> tuple[int, int]:
    """Bytes of a store of so many clips, without their rows in a run and with them."""
    shown = json.loads((ROOT / "docs/site/findings.json").read_text(encoding="utf-8"))
    tools = cycle(shown.items())
    with (ROOT / "examples/questions.csv").open(newline="", encoding="utf-8") as stream:
        questions = list(islice(cycle(csv.DictReader(stream)), clips))
    with Store(path) as store:
        rows = [
            _fill(store, number, question, list(islice(tools, CALLS)))
            for number, question in enumerate(questions)
        ]
        store.backup(path.with_name("results.db"))
        run = store.start_run(Path("questions.csv"), Path("clips"), "{}")
        store.save_rows(run, rows)
        store.backup(path.with_name("with_rows.db"))
    return tuple(path.with_name(f"{name}.db").stat().st_size for name in ("results", "with_rows"))


def _fill(
    store: Store, number: int, question: dict[str, str], tools: list[tuple[str, Any]]
) -> dict[str, Any]:
    """Keep a clip with all that is about it; its row in a run is returned."""
    key, name = _hash(f"clip {number}"), f"/data/clips/{number:08}.flac"
    choices = json.dumps(question["choices"].split("|"))
    facts = ClipFacts(key, SECONDS, RATE, 1, -20.0, -3.0, _hash(f"file {number}"))
    store.save_clip(Path(name), FileStamp(1 << 18, 1 << 60, 1 << 22), facts)
    calls = [{"tool": tool, "arguments": found["arguments"]} for tool, found in tools]
    for tool, found in tools:
        data = json.dumps(found["data"], ensure_ascii=False, separators=(",", ":"))
        arguments, shared = json.dumps(found["arguments"]), json.dumps({"whisper": 1.5})
        store.save_call(
            StoredCall(
                *(_hash(f"{key} {tool}"), key, tool, f"{tool} {found['version']}", arguments),
                *("ok", data, found["text"], None, 0.25, shared, 0.9),
            )
        )
    findings = json.dumps([[tool, found["text"]] for tool, found in tools])
    asked, answer, router = _hash(f"answer {number}"), question["answer"], "mlp 0123456789abcdef"
    reason = "expected to help most of all tools"
    store.save_routes(
        [
            StoredRoute(
                *(_hash(f"route {number}"), key, question["question"], router),
                *(json.dumps(calls), reason, 0.01),
            )
        ]
    )
    store.save_answer(
        StoredAnswer(
            *(asked, key, question["question"], choices, "cascade", "cascade 0123456789abcdef"),
            *(findings, answer, 0, "[0.9,0.05,0.03,0.02]", 0.9, 0.05, None),
        )
    )
    fields = {
        **question, "prediction": answer, "correct": True, "confidence": 0.9, "route": calls,
        "findings": json.loads(findings), "probabilities": [0.9, 0.05, 0.03, 0.02],
        "reason": reason, "tool_seconds": 1.0, "reason_seconds": 0.05, "cached": False,
    }  # fmt: skip
    return {
        "position": number, "question_id": str(number), "audio": name, "clip": key,
        "question": question["question"], "answer": answer, "prediction": answer, "correct": 1,
        "route": json.dumps(calls), "answer_key": asked, "error": None,
        "fields": json.dumps(fields),
    }  # fmt: skip


def _flac_bytes() -> float:
    """What `SECONDS` of the examples take on average as FLAC, mono, at `RATE`."""
    size, seconds = 0, 0.0
    for wave, rate in _examples():
        file = io.BytesIO()
        soundfile.write(file, soxr.resample(wave, rate, RATE), RATE, format="FLAC")
        size, seconds = size + len(file.getvalue()), seconds + len(wave) / rate
    return SECONDS * size / seconds


def _examples() -> Iterator[tuple[Any, int]]:
    for clip in sorted((ROOT / "examples/clips").glob("*.flac")):
        wave, rate = soundfile.read(clip, dtype="float32", always_2d=True)
        yield wave.mean(axis=1), rate


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main()
