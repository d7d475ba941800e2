"""Tools that misbehave, each by its name, and an honest one."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
from pydantic import field_validator

from audiorouter import Domain, Finding, NoArguments, Tool, ToolCall, ToolError, hookimpl
from misbehaving.faults import RAISED, SURROGATE, hogs, loops, raising


def forks(*_):
    if os.fork() == 0:
        return Finding({}, "The copy.")
    time.sleep(0.2)
    return Finding({}, "The original.")


def leaves_a_child(*_):
    subprocess.Popen(["sleep", "600"])
    os._exit(5)


def harms_later(*_):
    threading.Timer(0.1, lambda: os._exit(4)).start()
    return Finding({}, "All well.")


def overwrites(clip):
    clip.samples.audio[:] = 0
    return Finding({}, "It is silent now.")


def overwrites_mono(clip):
    clip.mono(8_000)[:] = 0
    return Finding({}, "It is silent now.")


def moves_away(*_):
    os.chdir("/")
    return Finding({}, "Gone elsewhere.")


def prints(*_):
    print("noise from print")
    os.write(1, b"noise from write\n")
    ctypes.CDLL(None).puts(b"noise from C")
    return Finding({}, "Said enough.")


def circular(*_):
    data: dict = {}
    data["self"] = data
    return Finding(data, "Round and round.")


def deep(*_):
    data: list = []
    for _ in range(100_000):
        data = [data]
    return Finding({"deep": data}, "Down and down.")


def deep_beyond_limits(*_):
    sys.setrecursionlimit(100_000)
    data: list = []
    for _ in range(3_000):
        data = [data]
    return Finding({"deep": data}, "Down and down.")


def digits_beyond_limits(*_):
    sys.set_int_max_str_digits(0)
    return Finding({"number": 10**5_000}, "A lot.")


TOOLS = {
    **RAISED,
    "surrogate text": lambda *_: Finding({}, SURROGATE),
    "surrogate data": lambda *_: Finding({"text": SURROGATE}, "Fine."),
    "surrogate complaint": raising(ToolError(SURROGATE)),
    "not a number": lambda *_: Finding({"value": float("nan")}, "Fine."),
    "array": lambda *_: Finding({"value": np.zeros(2)}, "Fine."),
    "object": lambda *_: Finding({"value": object()}, "Fine."),
    "no finding": lambda *_: {"text": "Fine."},
    "nothing": lambda *_: None,
    "empty text": lambda *_: Finding({}, " "),
    "bytes": lambda *_: Finding({}, b"Fine."),
    "huge text": lambda *_: Finding({}, "x" * 5_000_000),
    "huge data": lambda *_: Finding({"value": "x" * 50_000_000}, "Fine."),
    "circular": circular,
    "deep": deep,
    "deep beyond limits": deep_beyond_limits,
    "digits beyond limits": digits_beyond_limits,
    "a list for data": lambda *_: Finding([1, 2], "Fine."),
    "leaves well": lambda *_: os._exit(0),
    "leaves": lambda *_: os._exit(3),
    "segfault": lambda *_: ctypes.string_at(0),
    "abort": lambda *_: os.abort(),
    "killed": lambda *_: os.kill(os.getpid(), signal.SIGKILL),
    "loops": loops,
    "hogs": hogs,
    "leaves a child": leaves_a_child,
    "closes everything": lambda *_: os.closerange(0, 256),
    "network": lambda *_: socket.create_connection(("127.0.0.1", 9)),
    "overwrites": overwrites,
    "overwrites mono": overwrites_mono,
}
HARMLESS = {
    "slow": lambda *_: time.sleep(0.1) or Finding({}, "At last."),
    "forks": forks,
    "prints": prints,
    "moves away": moves_away,
    "harms later": harms_later,
    "numbers of numpy": lambda *_: Finding(
        {"a": np.float32(0.5), "b": np.int64(2), "c": np.bool_(True)}, "Numbers."
    ),
}
"""What must not fail, nor harm anybody."""


class Behaving(Tool[NoArguments]):
    """Does what its name says."""

    description = "Misbehaves."
    version = "1"
    licence = "none"
    domain = Domain.SOUND
    Arguments = NoArguments

    def __init__(self, behaviour: str):
        self.name = identifier(behaviour)
        self.behaviour = behaviour

    def run(self, clip, arguments):
        return (TOOLS | HARMLESS)[self.behaviour](clip)


class Honest(Behaving):
    """Says what it hears, which nobody else may change."""

    def run(self, clip, arguments):
        level = float(np.abs(clip.mono(8_000)).mean() + np.abs(clip.samples.audio).mean())
        return Finding({"level": level}, f"The level is {level:.6f}.")


class FailsToLoad(Honest):
    def load(self):
        sys.exit(0)


class CrashesToLoad(Honest):
    def load(self):
        ctypes.string_at(0)


class BadArguments(Honest):
    """What it reads off a question fits nothing; it is then called without."""

    def arguments_in(self, question, choices):
        raise SystemExit


class Fussy(NoArguments):
    level: float = 0.0

    @field_validator("level")
    @classmethod
    def _check(cls, level):
        raise {}[level]


class NamesNan(Honest):
    """What it reads off a question is no JSON; it is then called without."""

    class Arguments(NoArguments):
        level: float = 0.0

    def arguments_in(self, question, choices):
        return {"level": float("nan")}


class FussyTool(Honest):
    """Its validator fails over whatever it is given."""

    Arguments = Fussy


class Calling(Honest):
    """Makes of its calls what its name says."""

    def call_for(self, call, question, choices):
        return CALLS[self.behaviour](call)


CALLS = {
    **{f"{name} in a call": act for name, act in RAISED.items()},
    "no call": lambda _: None,
    "a name for a call": lambda call: call.tool,
    "call of another": lambda _: ToolCall("honest"),
    "call with nan": lambda call: ToolCall(call.tool, {"level": float("nan")}),
    "call with an object": lambda call: ToolCall(call.tool, {"level": object()}),
    "call with a list": lambda call: ToolCall(call.tool, [1, 2]),
    "call with a surrogate": lambda call: ToolCall(call.tool, {"level": SURROGATE}),
}


def identifier(text: str) -> str:
    return text.replace(" ", "_")


@hookimpl
def register_tools(register):
    for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(which, signal.SIG_IGN)
    for behaviour in (*TOOLS, *HARMLESS):
        register(Behaving(behaviour))
    register(Honest("honest"))
    for behaviour in CALLS:
        register(Calling(behaviour))
    for kind in (FailsToLoad, CrashesToLoad, BadArguments, NamesNan, FussyTool):
        register(kind(kind.__name__.lower()))
