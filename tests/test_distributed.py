"""Training in two real processes, one with faults: one table, or one message, never a wait."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import only_plugins
from quick_reasoner import PLUGIN

from audiorouter.errors import UsageError
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.learning.trainer import make_accelerator
from audiorouter.machine.files import locked

pytestmark = [pytest.mark.slow, pytest.mark.weights]

HERE = Path(__file__).parent
PROGRAM = """
import os, random, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from reasoners import Fails, Opens
from few_tools import few_tools
from audiorouter import EngineOptions
from audiorouter.errors import AudioRouterError
from audiorouter.learning.training_data import outcomes_hash
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.learning.objective import TrainingOptions

folder, mode, rank = Path(sys.argv[1]), sys.argv[2], os.environ["RANK"]
here = rank == "1"

def fails(request, tools):
    if here and mode == "dies" and tools:
        os._exit(7)
    if here and mode == "dies late" and len(tools) > 1:
        os._exit(7)
    return here and mode == "chance" and random.random() < 0.3

class Broken:
    def __enter__(self): raise RuntimeError("no progress here")
    def __exit__(self, *_): pass

registry = few_tools("loudness", "silences")
registry.providers["fake"] = Opens(Fails(fails))
extra = {{"progress": lambda total: Broken()}} if here and mode == "raises" else {{}}
try:
    trained = train(
        TrainRequest(folder / "q.csv", folder / "clips", folder / "router",
            training=TrainingOptions(epochs=5, members=2, group_size=4),
            engine=EngineOptions(provider="fake", store=folder / f"{{mode}}.db", workers=1)),
        registry=registry, **extra)
except AudioRouterError as error:
    sys.exit(f"said: {{error}}")
weights = sum(float(v.double().sum()) for v in trained.policy.state_dict().values())
left_out = sum(map(len, trained.data.problems.values()))
unanswered = int((~trained.data.train.answered).sum()) + left_out
print("learned", outcomes_hash(trained.data.train), weights, trained.card.scores, unanswered)
"""


@pytest.fixture
def start(tone, tmp_path):
    """Starts two processes that train together, without anybody who looks after them."""
    for number in range(8):
        tone(f"{number}.wav", frequency=300 + 50 * number)
    rows = [f"{number}.wav,{kind},yes|no,yes" for number in range(8) for kind in ("Loud?", "Late?")]
    (tmp_path / "q.csv").write_text("\n".join(["audio,question,choices,answer", *rows]))
    (tmp_path / "program.py").write_text(PROGRAM.format(tests=str(HERE)))
    running = []

    def begin(mode):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for rank in ("0", "1"):
            environment = os.environ | {
                "RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "ACCELERATE_USE_CPU": "true",
            }  # fmt: skip
            command = [sys.executable, tmp_path / "program.py", tmp_path, mode]
            running.append(
                subprocess.Popen(
                    command,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
        return running

    yield begin
    for process in running:
        process.kill()


def ends(processes, seconds=240):
    deadline = time.monotonic() + seconds
    return [process.communicate(timeout=deadline - time.monotonic()) for process in processes]


def test_what_one_process_could_not_answer_is_missing_for_both(start):
    processes = start("chance")
    told = ends(processes)
    assert [process.returncode for process in processes] == [0, 0], told
    first, second = (out.split("learned")[1] for out, _ in told)
    assert first == second
    assert int(first.split()[-1]) > 0, "nothing failed"


@pytest.mark.parametrize("mode", ["dies", "dies late"])
def test_a_process_that_dies_ends_the_other_one_with_a_message(start, mode):
    processes = start(mode)
    (_, said), _ = ends(processes)
    assert processes[1].returncode == 7
    assert processes[0].returncode == 1 and "waited for another one, which has ended" in said


def test_what_fails_in_one_process_fails_in_both_with_one_message(start):
    processes = start("raises")
    told = ends(processes)
    # On a busy machine gloo sometimes aborts the process as it is torn down, all said and done.
    assert {process.returncode for process in processes} <= {1, -signal.SIGABRT}, told
    assert all("said: process 1: RuntimeError: no progress here" in said for _, said in told)
    assert "Traceback" in told[1][1], "whoever mends it needs to see where"


@pytest.fixture
def documented(tone, tmp_path):
    """The command of README.md and its environment, with a quick reasoner of a plugin."""
    for number in range(8):
        tone(f"{number}.wav", frequency=210 + 70 * number, seconds=0.2)
    rows = [f"{number}.wav,{kind},yes|no,yes" for number in range(8) for kind in ("Loud?", "Gaps?")]
    (tmp_path / "q.csv").write_text("\n".join(["audio,question,choices,answer", *rows]))
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "quick.py").write_text(PLUGIN)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = (
        f"{tmp_path}/q.csv --clips {tmp_path}/clips -o {tmp_path}/router --provider quick "
        "--tools loudness,silences --workers 1 --members 2 --epochs 30 --group-size 4"
    )
    torchrun = Path(sys.executable).with_name("torchrun")
    launch = f"{torchrun} --nproc-per-node 2 --master-port {port} -m audiorouter.routing.train"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ACCELERATE")}
    environment |= only_plugins(tmp_path / "plugins")
    return f"{launch} {options}".split(), environment


def test_the_documented_command_trains_one_router_in_two_processes(documented, tmp_path):
    command, environment = documented
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("2 policies; when validated") == 1
    assert (tmp_path / "router" / "policy.safetensors").exists()
    assert not (tmp_path / "router" / "training").exists()
    lines = (tmp_path / "plugins" / "asked.txt").read_text().splitlines()
    asked = [line.split("|", 1) for line in lines]
    assert len({process for process, _ in asked}) == 2, "both took a share"
    assert len({what for _, what in asked}) == len(asked), "nothing was asked twice"


def test_processes_that_would_train_apart_are_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr("audiorouter.learning.trainer._has_devices", lambda: True)
    with pytest.raises(UsageError, match=r"2 processes were started \(WORLD_SIZE\).* makes 1 of"):
        make_accelerator()


def test_a_folder_into_which_another_training_writes_is_refused(tone, clips, tmp_path):
    tone("0.wav")
    tone("1.wav", frequency=880.0)
    (tmp_path / "q.csv").write_text(
        "audio,question,choices,answer\n0.wav,Loud?,yes|no,yes\n1.wav,Loud?,yes|no,no\n"
    )
    request = TrainRequest(tmp_path / "q.csv", clips, tmp_path / "router")
    (tmp_path / "router").mkdir()
    with (
        locked(tmp_path / "router"),
        pytest.raises(UsageError, match="router: another training is writing there"),
    ):
        train(request)
