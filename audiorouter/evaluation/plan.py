"""What an evaluation would ask, without asking it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.batch.planning.ahead import AskedQuestion, LookAhead
from audiorouter.batch.planning.work_ahead import WorkCount
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.routing_stage import RoutingStage
from audiorouter.errors import FaultError, UsageError
from audiorouter.evaluation.comparison import untrained_baselines
from audiorouter.evaluation.contributions import check_tool
from audiorouter.evaluation.evaluate import EvaluateRequest, open_routers, read_for_evaluation
from audiorouter.learning.outcomes_ahead import OutcomePlan, OutcomesAhead, ScorableQuestion
from audiorouter.learning.reading import told_with
from audiorouter.machine.called import to_type
from audiorouter.machine.signals import run_until_stopped
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import usable_tools
from audiorouter.routing.interface import AskingRouter, Router
from audiorouter.routing.learned import encoder_missing, listening_calls_among
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audiorouter.learning.outcome_table import Calls


def plan_evaluation(
    request: EvaluateRequest, *, registry: Registry | None = None, progress: Shown = silent
) -> OutcomePlan:
    """Count what an evaluation asks that the store does not have; what would stop it is raised.

    A router that asks the reasoner which tools to call is left out, which `notes` say.

    Raises:
        UsageError: the files or options make no sense, or no question can be scored.
    """
    engine, notes = request.engine, list[str]()
    if (missing := encoder_missing()) is not None:
        raise UsageError(missing)
    registry = registry or engine.load_registry()
    reasoner = engine.open_reasoner(registry)
    routers = open_routers(request, registry, notes.append)
    if not (tools := usable_tools(registry, request.tools)):
        raise UsageError(f"there is no usable tool to evaluate (`{to_type('tools', 'list')}`)")
    if request.with_tool is not None:
        check_tool(request.with_tool, tools)
    with told_with(notes):
        questions, training = read_for_evaluation(request, registry, notes.append)
    listening_calls = () if training is None else listening_calls_among(usable_tools(registry))
    told = {name: one for name, one in routers.items() if not isinstance(one, AskingRouter)}
    notes += [
        f"not counted: the answers that {name} needs, which cannot be told before it has asked"
        for name in routers.keys() - told.keys()
    ]

    async def plan(ahead: LookAhead, outcomes: OutcomesAhead) -> OutcomePlan:
        heard = {"evaluation": await outcomes.hear(questions, "evaluation")}
        if training is not None:
            heard["training"] = await outcomes.hear(training, "training")
            singles = [(), *((ToolCall(name),) for name in tools)]
            outcomes.add(heard["training"], [singles] * len(heard["training"]))
        compared = heard["evaluation"]
        routes: list[list[Calls]] = [
            [(), *((ToolCall(name),) for name in tools), tuple(map(ToolCall, tools))]
            for _ in compared
        ]
        requests = outcomes.requests(compared, listening_calls)
        for baseline in untrained_baselines(tools, SentenceEncoder(keep=True)).values():
            for some, route in zip(routes, baseline.route(requests), strict=True):
                some.append(tuple(dict.fromkeys(route.calls)))
        outcomes.add(compared, routes)
        asked, known = await outcomes.asked()
        for router in told.values():
            asked += outcomes.new(await _routed(compared, router, ahead, registry))
        everything = [item for some in heard.values() for item in some]
        listened = [(item.facts, listening_calls) for item in everything]
        listened += [
            (item.facts, router.listening_calls) for router in told.values() for item in compared
        ]
        count = WorkCount(ahead)
        count.add(asked, listened)
        work = count.work()
        return OutcomePlan(
            **vars(work) | {"answers_stored": work.answers_stored + known},
            questions={name: len(some) for name, some in heard.items()},
            unscorable=len(questions) + len(training or ()) - len(everything),
            why_not=outcomes.why_not,
            at_most=0,
            notes=tuple(notes),
        )

    with engine.open_store() as store:
        ahead = LookAhead(registry, reasoner, store, engine, progress=progress)
        return run_until_stopped(ahead.closing(plan(ahead, OutcomesAhead(ahead, registry))))


async def _routed(
    questions: Sequence[ScorableQuestion], router: Router, ahead: LookAhead, registry: Registry
) -> list[AskedQuestion]:
    """How a router has the questions asked."""
    stage = RoutingStage(router, ahead.store, registry.tools)
    asked = []
    try:
        for question, facts in questions:
            try:
                asked += await ahead.routed(question, facts, router, stage)
            except FaultError:
                continue  # the evaluation will say why
    finally:
        stage.close()
    return asked
