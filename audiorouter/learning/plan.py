"""What a training would ask, without asking it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.batch.planning.ahead import LookAhead
from audiorouter.batch.planning.work_ahead import WorkCount
from audiorouter.batch.progress import Shown, silent
from audiorouter.errors import UsageError
from audiorouter.learning.candidates import nearest_tools
from audiorouter.learning.existing_router import check_router_folder, made_by
from audiorouter.learning.outcomes_ahead import OutcomePlan, OutcomesAhead, ScorableQuestion
from audiorouter.learning.reading import told_with
from audiorouter.learning.request import TrainRequest, read_for_training
from audiorouter.learning.starting_router import with_start
from audiorouter.machine.called import to_type
from audiorouter.machine.files import check_folder
from audiorouter.machine.signals import run_until_stopped
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import usable_tools
from audiorouter.routing.learned import encoder_missing, listening_calls_among
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from audiorouter.learning.outcome_table import Calls
    from audiorouter.routing.interface import RouteRequest
    from audiorouter.toolbox.interface import Tool


def plan_training(
    request: TrainRequest, *, registry: Registry | None = None, progress: Shown = silent
) -> OutcomePlan:
    """Count what a training asks that the store does not have; what would stop it is raised.

    Routes of several calls are drawn from the policy as it learns: of those it says how many
    answers there may be at most.

    Raises:
        UsageError: the files or options make no sense, or there is too little to learn from.
    """
    folder, engine, notes = Path(request.output), request.engine, list[str]()
    check_folder(folder)
    if (missing := encoder_missing()) is not None:
        raise UsageError(missing)
    if request.language_model is not None:
        from audiorouter.learning.language_model.run import check_request

        check_request(request)
    registry = registry or engine.load_registry()
    reasoner = engine.open_reasoner(registry)
    if not (tools := usable_tools(registry, request.tools)):
        raise UsageError(f"there is no usable tool to route to (`{to_type('tools', 'list')}`)")
    request, start = with_start(request)
    with told_with(notes):
        questions, validation = read_for_training(request, registry, notes.append)
    asked_for = made_by(request, reasoner.identity, questions, validation, tools, start)
    check_router_folder(folder, asked_for, replace=request.replace)
    listening_calls = listening_calls_among(usable_tools(registry))

    async def plan(ahead: LookAhead, outcomes: OutcomesAhead) -> OutcomePlan:
        heard = {"training": await outcomes.hear(questions, "training")}
        if validation is not None:
            heard["validation"] = await outcomes.hear(validation, "validation")
        for some in heard.values():
            requests = outcomes.requests(some, listening_calls)
            outcomes.add(some, _tried(request, tools, requests))
        asked, known = await outcomes.asked()
        everything = [item for some in heard.values() for item in some]
        count = WorkCount(ahead)
        count.add(asked, [(item.facts, listening_calls) for item in everything])
        work = count.work()
        return OutcomePlan(
            **vars(work) | {"answers_stored": work.answers_stored + known},
            questions={name: len(some) for name, some in heard.items()},
            unscorable=len(questions) + len(validation or ()) - len(everything),
            why_not=outcomes.why_not,
            at_most=_drawn(request, heard, tools),
            notes=tuple(notes),
        )

    with engine.open_store() as store:
        ahead = LookAhead(registry, reasoner, store, engine, progress=progress)
        outcomes = OutcomesAhead(ahead, registry, unlabelled=request.unlabelled)
        return run_until_stopped(ahead.closing(plan(ahead, outcomes)))


def _tried(
    request: TrainRequest, tools: Mapping[str, Tool[Any]], requests: Sequence[RouteRequest]
) -> list[Collection[Calls]]:
    """The direct answer and the single calls that are tried for each question."""
    singles: list[Calls] = [(ToolCall(name),) for name in tools]
    if (candidates := request.candidates_of(tools)) is None:
        return [[(), *singles]] * len(requests)
    nearest = nearest_tools(tools, SentenceEncoder(keep=True), candidates)(requests)
    return [[(), *some] for some in nearest]


def _drawn(
    request: TrainRequest, heard: Mapping[str, Sequence[ScorableQuestion]], tools: Collection[str]
) -> int:
    """Most answers to routes that are drawn and chosen while it learns.

    See `stages`; a language model may write routes that nobody tried at every draw.
    """
    apart, candidates = "validation" in heard, request.candidates_of(tools)
    validated = len(heard["validation" if apart else "training"])
    if (written := request.language_model) is not None:
        together = min(written.max_calls, candidates or len(tools)) - 1
        each = written.group_size * max(0, written.epochs - 1)
        each += together if written.warm_epochs else 0
        return each * len(heard["training"]) + validated * (1 + written.epochs)
    options = request.training
    # On questions apart from those of training each policy is validated on all of them.
    policies = options.members if apart else 1
    steps = min(options.max_calls, len(tools))
    # The route that is chosen, and the first calls of the ranking, of which one is tried already.
    each = 1 + steps if candidates is not None else steps if steps > 1 else 0
    chosen = policies * validated * each
    if options.max_calls == 1:
        return chosen
    return options.group_size * (len(heard["training"]) + apart * validated) + chosen
