"""The first ten minutes of a new user, recorded: each command, what it showed, and when.

    python benchmarks/first_minutes.py

On a machine that does nothing else, with the weights fetched. Runs the commands in a terminal of
100 columns, with a store, settings and a cache of their own, into which the weights are copied.
Writes docs/first_ten_minutes.md and results/first_minutes.json; `make docs-write` takes the
README's times from that.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from terminal import Recording, Shown, record

from audiorouter.machine.paths import cache_dir
from audiorouter.weights import CATALOGUE

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "first_ten_minutes.md"
FIGURES = HERE / "results" / "first_minutes.json"
SILENCE = 2.0
"""Seconds without output that are told."""
_EACH = 5.0
"""Seconds between the states of a bar of progress that are shown."""
_LONGEST = 16
"""Lines of a command that are shown."""
_SCRATCH, _CHECKOUT, _UNEXPLAINED = "/tmp/new", "/audiorouter", "not explained yet"
_ASK = (
    'audiorouter ask examples/clips/waltz.flac "What is the tempo?" '
    '-c "60 BPM" -c "80 BPM" -c "100 BPM" -c "140 BPM"'
)
_BATCH = "audiorouter batch examples/clips examples/questions.csv"
_TRAIN = (
    "audiorouter train examples/questions.csv --clips examples/clips -o my-router "
    "--candidates 6 --max-calls 1"
)
_EVALUATE = "audiorouter evaluate examples/questions.csv --clips examples/clips"

_ASK_AGAIN = 'audiorouter ask examples/clips/voicemail.flac "How many people speak?" -c one -c two'
_PLUGIN = "audiorouter --plugin my-plugin/audiorouter_my_plugin.py"
_LOADING = "one process loads models, and has nothing to count meanwhile"

COMMANDS = [
    ("audiorouter --help", ""),
    (
        "audiorouter models pull",
        "every file is read and hashed; librosa is compiled, once a machine, as the last line says",
    ),
    (
        "audiorouter doctor",
        "child processes import torch and what else may be broken, and are waited for",
    ),
    (_ASK, _LOADING),
    (_ASK_AGAIN, _LOADING),
    (_ASK_AGAIN, ""),
    (_BATCH, ""),
    (_BATCH, ""),
    (f"{_BATCH} --plan", ""),
    (f"{_BATCH} --router all -o answers.csv --report answers.html", ""),
    ("audiorouter runs list", ""),
    ("audiorouter tools list", ""),
    ("audiorouter tools show find_word", ""),
    ("audiorouter tools run transcribe examples/clips/voicemail.flac", _LOADING),
    ("audiorouter tools run find_word examples/clips --arg word=please", _LOADING),
    ("audiorouter routers list", ""),
    (f"{_EVALUATE} --limit 20", ""),
    (f"{_TRAIN} --plan", ""),
    (_TRAIN, "the sentence encoder is loaded, by which the nearest tools are found"),
    (f"{_EVALUATE} --limit 20 --router my-router --report routers.html", ""),
    ("audiorouter plugins new my-plugin", ""),
    (f"{_PLUGIN} tools run my_plugin examples/clips/voicemail.flac", ""),
]
"""What is typed, and why nothing is shown for longer than two seconds where that is so."""


def main() -> None:
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="audiorouter-") as scratch:
        folder = Path(scratch)
        environment = _fresh(folder)
        recordings = []
        for command, _why in COMMANDS:
            print(f"$ {command}", file=sys.stderr, flush=True)
            recordings.append(record(command, folder=folder / "work", environment=environment))
    figures = _figures(recordings, load, scratch)
    FIGURES.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(_page(recordings, figures, scratch), encoding="utf-8")
    unexplained = [
        command
        for (command, why), recording in zip(COMMANDS, recordings, strict=True)
        if recording.silent(SILENCE) and not why
    ]
    for command in unexplained:
        print(f"silent for more than {SILENCE:g} s without a reason: {command}", file=sys.stderr)
    for one in recordings:
        if one.code:
            print(f"exit code {one.code}: {one.command}", file=sys.stderr)
    sys.exit(bool(unexplained) or any(one.code for one in recordings))


def _fresh(folder: Path) -> dict[str, str]:
    """An environment in which nothing was ever run, but the weights are there."""
    for weights in CATALOGUE:
        if weights.module is None and not weights.optional:
            place = Path("weights") / weights.name
            shutil.copytree(cache_dir() / place, folder / "cache" / place)
    (folder / "work").mkdir()
    (folder / "work" / "examples").symlink_to(HERE.parent / "examples")
    ours = {name: value for name, value in os.environ.items() if "AUDIOROUTER_" not in name}
    for name in ("COLUMNS", "OMP_NUM_THREADS", "NUMBA_CACHE_DIR"):
        ours.pop(name, None)
    return ours | {
        "AUDIOROUTER_CACHE": str(folder / "cache"),
        "AUDIOROUTER_CONFIG": str(folder / "config"),
        "AUDIOROUTER_DB": str(folder / "store.db"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }


def _figures(recordings: list[Recording], load: float, scratch: str) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {_processor()}",
        "load_before": round(load, 2),
        "commands": [
            {
                "command": one.command,
                "seconds": round(one.seconds, 2),
                "first_output": round(one.gaps[0].seconds, 2),
                "code": one.code,
                "silent": [
                    {
                        "at": round(g.at, 1),
                        "seconds": round(g.seconds, 1),
                        "after": _elsewhere(g.after, scratch),
                    }
                    for g in one.silent(SILENCE)
                ],
            }
            for one in recordings
        ],
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _elsewhere(text: str, scratch: str) -> str:
    """The text with places that are somewhere else for everybody."""
    text = text.replace(scratch, _SCRATCH).replace(str(HERE.parent), _CHECKOUT)
    return text.replace(platform.platform(), platform.system())


def _page(recordings: list[Recording], figures: dict[str, Any], scratch: str) -> str:
    total = sum(one.seconds for one in recordings) / 60
    lines = [
        "# The first ten minutes",
        "",
        "What a new user sees, command by command: recorded by `benchmarks/first_minutes.py` on",
        f"{figures['date']}, in a terminal of 100 columns.",
        f"{len(recordings)} commands took {total:.1f} minutes ({figures['machine']}; load before",
        f"{figures['load_before']}). Store, settings and cache were new; the weights had been",
        "fetched, so that `models pull` checks them and fetches nothing.",
        "Before each line stands the second at which it came; `·` marks what was replaced later,",
        f"of which a state every {_EACH:g} seconds is shown.",
        "Of long outputs the middle is left out.",
        "",
        f"## Longer than {SILENCE:g} s without output",
        "",
        "| command | from | for | after the line | why |",
        "|---|---|---|---|---|",
    ]
    for (command, why), one in zip(COMMANDS, recordings, strict=True):
        for gap in one.silent(SILENCE):
            after = _cell(_elsewhere(gap.after, scratch)) or "(nothing yet)"
            times = f"{gap.at:.1f} s | {gap.seconds:.1f} s"
            lines.append(f"| `{_cell(command)}` | {times} | {after} | {why or _UNEXPLAINED} |")
    lines += ["", "## The session", ""]
    for one in recordings:
        code = f", exit code {one.code}" if one.code else ""
        shown = [f"{line.at:6.1f} {'' if line.stays else '· '}{line.text}" for line in _some(one)]
        body = _elsewhere("\n".join(shown), scratch)
        lines += ["```text", f"$ {one.command}", body, f"({one.seconds:.1f} s{code})", "```", ""]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


def _some(recording: Recording) -> list[Shown]:
    """Lines to show: those that stay, and now and then one that was replaced; not too many."""
    shown: list[Shown] = []
    due = 0.0
    for line in recording.lines:
        if line.stays or line.at >= due:
            shown.append(line)
            due = due if line.stays else line.at + _EACH
    half = _LONGEST // 2
    left = len(shown) - 2 * half
    if left <= 1:
        return shown
    between = Shown(shown[half].at, f"[{left} more lines]", stays=True)
    return [*shown[:half], between, *shown[-half:]]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    main()
