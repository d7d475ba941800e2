"""Reasoners whose answers are known beforehand, some of which fail, and a provider of any of them.

The first choice of what they are asked is the right one.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from audiorouter import AsyncReasoner
from audiorouter.errors import ReasonerError
from audiorouter.providers import Answer, NoOptions, Provider, Reasoner, Request


class AlwaysRight(Reasoner):
    """Needs no tool."""

    name = "always"
    identity = "always right"

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        return [Answer(request.choices[0], 0) for request in requests]


class Listens(Reasoner):
    """Is right with `tool`, else wrong; it says how sure it is, and counts what it is asked."""

    name = identity = "fake"
    order_matters = False
    tool = "loudness"

    def __init__(self) -> None:
        self.asked = 0

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        self.asked += len(requests)
        return [self.one(request) for request in requests]

    def one(self, request: Request) -> Answer:
        right = any(item.call.tool == self.tool for item in request.findings)
        sure = 0.9 if "0.wav" in str(request.clip) else 0.6
        p = (sure, 1 - sure) if right else (1 - sure, sure)
        return Answer(request.choices[int(not right)], int(not right), p)


class Unsure(Listens):
    """The same, without saying how sure it is."""

    identity = "unsure"

    def one(self, request: Request) -> Answer:
        return replace(super().one(request), probabilities=None)


Fault = Callable[[Request, list[str]], bool]
"""Whether a request fails, by itself and the tools that it has findings of."""


class Fails(Reasoner):
    """Fails where `fails` says so; the rest is another one's to answer."""

    name = "fake"
    identity = "fails"
    order_matters = False

    def __init__(
        self, fails: Fault, reasoner: Reasoner | None = None, error: Exception | None = None
    ) -> None:
        self.fails = fails
        self.reasoner = reasoner or Listens()
        self.error = error or ReasonerError("not today")

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        for request in requests:
            if self.fails(request, [item.call.tool for item in request.findings]):
                raise self.error
        return self.reasoner.answer(requests)


class Opens(Provider[NoOptions]):
    """Opens the one that it was given, as `fake`."""

    Options = NoOptions
    name = "fake"
    description = "for faults"

    def __init__(self, reasoner: Reasoner) -> None:
        self.reasoner = reasoner

    def open(self, model: str, options: NoOptions) -> Reasoner:
        return self.reasoner


PATIENCE = 20.0
"""Seconds after which a test that waits for something fails."""


class Counts(Opens):
    """Counts how often it is opened."""

    opened = 0

    def open(self, model, options):
        self.opened += 1
        return super().open(model, options)


class Holds(Listens):
    """Answers nothing before it is let go; says when it was asked."""

    batch_size = 1

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.let_go = threading.Event(), threading.Event()

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        answers = super().answer(requests)
        self.reached.set()
        assert self.let_go.wait(PATIENCE)
        return answers


class HoldsOnItsLoop(AsyncReasoner):
    """The same, for one that waits for a server, one request at a time."""

    name = identity = "fake"
    in_flight = 1

    def __init__(self) -> None:
        self.asked = 0
        self.reached, self.let_go = threading.Event(), threading.Event()

    async def reply(self, request: Request) -> Answer:
        self.asked += 1
        self.reached.set()
        while not self.let_go.is_set():
            await asyncio.sleep(0.01)
        return Answer(request.choices[0], 0)

    async def close(self) -> None:
        return
