"""One process at a time in a folder: whoever ends lets go of it, however it ends."""

import os
import signal
import subprocess
import sys
from contextlib import suppress

import pytest

from audiorouter.machine.files import locked

HOLDER = """
import sys
from pathlib import Path

from audiorouter.machine.files import locked

with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


class HeldError(Exception):
    """Somebody else has the folder."""


def refuse():
    raise HeldError


def is_free(folder):
    with suppress(HeldError), locked(folder, waiting=refuse):
        return True
    return False


@pytest.fixture
def holder(tmp_path):
    """Another process, which has the folder."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_another_process_is_waited_for_and_that_is_said_once(holder, tmp_path):
    said = []

    def waiting():
        said.append("waiting")
        holder.communicate("go on\n")

    assert not is_free(tmp_path)
    with locked(tmp_path, waiting=waiting):
        assert said == ["waiting"] and holder.returncode == 0
    assert is_free(tmp_path) and not list(tmp_path.iterdir())


def test_a_kill_lets_go_of_it_and_leaves_nothing(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert is_free(tmp_path) and not list(tmp_path.iterdir())


def test_an_error_lets_go_of_it(tmp_path):
    with pytest.raises(HeldError), locked(tmp_path):
        raise HeldError
    assert is_free(tmp_path)


def test_a_copy_of_the_process_neither_keeps_it_nor_lets_go_of_it(tmp_path):
    with locked(tmp_path):
        lives_on = os.fork()
        if not lives_on:
            signal.pause()
    try:
        assert is_free(tmp_path)
    finally:
        os.kill(lives_on, signal.SIGKILL)
        os.waitpid(lives_on, 0)
    own = os.getpid()
    try:
        with locked(tmp_path):
            leaves = os.fork()
            if not leaves:
                raise HeldError
            os.waitpid(leaves, 0)
            assert not is_free(tmp_path)
    except HeldError:
        assert os.getpid() != own
        os._exit(0)
