"""Tool workers have no network: not in Python, not in native code, not in what they start."""

import socket
import subprocess
import sys

import pytest
from hostile_tools import CallsHomeAnyhow
from test_isolation import run, store  # noqa: F401 - a fixture

HOLDS = """
from audiorouter.machine.network import leave_network
raise SystemExit(not leave_network())
"""


def child(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.fixture(scope="session")
def kernel_holds_it() -> None:
    if child(HOLDS).returncode:
        pytest.skip("this kernel has no seccomp filters, or not for us")


@pytest.fixture
def listener():
    """A server on this machine that anybody can reach who has a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        yield server


def heard(listener: socket.socket) -> list[str]:
    words = []
    with pytest.raises(TimeoutError):
        while True:
            words.append(listener.recv(100).decode())
    return words


@pytest.mark.slow
def test_a_tool_reaches_nobody_by_any_way(store, tone, listener, kernel_holds_it):  # noqa: F811
    CallsHomeAnyhow.call("127.0.0.1", listener.getsockname()[1])
    assert sorted(heard(listener)) == sorted(CallsHomeAnyhow.WAYS)  # each of them works
    path = tone(name=f"{listener.getsockname()[1]}.wav")
    results, _ = run(store, path, CallsHomeAnyhow.name)
    assert results[CallsHomeAnyhow.name].error is None
    assert heard(listener) == []


GIVEN_UP = """
import asyncio, ctypes, socket, threading
from audiorouter.machine.network import leave_network
told, seen = threading.Event(), []
libc = ctypes.CDLL(None, use_errno=True)
def tried(*call):
    return ctypes.get_errno() if libc.syscall(*call) < 0 else "made"
def other():
    told.wait()
    seen.append(libc.socket(socket.AF_INET, socket.SOCK_STREAM, 0))
thread = threading.Thread(target=other)
thread.start()
assert leave_network()
told.set()
thread.join()
assert seen == [-1], "a thread that was there before has a network"
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_PACKET, socket.AF_VSOCK):
    assert libc.socket(family, socket.SOCK_STREAM, 0) == -1, family
IO_URING_SETUP, X32 = 425, 0x40000000
assert tried(IO_URING_SETUP, 1, ctypes.create_string_buffer(120)) == 13
assert tried(X32 + 41, socket.AF_INET, socket.SOCK_STREAM, 0) == 13
asyncio.run(asyncio.sleep(0))
for one in socket.socketpair():
    one.close()
socket.socket(socket.AF_UNIX).close()
"""


def test_every_call_that_makes_a_socket_is_given_up_and_the_machine_s_own_are_left(kernel_holds_it):
    done = child(GIVEN_UP)
    assert done.returncode == 0, done.stderr


IN_PYTHON = """
import socket
from audiorouter.machine import network, seccomp
def refuse(refusals):
    raise OSError("no such thing here")
seccomp.refuse = refuse
assert not network.leave_network()
for way in (
    lambda: socket.socket(),
    lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, ("::1", 9)),
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.getaddrinfo("localhost", 9),
    lambda: socket.gethostbyname("localhost"),
    lambda: socket.gethostbyname_ex("localhost"),
    lambda: socket.gethostbyaddr("127.0.0.1"),
    lambda: socket.getnameinfo(("127.0.0.1", 9), 0),
):
    try:
        way()
    except PermissionError as error:
        assert "without a network" in str(error)
    else:
        raise AssertionError("not refused")
for one in socket.socketpair():
    one.close()
"""


def test_where_the_kernel_does_not_hold_it_python_does():
    done = child(IN_PYTHON)
    assert done.returncode == 0, done.stderr
