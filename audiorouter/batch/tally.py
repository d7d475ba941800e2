"""What the rows of a batch come to, counted row by row, so that no row has to be kept for it."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audiorouter.batch.authors_score import AuthorsTally
from audiorouter.batch.health import RowHealth
from audiorouter.batch.rows import CATEGORY_COLUMNS, DOMAIN_COLUMNS, Row
from audiorouter.scoring import ClipCounts, Proportion, WordErrors

MOST_SAID = 10_000
"""Rows of which it is kept what went wrong, or what is odd; the others are counted."""
MOST_GROUPS = 10_000
"""Groups that are counted by themselves; what is in further ones is counted together."""
OTHER_GROUPS = "(other groups)"
NO_GROUP = "(none)"


class Said:
    """What is said of rows, of the first `MOST_SAID` of them in their order."""

    def __init__(self) -> None:
        self.rows = 0
        """Of how many anything is said."""
        self._kept: list[tuple[int, str]] = []

    def add(self, position: int, text: str) -> None:
        """Keep what is said of the row at that position."""
        self.rows += 1
        insort(self._kept, (position, text))
        del self._kept[MOST_SAID:]

    @property
    def lines(self) -> list[str]:
        """What is said, and of how many rows more."""
        more = self.rows - len(self._kept)
        return [text for _, text in self._kept] + ([f"… and {more:,} rows more"] if more else [])


class Groups:
    """Shares by what each question has in the first of some columns in which it has anything."""

    def __init__(self, columns: Sequence[str]):
        self._columns = columns
        self._shares: dict[str, ClipCounts] = {}
        self._named = False

    def add(self, row: Row) -> None:
        """Count a row in its group."""
        label = row.first_of(self._columns)
        self._named = self._named or label is not None
        name = label or NO_GROUP
        if name not in self._shares and len(self._shares) >= MOST_GROUPS:
            name = OTHER_GROUPS
        self._shares.setdefault(name, ClipCounts()).add(row.question.audio, row.correct)

    def proportions(self, *, some_left: bool) -> dict[str, Proportion]:
        """Accuracy by group; where rows are `left`, of what was come to alone."""
        if not self._named:
            return {}
        shares = sorted(self._shares.items())
        return {name: s.proportion for name, s in shares if s.known or not some_left}


@dataclass
class Tally:
    """Counts over the rows of a batch; `authors` by the rule of a benchmark's authors."""

    authors: AuthorsTally | None = None
    questions: int = 0
    answered: int = 0
    failed: int = 0
    """Those with an error, those that are left among them."""
    left: int = 0
    accuracy: ClipCounts = field(default_factory=ClipCounts)
    string_match: ClipCounts = field(default_factory=ClipCounts)
    scored_by: set[str] = field(default_factory=set)
    """By what open-ended answers are scored."""
    word_errors: WordErrors | None = None
    by_domain: Groups = field(default_factory=lambda: Groups(DOMAIN_COLUMNS))
    by_category: Groups = field(default_factory=lambda: Groups(CATEGORY_COLUMNS))
    failures: Said = field(default_factory=Said)
    remarks: Said = field(default_factory=Said)
    health: RowHealth = field(default_factory=RowHealth)
    routed: Counter[str] = field(default_factory=Counter)
    """Questions by the tools that their routes call."""

    def add(self, position: int, row: Row) -> None:
        """Count a row that is done, or left."""
        self.questions += 1
        self.answered += row.prediction is not None
        self.left += row.left
        complaint, remark = row.complaint, row.remark
        self.failed += complaint is not None
        if complaint is not None and not row.left:
            self.failures.add(position, f"{row.question.id}: {complaint}")
        if remark is not None:
            self.remarks.add(position, f"{row.question.id}: {remark}")
        self.accuracy.add(row.question.audio, row.correct)
        self.string_match.add(row.question.audio, row.matches_string)
        if row.right_answers and not row.question.closed and row.scored_by:
            self.scored_by.add(row.scored_by)
        if (errors := row.word_errors) is not None:
            before = self.word_errors or WordErrors(0, 0)
            self.word_errors = WordErrors(*map(sum, zip(before, errors, strict=True)))
        self.by_domain.add(row)
        self.by_category.add(row)
        self.health.add(row)
        if row.route is not None:
            self.routed.update({call.tool for call in row.route.calls})
        if self.authors is not None:
            self.authors.add(row)

    def leave(self, count: int) -> None:
        """Count rows that were not even read."""
        self.questions += count
        self.left += count
        self.failed += count

    @property
    def open_scored_by(self) -> str | None:
        """The measure or the model by which open-ended answers are right, if there are any."""
        return ", ".join(sorted(self.scored_by)) or None

    def groups(self) -> tuple[Mapping[str, Proportion], Mapping[str, Proportion]]:
        """Accuracy by domain, and by category."""
        some_left = self.left > 0
        return (
            self.by_domain.proportions(some_left=some_left),
            self.by_category.proportions(some_left=some_left),
        )
