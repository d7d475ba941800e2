"""What a batch comes to: its rows and what they took, as a table and as a notebook shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Literal

from audiorouter.batch.answers_file.answer_files import as_record, check_fields
from audiorouter.batch.frames import FrameLibrary, make_frame
from audiorouter.batch.reasoning.reasoning_counters import ReasoningCounters
from audiorouter.batch.rows import FIELDS, Row
from audiorouter.batch.tally import Tally
from audiorouter.providers.prices import add_usage
from audiorouter.questions import QuestionSet
from audiorouter.toolbox.results import Counters

Status = Literal["finished", "interrupted", "failed"]


@dataclass(frozen=True)
class BatchResult:
    """What a batch did: its rows in input order, and what they took."""

    questions: QuestionSet
    rows: list[Row]
    """Those that were to be kept: all of them, unless it was asked for fewer."""
    tally: Tally
    """What all rows come to."""
    status: Status
    provider: str
    router: str
    tools: Counters
    reasoning: ReasoningCounters
    seconds: float
    failure: str | None = None
    """What ended a batch that failed; its rows say so too."""
    remarks: tuple[str, ...] = ()
    """What a user should know of the router and of how reasoners were asked, and which options
    changed nothing."""
    judge: str | None = None
    """Who scored the open-ended answers in place of the measure."""
    judging: ReasoningCounters | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """What made the answers, see `audiorouter.batch.provenance`."""
    fresh: bool = False
    """Whether nothing was to be taken from the store."""
    cost: float | None = None
    """What the answers and judgements that were made cost, by prices or as the server says."""
    ceiling: str | None = None
    """Which of its ceilings ended a batch that is "interrupted" by it."""
    retried: int = 0
    """Requests that the reasoner sent its server once more."""
    csv: IO[bytes] | None = None
    """The answers as a CSV file without a name, where they were asked for so."""

    @property
    def failed(self) -> int:
        """Rows with an error."""
        return self.tally.failed

    @property
    def usage(self) -> dict[str, float]:
        """Tokens by kind that servers count for the answers and judgements that were made."""
        total = dict(self.reasoning.usage)
        add_usage(total, None if self.judging is None else self.judging.usage)
        return total

    @property
    def left(self) -> int:
        """Rows that were not come to."""
        return self.tally.left

    def frame(
        self, library: FrameLibrary | None = None, *, fields: str | Sequence[str] = ()
    ) -> Any:
        """The rows as a data frame of pandas or polars, whichever is installed, pandas first.

        The columns are those of the answers file, with the `fields` of `rows.EXTRA_FIELDS` that are
        asked for; what is a list there is one here, with the labels of its calls as `route`.

        >>> result.frame().groupby("correct").size()                            # doctest: +SKIP

        Raises:
            UsageError: neither is installed, or not the `library` that is asked for, or there is no
                such field.
        """
        names = check_fields(fields)
        records = [
            {
                **as_record(self.questions.layout, row, names),
                "route": [call.label for call in row.route.calls] if row.route else [],
            }
            for row in self.rows
        ]
        return make_frame(records, columns=FIELDS, library=library)

    def _repr_html_(self) -> str:
        """What a notebook shows: how many are right, and the first rows."""
        from audiorouter.batch.notebook import result_html

        return result_html(self)
