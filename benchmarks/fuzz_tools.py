"""Every tool on hostile signals: a finding or a clear error, never a crash, never NaN.

    python benchmarks/fuzz_tools.py                # 200 signals a tool; half an hour
    python benchmarks/fuzz_tools.py --signals 40 --tools tempo,pitch

Lengths from one sample to half a minute (and an hour with --hour), rates from 8 to 192 kHz, up to
eight channels; silence, DC, clicks, clipping, noise, tones at the band's edges, denormals, one loud
sample, hostile headers. An error counts as clear when it is a sentence of ours; an exception's name
in it means that nobody thought of the case.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import usable_tools
from audiorouter.store import Store
from audiorouter.toolbox.run_tool import run_tool

RATES = (8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000)
SECONDS = (0.0, 0.001, 0.02, 0.1, 0.5, 1.0, 3.0, 10.0, 30.0)
TOO_LONG = "took longer"
UNCLEAR = re.compile(rf"\b\w+(Error|Exception|Warning)\b|crashed|NaN|{TOO_LONG}")
HOUR = "hour.wav"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=200)
    parser.add_argument(
        "--tools", type=lambda text: text.split(","), help="only these, with commas"
    )
    parser.add_argument("--hour", action="store_true", help="also an hour of tones")
    parser.add_argument("--timeout", type=float, default=300, help="seconds a call may take")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    registry = load_registry(third_party=False)
    found: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "signals"
        folder.mkdir()
        write(folder, arguments.signals, arguments.seed, hour=arguments.hour)
        with Store(Path(scratch) / "store.db") as store:
            tools = usable_tools(registry, arguments.tools)
            others = {} if arguments.tools else registry.stand_ins
            for tool in (*tools.values(), *others.values()):
                beside = {**registry.tools, tool.name: tool}
                name = f"{tool.name} {tool.version}"
                results = run_tool(
                    beside, tool, {}, [folder], store, workers=None, timeout=arguments.timeout,
                    verbose=False,
                )  # fmt: skip
                errors = Counter(
                    re.sub(r"\S*/signals/", "", r.error or "")
                    for r in results
                    if r.error and not (r.clip.name == HOUR and TOO_LONG in r.error)
                )
                unclear = {text: n for text, n in errors.items() if UNCLEAR.search(text)}
                hour = [r.error or r.finding.text for r in results if r.clip.name == HOUR]
                found[name] = {
                    "signals": len(results),
                    "findings": sum(r.finding is not None for r in results),
                    "clear_errors": sum(errors.values()) - sum(unclear.values()),
                    "unclear_errors": unclear,
                } | ({"hour": hour[0][:120]} if hour else {})
                print(name, found[name], file=sys.stderr)
    print(json.dumps(found, indent=1))
    sys.exit(any(entry["unclear_errors"] for entry in found.values()))


def write(folder: Path, count: int, seed: int, *, hour: bool) -> None:
    """Write the signals."""
    for number, (name, wave, rate) in enumerate(signals(count, seed)):
        path = folder / f"{number:03d}-{name}.wav"
        soundfile.write(path, wave, rate, subtype="FLOAT")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "header-only.wav").write_bytes(b"RIFF\x24\x00\x00\x00WAVEfmt ")
    if hour:
        time = np.arange(3600 * 8_000) / 8_000
        wave = 0.2 * np.sin(2 * np.pi * 220 * time) * (np.sin(2 * np.pi * time / 60) > 0)
        soundfile.write(folder / HOUR, wave.astype(np.float32), 8_000, subtype="PCM_16")


def signals(count: int, seed: int) -> Iterator[tuple[str, np.ndarray, int]]:
    """Name, samples `(frames, channels)` and rate of each signal."""
    draw = np.random.default_rng(seed)
    kinds = list(KINDS)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        rate = int(draw.choice(RATES))
        length = max(1, round(float(draw.choice(SECONDS)) * rate))
        channels = int(draw.choice([1, 1, 2, 8])) if length * 8 < 10_000_000 else 1
        wave = np.stack([KINDS[kind](length, rate, draw) for _ in range(channels)], axis=1)
        yield kind, wave.astype(np.float32), rate


def tone(length: int, rate: int, hertz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(length) / rate)


def one_loud_sample(length: int, _rate: int, draw: np.random.Generator) -> np.ndarray:
    wave = np.zeros(length)
    wave[draw.integers(length)] = 1e3
    return wave


KINDS = {
    "silence": lambda n, r, g: np.zeros(n),
    "dc": lambda n, r, g: np.full(n, 0.9),
    "noise": lambda n, r, g: g.normal(0, 0.2, n),
    "quiet-noise": lambda n, r, g: g.normal(0, 1e-5, n),
    "denormals": lambda n, r, g: np.full(n, 1e-40),
    "clipped": lambda n, r, g: np.clip(g.normal(0, 5, n), -1, 1),
    "beyond-full-scale": lambda n, r, g: 100 * tone(n, r, 440),
    "sine": lambda n, r, g: 0.3 * tone(n, r, 440),
    "deep-sine": lambda n, r, g: 0.3 * tone(n, r, 5),
    "highest-sine": lambda n, r, g: 0.3 * tone(n, r, r / 2 - 1),
    "square": lambda n, r, g: np.sign(tone(n, r, 110)),
    "clicks": lambda n, r, g: (np.arange(n) % max(1, r // 4) == 0).astype(float),
    "one-loud-sample": one_loud_sample,
    "chirp": lambda n, r, g: 0.5 * np.sin(np.cumsum(np.linspace(0.01, 3, n))),
}


if __name__ == "__main__":
    main()
