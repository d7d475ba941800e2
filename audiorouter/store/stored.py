"""What the store holds: calls, answers, routes and outcomes, as it is given and gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from audiorouter.scoring import ClipSums


@dataclass(frozen=True)
class StoredCall:
    """A finished tool call; `arguments`, `data` and `shared` are JSON text.

    `seconds` are those of the call by itself, `shared` those of them that each front end took; it
    is None in calls of older versions, whose seconds depend on what else ran.
    """

    key: str
    clip: str
    tool: str
    identity: str
    arguments: str
    status: Literal["ok", "failed"]
    data: str | None = None
    text: str | None = None
    error: str | None = None
    seconds: float = 0.0
    shared: str | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class StoredAnswer:
    """A reasoner's answer to (clip, question, choices, findings)."""

    key: str
    clip: str
    question: str
    choices: str
    provider: str
    identity: str
    findings: str
    prediction: str
    prediction_index: int | None
    probabilities: str | None
    confidence: float | None
    seconds: float
    usage: str | None = None
    remark: str | None = None


class AnswerUse(NamedTuple):
    """What an answer was made of and took; all but the clip's `duration` in s are texts."""

    question: str
    choices: str
    findings: str
    usage: str
    duration: float


@dataclass(frozen=True)
class StoredRoute:
    """A router's decision for (clip, question, choices)."""

    key: str
    clip: str
    question: str
    router: str
    calls: str
    reason: str
    seconds: float


@dataclass(frozen=True)
class StoredOutcome:
    """What the reasoner made of (clip, question, choices) by a route; see the answer for why."""

    key: str
    clip: str
    question: str
    choices: str
    provider: str
    route: str
    prediction_index: int | None
    probabilities: str | None
    tool_seconds: float
    reason_seconds: float
    answer_key: str


class StoredRun(NamedTuple):
    """A run, and how many of its rows have a prediction, are scored, and are right.

    `settings` are JSON text: what was asked, by whom and with what. Times are UTC.
    """

    number: int
    started: str
    finished: str | None
    status: str
    questions_file: str
    clips_dir: str
    settings: str
    questions: int
    answered: int
    clips: int
    """Of how many clips any row is scored."""
    right: int
    scored: int
    right_squared: int
    """Sum over clips, as those below: of the squares of how many rows are right."""
    right_times_scored: int
    scored_squared: int

    @property
    def counts(self) -> ClipSums:
        """Which of its rows are right, by clip."""
        return ClipSums(
            self.clips,
            self.right,
            self.scored,
            self.right_squared,
            self.right_times_scored,
            self.scored_squared,
        )


@dataclass(frozen=True)
class StoredRow:
    """A row of a run; `route` and `fields` are JSON text, the latter all that the answers file may
    say of it (None in runs of earlier versions)."""

    position: int
    question_id: str
    audio: str
    question: str
    answer: str | None
    prediction: str | None
    correct: int | None
    clip: str | None
    route: str | None
    answer_key: str | None
    error: str | None
    fields: str | None


class MeasuredCost(NamedTuple):
    """What a tool took by itself, in seconds of computing a second of audio.

    `shared` is JSON text: how much of that each front end took.
    """

    seconds_per_second: float
    shared: str


class CallCost(NamedTuple):
    """What one stored call takes by itself, on a clip of `duration` s."""

    arguments: str
    seconds: float
    shared: str
    """Seconds of each front end among them, as JSON."""
    duration: float


class StoreStats(NamedTuple):
    """How much is kept: rows per table, and bytes on disk."""

    clips: int
    tool_calls: int
    answers: int
    outcomes: int
    routes: int
    runs: int
    bytes: int
