"""A batch from end to end: read, answer, keep, write."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from audiorouter.batch.activity import Activity
from audiorouter.batch.answer_files import check_output, unfinished, write_answers
from audiorouter.batch.judging import Judge
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.orders import idle_orders
from audiorouter.batch.pipeline import Pipeline
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.reasoner_stage import ReasoningCounters
from audiorouter.batch.rows import Judgement, Row
from audiorouter.border import crossing, describe
from audiorouter.errors import AudioRouterError, ReasonerError, StoreError
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import open_router
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import QuestionSet, read_questions
from audiorouter.routing.interface import AskingRouter, Router
from audiorouter.scoring import Measure, find_measure
from audiorouter.store import Store
from audiorouter.toolbox.toolbox import Counters

Status = Literal["finished", "interrupted", "failed"]

_FLUSH_SECONDS = 1.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BatchResult:
    """What a batch did: its rows in input order, and what they took."""

    questions: QuestionSet
    rows: list[Row]
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

    @property
    def failed(self) -> int:
        """Rows with an error."""
        return sum(row.failed for row in self.rows)

    @property
    def left(self) -> int:
        """Rows that were not come to."""
        return sum(row.left for row in self.rows)


def run_batch(
    clips: Path,
    questions: Path,
    options: BatchOptions | None = None,
    *,
    registry: Registry | None = None,
    progress: Shown = silent,
    say: Callable[[str], None] = lambda _line: None,
) -> BatchResult:
    """Answer the questions of a file about the clips in a folder.

    `say` hears how the file was read, before anything is asked. Everything finished is in the store
    at once. A batch ends in one of three ways, each with its finished rows: "finished",
    "interrupted" by Ctrl-C, SIGTERM or SIGHUP, or "failed" where something broke that all rows
    need, such as the store. The answers file is written when it is finished; those of any other
    batch are written beside it, as `answers.part.csv` for `answers.csv`.

    >>> result = run_batch(Path("examples/clips"), Path("examples/questions.csv"))  # doctest: +SKIP
    >>> sum(row.correct is True for row in result.rows)                             # doctest: +SKIP

    Raises:
        UsageError: the files or options make no sense.
        StoreError: the store cannot be used.
    """
    options = options or BatchOptions()
    # Whatever a plugin does to the working directory, paths mean what they meant at first.
    clips, questions = clips.absolute(), questions.absolute()
    output = None if options.output is None else options.output.absolute()
    if output is not None:
        options = replace(options, output=output)
        taken = [questions, options.store_path]
        check_output(output, unlike=taken, verbatim=options.verbatim)
    registry = registry or options.load_registry()
    question_set = read_questions(
        questions,
        clips,
        allow_outside=options.allow_outside,
        every_clip=options.every_clip,
        limit=options.limit,
        sources=registry.sources,
    )
    for line in (question_set.reading.line, *question_set.reading.notes):
        say(line)
    return answer_questions(question_set, clips, options, registry=registry, progress=progress)


def answer_questions(
    questions: QuestionSet,
    clips: Path,
    options: BatchOptions,
    *,
    registry: Registry,
    progress: Shown = silent,
) -> BatchResult:
    """Answer questions that are already read; see `run_batch`."""
    activity = Activity(len(questions.questions), preparing="opening the reasoner")
    with progress(activity):
        reasoner = options.open_reasoner(registry)
        activity.preparing = "opening the router"
        router = open_router(
            registry, options.router, provider=options.provider, cost_weight=options.cost_weight
        )
        measure = find_measure(options.measure)
        judge = options.open_judge(registry)
        activity.preparing = None
        # From the first question to the last line of the answers file, a signal only ends the work.
        with options.open_store() as store, StopSignals(activity.stop) as stop:
            stop.hold()
            settings = _settings(options, reasoner, router, judge)
            run = store.start_run(questions.path, clips, settings)
            batch = _Batch(
                questions, registry, reasoner, router, measure, judge, store, run, options, activity
            )
            status = batch.run(stop)
            result = batch.result(status)
            try:
                if options.output is not None:
                    _write(options.output, result, verbatim=options.verbatim)
            finally:
                with _as_well_as_it_can():
                    store.finish_run(run, status)
            return result


def _write(output: Path, result: BatchResult, *, verbatim: bool) -> None:
    """The answers, where they are all there; else beside them, and what was there stays."""
    beside = unfinished(output)
    finished = result.status == "finished"
    target = output if finished else beside
    write_answers(target, result.questions.layout, result.rows, verbatim=verbatim)
    if finished:
        beside.unlink(missing_ok=True)


class _Batch:
    def __init__(
        self,
        questions: QuestionSet,
        registry: Registry,
        reasoner: Reasoner,
        router: Router,
        measure: Measure,
        judge: Reasoner | None,
        store: Store,
        run: int,
        options: BatchOptions,
        activity: Activity,
    ):
        self._questions = questions
        self._activity = activity
        self._registry = registry
        self._reasoner = reasoner
        self._router = router
        self._store = store
        self._run = run
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
            )
        self._judge_name = None if judge is None else judge.name
        self._judging = None if self._judge is None else self._judge.counters
        self._remarks = (*router.remarks, *_idle(options, reasoner, router, questions))
        self._rows = [
            Row(question, measure=measure, judge=self._judge_name)
            for question in questions.questions
        ]
        self._finished: set[int] = set()
        self._unsaved: list[int] = []
        self._saved_at = self._started = time.perf_counter()
        self._tools = Counters()
        self._reasoning = ReasoningCounters()
        self._failure: str | None = None

    def run(self, stop: StopSignals) -> Status:
        """Run to the end, to a signal, or to a failure of what all rows need."""
        try:
            stop.run(self._work())
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
            self._rows[position].error = f"not {what}: {why} (run it again to go on)"
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

        judge = self._judge
        async with (
            judge or contextlib.nullcontext(),
            Pipeline(
                self._registry,
                self._store,
                self._reasoner,
                self._router,
                self._options,
                finished,
                activity=self._activity,
                max_calls=self._options.max_calls,
            ) as pipeline,
        ):
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
            (*self._remarks, *(said for asked in self._asked for said in _remarks_of(asked))),
            self._judge_name,
            self._judging,
        )


@contextlib.contextmanager
def _as_well_as_it_can() -> Iterator[None]:
    """Of a store that fails, the end of a batch asks no more than it gives."""
    try:
        yield
    except StoreError as error:
        _log.warning("%s", error)


def _remarks_of(reasoner: Reasoner) -> tuple[str, ...]:
    """What a reasoner says of how it was asked, as far as it can."""
    with contextlib.suppress(ReasonerError), crossing("the reasoner", ReasonerError):
        return tuple(str(remark) for remark in reasoner.remarks)
    return ()


def _idle(
    options: BatchOptions, reasoner: Reasoner, router: Router, questions: QuestionSet
) -> list[str]:
    """Options that were given and changed nothing."""
    idle = idle_orders(reasoner, options.shuffle_choices)
    remarks = [] if idle is None else [idle]
    if options.max_calls > 1 and not isinstance(router, AskingRouter):
        remarks.append(f"--max-calls is for routers that ask: {router.name} does not read it")
    scored = options.judge or options.measure != Measure.CONTAINS
    if scored and not any(q.answer and not q.choices for q in questions.questions):
        option = "--measure" if options.judge is None else "--judge"
        remarks.append(f"{option} is for open-ended questions with right answers: there are none")
    return remarks


def _settings(
    options: BatchOptions, reasoner: Reasoner, router: Router, judge: Reasoner | None
) -> str:
    return json.dumps(
        {
            "provider": reasoner.name,
            "reasoner": reasoner.identity,
            "router": router.name,
            "router_identity": router.identity,
            "max_calls": options.max_calls,
            "shuffle_choices": options.shuffle_choices,
            "limit": options.limit,
            "timeout": options.timeout,
            "measure": str(options.measure),
            "judge": None if judge is None else judge.identity,
        }
    )
