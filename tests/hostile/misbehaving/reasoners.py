"""Reasoners that misbehave where a question says so, and how they are opened."""

from __future__ import annotations

import asyncio
import time

import numpy as np

from audiorouter import (
    Answer,
    AsyncReasoner,
    NoOptions,
    Provider,
    Reasoner,
    ReasonerError,
    hookimpl,
)
from misbehaving.faults import RAISED, SURROGATE, UnprintableError, raising


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
    "not a number": lambda r: Answer("first", 0, (float("nan"), 0.5)),
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
