"""What a batch would do, without doing it: calls and answers to be made, and how long they take."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from audiorouter.batch.fetching import ClipFetcher
from audiorouter.batch.judging import judge_request
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.pipeline import ROWS_TOGETHER
from audiorouter.batch.planning.ahead import AskedQuestion, LookAhead
from audiorouter.batch.planning.answer_times import answer_seconds
from audiorouter.batch.planning.work_ahead import Work, WorkCount
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.question_source import asked_questions
from audiorouter.batch.reasoning.kept_answers import answer_key, restored_if_whole
from audiorouter.batch.routing_stage import RoutingStage
from audiorouter.batch.rows import Row
from audiorouter.errors import FaultError, ReasonerError, UsageError
from audiorouter.machine.paths import StrPath
from audiorouter.machine.seen import Seen
from audiorouter.machine.signals import run_until_stopped
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import open_router
from audiorouter.providers.interface import Reasoner, Request
from audiorouter.providers.prompt import user_text
from audiorouter.questions import Question
from audiorouter.questions.remote_clips import RemoteClips
from audiorouter.routing.interface import AskingRouter, Router
from audiorouter.store import Store


@dataclass(frozen=True, kw_only=True)
class Plan(Work):
    """Work that lies ahead of a batch."""

    questions: int
    unanswerable: int
    why_not: str
    """What is wrong with the first of these, with its place; empty where there is none."""
    judgements: int
    """How many open-ended answers are to be judged."""
    judge_takes_tokens: bool
    """Whether these take tokens of a server as well, which `tokens` does not count."""
    reading: str
    """How the questions file was read, see `Reading`."""
    notes: tuple[str, ...]
    first: str
    """The first question that can be answered, as it is put to a model that has no findings."""


def make_plan(
    clips: StrPath,
    questions: StrPath | None,
    options: BatchOptions,
    *,
    registry: Registry,
    progress: Shown = silent,
) -> Plan:
    """Read the questions, route them, and count what the store does not have; see `LookAhead`."""
    about = asked_questions(questions, clips, registry.benchmarks.values())
    about.check_output(options)
    asked = about.read(options, registry.sources)
    reasoner = options.open_reasoner(registry)
    judge = options.open_judge(registry)
    options.ceilings.check(reasoner, judge)
    router = open_router(
        registry, options.router, provider=options.provider, cost_weight=options.cost_weight
    )
    if isinstance(router, AskingRouter):
        raise UsageError(f"what {router.name} will call cannot be told before it has asked")
    with options.open_store() as store:
        ahead = LookAhead(
            registry, reasoner, store, options, fresh=options.fresh, progress=progress
        )
        stage = RoutingStage(router, store, registry.tools, fresh=options.fresh)
        remote = options.remote_clips(registry.sources)
        count = _Count(ahead, router, judge)
        looking = _look_at(asked.questions, ahead, router, stage, remote, count)
        run_until_stopped(ahead.closing(looking))
        plan = Plan(
            **vars(count.work.work()),
            questions=len(asked.questions),
            unanswerable=len(asked.questions) - count.answerable,
            why_not=count.why_not,
            judgements=count.judgements,
            judge_takes_tokens=False,
            reading=asked.reading.line,
            notes=(*about.notes(asked), *asked.reading.notes),
            first=_first(asked.questions),
        )
        return plan if judge is None else _with_judge(plan, judge, store)


async def _look_at(
    questions: Iterable[Question],
    ahead: LookAhead,
    router: Router,
    stage: RoutingStage,
    remote: RemoteClips | None,
    count: _Count,
) -> None:
    """Count what the questions take, so many at a time as a batch reads together."""
    fetcher = ClipFetcher(remote)

    async def look(question: Question) -> list[AskedQuestion] | str:
        """How it is asked, the route's own way last; or why it cannot be answered."""
        if question.path is None or question.problem is not None:
            return f"{question.place}: {question.problem}"
        try:
            await fetcher.fetch(question)
            return await ahead.routed(question, await ahead.facts(question.path), router, stage)
        except FaultError as error:
            return f"{question.place}: {error}"

    left = iter(questions)
    try:
        while together := list(islice(left, ROWS_TOGETHER)):
            found = await asyncio.gather(*map(look, together))
            count.add([asked for asked in found if not isinstance(asked, str)])
            count.leave_out([why for why in found if isinstance(why, str)])
            ahead.forget()
    finally:
        fetcher.close()
        stage.close()


class _Count:
    """What questions take, those counted that can be answered."""

    def __init__(self, ahead: LookAhead, router: Router, judge: Reasoner | None):
        self._ahead = ahead
        self._listening = router.listening_calls
        self._judge = judge
        self._judged = Seen()
        self.work = WorkCount(ahead)
        self.answerable = 0
        self.why_not = ""
        self.judgements = 0

    def leave_out(self, why: Sequence[str]) -> None:
        """Note why questions cannot be answered, each with its place, in their order."""
        self.why_not = self.why_not or next(iter(why), "")

    def add(self, routed: Sequence[Sequence[AskedQuestion]]) -> None:
        """Count questions by the ways in which each is asked, the route's own last."""
        last = [ways[-1] for ways in routed]
        self.answerable += len(last)
        heard = [(one.facts, self._listening) for one in last]
        self.work.add([way for ways in routed for way in ways], heard)
        if self._judge is not None:
            self.judgements += self._new_judgements(last, self._judge)

    def _new_judgements(self, last: Sequence[AskedQuestion], judge: Reasoner) -> int:
        """How many answers are to be judged; each that is not there yet needs one of its own."""
        ahead, orders = self._ahead, self._ahead.options.shuffle_choices
        keys = {
            id(one): answer_key(ahead.reasoner, one.request, orders=orders)
            for one in last
            if one.request is not None
        }
        kept = ahead.kept(keys.values())
        asked: set[str] = set()
        unknown = 0
        for one in last:
            there = kept.get(keys.get(id(one), ""))
            answer = None if there is None else restored_if_whole(there)
            row = Row(one.question, one.facts, answer=answer, judge=judge.name)
            if (request := judge_request(row)) is not None:
                key = answer_key(judge, request)
                asked |= {key} if self._judged.is_new(key) else set()
            elif answer is None and one.question.answers and not one.question.choices:
                unknown += 1
        return len(asked) - len(ahead.kept(asked)) + unknown


def _first(questions: Sequence[Question]) -> str:
    """What a model is asked of the first question that can be answered."""
    for question in questions:
        if question.path is not None and question.problem is None:
            request = Request(question.path, "", question.text, question.choices)
            with contextlib.suppress(ReasonerError):  # more choices than letters
                return user_text(request)
    return ""


def _with_judge(plan: Plan, judge: Reasoner, store: Store) -> Plan:
    """The plan with the time that the judge takes."""
    count = plan.judgements
    seconds, measured = answer_seconds(store, judge, count)
    return replace(
        plan,
        judge_takes_tokens=bool(count) and judge.counts_tokens,
        wall_seconds=round(plan.wall_seconds + seconds / judge.in_flight, 1),
        measured=plan.measured and (measured or not count),
    )
