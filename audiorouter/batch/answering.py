"""The questions of a batch on their way, row by row, and what came of them."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import time
from collections.abc import Iterator, Mapping
from random import Random
from typing import IO, Any

from audiorouter.batch.activity import Activity
from audiorouter.batch.answers_file.growing_answers import GrowingAnswers
from audiorouter.batch.answers_file.part_file import PartFile
from audiorouter.batch.authors_score import AuthorsTally
from audiorouter.batch.engine import Engine
from audiorouter.batch.finished_rows import FinishedRows
from audiorouter.batch.given import Given
from audiorouter.batch.judging import Judge
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.past.past_runs import newly_routed
from audiorouter.batch.pipeline import Pipeline
from audiorouter.batch.planning.token_use import cost_of
from audiorouter.batch.reasoning.ceilings import Budget, CeilingReached
from audiorouter.batch.reasoning.reasoning_counters import ReasoningCounters
from audiorouter.batch.remarks import idle_options, remarks_of
from audiorouter.batch.result import BatchResult, Status
from audiorouter.batch.rows import GO_ON, Judgement, Row
from audiorouter.batch.tally import Tally
from audiorouter.border import describe
from audiorouter.errors import AudioRouterError, StoreError
from audiorouter.machine.signals import StopSignals
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import QuestionSet
from audiorouter.routing.interface import Route, Router
from audiorouter.scoring import Measure
from audiorouter.store import Store
from audiorouter.toolbox.results import Counters

MOST_LEFT = 10_000
"""Questions that were not read when a batch was stopped, and stand in its files as left, where the
rows are not kept: the ending is to be short."""
_log = logging.getLogger(__name__)


class Answering:
    """Answers questions within a run of the store, each read when its turn comes."""

    def __init__(
        self,
        questions: QuestionSet,
        given: Given,
        *,
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
        self._measure = measure
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
        self._csv: IO[bytes] | None = None
        if given.csv:
            self._csv = tempfile.TemporaryFile()  # noqa: SIM115 - who reads the result closes it
        self._answers = self._answer_files()
        self._done = FinishedRows(
            store, self._run, Tally(_authors(questions)), self._answers, keep=given.keep_rows
        )
        self._rows = self._read()
        self._started = time.perf_counter()
        self._tools = Counters()
        self._reasoning = ReasoningCounters()
        self._failure: str | None = None
        self._ceiling: str | None = None
        self._retries_before = self._reasoner_retries()

    def _answer_files(self) -> list[GrowingAnswers]:
        options = self._options
        wanted: list[tuple[str, PartFile | IO[bytes]]] = []
        if self._given.part is not None:
            wanted.append((self._given.part.path.suffix.lower(), self._given.part))
        if self._csv is not None:
            wanted.append((".csv", self._csv))
        answers = []
        for suffix, place in wanted:
            growing = GrowingAnswers(
                suffix,
                self._questions,
                options.extra_fields,
                verbatim=options.verbatim,
                unordered=options.unordered,
                wer=self._measure is Measure.WER,
            )
            growing.write_to(place)
            answers.append(growing)
        return answers

    def _read(self) -> Iterator[Row]:
        """A row for each question, made when it is asked for."""
        for place, question in enumerate(self._questions.questions):
            calls = self._given.routes.get(place)
            row = Row(
                question,
                route=None if calls is None else Route(tuple(calls)),
                measure=self._measure,
                judge=self._judge_name,
                run=self._run,
                error=self._given.errors.get(place),
            )
            self._done.begin(row)
            yield row

    def run(self, stop: StopSignals) -> Status:
        """Run to the end, to a signal, or to a failure of what all rows need."""
        try:
            running = self._given.engine
            stop.run(self._work(), on=None if running is None else running.loop)
        except KeyboardInterrupt as stopped:
            name = f" by {stopped}" if str(stopped) else ""
            return self._end_early("interrupted", f"the batch was interrupted{name}")
        except CeilingReached as reached:
            self._ceiling = str(reached)
            return self._end_early("interrupted", f"the batch reached {reached}")
        except Exception as error:  # noqa: BLE001 - the rows that are done must not be lost
            known = isinstance(error, AudioRouterError)
            _log.log(logging.INFO if known else logging.ERROR, "the batch failed", exc_info=error)
            self._failure = str(error) if known else describe(error)
            return self._end_early("failed", f"the batch failed: {self._failure}")
        return "finished"

    def _end_early(self, status: Status, why: str) -> Status:
        """Say of each row that is left why it has no answer; where none is, all is done."""
        left = False
        with as_well_as_it_can():
            for position, row in sorted(self._done.open.items()):
                left = _leave(row, why) or left
                with as_well_as_it_can():
                    self._done.finish(position)
            for count, row in enumerate(self._rows):
                left = _leave(row, why) or left
                with as_well_as_it_can():
                    self._done.finish(self._done.begun - 1)
                if count + 1 == MOST_LEFT and not self._done.keeps_all:
                    break
            self._done.tally.leave(len(self._questions.questions) - self._done.begun)
            self._done.flush(more=False)
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
            self._done.finish(position)
            self._activity.question_done(failed=row.failed)

        judge, running = self._judge, self._given.engine
        budget = Budget(self._options.ceilings)
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
        writing = self._done.written_in_time()
        async with judge or contextlib.nullcontext(), opened as engine, writing:
            pipeline = Pipeline(
                engine,
                self._router,
                finished,
                activity=self._activity,
                max_calls=self._options.max_calls,
                remote=self._options.remote_clips(self._given.registry.sources),
                room=self._done.room,
                # Of two that go through the same clips in the same order each does all the work.
                shuffled=Random(self._run) if self._store.other_runs(self._run) else None,
            )
            self._tools, self._reasoning = pipeline.tools, pipeline.reasoning
            hooks = pipeline.hooks
            pipeline.reasoning.account = budget.account(self._reasoner)
            pipeline.tools.begin = budget.begin
            if judge is not None:
                judge.counters.account = budget.account(judge.reasoner)
            await budget.keep(pipeline.run(self._rows))
        self._done.flush(more=False)

    def close(self, status: Status) -> None:
        """End the answers file; of a batch that is not finished it stands beside its place.

        So it does where no question was answered and there are earlier answers: whatever is wrong
        with all of them costs no good work.

        Raises:
            UsageError: it could not be written; what was there is there still.
        """
        tally, part = self._done.tally, self._given.part
        keep = not tally.answered and part is not None and part.output.exists()
        for answers in self._answers:
            answers.flush(more=False)
            answers.close(in_place=status == "finished" and not keep)

    def result(self, status: Status) -> BatchResult:
        """What came of it."""
        return BatchResult(
            self._questions,
            self._done.rows,
            self._done.tally,
            status,
            *self._names,
            self._tools,
            self._reasoning,
            time.perf_counter() - self._started,
            self._failure,
            (
                *self._remarks,
                *self._newly_routed(status),
                *(remark for asked in self._asked for remark in remarks_of(asked)),
            ),
            self._judge_name,
            self._judging,
            self._origin,
            self._options.fresh,
            cost_of(zip(self._asked, (self._reasoning, self._judging), strict=False)),
            self._ceiling,
            self._reasoner_retries() - self._retries_before,
            self._csv,
        )

    def _reasoner_retries(self) -> int:
        """How often the reasoner has asked again, as far as it says so."""
        retries = self._reasoner.retries
        return retries if isinstance(retries, int) else 0

    def _newly_routed(self, status: Status) -> list[str]:
        """What came of tools that are new since the same questions were asked before."""
        with as_well_as_it_can():
            if status == "finished":
                tally = self._done.tally
                return newly_routed(self._store, self._questions.path, self._origin, tally)
        return []


@contextlib.contextmanager
def as_well_as_it_can() -> Iterator[None]:
    """Of a store that fails, the end of a batch asks no more than it gives."""
    try:
        yield
    except StoreError as error:
        _log.warning("%s", error)


def _leave(row: Row, why: str) -> bool:
    """Say of a row that is not done why; whether it was left without an answer or a judgement."""
    if row.error is not None or not (row.unjudged or row.answer is None):
        return False
    what = "answered" if row.answer is None else "judged"
    row.error = f"not {what}: {why} {GO_ON}"
    row.left = True
    return True


def _authors(questions: QuestionSet) -> AuthorsTally | None:
    benchmark, rule = questions.benchmark, questions.authors_rule
    return None if benchmark is None or rule is None else AuthorsTally(benchmark, rule)
