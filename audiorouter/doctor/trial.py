"""One question, asked from end to end on a clip that is made for it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from audiorouter.batch.ask import ask
from audiorouter.batch.options import EngineOptions
from audiorouter.doctor.checks import Check, Subject, ok, problem, warning
from audiorouter.doctor.installation import SLOW, broken
from audiorouter.testing import make_clip

RATE = 16_000
_QUESTION, _CHOICES = "Is the pitch of this tone high or low?", ("high", "low")


def trial(subject: Subject) -> Iterator[Check]:
    """A tone is made and asked about, in a store of its own; and every extra is imported."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = np.arange(2 * RATE) / RATE
        clip = make_clip(Path(folder) / "tone.wav", 0.3 * np.sin(2 * np.pi * 2_000 * seconds), RATE)
        began = time.monotonic()
        options = EngineOptions(store=Path(folder) / "store.db")
        row = ask(clip.path, _QUESTION, _CHOICES, options, registry=subject.registry)
        took = f"{time.monotonic() - began:.1f} s"
    route = row.route.reason if row.route is not None else "none"
    failed = [f"{r.call.label}: {r.error}" for r in row.results if r.error is not None]
    if row.failed or row.prediction is None:
        yield problem(f"a question came to no answer: {row.error or row.complaint}", "the above")
    else:
        yield ok(f"a question was answered in {took}, all loaded anew (route {route})")
    for said in failed:
        yield warning(f"the tool that was called failed: {said}", "the above")
    yield from broken(subject, SLOW)
