"""Outcome tables whose values are written down, by the direct answer and single calls a, b, c …"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from audiorouter.clips import ClipFacts
from audiorouter.learning.outcome_table import OutcomeTable
from audiorouter.questions import Question
from audiorouter.routing import RouteRequest
from audiorouter.toolbox import ToolCall

FACTS = ClipFacts("h", 1.0, 16_000, 1, -20.0, -3.0)


def table(
    correct, quality=None, seconds=None, together=None, *, clips=None, skills=None, asked=None
) -> OutcomeTable:
    """A table with these values `(Q, R)`; without `clips` each question has its own.

    `together` are the seconds of all calls where they share something, `skills` a column of the
    questions file, `asked` their words.
    """
    correct = np.array(correct, dtype=bool)
    rows, columns = correct.shape
    spent = np.zeros(correct.shape) if seconds is None else np.array(seconds, dtype=float)
    records = [{} if skills is None else {"skill": skills[i]} for i in range(rows)]
    texts = [f"q{i}" for i in range(rows)] if asked is None else asked
    return OutcomeTable(
        questions=tuple(
            Question(
                str(i), i, "a.wav", Path("a.wav"), texts[i], ("x", "y"), gold_index=0,
                record=records[i],
            )
            for i in range(rows)
        ),
        requests=tuple(RouteRequest(text, ("x", "y"), FACTS) for text in texts),
        clips=tuple(f"c{i}" for i in range(rows)) if clips is None else tuple(clips),
        routes=((), *((ToolCall("abcdefghij"[i]),) for i in range(columns - 1))),
        quality=correct.astype(float) if quality is None else np.array(quality, dtype=float),
        correct=correct,
        confidence=np.full(correct.shape, 0.5),
        tool_seconds=spent,
        all_seconds=spent.sum(axis=1) if together is None else np.full(rows, float(together)),
        answered=np.ones(correct.shape, dtype=bool),
        tried=np.ones(correct.shape, dtype=bool),
        margin=np.full(rows, np.nan),
    )  # fmt: skip
