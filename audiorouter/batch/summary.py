"""The summary of a batch: accuracy with n and interval, calls, cache hits, seconds, failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audiorouter.batch.authors_score import AuthorsScore
from audiorouter.batch.health import Health
from audiorouter.batch.result import BatchResult
from audiorouter.scoring import Proportion, WordErrors


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
    """What went wrong with rows, of the first `tally.MOST_SAID` of them."""
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
    """What is odd about rows though nothing went wrong, of the first `tally.MOST_SAID` of them."""
    remarked: int = 0
    """Of how many rows anything is odd."""
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
    """What was counted over the rows of a batch, and what they took."""
    tally = result.tally
    by_domain, by_category = tally.groups()
    return Summary(
        questions=tally.questions,
        answered=tally.answered,
        failed=tally.failed - tally.left,
        left=tally.left,
        status=result.status,
        provider=result.provider,
        router=result.router,
        accuracy=tally.accuracy.proportion,
        string_match=tally.string_match.proportion,
        open_scored_by=tally.open_scored_by,
        word_error_rate=tally.word_errors,
        by_domain=by_domain,
        by_category=by_category,
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
        failures=tally.failures.lines,
        skipped=result.questions.skipped,
        reading=result.questions.reading.line,
        notes=(*result.questions.reading.notes, *result.remarks),
        remarks=tally.remarks.lines,
        remarked=tally.remarks.rows,
        provenance=result.provenance,
        fresh=result.fresh,
        usage=result.usage,
        authors=None if tally.authors is None else tally.authors.score,
        cost=result.cost,
        health=tally.health.health(result.reasoning, retried=result.retried),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Proportion):
        return value.as_json()
    if isinstance(value, WordErrors):
        return {"errors": value.errors, "words": value.words, "rate": round(value.rate, 4)}
    if isinstance(value, AuthorsScore):
        return {name: _plain(item) for name, item in vars(value).items()}
    if isinstance(value, Health):
        return vars(value)
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    return value
