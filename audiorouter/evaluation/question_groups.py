"""Groups of questions by a column of their file: its skills, or its categories."""

from __future__ import annotations

from collections.abc import Sequence

from audiorouter.batch.rows import DOMAIN_COLUMNS
from audiorouter.questions import Question
from audiorouter.questions.columns import column_called

GROUP_COLUMNS = ("skill", "subcategory", "category", "task")
"""Columns by which questions are of one kind, the first one that is there; `Sub-Category` and
`sub_category` are the second."""
FEWEST_DRAWN = 8
"""Fewer groups say nothing of others: bounds do not hold 95% of the time, and a test has hardly a
degree of freedom. Intervals then tell of other clips with the same groups."""


def group_column(questions: Sequence[Question]) -> str | None:
    """The column by which questions are grouped, as their file writes it; None where none is."""
    for wanted in GROUP_COLUMNS:
        for question in questions:
            if (column := column_called(wanted, question.record)) is not None:
                return column
    return None


def domain_column(questions: Sequence[Question]) -> str | None:
    """The column that tells a question's domain, by the names that batches know it by.

    None where no file has one: MMAU calls it `task`, MMAR `modality`.
    """
    return next(
        (
            column
            for column in DOMAIN_COLUMNS
            if any(question.metadata(column) is not None for question in questions)
        ),
        None,
    )


def groups_by(questions: Sequence[Question], column: str | None) -> list[str | None]:
    """The value of a column of each question, however a row writes its name; None where empty."""
    if column is None:
        return [None] * len(questions)
    return [question.metadata(column) for question in questions]


def drawn_groups(groups: Sequence[str | None]) -> list[str] | None:
    """The groups, one a question, as intervals draw them again; None where clips alone are drawn.

    That is so with fewer than 8 of them, or fewer than two questions a group. A question without a
    group is one by itself.
    """
    named = {group for group in groups if group is not None}
    single = sum(group is None for group in groups)
    if len(named) < FEWEST_DRAWN or len(groups) < 2 * (len(named) + single):
        return None
    return [f"row {row}" if g is None else f"group {g}" for row, g in enumerate(groups)]
