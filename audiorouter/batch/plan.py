"""What a batch would do, without doing it: calls and answers to be made, and how long they take."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from audiorouter.batch.ahead import AskedQuestion, LookAhead, Work
from audiorouter.batch.answer_times import answer_seconds, at_once
from audiorouter.batch.asked import asked_questions
from audiorouter.batch.fetching import ClipFetcher
from audiorouter.batch.judging import judge_request
from audiorouter.batch.kept_answers import answer_key, restored
from audiorouter.batch.options import BatchOptions
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.routing_stage import RoutingStage
from audiorouter.batch.rows import Row
from audiorouter.errors import FaultError, ReasonerError, UsageError
from audiorouter.machine.paths import StrPath
from audiorouter.machine.signals import run_until_stopped
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import open_router
from audiorouter.providers.interface import Answer, Reasoner, Request
from audiorouter.providers.prompt import user_text
from audiorouter.questions import Question
from audiorouter.questions.remote_clips import RemoteClips
from audiorouter.routing.interface import AskingRouter, Router


@dataclass(frozen=True, kw_only=True)
class Plan(Work):
    """Work that lies ahead of a batch."""

    questions: int
    unanswerable: int
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
        looking = _routed(asked.questions, ahead, router, stage, remote)
        routed = run_until_stopped(ahead.closing(looking))
        last = [one[-1] for one in routed]
        heard = [(one.facts, router.listening_calls) for one in last]
        work = ahead.work([each for one in routed for each in one], heard)
        plan = Plan(
            **vars(work),
            questions=len(asked.questions),
            unanswerable=len(asked.questions) - len(routed),
            judgements=0,
            judge_takes_tokens=False,
            reading=asked.reading.line,
            notes=(*about.notes(asked), *asked.reading.notes),
            first=_first(asked.questions),
        )
        return plan if judge is None else _with_judgements(plan, last, judge, ahead)


async def _routed(
    questions: Sequence[Question],
    ahead: LookAhead,
    router: Router,
    stage: RoutingStage,
    remote: RemoteClips | None,
) -> list[list[AskedQuestion]]:
    """How each question is asked that can be answered, the route's own way last."""

    fetcher = ClipFetcher(remote)

    async def look(question: Question) -> list[AskedQuestion] | None:
        if question.path is None or question.problem is not None:
            return None
        try:
            await fetcher.fetch(question)
            return await ahead.routed(question, await ahead.facts(question.path), router, stage)
        except FaultError:
            return None  # the batch will say why

    try:
        found = await asyncio.gather(*map(look, questions))
    finally:
        fetcher.close()
        stage.close()
    return [asked for asked in found if asked is not None]


def _first(questions: Sequence[Question]) -> str:
    """What a model is asked of the first question that can be answered."""
    for question in questions:
        if question.path is not None and question.problem is None:
            request = Request(question.path, "", question.text, question.choices)
            with contextlib.suppress(ReasonerError):  # more choices than letters
                return user_text(request)
    return ""


def _with_judgements(
    plan: Plan, routed: Sequence[AskedQuestion], judge: Reasoner, ahead: LookAhead
) -> Plan:
    """The plan with what the judge is asked as well."""
    orders = ahead.options.shuffle_choices
    keys = {
        id(one): answer_key(ahead.reasoner, one.request, orders=orders)
        for one in routed
        if one.request is not None
    }
    kept = ahead.kept(keys.values())
    answers = {one: restored(kept[key]) for one, key in keys.items() if key in kept}
    count = _judgements(routed, answers, judge, ahead)
    seconds, measured = answer_seconds(ahead.store, judge, count)
    return replace(
        plan,
        judgements=count,
        judge_takes_tokens=bool(count) and judge.counts_tokens,
        wall_seconds=round(plan.wall_seconds + seconds / at_once(judge), 1),
        measured=plan.measured and (measured or not count),
    )


def _judgements(
    routed: Sequence[AskedQuestion],
    answers: Mapping[int, Answer],
    judge: Reasoner,
    ahead: LookAhead,
) -> int:
    """How many answers are to be judged; one that is not there yet needs a judgement of its own."""
    keys: set[str] = set()
    unknown = 0
    for one in routed:
        row = Row(one.question, one.facts, answer=answers.get(id(one)), judge=judge.name)
        if (request := judge_request(row)) is not None:
            keys.add(answer_key(judge, request))
        elif row.answer is None and one.question.answers and not one.question.choices:
            unknown += 1
    return len(keys) - len(ahead.kept(keys)) + unknown
