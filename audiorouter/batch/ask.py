"""One question about one clip."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from audiorouter.batch.given import Given
from audiorouter.batch.options import BatchOptions, EngineOptions
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.rows import Row
from audiorouter.batch.run import answer_questions
from audiorouter.errors import UsageError
from audiorouter.machine.loop_thread import on_thread
from audiorouter.machine.paths import StrPath
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.questions import Layout, Question, QuestionSet


def ask(
    clip: StrPath,
    question: str,
    choices: Sequence[str] = (),
    options: EngineOptions | None = None,
    *,
    router: str | None = None,
    max_calls: int = 1,
    cost_weight: float | None = None,
    fresh: bool = False,
    registry: Registry | None = None,
    progress: Shown = silent,
) -> Row:
    """Answer one question, with open answer or by choice; the row holds route and findings too.

    `router`, `max_calls`, `cost_weight` and `fresh` are those of `BatchOptions`; `progress` shows
    what is going on. Every call opens a reasoner of its own; a `Session` keeps one open. In a
    notebook, or wherever else an event loop runs, the work is done on a thread and waited for.

    >>> row = ask("a.wav", "Which animal?", ["dog", "cat"])              # doctest: +SKIP
    >>> row.prediction, row.results[0].finding.text                      # doctest: +SKIP

    Raises:
        UsageError: no such file, an empty question, a single choice, or options of a batch.
        StoreError: the store cannot be used.
    """
    asked = one_question(clip, question, choices)
    batch = _batch_options(options, router, max_calls, cost_weight, fresh)
    return answer_one(asked, batch, Given(registry or batch.load_registry(), progress=progress))


async def aask(
    clip: StrPath,
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
    """`ask` while the event loop goes on; cancelling it stops the work.

    Raises:
        UsageError: as `ask`.
    """
    asked = one_question(clip, question, choices)
    batch = _batch_options(options, router, max_calls, cost_weight, fresh)
    stop = StopSignals()
    return await on_thread(
        lambda: answer_one(asked, batch, Given(registry or batch.load_registry(), stop=stop)),
        stop=stop.stop,
    )


def one_question(clip: StrPath, question: str, choices: Sequence[str]) -> QuestionSet:
    """A set of that question alone.

    Raises:
        UsageError: no such file, an empty question, or a single choice.
    """
    path = Path(clip)
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; one clip is asked about here, a folder by batch")
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    if not question.strip():
        raise UsageError("the question is empty")
    if isinstance(choices, str):
        raise UsageError(f"choices: give a list of texts, such as [{choices!r}, …], not one text")
    if not all(choice.strip() for choice in choices):
        raise UsageError("choices: one of them is empty")
    if len(choices) == 1 or len(set(choices)) != len(choices):
        raise UsageError("choices: give two or more different ones, or none")
    asked = Question("1", 1, path.name, path.absolute(), question, tuple(choices))
    return QuestionSet(path, Layout.OURS, (asked,))


def answer_one(asked: QuestionSet, options: BatchOptions, given: Given) -> Row:
    """The row of a set of one question.

    Raises:
        KeyboardInterrupt: a signal came, and the work has ended.
        UsageError: the session was closed, and the work has ended.
    """
    result = answer_questions(asked, asked.path.parent, options, given)
    if result.status == "interrupted":
        if given.engine is not None:
            given.engine.engine  # noqa: B018 - raises where it is closed
        raise KeyboardInterrupt
    return result.rows[0]


def _batch_options(
    options: EngineOptions | None,
    router: str | None,
    max_calls: int,
    cost_weight: float | None,
    fresh: bool,
) -> BatchOptions:
    if isinstance(options, BatchOptions):
        raise UsageError("options: give EngineOptions, and `router` and the like beside them")
    return BatchOptions(
        **vars(options or EngineOptions()),
        router=router,
        max_calls=max_calls,
        cost_weight=cost_weight,
        fresh=fresh,
    )
