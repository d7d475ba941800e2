"""Evaluating routers on a questions file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from audiorouter.batch.cluster.options import ClusterOptions
from audiorouter.batch.options import EngineOptions
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.provenance import of_router, provenance
from audiorouter.batch.reasoning.orders import idle_orders
from audiorouter.bounds import check_numbers
from audiorouter.errors import UsageError
from audiorouter.evaluation.comparison import Evaluation, evaluate_routers
from audiorouter.evaluation.contributions import check_tool
from audiorouter.learning.opening import open_outcome_source
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.reading import read_file_of
from audiorouter.learning.reward import DEFAULT_COST_WEIGHT
from audiorouter.learning.scorable import check_scorable
from audiorouter.machine.paths import StrPath
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import open_router, usable_tools
from audiorouter.questions import Question
from audiorouter.routing.interface import AskingRouter, Router
from audiorouter.routing.learned import encoder_missing, listening_calls_among

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class EvaluateRequest:
    """What to compare, and on which questions.

    Raises:
        UsageError: a number is out of its bounds, see `audiorouter.bounds`.
    """

    questions: StrPath
    clips: StrPath
    routers: str | Sequence[str] = ()
    """Names of routers or their folders; none of them means the default router."""
    tools: str | Sequence[str] | None = None
    """Names of the only tools that are called, also with commas; None means all usable ones."""
    with_tool: str | None = None
    """Name of a tool whose worth will be asked for."""
    training: StrPath | None = None
    """Training questions, from which nearest neighbours and linear routers learn."""
    limit: int | None = None
    """Only the first so many questions."""
    max_calls: int = 1
    """Most calls that the router `prompted` may ask for."""
    cost_weight: float | None = None
    """How many right answers calling every tool may cost: trained routers and baselines weigh calls
    by it, and regret is reckoned by it. None is 0.05, and routers as they were trained."""
    allow_outside: bool = False
    """Whether clips may lie outside the folder of clips."""
    every_clip: bool = False
    """Whether every question may be asked of every clip where that makes more than 10,000 rows."""
    answers: bool = False
    """Whether the evaluation holds what was answered to each question, as a report shows it."""
    engine: EngineOptions = field(default_factory=EngineOptions)
    cluster: ClusterOptions | None = None
    """The Ray cluster whose machines answer; None is this machine."""

    def __post_init__(self) -> None:
        check_numbers(self)


def evaluate(
    request: EvaluateRequest,
    *,
    registry: Registry | None = None,
    progress: Shown = silent,
    say: Say = lambda _line: None,
) -> Evaluation:
    """Compare routers on the same questions, with the baselines beside them.

    What is already known is taken from the store. `say` hears what a user should know.

    >>> request = EvaluateRequest(questions="test.csv", clips="clips", routers=["my-router"])
    >>> evaluate(request).frame()                                          # doctest: +SKIP

    Raises:
        UsageError: the files or options make no sense, or no question could be answered.
        StoreError: the store cannot be used.
    """
    engine = request.engine
    if (missing := encoder_missing()) is not None:
        raise UsageError(missing)
    registry = registry or engine.load_registry()
    reasoner = engine.open_reasoner(registry)
    if (idle := idle_orders(reasoner, engine.shuffle_choices)) is not None:
        say(idle)
    routers = open_routers(request, registry, say)
    tools = usable_tools(registry, request.tools)
    if request.with_tool is not None:
        check_tool(request.with_tool, tools)
    questions, training = read_for_evaluation(request, registry, say)
    # Baselines that learn hear what the learned router hears.
    listening_calls = () if training is None else listening_calls_among(usable_tools(registry))
    with open_outcome_source(
        request,
        registry,
        reasoner,
        listening_calls=listening_calls,
        max_calls=request.max_calls,
        progress=progress,
        say=say,
    ) as source:
        weight = DEFAULT_COST_WEIGHT if request.cost_weight is None else request.cost_weight
        evaluation = evaluate_routers(
            source, questions, routers, tools, training=training, cost_weight=weight
        )
        if request.answers:
            evaluation = _with_answers(evaluation, source)
        if (guessed := source.costs.guessed(tools)) is not None:
            say(guessed)
    origin = provenance(engine, registry, reasoner, tools.values())
    asked = {name: of_router(router) for name, router in routers.items()}
    return replace(evaluation, provenance=origin | {"routers": asked})


def _with_answers(evaluation: Evaluation, source: OutcomeSource) -> Evaluation:
    places, asked = evaluation.asked, evaluation.table.questions
    found = source.kept([(asked[row], route) for row, route in places])
    known = zip(places, found, strict=True)
    return replace(evaluation, answers={place: kept for place, kept in known if kept is not None})


def open_routers(request: EvaluateRequest, registry: Registry, say: Say) -> dict[str, Router]:
    """The routers by the names that they were asked for by."""
    routers: dict[str, Router] = {}
    # A name may hold commas, as that of tools:NAME,NAME does.
    given = [request.routers] if isinstance(request.routers, str) else request.routers
    names: Sequence[str | None] = given or [None]
    for name in names:
        weighs = name is None or name.partition(":")[0] not in registry.routers
        router = open_router(
            registry,
            name,
            provider=request.engine.provider,
            tools=request.tools,
            cost_weight=request.cost_weight if weighs else None,
        )
        routers[name or router.name] = router
        for remark in router.remarks:
            say(remark)
    if request.max_calls > 1 and not any(isinstance(r, AskingRouter) for r in routers.values()):
        say("--max-calls is for routers that ask: none here does")
    return routers


def read_for_evaluation(
    request: EvaluateRequest, registry: Registry, say: Say
) -> tuple[tuple[Question, ...], tuple[Question, ...] | None]:
    """The questions to compare on, and those to learn from where some were named.

    Raises:
        UsageError: they cannot be read, or none of them can be scored.
    """
    questions = read_file_of(request, request.questions, registry, say)[: request.limit]
    check_scorable(questions, request.questions)
    training = None
    if request.training is not None:
        training = read_file_of(request, request.training, registry, say)
        check_scorable(training, request.training)
    return questions, training
