"""How far the figures of the example questions move on processors that can do less.

    python benchmarks/other_processors.py [ROUTER ...]

Libraries choose their routines by what the processor can do, so that numbers differ in their last
digits, and now and then a route or an answer with them. Here they are told to make do with less:
torch, oneDNN, MKL, OpenBLAS and CTranslate2; onnxruntime and numpy cannot be told. Everything is
computed anew for each kind of processor, by each router (default: those of the README). Writes
results/other_processors.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from audiorouter.machine.paths import cache_dir
from audiorouter.toolbox.frontends.librosa_ready import CACHE_VARIABLE, compiled_folder

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "examples"
ROUTERS = ("none", "rules", "all", "learned")
PROCESSORS: dict[str, dict[str, str]] = {
    "as it is": {},
    "AVX2 at most": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "CT2_FORCE_CPU_ISA": "AVX2",
    },
    "no AVX": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "OPENBLAS_CORETYPE": "Nehalem",
        "CT2_FORCE_CPU_ISA": "GENERIC",
    },
}


def main() -> None:
    wanted = sys.argv[1:] or ROUTERS
    answers = {name: _answers(limits, wanted) for name, limits in PROCESSORS.items()}
    here = answers["as it is"]
    moved = {
        name: {router: _compared(here[router], rows[router]) for router in wanted}
        for name, rows in answers.items()
    }
    target = HERE / "results" / "other_processors.json"
    target.write_text(json.dumps(moved, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(moved, indent=1))


def _answers(limits: dict[str, str], routers: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The rows by router, computed with nothing but weights and compiled code there before."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "cache").mkdir()
        (folder / "cache" / "weights").symlink_to(cache_dir() / "weights")
        environment = os.environ | limits
        environment[CACHE_VARIABLE] = str(compiled_folder())
        environment["AUDIOROUTER_CACHE"] = str(folder / "cache")
        rows = {}
        for router in routers:
            output = folder / f"{router}.json"
            command = [
                sys.executable,
                "-m",
                "audiorouter",
                "--db",
                str(folder / "store.db"),
                "batch",
            ]
            command += [str(EXAMPLES / "clips"), str(EXAMPLES / "questions.csv")]
            command += ["--router", router, "-o", str(output)]
            print(limits, router, file=sys.stderr)
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            rows[router] = json.loads(output.read_text(encoding="utf-8"))
        return rows


def _compared(here: list[dict[str, Any]], there: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = list(zip(here, there, strict=True))
    return {
        "n": len(pairs),
        "right": sum(row["correct"] is True for row in there),
        "other_routes": sum(a["route"] != b["route"] for a, b in pairs),
        "other_answers": sum(a["prediction"] != b["prediction"] for a, b in pairs),
        "largest_change_of_probability": round(
            max(
                abs(a["confidence"] - b["confidence"])
                for a, b in pairs
                if a["prediction"] == b["prediction"]
            ),
            3,
        ),
    }


if __name__ == "__main__":
    main()
