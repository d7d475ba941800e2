"""Hooks that misbehave where a question says so, each where $HOSTILE_HOOK names it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace

import numpy as np

from audiorouter import Evidence, Request, ToolCall, hookimpl
from misbehaving.faults import RAISED, SURROGATE


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
