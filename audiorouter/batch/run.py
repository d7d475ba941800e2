"""A batch from end to end: read, answer, keep, write."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from audiorouter.batch.activity import Activity
from audiorouter.batch.answer_files import (
    check_output,
    check_unfinished,
    is_unfinished,
    unfinished,
    write_answers,
)
from audiorouter.batch.asked import asked_questions
from audiorouter.batch.engine import Engine, RunningEngine
from audiorouter.batch.judging import Judge
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.past_runs import newly_routed
from audiorouter.batch.pipeline import Pipeline
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.provenance import of_router, provenance
from audiorouter.batch.reasoner_stage import ReasoningCounters
from audiorouter.batch.remarks import idle_options, remarks_of
from audiorouter.batch.result import BatchResult, Status
from audiorouter.batch.rows import GO_ON, Judgement, Row
from audiorouter.batch.token_use import cost_of
from audiorouter.border import describe
from audiorouter.errors import AudioRouterError, StoreError
from audiorouter.machine.loop_thread import on_thread
from audiorouter.machine.paths import StrPath
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import open_router, usable_tools
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import QuestionSet
from audiorouter.routing.interface import Router
from audiorouter.scoring import Measure, find_measure
from audiorouter.store import Store
from audiorouter.toolbox.results import Counters

_FLUSH_SECONDS = 1.0
_log = logging.getLogger(__name__)


def run_batch(
    clips: StrPath,
    questions: StrPath,
    options: BatchOptions | None = None,
    *,
    registry: Registry | None = None,
    progress: Shown = silent,
    say: Callable[[str], None] = lambda _line: None,
) -> BatchResult:
    """Answer the questions of a file, or of a benchmark by its name, about the clips in a folder.

    `say` hears how the file was read, before anything is asked. Everything finished is in the store
    at once. A batch ends in one of three ways, each with its finished rows: "finished",
    "interrupted" by Ctrl-C, SIGTERM or SIGHUP, or "failed" where something broke that all rows
    need, such as the store. The answers file is written when it is finished; those of any other
    batch are written beside it, as `answers.part.csv` for `answers.csv`.

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
    questions: StrPath,
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


@dataclass(frozen=True)
class Given:
    """What work on questions is given beside them and its options."""

    registry: Registry
    engine: RunningEngine | None = None
    """What is open already; None opens it for this work alone."""
    stop: StopSignals | None = None
    """By what it may be stopped; None for signals alone."""
    progress: Shown = silent
    say: Callable[[str], None] = lambda _line: None
    errors: Mapping[int, str] = field(default_factory=dict)
    """Why questions, by their places, cannot be answered, where that is known before."""


def run_given_batch(
    clips: StrPath, questions: StrPath, options: BatchOptions, given: Given
) -> BatchResult:
    """See `run_batch`."""
    return answer_questions(*read_batch(clips, questions, options, given), given)


def read_batch(
    clips: StrPath, questions: StrPath, options: BatchOptions, given: Given
) -> tuple[QuestionSet, Path, BatchOptions]:
    """The questions of a batch, its folder of clips, and its options as they hold for it.

    Raises:
        UsageError: the files or options make no sense.
    """
    options = replace(options, fields=options.extra_fields)
    # Whatever a plugin does to the working directory, paths mean what they meant at first.
    clips = Path(clips).absolute()
    asked = asked_questions(Path(questions), clips)
    questions = asked.path.absolute()
    if options.output is not None:
        output = Path(options.output).absolute()
        options = replace(options, output=output)
        taken = [questions, options.store_path]
        check_output(output, unlike=taken, verbatim=options.verbatim)
        check_unfinished(output, unlike=taken)
    question_set = asked.read(clips, options, given.registry.sources)
    reading = question_set.reading
    for line in (*asked.notes(question_set), reading.line, *reading.notes):
        given.say(line)
    return question_set, clips, options


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
            router = running.router(options.router, options.cost_weight)
        measure = find_measure(options.measure)
        judge = options.open_judge(given.registry)
        activity.preparing = None
        opened = options.open_store() if running is None else running.at_work(stop)
        # From the first question to the last line of the answers file, a signal only ends the work.
        with opened as store, stop:
            stop.hold()
            tools = usable_tools(given.registry).values()
            origin = provenance(options, given.registry, reasoner, tools) | of_router(router)
            settings = json.dumps(origin | _settings(options, judge) | _about(questions))
            run = store.start_run(questions.path, clips, settings)
            origin = {"run": run, **origin}
            batch = _Batch(
                questions, given, reasoner, router, measure, judge, store, origin, options, activity
            )
            status = batch.run(stop)
            result = batch.result(status)
            try:
                if options.output is not None:
                    _write(Path(options.output), result, options)
            finally:
                with _as_well_as_it_can():
                    store.finish_run(run, status)
            return result


def _write(output: Path, result: BatchResult, options: BatchOptions) -> None:
    """The answers, where they are all there; else beside them, and what was there stays."""
    beside = unfinished(output)
    finished = result.status == "finished"
    if not finished:
        check_unfinished(output)  # somebody may have put another file there meanwhile
    write_answers(
        output if finished else beside,
        result.questions.layout,
        result.rows,
        options.extra_fields,
        verbatim=options.verbatim,
    )
    if finished and is_unfinished(beside):
        beside.unlink(missing_ok=True)


class _Batch:
    def __init__(
        self,
        questions: QuestionSet,
        given: Given,
        reasoner: Reasoner,
        router: Router,
        measure: Measure,
        judge: Reasoner | None,
        store: Store,
        origin: Mapping[str, Any],
        options: BatchOptions,
        activity: Activity,
    ):
        self._questions = questions
        self._given = given
        self._activity = activity
        self._reasoner = reasoner
        self._router = router
        self._store = store
        self._run: int = origin["run"]
        self._origin = origin
        self._options = options
        # Taken while nothing is at stake: a plugin's router may change what it says of itself.
        self._names = reasoner.name, router.name
        self._asked = (reasoner,) if judge is None else (reasoner, judge)
        self._judge = None
        if judge is not None:
            self._judge = Judge(
                judge,
                store,
                timeout=options.answer_timeout,
                retry_failed=options.retry_failed,
                fresh=options.fresh,
            )
        self._judge_name = None if judge is None else judge.name
        self._judging = None if self._judge is None else self._judge.counters
        self._remarks = (*router.remarks, *idle_options(options, reasoner, router, questions))
        self._rows = [
            Row(
                question,
                measure=measure,
                judge=self._judge_name,
                run=self._run,
                error=given.errors.get(place),
            )
            for place, question in enumerate(questions.questions)
        ]
        self._finished: set[int] = set()
        self._unsaved: list[int] = []
        self._saved_at = self._started = time.perf_counter()
        self._tools = Counters()
        self._reasoning = ReasoningCounters()
        self._failure: str | None = None
        self._retries_before = self._reasoner_retries()

    def run(self, stop: StopSignals) -> Status:
        """Run to the end, to a signal, or to a failure of what all rows need."""
        try:
            running = self._given.engine
            stop.run(self._work(), on=None if running is None else running.loop)
        except KeyboardInterrupt as stopped:
            name = f" by {stopped}" if str(stopped) else ""
            return self._end_early("interrupted", f"the batch was interrupted{name}")
        except Exception as error:  # noqa: BLE001 - the rows that are done must not be lost
            known = isinstance(error, AudioRouterError)
            _log.log(logging.INFO if known else logging.ERROR, "the batch failed", exc_info=error)
            self._failure = str(error) if known else describe(error)
            return self._end_early("failed", f"the batch failed: {self._failure}")
        return "finished"

    def _end_early(self, status: Status, why: str) -> Status:
        """Say of each row that is left why it has no answer; where none is, all is done."""
        waiting = [row.unjudged or row.answer is None for row in self._rows]
        left = [i for i, row in enumerate(self._rows) if waiting[i] and row.error is None]
        for position in left:
            what = "answered" if self._rows[position].answer is None else "judged"
            self._rows[position].error = f"not {what}: {why} {GO_ON}"
            self._rows[position].left = True
        self._unsaved += [i for i in range(len(self._rows)) if i not in self._finished]
        with _as_well_as_it_can():
            self._flush()
        return status if left or status == "failed" else "finished"

    async def _work(self) -> None:
        async def finished(position: int, row: Row) -> None:
            if row.answer is not None:
                opinion = await hooks.judge(row.question, row.answer)
                row.judgement = None if opinion is None else Judgement("plugin", opinion)
            if judge is not None and row.judgement is None:
                row.judgement = await judge.judge(row)
            if hooks.listening:
                await hooks.answered(row.fields())
            self._finished.add(position)
            self._unsaved.append(position)
            if time.perf_counter() - self._saved_at > _FLUSH_SECONDS:
                self._flush()
            self._activity.question_done(failed=row.failed)

        judge, running = self._judge, self._given.engine
        opened = (
            Engine(
                self._given.registry,
                self._store,
                self._reasoner,
                self._options,
                fresh=self._options.fresh,
            )
            if running is None
            else contextlib.nullcontext(running.engine)
        )
        async with judge or contextlib.nullcontext(), opened as engine:
            pipeline = Pipeline(
                engine,
                self._router,
                finished,
                activity=self._activity,
                max_calls=self._options.max_calls,
            )
            self._tools, self._reasoning = pipeline.tools, pipeline.reasoning
            hooks = pipeline.hooks
            await pipeline.run(self._rows)
        self._flush()

    def _flush(self) -> None:
        """Write the rows that are done; a kill loses the last second of them, not their answers."""
        if self._unsaved:
            self._store.save_rows(self._run, [self._rows[i].record(i) for i in self._unsaved])
            self._unsaved = []
        self._saved_at = time.perf_counter()

    def result(self, status: Status) -> BatchResult:
        """What came of it."""
        return BatchResult(
            self._questions,
            self._rows,
            status,
            *self._names,
            self._tools,
            self._reasoning,
            time.perf_counter() - self._started,
            self._failure,
            (
                *self._remarks,
                *self._newly_routed(status),
                *(said for asked in self._asked for said in remarks_of(asked)),
            ),
            self._judge_name,
            self._judging,
            self._origin,
            self._options.fresh,
            cost_of(zip(self._asked, (self._reasoning, self._judging), strict=False)),
            self._reasoner_retries() - self._retries_before,
        )

    def _reasoner_retries(self) -> int:
        """How often the reasoner has asked again, as far as it says so."""
        retries = self._reasoner.retries
        return retries if isinstance(retries, int) else 0

    def _newly_routed(self, status: Status) -> list[str]:
        """What came of tools that are new since the same questions were asked before."""
        with _as_well_as_it_can():
            if status == "finished":
                return newly_routed(self._store, self._questions.path, self._origin, self._rows)
        return []


@contextlib.contextmanager
def _as_well_as_it_can() -> Iterator[None]:
    """Of a store that fails, the end of a batch asks no more than it gives."""
    try:
        yield
    except StoreError as error:
        _log.warning("%s", error)


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
