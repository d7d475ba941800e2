"""Child processes that import what may be broken: what crashes there harms nobody here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, Self

from audiorouter.machine.processes import ending
from audiorouter.text import encodable

SECONDS = 60.0
"""In which a child has to answer."""
_SHOWN = 300
"""Characters of what a child says last."""


class Told(NamedTuple):
    """What a child said: its facts, or how it failed."""

    facts: dict[str, Any]
    error: str | None = None


class Children:
    """Child processes that look (`audiorouter.doctor.looks`) while other things are looked at here.

    Leaving it does not wait for those that nobody asked about.
    """

    def __init__(self, questions: Iterable[tuple[str, ...]] = ()):
        self._pool = ThreadPoolExecutor(len(os.sched_getaffinity(0)) + 1, "doctor")
        self._asked: dict[tuple[str, ...], Future[Told]] = {}
        for question in questions:
            self._ask(question)

    def told(self, *question: str) -> Told:
        """What the child says to a question, which it may have been asked before; waits for it."""
        return self._ask(question).result()

    def _ask(self, question: tuple[str, ...]) -> Future[Told]:
        if question not in self._asked:
            self._asked[question] = self._pool.submit(_tell, question)
        return self._asked[question]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _tell(question: tuple[str, ...]) -> Told:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "audiorouter.doctor.looks", *question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Told({}, f"it took longer than {SECONDS:g} s")
    except OSError as refused:
        return Told({}, f"no process could be started: {refused}")
    try:
        facts, error = json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        last = f": {encodable(said[-1])[:_SHOWN]}" if said else ""
        return Told({}, f"it ended the process ({ending(done.returncode)}){last}")
    return Told(facts, error)
