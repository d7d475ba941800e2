"""Whether there is enough to learn or judge from, told before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from audiorouter.batch.rows import CATEGORY_COLUMNS
from audiorouter.errors import UsageError
from audiorouter.questions.choices import start
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.machine.paths import StrPath
    from audiorouter.questions import Question

FEWEST = 2
"""Clips that are learned from, so that some are left to validate on; and validation questions."""
_QUOTED = 5


def why_unscorable(question: Question, *, unlabelled: bool = False) -> str | None:
    """Why nothing can be learned or judged from a question; None where something can.

    With `unlabelled`, one of which the file says no right answer can be learned from as well.
    """
    if question.problem is not None or question.path is None:
        return f"{question.place}: {question.problem}"
    if len(question.choices) < 2:
        return f"{question.place}: open-ended or a single choice: there is nothing to choose"
    if question.gold_index is not None or (unlabelled and question.answer is None):
        return None
    if question.answer is None:
        return f"{question.place}: the right answer is not known"
    return (
        f"{question.place}: the answer {start(question.answer)!r} names none of the choices"
        + ", and may be empty where it is not known" * unlabelled
    )


def check_scorable(
    questions: Sequence[Question], file: StrPath, *, unlabelled: bool = False
) -> list[Question]:
    """The questions of a file that can be scored; `unlabelled` as `why_unscorable` has it.

    Raises:
        UsageError: there is none.
    """
    complaints = [(q, why_unscorable(q, unlabelled=unlabelled)) for q in questions]
    scorable = [question for question, why in complaints if why is None]
    if not scorable:
        raise UsageError(
            f"{file}: no question can be scored: {what_is_needed(unlabelled=unlabelled)}"
            + _listed({question.id: why for question, why in complaints if why is not None})
        )
    return scorable


def what_is_needed(*, unlabelled: bool) -> str:
    """What a question has to have, to be learned from or judged by."""
    if unlabelled:
        return "clips that can be heard, and choices, are needed, with the right one or no answer"
    return "clips that can be heard, and choices with the right answer among them, are needed"


def check_enough(
    training: Sequence[Question],
    file: StrPath,
    validation: Sequence[Question] | None = None,
    validation_file: StrPath | None = None,
    *,
    unlabelled: bool = False,
) -> None:
    """Make sure that files have enough to train and to validate on, as far as they tell.

    Raises:
        UsageError: they have not.
    """
    scorable = check_scorable(training, file, unlabelled=unlabelled)
    paths = {question.path for question in scorable}
    if validation is None and len(paths) < FEWEST:
        raise UsageError(too_few(len(paths), where=f"{file}: "))
    if validation is None or validation_file is None:
        return
    held = len(check_scorable(validation, validation_file, unlabelled=unlabelled))
    if held < FEWEST:
        raise UsageError(too_few_to_validate(held, where=f"{validation_file}: "))


def too_few_to_validate(
    questions: int, problems: Mapping[str, str] | None = None, *, where: str = ""
) -> str:
    """What to say of too few questions to validate on."""
    return (
        f"{where}{counted(questions, 'question')} that can be scored "
        f"{'is' if questions == 1 else 'are'} too few to validate on: at least {FEWEST} are needed"
        + _listed(problems or {})
    )


def too_few(clips: int, problems: Mapping[str, str] | None = None, *, where: str = "") -> str:
    """What to say of questions about too few clips to learn from."""
    return (
        f"{where}questions about {counted(clips, 'clip')} are too few to learn from: some clips "
        f"are trained on and others validated on, so at least {FEWEST} are needed"
        + _listed(problems or {})
    )


def only_category(questions: Sequence[Question]) -> str | None:
    """What to say where all questions are of one category; None where they are not, or none say."""
    for column in CATEGORY_COLUMNS:
        found = [question.metadata(column) for question in questions]
        if any(found):
            alone = len(set(found)) == 1 and len(found) > 1
            return (
                f"all questions are of one {column} ({found[0]}): what is learned says nothing of "
                "others"
                if alone
                else None
            )
    return None


def in_both(training: Sequence[Question], validation: Sequence[Question]) -> str | None:
    """What to say where questions are validated on whose clips are trained on; None if none are."""
    clips = {question.path for question in training if question.path is not None}
    asked = {(question.path, question.text) for question in training}
    of_both = [question for question in validation if question.path in clips]
    if not of_both:
        return None
    same = sum((question.path, question.text) in asked for question in of_both)
    are = "is" if len(of_both) == 1 else "are"
    return (
        f"{counted(len(of_both), 'validation question')} of {len(validation):,} {are} about clips "
        f"that are trained on, {same:,} of them the same questions: how well the router does when "
        "validated says less than it seems, and it may learn clips by heart"
    )


def _listed(problems: Mapping[str, str]) -> str:
    told = [f"\n  {name}: {why}" for name, why in list(problems.items())[:_QUOTED]]
    more = len(problems) - len(told)
    return "".join([*told, *([f"\n  and {more:,} more"] if more else [])])
