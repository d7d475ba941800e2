"""No library reports anything to its makers, in any process of ours."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import EXAMPLES
from never_connects import NO_FILTERS

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


@pytest.mark.slow
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


ALL_TOOLS = """
import asyncio, json, sys
from pathlib import Path
from audiorouter.plugins import load_registry
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall
from audiorouter.toolbox.toolbox import Toolbox

async def errors(tools, store, clips):
    toolbox, found = Toolbox(tools, store, workers=1), {}
    for clip in clips:
        async with toolbox.session(clip) as session:
            facts = await session.facts()
            for name in tools:
                calls = await toolbox.calls_for([ToolCall(name)], "Which is it?", ("dog", "music"))
                for result in (await session.run(facts, calls)).values():
                    found[f"{name} on {clip.name}"] = result.error
    await toolbox.close()
    return found

registry = load_registry(third_party=False)
clips = [Path(clip) for clip in sys.argv[2:]]
found = {}
for tools in (registry.tools, registry.stand_ins):
    with Store(Path(sys.argv[1])) as store:
        found |= asyncio.run(errors(tools, store, clips))
print(json.dumps(found))
"""


def never_connecting(*arguments: str | Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run Python such that it is killed, with what it starts, when it goes on a network."""
    command = [sys.executable, str(Path(__file__).parent / "never_connects.py")]
    done = subprocess.run(
        [*command, *map(str, arguments)], env=environment(home), capture_output=True, text=True
    )
    if done.returncode == NO_FILTERS:
        pytest.skip("this kernel has no seccomp filters, or not for us")
    return done


@pytest.mark.parametrize(
    "way",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.getaddrinfo('example.invalid', 80)",
        "import ctypes; ctypes.CDLL(None).gethostbyname(b'example.invalid')",
    ],
    ids=["connection", "look-up", "native look-up"],
)
def test_whatever_goes_on_a_network_is_seen(home, way):
    assert never_connecting("-c", way, home=home).returncode == -signal.SIGSYS


@pytest.mark.slow
@pytest.mark.weights
def test_no_tool_looks_a_name_up_or_connects(home, own_store):
    own_store.parent.mkdir()
    clips = [EXAMPLES / "clips" / name for name in ("conversation.flac", "waltz.flac")]
    done = never_connecting("-c", ALL_TOOLS, own_store, *clips, home=home)
    assert done.returncode == 0, done.stderr
    errors = json.loads(done.stdout)
    assert len(errors) > 60
    assert {call: error for call, error in errors.items() if error} == {}


@pytest.mark.slow
@pytest.mark.weights
def test_a_batch_that_cascade_answers_looks_nothing_up_and_connects_to_nobody(home, tmp_path):
    answers = tmp_path / "answers.jsonl"
    done = never_connecting(
        "-m", "audiorouter", "batch", EXAMPLES / "clips", EXAMPLES / "questions.csv",
        "--limit", "1", "-o", answers, home=home,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in answers.read_text().splitlines()]
    assert [row["error"] for row in rows] == [None]
