"""Files and replies that somebody made to do harm, drawn by a seed.

Bombs and headers that lie come first, then good ones that were spoilt, without end.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
BOMB_BYTES = 1 << 30

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
