"""The summary of a batch: accuracy with n and interval, calls, cache hits, seconds, failures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audiorouter.batch.authors_score import AuthorsScore, authors_score
from audiorouter.batch.health import Health, health_of
from audiorouter.batch.result import BatchResult
from audiorouter.batch.rows import CATEGORY_COLUMNS, DOMAIN_COLUMNS, Row
from audiorouter.scoring import Proportion, WordErrors, proportion


@dataclass(frozen=True)
class Summary:
    """What a batch came to. Accuracies count questions without an answer as wrong."""

    questions: int
    answered: int
    failed: int
    left: int
    """Those that the batch ended before; they are neither right nor wrong."""
    status: str
    provider: str
    router: str
    accuracy: Proportion
    string_match: Proportion
    open_scored_by: str | None
    """The measure or the model by which open-ended answers are right; None where there are none."""
    word_error_rate: WordErrors | None
    """Of transcripts, where that is the measure."""
    by_domain: Mapping[str, Proportion]
    by_category: Mapping[str, Proportion]
    tool_calls: int
    tool_calls_cached: int
    answers: int
    answers_cached: int
    judgements: int
    judgements_cached: int
    clips_decoded: int
    seconds: float
    tool_seconds: Mapping[str, float]
    reason_seconds: float
    failures: Sequence[str]
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Files of the folder that were not asked about, by reason, where every clip is."""
    health: Health | None = None
    """What needs a look, and how fast answers came."""
    fresh: bool = False
    """Whether nothing was to be taken from the store."""
    reading: str = ""
    """How the questions file was read."""
    notes: Sequence[str] = ()
    """What of it was not used or is odd, which options changed nothing, what a server refused."""
    remarks: Sequence[str] = ()
    """What is odd about rows though nothing went wrong."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """What made the answers, see `audiorouter.batch.provenance`."""
    usage: Mapping[str, float] = field(default_factory=dict)
    """Tokens by kind that servers count for the answers and judgements that were made."""
    authors: AuthorsScore | None = None
    """What a benchmark's authors would count, where it was asked for by its name."""
    cost: float | None = None
    """What those cost, in the money of the prices, or as the server says; None where unknown."""

    def as_json(self) -> dict[str, Any]:
        """The summary as values of JSON."""
        return {name: _plain(value) for name, value in vars(self).items()}


def summarise(result: BatchResult) -> Summary:
    """Count what is in the rows of a batch."""
    rows = result.rows
    return Summary(
        questions=len(rows),
        answered=sum(row.prediction is not None for row in rows),
        failed=result.failed - result.left,
        left=result.left,
        status=result.status,
        provider=result.provider,
        router=result.router,
        accuracy=_share(row.correct for row in rows),
        string_match=_share(row.matches_string for row in rows),
        open_scored_by=_open_scored_by(rows),
        word_error_rate=_word_error_rate(rows),
        by_domain=_grouped(rows, DOMAIN_COLUMNS),
        by_category=_grouped(rows, CATEGORY_COLUMNS),
        tool_calls=result.tools.calls_run,
        tool_calls_cached=result.tools.calls_cached,
        answers=result.reasoning.answers_made,
        answers_cached=result.reasoning.answers_cached,
        judgements=0 if result.judging is None else result.judging.answers_made,
        judgements_cached=0 if result.judging is None else result.judging.answers_cached,
        clips_decoded=result.tools.clips_decoded,
        seconds=round(result.seconds, 2),
        tool_seconds={k: round(v, 2) for k, v in sorted(result.tools.seconds_by_tool.items())},
        reason_seconds=round(result.reasoning.seconds, 2),
        failures=[
            f"{row.question.id}: {row.complaint}" for row in rows if row.failed and not row.left
        ],
        skipped=result.questions.skipped,
        reading=result.questions.reading.line,
        notes=(*result.questions.reading.notes, *result.remarks),
        remarks=[f"{row.question.id}: {row.remark}" for row in rows if row.remark],
        provenance=result.provenance,
        fresh=result.fresh,
        usage=result.usage,
        authors=_authors(result),
        cost=result.cost,
        health=health_of(rows, result.reasoning, retried=result.retried),
    )


def _authors(result: BatchResult) -> AuthorsScore | None:
    benchmark, rule = result.questions.benchmark, result.questions.authors_rule
    if benchmark is None or rule is None:
        return None
    return authors_score(benchmark, rule, result.rows)


def _open_scored_by(rows: Sequence[Row]) -> str | None:
    used = {row.scored_by for row in rows if row.right_answers and not row.question.closed}
    return ", ".join(sorted(name for name in used if name)) or None


def _word_error_rate(rows: Sequence[Row]) -> WordErrors | None:
    """That of all transcripts together, so that long ones weigh more."""
    found = [errors for row in rows if (errors := row.word_errors) is not None]
    return WordErrors(*map(sum, zip(*found, strict=True))) if found else None


def _share(judged: Iterable[bool | None]) -> Proportion:
    known = [value for value in judged if value is not None]
    return proportion(sum(known), len(known))


def _grouped(rows: Sequence[Row], columns: Sequence[str]) -> dict[str, Proportion]:
    """Accuracy by the first of the columns that the file has."""
    column = next((c for c in columns if any(row.question.metadata(c) for row in rows)), None)
    if column is None:
        return {}
    label: Callable[[Row], str] = lambda row: row.question.metadata(column) or "(none)"  # noqa: E731
    names = sorted({label(row) for row in rows})
    shares = {name: _share(row.correct for row in rows if label(row) == name) for name in names}
    if not any(row.left for row in rows):
        return shares
    # Of what a batch ended before there is no share.
    return {name: share for name, share in shares.items() if share.total}


def _plain(value: Any) -> Any:
    if isinstance(value, Proportion):
        return {
            "right": value.right,
            "n": value.total,
            "rate": round(value.rate, 4),
            "interval_95": [round(value.low, 4), round(value.high, 4)],
        }
    if isinstance(value, WordErrors):
        return {"errors": value.errors, "words": value.words, "rate": round(value.rate, 4)}
    if isinstance(value, AuthorsScore):
        return {name: _plain(item) for name, item in vars(value).items()}
    if isinstance(value, Health):
        return vars(value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return value
