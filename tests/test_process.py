"""Worker processes themselves: what they are told and what they leave behind."""

import asyncio
import json
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from forked_workers import CAN_FORK

from audiorouter.toolbox import messages
from audiorouter.toolbox.memory import default_memory, machine_memory
from audiorouter.toolbox.process import MARK, WorkerGoneError, WorkerProcess
from audiorouter.toolbox.worker import Setup

STARTED_WORKERS = True


def workers() -> list[str]:
    """Process ids of the workers of this process."""
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(os.getpid())],
        capture_output=True,
        text=True,
    ).stdout
    return [line.split()[0] for line in listed.splitlines() if MARK in line]


@pytest.mark.parametrize(
    ("module", "needless"),
    [
        ("worker", {"asyncio", "subprocess", "numpy", "importlib.metadata", "email"}),
        ("run_tool", {"numpy", "scipy", "librosa"}),
    ],
)
def test_starting_imports_nothing_that_the_work_may_never_need(module, needless):
    code = f"import sys, audiorouter.toolbox.{module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not needless & set(done.stdout.split())


async def started(*, verbose: bool = False) -> WorkerProcess:
    process = await WorkerProcess.start(verbose=verbose)
    assert await process.ask(messages.order("start", Setup(os.getpid(), None, {})), 60) == {
        "ok": None
    }
    return process


def test_a_worker_comes_and_goes_and_leaves_nothing():
    async def main():
        process = await started()
        assert len(workers()) == 1
        reply = await process.ask(messages.order("open_clip", Path("no such.wav")), 60)
        assert "no such.wav" in reply["complaint"]
        await process.close()
        assert not workers()

    asyncio.run(main())


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="Linux alone has it")
def test_where_the_machine_runs_out_of_memory_a_worker_is_ended_and_not_its_host():
    async def main():
        process = await started()
        (worker,) = workers()
        scores = [
            int(Path(f"/proc/{one}/oom_score_adj").read_text()) for one in (worker, os.getpid())
        ]
        await process.close()
        return scores

    worker, host = asyncio.run(main())
    assert worker == 1000 > host


@pytest.mark.slow
def test_a_default_timeout_of_sockets_is_not_the_workers(monkeypatch):
    """Plugins that use the network set one for the whole process."""

    async def main():
        process = await started()
        await asyncio.sleep(0.5)
        reply = await process.ask(messages.order("open_clip", Path("no such.wav")), 60)
        assert "no such.wav" in reply["complaint"]
        await process.close()

    socket.setdefaulttimeout(0.1)
    try:
        asyncio.run(main())
    finally:
        socket.setdefaulttimeout(None)


LOOK = """
import json, os, signal, sys
told = [
    sys.path, dict(os.environ), os.getcwd(), os.getppid(), os.getsid(0) == os.getpid(),
    os.getpgrp() == os.getpid(), len(os.listdir("/proc/self/fd")),
    [os.readlink(f"/proc/self/fd/{stream}") for stream in range(3)],
    [str(signal.getsignal(number)) for number in range(1, 32)],
]
with open("told", "w") as file:
    json.dump(told, file)
"""


class Look:
    """Has the worker that unpickles it write down what it sees."""

    def __reduce__(self):
        return exec, (LOOK,)


@pytest.mark.skipif(not CAN_FORK, reason="here workers of other tests are started as well")
@pytest.mark.parametrize("verbose", [False, True])
def test_workers_of_other_tests_are_forked_and_see_what_one_sees_that_is_started(
    template, monkeypatch, tmp_path, verbose
):
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    monkeypatch.setenv("ONLY_HERE", "1")
    monkeypatch.chdir(tmp_path)

    async def seen() -> object:
        process = await started(verbose=verbose)
        await process.ask(messages.order("load_tool", "x", pickle.dumps(Look()), None), 60)
        await process.close()
        assert not process.alive
        return json.loads((tmp_path / "told").read_text())

    one_that_is_started = asyncio.run(seen())
    monkeypatch.setattr("audiorouter.toolbox.process.start_python", template.start_python)
    assert asyncio.run(seen()) == one_that_is_started
    assert template.forked > 0


@pytest.mark.slow
def test_an_order_that_takes_too_long_and_one_that_kills():
    async def main():
        process = await started()
        with pytest.raises(TimeoutError):
            await process.ask(messages.order("load_tool", "x", b"ctime\nsleep\n(I9\ntR.", None), 1)
        await process.close()
        process = await started()
        with pytest.raises(WorkerGoneError, match="exit code 3"):
            killing = b"cos\n_exit\n(I3\ntR."
            await process.ask(messages.order("load_tool", "x", killing, None), 60)
        await process.close()
        assert not workers()

    asyncio.run(main())


@pytest.mark.slow
def test_more_than_a_reply_may_hold_is_not_read(monkeypatch):
    async def main():
        process = await started()
        monkeypatch.setattr(messages, "MAX_REPLY", 10)
        with pytest.raises(WorkerGoneError):
            await process.ask(messages.order("open_clip", Path("no such.wav")), 60)
        await process.close()

    asyncio.run(main())


@pytest.mark.parametrize("size", [messages.MAX_ATTACHED + 1, -1, True, "8", 0.5])
def test_no_more_is_read_behind_a_reply_than_may_follow(size):
    with pytest.raises(ValueError, match="attached"):
        messages.attached_bytes({"attached": size})


def test_a_worker_may_use_a_part_of_the_memory():
    assert 0 < default_memory() < machine_memory()


@pytest.mark.slow
def test_nothing_is_said_at_the_end_of_a_program_that_used_workers(tone, own_store):
    """In particular not that semaphores leaked. What it is at it says where the machine is slow."""
    done = subprocess.run(
        [sys.executable, "-m", "audiorouter", "tools", "run", "loudness", str(tone())],
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 0
    assert [line for line in lines if not line.startswith("audiorouter: loudness")] == []
