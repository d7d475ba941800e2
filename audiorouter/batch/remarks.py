"""What a user should know of how a batch was asked."""

from __future__ import annotations

import contextlib

from audiorouter.batch.options import BatchOptions
from audiorouter.batch.reasoning.orders import idle_orders
from audiorouter.border import crossing
from audiorouter.errors import ReasonerError
from audiorouter.providers.interface import AsyncReasoner, Long, Reasoner
from audiorouter.questions import QuestionSet
from audiorouter.routing.interface import AskingRouter, Router
from audiorouter.scoring import Measure


def remarks_of(reasoner: Reasoner) -> tuple[str, ...]:
    """What a reasoner says of how it was asked, as far as it can."""
    with contextlib.suppress(ReasonerError), crossing("the reasoner", ReasonerError):
        return tuple(str(remark) for remark in reasoner.remarks)
    return ()


def idle_options(
    options: BatchOptions, reasoner: Reasoner, router: Router, questions: QuestionSet
) -> list[str]:
    """Options that were given and changed nothing."""
    idle = idle_orders(reasoner, options.shuffle_choices)
    remarks = [] if idle is None else [idle]
    if not idle and options.shuffle_choices > 1 and not any(q.choices for q in questions.questions):
        remarks.append("--shuffle-choices is for questions with choices: there are none")
    if options.batch_size is not None and isinstance(reasoner, AsyncReasoner):
        remarks.append(
            f"--batch-size is for models on this machine: {reasoner.name} has up to "
            f"{reasoner.in_flight:,} questions at once (-P in_flight)"
        )
    if reasoner.long is Long.WINDOW and reasoner.longest is None and reasoner.sends_audio:
        remarks.append(f"long=window changes nothing: {reasoner.name} hears any clip at once")
    if options.max_calls > 1 and not isinstance(router, AskingRouter):
        remarks.append(f"--max-calls is for routers that ask: {router.name} does not read it")
    if options.max_cost is not None and not (reasoner.counts_tokens or options.judge):
        remarks.append(f"--max-cost is for what charges: {reasoner.name} costs nothing")
    scored = options.judge or options.measure != Measure.CONTAINS
    if scored and not any(q.answer and not q.choices for q in questions.questions):
        option = "--measure" if options.judge is None else "--judge"
        remarks.append(f"{option} is for open-ended questions with right answers: there are none")
    return remarks
