"""No library reports anything to its makers, in any process of ours."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from audiorouter.machine.paths import cache_dir
from audiorouter.machine.privacy import TELEMETRY_OFF

ENTRIES = {
    "command line": "import audiorouter.cli.app",
    "library": "import audiorouter",
    "worker": "import audiorouter.toolbox.worker",
    "probe of plugins": "import audiorouter.plugins.probe",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def environment(home: Path, **changes: str) -> dict[str, str]:
    """This process's environment with a home in which nothing is kept yet."""
    kept = {k: v for k, v in os.environ.items() if k not in TELEMETRY_OFF and k[:4] != "XDG_"}
    return kept | {"HOME": str(home), "AUDIOROUTER_CACHE": str(cache_dir())} | changes


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
@pytest.mark.parametrize("before", [{}, {"ORT_DISABLE_TELEMETRY": "0"}], ids=["unset", "on"])
def test_every_entry_switches_telemetry_off_before_a_library_is_there(home, entry, before):
    code = (
        f"import os, sys; {entry}\n"
        "print({'onnxruntime', 'pyannote.audio', 'huggingface_hub'} & set(sys.modules))\n"
        "print(sorted(f'{k}={os.environ[k]}' for k in sys.argv[1:]))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, *TELEMETRY_OFF],
        env=environment(home, **before), capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    off = sorted(f"{name}={value}" for name, value in TELEMETRY_OFF.items())
    assert said.splitlines() == ["set()", str(off)]


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("before", [{}, {"ORT_DISABLE_TELEMETRY": "0"}], ids=["unset", "on"])
def test_a_tool_on_onnxruntime_leaves_no_trace_of_telemetry(home, tone, before):
    command = [sys.executable, "-m", "audiorouter", "tools", "run", "sound_tags", str(tone())]
    done = subprocess.run(
        command, env=environment(home, **before), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not [path for path in home.rglob("*") if "onnxruntime" in str(path)]
