"""One question about one clip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audiorouter.batch.options import BatchOptions, EngineOptions
from audiorouter.batch.rows import Row
from audiorouter.batch.run import answer_questions
from audiorouter.errors import UsageError
from audiorouter.plugins import Registry
from audiorouter.questions import Layout, Question, QuestionSet


def ask(
    clip: Path,
    question: str,
    choices: Sequence[str] = (),
    options: EngineOptions | None = None,
    *,
    router: str | None = None,
    max_calls: int = 1,
    cost_weight: float | None = None,
    fresh: bool = False,
    registry: Registry | None = None,
) -> Row:
    """Answer one question, with open answer or by choice; the row holds route and findings too.

    `router`, `max_calls`, `cost_weight` and `fresh` are those of `BatchOptions`.

    >>> row = ask(Path("a.wav"), "Which animal?", ["dog", "cat"])        # doctest: +SKIP
    >>> row.prediction, row.results[0].finding.text                      # doctest: +SKIP

    Raises:
        UsageError: no such file, an empty question, a single choice, or options of a batch.
    """
    if not clip.is_file():
        raise UsageError(f"{clip}: no such file")
    if not question.strip():
        raise UsageError("the question is empty")
    if len(choices) == 1 or len(set(choices)) != len(choices):
        raise UsageError("choices: give two or more different ones, or none")
    asked = Question("1", 1, clip.name, clip.absolute(), question, tuple(choices))
    if isinstance(options, BatchOptions):
        raise UsageError("options: give EngineOptions, and `router` and the like beside them")
    options = BatchOptions(
        **vars(options or EngineOptions()),
        router=router,
        max_calls=max_calls,
        cost_weight=cost_weight,
        fresh=fresh,
    )
    result = answer_questions(
        QuestionSet(clip, Layout.OURS, (asked,)),
        clip.parent,
        options,
        registry=registry or options.load_registry(),
    )
    if result.status == "interrupted":
        raise KeyboardInterrupt
    return result.rows[0]
