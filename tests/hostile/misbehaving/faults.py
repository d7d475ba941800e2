"""What goes wrong wherever code that is not ours is called."""

from __future__ import annotations

import asyncio
import signal
import sys
import time

import numpy as np

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


def loops(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        time.sleep(60)


def hogs(*_):
    cacheable = []
    while True:
        cacheable.append(np.ones(1 << 24))
