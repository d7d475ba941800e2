"""The rows of a run as the page shows them: what was asked, heard, found, answered, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from audiorouter.batch.past.past_rows import PastRow
from audiorouter.providers.prices import money_of, tokens_of
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
_LONGEST_LISTED = 1_000
"""Characters of any other text in the list."""
LONGEST_TEXT = 50_000
"""Characters of a text of a row: an hour of speech."""
MOST_VALUES = 2_000
"""Choices, findings and the like of a row."""


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
    return [value[:_LONGEST_LISTED] if isinstance(value, str) else value for value in values]


def _short_error(row: PastRow) -> str | None:
    return None if row.error is None else row.error[:_LONGEST_ERROR]


class CallDetails(NamedTuple):
    """What is known of a call besides what its finding says."""

    seconds: float
    data: Mapping[str, Any]
    """Of its finding; times in it become lanes."""


@dataclass(frozen=True)
class AnswerBefore:
    """An answer that was given without findings."""

    text: str
    index: int | None
    probabilities: Sequence[float] | None


class Details(Protocol):
    """What is known of rows besides what an answers file says of them."""

    def duration(self, row: PastRow) -> float | None:
        """Length of the clip in s."""

    def call(self, row: PastRow, label: str, text: str | None) -> CallDetails | None:
        """The call that found this."""

    def asked(self, row: PastRow) -> str | None:
        """What the reasoner was given."""

    def before(self, row: PastRow) -> AnswerBefore | None:
        """What the same reasoner says to the same without the findings."""

    def usage(self, row: PastRow) -> Mapping[str, float] | None:
        """What a server said that the answer took."""


class NoDetails:
    """Nothing is known besides."""

    def duration(self, _row: PastRow) -> None:
        """Not known."""

    def call(self, _row: PastRow, _label: str, _text: str | None) -> None:
        """Not known."""

    def asked(self, _row: PastRow) -> None:
        """Not known."""

    def before(self, _row: PastRow) -> None:
        """Not known."""

    def usage(self, _row: PastRow) -> None:
        """Not known."""


def shown(row: PastRow, clip: str | None, details: Details) -> Values:
    """A row with all that is known of it; `clip` is by what the page asks for its sound.

    What is not known is None, and without findings the calls of its route are shown by their names.
    """
    fields, duration = row.fields, details.duration(row)
    findings = fields.get("findings")
    if findings is None:
        calls = [_unknown_call(label) for label in row.calls]
    else:
        calls = [
            shown_call(each, duration, details.call(row, each["call"], each.get("text")))
            for each in findings
        ]
    before, usage = details.before(row), details.usage(row) or {}
    tokens = tokens_of(usage)
    values = {
        "id": fields.get("id"),
        "audio": fields.get("audio"),
        "clip": clip,
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
        "calls": calls,
        "asked": details.asked(row),
        "tool_seconds": fields.get("tool_seconds"),
        "reason_seconds": fields.get("reason_seconds"),
        "prompt_tokens": tokens.prompt,
        "answer_tokens": tokens.answer,
        "cost": money_of(usage, None),
        "cached": fields.get("cached"),
        "error": row.error,
        "left": row.left,
        "remark": fields.get("remark"),
        "domain": fields.get("domain"),
        "category": fields.get("category"),
        "other": None,
    }
    return {name: _cut(value) for name, value in values.items()}


def shown_call(
    finding: Mapping[str, Any], duration: float | None, made: CallDetails | None
) -> Values:
    """A call with what it found, as an answers file has it, and its lanes."""
    return _unknown_call(finding["call"]) | {
        "text": finding.get("text"),
        "confidence": finding.get("confidence"),
        "error": finding.get("error"),
        "seconds": None if made is None else round(made.seconds, 3),
        "lanes": [] if made is None else lanes_of(made.data, duration=duration),
        "found": True,
    }


def _unknown_call(label: str) -> Values:
    """A call of which nobody says what it found."""
    return {
        "label": label,
        "tool": label.split("(", 1)[0],
        "text": None,
        "confidence": None,
        "error": None,
        "seconds": None,
        "lanes": [],
        "found": False,
    }


def _before(answer: AnswerBefore, fields: Mapping[str, Any]) -> Values:
    """The answer without tools; right or wrong where that goes by the choice."""
    index, right = answer.index, _right_indices(fields)
    choices = fields.get("choices") or []
    known = index is not None and 0 <= index < len(choices)
    return {
        "prediction": choices[index or 0] if known else answer.text,
        "index": index,
        "correct": index in right if right else None,
        "probabilities": answer.probabilities,
    }


def _cut(value: Any) -> Any:
    """The value with texts and lists that a page can hold; what is cut says so."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{value[:LONGEST_TEXT]} … ({len(value) - LONGEST_TEXT:,} more characters)"
    if isinstance(value, list):
        more = [f"… ({len(value) - MOST_VALUES:,} more)"] if len(value) > MOST_VALUES else []
        return [*map(_cut, value[:MOST_VALUES]), *(more if _all_texts(value) else [])]
    return {n: _cut(v) for n, v in value.items()} if isinstance(value, dict) else value


def _all_texts(values: Sequence[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


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
