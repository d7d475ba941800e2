"""What became of a question, as a run of the store or an answers file has it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from audiorouter.batch.rows import GO_ON, Row
from audiorouter.store import StoredRow
from audiorouter.store.row_shapes import row_problem
from audiorouter.toolbox.interface import ToolCall


@dataclass(frozen=True)
class PastRow:
    """What became of a question; `fields` are those of the answers file, as far as kept."""

    id: str
    audio: str
    """The clip as the questions file names it."""
    question: str
    choices: tuple[str, ...] | None
    """Verbatim; empty where it is open-ended, None in runs of earlier versions."""
    prediction: str | None
    correct: bool | None
    calls: tuple[str, ...]
    """The tool calls of its route, in words."""
    error: str | None
    fields: Mapping[str, Any]
    clip: str | None = None
    """Hash of the clip's audio, where that is known."""
    answer_key: str | None = None
    """By which the store has the answer."""

    @property
    def left(self) -> bool:
        """Whether its run ended before it was come to."""
        return self.error is not None and GO_ON in self.error

    @property
    def choices_in_any_order(self) -> tuple[str, ...] | None:
        """The choices, sorted."""
        return None if self.choices is None else tuple(sorted(self.choices))

    @property
    def right_answers(self) -> frozenset[str]:
        """The right choices, or answers; none where they are not known."""
        given = self.fields.get("answer")
        listed = given if isinstance(given, list) else [] if given is None else [given]
        return frozenset(map(str, listed))

    @classmethod
    def stored(cls, row: StoredRow) -> PastRow:
        """The row as the store has it; one that cannot be read says so as its error."""
        problem = row_problem(row.route, row.fields)
        error = row.error
        if problem is not None:
            error = error or f"what the store has of this row cannot be read: {problem}"
            row = replace(row, route=None, fields=None)
        calls = json.loads(row.route or "[]")
        correct = None if row.correct is None else bool(row.correct)
        kept = {
            "id": row.question_id,
            "audio": row.audio,
            "question": row.question,
            "answer": row.answer,
            "prediction": row.prediction,
            "correct": correct,
            "route": calls,
            "error": error,
        }
        fields = kept if row.fields is None else kept | json.loads(row.fields)
        return cls(
            row.question_id,
            row.audio,
            row.question,
            tuple(fields["choices"]) if "choices" in fields else None,
            row.prediction,
            correct,
            labels(calls),
            error,
            fields,
            row.clip,
            row.answer_key,
        )

    @classmethod
    def answered(cls, row: Row) -> PastRow:
        """The row of a batch that was just run."""
        return cls(
            row.question.id,
            row.question.audio,
            row.question.text,
            row.question.written_choices,
            row.prediction,
            row.correct,
            labels(row.calls),
            row.complaint,
            row.fields() | row.extra_fields(),
            row.clip,
            row.answer_key,
        )


def asked_of(rows: Iterable[PastRow]) -> list[PastRow]:
    """The rows without those that their run ended before."""
    return [row for row in rows if not row.left]


def labels(calls: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Tool calls in words, from their JSON."""
    return tuple(ToolCall(call["tool"], call["arguments"]).label for call in calls)
