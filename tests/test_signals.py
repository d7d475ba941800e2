"""A signal ends the work that it came for: once, and also where Python or others swallow it."""

import asyncio
import contextlib
import os
import signal
import time

import pytest

from audiorouter.border.faults import crossing
from audiorouter.errors import ToolError
from audiorouter.machine.signals import StopSignals


def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.5)


def test_a_signal_that_was_swallowed_ends_the_work_when_it_begins():
    with StopSignals() as stop:
        with contextlib.suppress(KeyboardInterrupt):  # as Python does in a finalizer
            interrupt()
        with pytest.raises(KeyboardInterrupt, match="SIGINT"):
            stop.run(asyncio.sleep(5))


def test_a_signal_that_ended_something_is_over():
    with pytest.raises(KeyboardInterrupt), StopSignals():
        interrupt()
    with StopSignals() as stop:
        assert stop.run(asyncio.sleep(0, "done")) == "done"


def test_a_signal_is_no_fault_of_who_was_at_work():
    with pytest.raises(KeyboardInterrupt), StopSignals(), crossing("a plugin", ToolError):
        interrupt()
    with pytest.raises(ToolError, match="a plugin failed"), crossing("a plugin", ToolError):
        raise KeyboardInterrupt


def test_signals_that_come_at_once_end_the_work_as_one_does():
    signals = [signal.SIGTERM, signal.SIGINT]

    def another_one():
        if signals:
            os.kill(os.getpid(), signals.pop())

    async def work():
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(5)

    with StopSignals(another_one) as stop, pytest.raises(KeyboardInterrupt):
        stop.run(work())
