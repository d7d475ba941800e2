"""A plugin that misbehaves in every way that its hooks allow, each by a name.

A question that reads `NAME` is what goes wrong there: in the tool called NAME, in the reasoner, the
router or the hook that the test looks at. Any other question is an honest one.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace

import numpy as np
from pydantic import field_validator

from audiorouter import (
    Answer,
    AskingRouter,
    AsyncReasoner,
    AudioSource,
    Domain,
    Evidence,
    Finding,
    NoArguments,
    NoOptions,
    Provider,
    Reasoner,
    ReasonerError,
    Request,
    Route,
    Router,
    RouterFactory,
    Samples,
    Tool,
    ToolCall,
    ToolError,
    hookimpl,
)

SURROGATE = "lone \ud800"


class UnprintableError(Exception):
    def __str__(self):
        raise ValueError("no text")


class ExitsWhenShownError(Exception):
    def __str__(self):
        sys.exit(7)


def raising(error):
    def act(*_):
        raise error() if isinstance(error, type) else error

    return act


def loops(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)


RAISED = {
    "exit": raising(SystemExit(0)),
    "exit code": raising(SystemExit(3)),
    "keyboard": raising(KeyboardInterrupt),
    "unprintable": raising(UnprintableError),
    "exits when shown": raising(ExitsWhenShownError),
    "surrogate error": raising(ValueError(SURROGATE)),
    "huge error": raising(ValueError("x" * 5_000_000)),
    "generator exit": raising(GeneratorExit),
    "cancelled": raising(asyncio.CancelledError),
    "stop iteration": raising(StopIteration),
    "recursion": raising(RecursionError),
    "memory error": raising(MemoryError),
    "group": raising(BaseExceptionGroup("many", [KeyboardInterrupt(), ValueError()])),
}


# Tools


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


def hogs(*_):
    cacheable = []
    while True:
        cacheable.append(np.ones(1 << 24))


TOOLS = {
    **RAISED,
    "surrogate text": lambda *_: Finding({}, SURROGATE),
    "surrogate data": lambda *_: Finding({"text": SURROGATE}, "Fine."),
    "surrogate complaint": raising(ToolError(SURROGATE)),
    "nan": lambda *_: Finding({"value": float("nan")}, "Fine."),
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


# Reasoners


class Odd(Answer):
    @property
    def text(self):
        raise SystemExit(1)


def good(request) -> Answer:
    return Answer(request.choices[0], 0, (0.75, 0.25), 0.001)


ANSWERS = {
    **RAISED,
    "refuses": raising(ReasonerError(SURROGATE)),
    "nothing": lambda r: None,
    "text alone": lambda r: "first",
    "out of range": lambda r: Answer("first", 2),
    "negative": lambda r: Answer("first", -1),
    "truth for a number": lambda r: Answer("first", True),
    "too few": lambda r: Answer("first", 0, (1.0,)),
    "nan": lambda r: Answer("first", 0, (float("nan"), 0.5)),
    "infinite": lambda r: Answer("first", 0, (float("inf"), 0.5)),
    "beyond one": lambda r: Answer("first", 0, (7.0, 0.5)),
    "no text": lambda r: Answer(None, 0),
    "surrogate text": lambda r: Answer(SURROGATE, 0),
    "huge text": lambda r: Answer("x" * 5_000_000, 0),
    "negative seconds": lambda r: Answer("first", 0, None, -1.0),
    "seconds in words": lambda r: Answer("first", 0, None, "two"),
    "odd": lambda r: Odd("first", 0),
    "sleeps": lambda r: time.sleep(600),
    "sleeps too": lambda r: time.sleep(600),
}
GOOD_ANSWERS = {
    "usage in words": lambda r: Answer("first", 0, (0.75, 0.25), 0.1, {"a": "many", "b": {}}),
    "numbers of numpy": lambda r: Answer("first", np.int64(0), np.array([0.75, 0.25], np.float32)),
    "a list": lambda r: Answer("first", 0, [np.float32(0.75), 0.25]),
}


class Quiet(Reasoner):
    """Answers in batches of four."""

    name = identity = "quiet"
    batch_size = 4

    def answer(self, requests):
        if any(r.question == "one too many" for r in requests):
            return [good(r) for r in requests] * 2
        if any(r.question == "a generator" for r in requests):
            return (good(r) for r in requests)
        return [(ANSWERS | GOOD_ANSWERS).get(r.question, good)(r) for r in requests]

    def use_threads(self, count):
        return


class Steady(Quiet):
    """Always answers."""

    name = identity = "steady"

    def answer(self, requests):
        return [good(request) for request in requests]


class Slow(Steady):
    """Takes its time, as large models do."""

    name = identity = "slow"

    def answer(self, requests):
        time.sleep(0.1)
        return super().answer(requests)


class Remote(AsyncReasoner):
    """Answers each in its own time."""

    name = identity = "remote"

    async def reply(self, request):
        await asyncio.sleep(0)
        if request.question == "waits":
            await asyncio.sleep(600)
        if request.question == "waits and does not listen":
            for _ in range(600):
                try:
                    await asyncio.sleep(1)
                except asyncio.CancelledError:
                    continue
        if request.question == "a task that exits":
            asyncio.get_running_loop().create_task(self._exit())
            await asyncio.sleep(0.05)
        return (ANSWERS | GOOD_ANSWERS).get(request.question, good)(request)

    async def _exit(self):
        raise SystemExit(9)

    async def close(self):
        raise SystemExit(8)


class VoiceProvider(Provider[NoOptions]):
    name = "hostile"
    description = "misbehaves"
    Options = NoOptions

    def open(self, model, options):
        if model in OPENED:
            return OPENED[model]()
        return {"steady": Steady, "slow": Slow, "quiet": Quiet, "remote": Remote}[model]()


class Nameless(Quiet):
    identity = ""


class Eared(Quiet):
    listening_calls = "sound_tags"


OPENED = {
    "exit": raising(SystemExit(0)),
    "keyboard": raising(KeyboardInterrupt),
    "unprintable": raising(UnprintableError),
    "nothing": lambda: None,
    "nameless": Nameless,
    "eared": Eared,
}


@hookimpl
def register_providers(register):
    register(VoiceProvider())


# Routers


def honest_route(request) -> Route:
    return Route((ToolCall("honest"),), "honest")


ROUTES = {
    **RAISED,
    "nothing": lambda r: None,
    "a name": lambda r: "honest",
    "unknown tool": lambda r: Route((ToolCall("no such tool"),)),
    "no calls": lambda r: Route(("honest",)),
    "calls in words": lambda r: Route("honest"),
    "arguments of objects": lambda r: Route((ToolCall("honest", {"a": object()}),)),
    "arguments of sets": lambda r: Route((ToolCall("honest", {1, 2}),)),
    "arguments that do not fit": lambda r: Route((ToolCall("honest", {"no": 1}),)),
    "surrogate arguments": lambda r: Route((ToolCall("honest", {"a": SURROGATE}),)),
    "surrogate reason": lambda r: Route((), SURROGATE),
    "reason of bytes": lambda r: Route((), b"because"),
    "without end": lambda r: Route(tuple(ToolCall("honest") for _ in range(5_000))),
}


class Wayward(Router):
    name = identity = "wayward"

    def __init__(self, cacheable):
        self.cacheable = cacheable

    def route(self, requests):
        if any(r.question == "one too many" for r in requests):
            return [honest_route(r) for r in requests] * 2
        if any(r.question == "a generator" for r in requests):
            return (honest_route(r) for r in requests)
        return [ROUTES.get(r.question, honest_route)(r) for r in requests]


class Asking(AskingRouter):
    name = identity = "asking"

    async def decide(self, request, ask, *, max_calls):
        while request.question == "asks for ever":
            await ask(request)
        if request.question == "another clip":
            await ask(replace(request, audio_hash="0"))
        return ROUTES.get(request.question, honest_route)(request)


def named_call(question) -> ToolCall:
    given = {"level": 1.0} if question == "fussytool" else {}
    return ToolCall(identifier(question), given)


class Named(Router):
    """Calls the tool that the question names."""

    name = identity = "named"

    def route(self, requests):
        return [
            honest_route(r)
            if r.question.startswith("honest")
            else Route((named_call(r.question), ToolCall("honest")), "named")
            for r in requests
        ]


class Margin(Router):
    """Wants to know how sure the reasoner is without tools."""

    name = identity = "margin"
    wants_margin = True

    def route(self, requests):
        return [honest_route(r) for r in requests]


class Factory(RouterFactory):
    description = "misbehaves"

    def __init__(self, name):
        self.name = name

    def open(self, argument, tools):
        if self.name == "asking":
            return Asking()
        if self.name == "margin":
            return Margin()
        if self.name == "named":
            return Named()
        return Wayward(argument == "kept")


@hookimpl
def register_routers(register):
    for name in ("wayward", "asking", "named", "margin"):
        register(Factory(name))


# Hooks


@dataclass(frozen=True)
class Incomparable(Request):
    def __eq__(self, other):
        sys.exit(6)

    __hash__ = None


class Moody(str):
    def __ne__(self, other):
        raise KeyError("no comparing")

    __eq__ = __ne__
    __hash__ = str.__hash__


def changes_in_place(request):
    object.__setattr__(request, "question", b"changed")


PREPARED = {
    **RAISED,
    "a text": lambda r: "another",
    "other choices": lambda r: replace(r, choices=("x", "y", "z")),
    "other clip": lambda r: replace(r, audio_hash="0"),
    "surrogate question": lambda r: replace(r, question=SURROGATE),
    "huge question": lambda r: replace(r, question="x" * 5_000_000),
    "incomparable": lambda r: Incomparable(r.clip, r.audio_hash, r.question, r.choices),
    "moody": lambda r: replace(r, audio_hash=Moody("x")),
    "call of an object": lambda r: replace(r, findings=(Evidence(object(), "x"),)),
    "arguments of objects": lambda r: replace(
        r, findings=(Evidence(ToolCall("honest", {"a": object()}), "x"),)
    ),
    "changes in place": changes_in_place,
    "findings in words": lambda r: replace(r, findings="loud"),
    "findings of bytes": lambda r: replace(r, findings=(Evidence(ToolCall("honest"), b"x"),)),
}
GOOD_REQUESTS = {"a list": lambda r: replace(r, findings=[*r.findings])}
"""What is as good as what the document shows."""


JUDGED = {
    **RAISED,
    "yes": lambda q: "yes",
    "an array": lambda q: np.array([True, False]),
    "changes the question": lambda q: q.record.clear(),
}


@hookimpl
def prepare_request(request):
    if os.environ.get("HOSTILE_HOOK") == "prepare_request":
        return (PREPARED | GOOD_REQUESTS).get(request.question, lambda r: None)(request)
    return None


@hookimpl
def judge_answer(question, answer):
    if os.environ.get("HOSTILE_HOOK") == "judge_answer":
        return JUDGED.get(question.text, lambda q: None)(question)
    return None


@hookimpl
def answered(row):
    if os.environ.get("HOSTILE_HOOK") == "answered":
        print("noise from answered")
        os.write(1, b"noise from answered\n")
        row.clear()
        RAISED.get(row.get("question", "keyboard"), lambda r: None)(row)


# Audio sources


def audio(*_):
    return Samples(np.full((1, 800), 0.25, np.float32), 8_000)


READ = {
    **RAISED,
    "nothing": lambda p: None,
    "one dimension": lambda p: Samples(np.zeros(800, np.float32), 8_000),
    "no samples": lambda p: Samples(np.zeros((1, 0), np.float32), 8_000),
    "not finite": lambda p: Samples(np.full((1, 800), np.nan, np.float32), 8_000),
    "words": lambda p: Samples("noise", 8_000),
    "rate of zero": lambda p: Samples(np.zeros((1, 800), np.float32), 0),
    "rate beyond measure": lambda p: Samples(np.ones((1, 800), np.float32), 2**70),
    "rate in words": lambda p: Samples(np.zeros((1, 800), np.float32), "fast"),
    "segfault": lambda p: ctypes.string_at(0),
    "leaves well": lambda p: os._exit(0),
    "loops": loops,
    "hogs": hogs,
    "prints": lambda p: os.write(1, b"noise") and audio(),
}


class Source(AudioSource):
    suffixes = (".evil",)

    def read(self, path):
        return READ.get(path.stem, audio)(path)


@hookimpl
def register_audio_sources(register):
    register(Source())
