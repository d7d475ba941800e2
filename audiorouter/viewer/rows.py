"""The rows of a run as the page shows them: what was asked, heard, found, answered, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from audiorouter.batch.past_rows import PastRow
from audiorouter.store import Store, StoredAnswer, StoredCall
from audiorouter.toolbox.interface import ToolCall
from audiorouter.viewer.lanes import lanes_of

Values = dict[str, Any]
"""Values of JSON."""

COLUMNS = (
    "id",
    "audio",
    "question",
    "prediction",
    "correct",
    "confidence",
    "tools",
    "domain",
    "category",
    "error",
    "seconds",
    "right",
    "left",
)
"""What the list has of each row; the rest comes when a row is looked at."""
OTHER_COLUMNS = ("other_prediction", "other_correct", "other_tools", "other_error")
"""Besides, where a second run is held against the first."""
_LONGEST_ERROR = 200
"""Characters of an error in the list."""


def listed(row: PastRow, other: PastRow | None, *, compared: bool) -> list[Any]:
    """A row as the list has it, in the order of `COLUMNS` and `OTHER_COLUMNS`."""
    fields = row.fields
    seconds = sum(fields.get(name) or 0.0 for name in ("tool_seconds", "reason_seconds"))
    values = [
        fields.get("id"),
        fields.get("audio"),
        fields.get("question"),
        row.prediction,
        row.correct,
        fields.get("confidence"),
        _tools(row),
        fields.get("domain"),
        fields.get("category"),
        _short_error(row),
        round(seconds, 3),
        ", ".join(_right_answers(fields)),
        row.left,
    ]
    if compared and other is None:
        values += [None] * len(OTHER_COLUMNS)  # not asked there
    elif compared and other is not None:
        values += [other.prediction, other.correct, _tools(other), _short_error(other)]
    return values


def _short_error(row: PastRow) -> str | None:
    return None if row.error is None else row.error[:_LONGEST_ERROR]


def shown_rows(store: Store, rows: Sequence[PastRow]) -> list[Values]:
    """Rows with all that the store knows of them, asked for in one go."""
    clips = {row.clip for row in rows if row.clip is not None}
    found = Known(store, clips)
    return [_shown(row, found) for row in rows]


class Known:
    """Calls and answers of some clips, as the store has them."""

    def __init__(self, store: Store, clips: Iterable[str]):
        self._durations = store.clip_seconds(clips)
        self._calls: dict[tuple[str, str], list[StoredCall]] = {}
        self._answers: dict[tuple[str, str, str, str], list[StoredAnswer]] = {}
        self._by_key: dict[str, StoredAnswer] = {}
        for call in store.calls_about(clips):
            label = ToolCall(call.tool, json.loads(call.arguments)).label
            self._calls.setdefault((call.clip, label), []).append(call)
        for answer in store.answers_about(clips):
            asked = (answer.clip, answer.question, answer.choices, answer.identity)
            self._answers.setdefault(asked, []).append(answer)
            self._by_key[answer.key] = answer

    def duration(self, clip: str | None) -> float | None:
        """Length of a clip in s."""
        return None if clip is None else self._durations.get(clip)

    def calls(self, clip: str, label: str) -> list[StoredCall]:
        """All calls of that name about a clip, the latest first."""
        return self._calls.get((clip, label), [])

    def call(self, clip: str | None, label: str, text: str | None) -> StoredCall | None:
        """The call that found this; of several versions the one that says the same."""
        calls = self._calls.get((clip or "", label), [])
        return next((call for call in calls if call.text == text), None)

    def answer(self, key: str | None) -> StoredAnswer | None:
        """An answer by its key."""
        return None if key is None else self._by_key.get(key)

    def answer_before(self, answer: StoredAnswer, labels: set[str]) -> StoredAnswer | None:
        """What the same reasoner says to the same without the findings of the calls `labels`."""
        heard = [told for told in json.loads(answer.findings) if told[0] not in labels]
        asked = (answer.clip, answer.question, answer.choices, answer.identity)
        for other in self._answers.get(asked, []):
            if other.key != answer.key and json.loads(other.findings) == heard:
                return other
        return None


def _shown(row: PastRow, found: Known) -> Values:
    fields, duration = row.fields, found.duration(row.clip)
    findings = fields.get("findings") or []
    answer = found.answer(row.answer_key)
    labels = {finding["call"] for finding in findings}
    before = None if answer is None or not labels else found.answer_before(answer, labels)
    return {
        "id": fields.get("id"),
        "audio": fields.get("audio"),
        "clip": row.clip,
        "duration": duration,
        "question": fields.get("question"),
        "choices": fields.get("choices") or [],
        "right": _right_indices(fields),
        "answers": _right_answers(fields),
        "prediction": row.prediction,
        "index": fields.get("prediction_index"),
        "correct": row.correct,
        "scored_by": fields.get("scored_by"),
        "confidence": fields.get("confidence"),
        "probabilities": fields.get("probabilities"),
        "before": None if before is None else _before(before, fields),
        "reason": fields.get("reason"),
        "calls": [shown_call(finding, row.clip, duration, found) for finding in findings],
        "asked": None if answer is None else words_asked(answer),
        "tool_seconds": fields.get("tool_seconds"),
        "reason_seconds": fields.get("reason_seconds"),
        "cached": fields.get("cached"),
        "error": row.error,
        "left": row.left,
        "remark": fields.get("remark"),
        "domain": fields.get("domain"),
        "category": fields.get("category"),
        "other": None,
    }


def shown_call(
    finding: Mapping[str, Any], clip: str | None, duration: float | None, found: Known
) -> Values:
    """A call of a route with what it found, as an answers file has it, and its lanes."""
    label, text = finding["call"], finding.get("text")
    call = found.call(clip, label, text)
    data = {} if call is None else json.loads(call.data or "{}")
    return {
        "label": label,
        "tool": label.split("(", 1)[0],
        "text": text,
        "confidence": finding.get("confidence"),
        "error": finding.get("error"),
        "seconds": None if call is None else round(call.seconds, 3),
        "lanes": lanes_of(data, duration=duration) if isinstance(data, Mapping) else [],
    }


def _before(answer: StoredAnswer, fields: Mapping[str, Any]) -> Values:
    """The answer without tools; right or wrong where that goes by the choice."""
    index, right = answer.prediction_index, _right_indices(fields)
    choices = fields.get("choices") or []
    known = index is not None and 0 <= index < len(choices)
    return {
        "prediction": choices[index or 0] if known else answer.prediction,
        "index": index,
        "correct": index in right if right else None,
        "probabilities": json.loads(answer.probabilities or "null"),
    }


def words_asked(answer: StoredAnswer) -> str:
    """What the reasoner was given: each finding in its words, the question, the choices."""
    told = [f"{label}: {text}" for label, text in json.loads(answer.findings)]
    choices = [f"- {choice}" for choice in json.loads(answer.choices)]
    return "\n".join([*told, *([""] if told else []), answer.question, *choices])


def _right_answers(fields: Mapping[str, Any]) -> list[str]:
    answer = fields.get("answer")
    if answer is None:
        return []
    return [str(one) for one in answer] if isinstance(answer, list) else [str(answer)]


def _right_indices(fields: Mapping[str, Any]) -> list[int]:
    right = set(_right_answers(fields))
    return [i for i, choice in enumerate(fields.get("choices") or []) if choice in right]


def _tools(row: PastRow) -> list[str]:
    """The tools that were called, each once, those in place of others among them."""
    found = row.fields.get("findings")
    labels = row.calls if found is None else [finding["call"] for finding in found]
    return list(dict.fromkeys(label.split("(", 1)[0] for label in labels))
