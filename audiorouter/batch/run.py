"""A batch from end to end: read, answer, keep, write."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from audiorouter.batch.activity import Activity
from audiorouter.batch.answering import Answering, as_well_as_it_can
from audiorouter.batch.answers_file.part_file import part_file
from audiorouter.batch.given import Given
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.provenance import of_router, provenance
from audiorouter.batch.question_source import asked_questions
from audiorouter.batch.result import BatchResult, Status
from audiorouter.machine.garbage import looked_for_rarely
from audiorouter.machine.loop_thread import on_thread
from audiorouter.machine.paths import StrPath
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import open_router, usable_tools
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import QuestionSet
from audiorouter.scoring import find_measure


def run_batch(
    clips: StrPath,
    questions: StrPath | None = None,
    options: BatchOptions | None = None,
    *,
    registry: Registry | None = None,
    progress: Shown = silent,
    say: Callable[[str], None] = lambda _line: None,
) -> BatchResult:
    """Answer the questions of a file, or of a benchmark by its name, about the clips in a folder.

    Without `questions`, `clips` is a data set itself: a folder with its tables, such a file, or
    `hf://datasets/OWNER/NAME:SPLIT`.

    `say` hears how the file was read, before anything is asked. Everything finished is in the store
    at once. A batch ends in one of three ways, each with its finished rows: "finished",
    "interrupted" by Ctrl-C, SIGTERM, SIGHUP or a ceiling of its options, or "failed" where
    something broke that all rows need, such as the store. The answers file is written when it is
    finished; those of any other batch, and of one in which no question was answered where the file
    is there already, are written beside it, as `answers.part.csv` for `answers.csv`.

    In a notebook, or wherever else an event loop runs, the work is done on a thread and waited for.

    >>> result = run_batch("examples/clips", "examples/questions.csv")              # doctest: +SKIP
    >>> sum(row.correct is True for row in result.rows)                             # doctest: +SKIP

    Raises:
        UsageError: the files or options make no sense.
        StoreError: the store cannot be used.
    """
    options = options or BatchOptions()
    given = Given(registry or options.load_registry(), progress=progress, say=say)
    return run_given_batch(clips, questions, options, given)


async def arun_batch(
    clips: StrPath,
    questions: StrPath | None = None,
    options: BatchOptions | None = None,
    *,
    registry: Registry | None = None,
    progress: Shown = silent,
    say: Callable[[str], None] = lambda _line: None,
) -> BatchResult:
    """`run_batch` while the event loop goes on; `progress` and `say` are called on other threads.

    Cancelling it is what Ctrl-C is to `run_batch`: what was finished is kept.

    Raises:
        UsageError, StoreError: as `run_batch`.
    """
    options = options or BatchOptions()
    stop = StopSignals()

    def work() -> BatchResult:
        found = registry or options.load_registry()
        given = Given(found, stop=stop, progress=progress, say=say)
        return run_given_batch(clips, questions, options, given)

    return await on_thread(work, stop=stop.stop)


@looked_for_rarely()
def run_given_batch(
    clips: StrPath, questions: StrPath | None, options: BatchOptions, given: Given
) -> BatchResult:
    """See `run_batch`."""
    question_set, clips, options = read_batch(clips, questions, options, given)
    with part_file(options.output) as part:
        return answer_questions(question_set, clips, options, replace(given, part=part))


def read_batch(
    clips: StrPath, questions: StrPath | None, options: BatchOptions, given: Given
) -> tuple[QuestionSet, Path, BatchOptions]:
    """The questions of a batch, its folder of clips, and its options as they hold for it.

    Raises:
        UsageError: the files or options make no sense.
    """
    options = replace(options, fields=options.extra_fields)
    asked = asked_questions(questions, clips, given.registry.benchmarks.values())
    if options.output is not None:
        options = replace(options, output=Path(options.output).absolute())
        asked.check_output(options)
    question_set = asked.read(options, given.registry.sources)
    reading = question_set.reading
    for line in (*asked.notes(question_set), reading.line, *reading.notes):
        given.say(line)
    return question_set, asked.clips, options


def answer_questions(
    questions: QuestionSet, clips: Path, options: BatchOptions, given: Given
) -> BatchResult:
    """Answer questions that are already read; see `run_batch`."""
    activity = Activity(len(questions.questions), preparing="opening the reasoner")
    running, stop = given.engine, given.stop or StopSignals()
    stop.noticed = activity.stop
    with given.progress(activity):
        if running is None:
            reasoner = options.open_reasoner(given.registry)
            activity.preparing = "opening the router"
            router = open_router(
                given.registry,
                options.router,
                provider=options.provider,
                cost_weight=options.cost_weight,
            )
        else:
            reasoner = running.reasoner
            activity.preparing = "opening the router"
            router = given.router or running.router(options.router, options.cost_weight)
        measure = find_measure(options.measure)
        judge = options.open_judge(given.registry)
        options.ceilings.check(reasoner, judge)
        activity.preparing = None
        opened = options.open_store() if running is None else running.at_work(stop)
        # From the first question to the last line of the answers file, a signal only ends the work.
        with opened as store, stop:
            stop.hold()
            tools = usable_tools(given.registry).values()
            origin = provenance(options, given.registry, reasoner, tools) | of_router(router)
            settings = json.dumps(origin | _settings(options, judge) | _about(questions))
            run = store.start_run(questions.path, clips, settings)
            status: Status = "failed"
            try:
                answering = Answering(
                    questions,
                    given,
                    reasoner=reasoner,
                    router=router,
                    measure=measure,
                    judge=judge,
                    store=store,
                    origin={"run": run, **origin},
                    options=options,
                    activity=activity,
                )
                status = answering.run(stop)
                result = answering.result(status)
                answering.close(status)
            finally:
                with as_well_as_it_can():
                    store.finish_run(run, status)
            return result


def _about(questions: QuestionSet) -> dict[str, Any]:
    named = {} if questions.benchmark is None else {"benchmark": questions.benchmark}
    return {"questions": len(questions.questions), **named}


def _settings(options: BatchOptions, judge: Reasoner | None) -> dict[str, Any]:
    return {
        "max_calls": options.max_calls,
        "shuffle_choices": options.shuffle_choices,
        "limit": options.limit,
        "shard": options.shard,
        "timeout": options.timeout,
        "fresh": options.fresh,
        "measure": str(options.measure),
        "judge": None if judge is None else judge.identity,
    }
