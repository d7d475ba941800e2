"""`audiorouter train`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from audiorouter.bounds import CALLS, COUNT, GROUP, MEMBERS, PASSES, RATE, SEED, WEIGHT
from audiorouter.cli import complete
from audiorouter.cli.context import settings_of
from audiorouter.cli.ends import resumable
from audiorouter.cli.engine_names import MachinesGroup
from audiorouter.cli.engine_options import (
    AllowOutside,
    EveryClip,
    LimitsGroup,
    RetryFailed,
    ShuffleChoices,
    ToolNames,
)
from audiorouter.cli.help_groups import LEARNING, OUTPUT, QUESTIONS, ROUTING
from audiorouter.cli.language_model_options import (
    BaseModel,
    Detail,
    Layers,
    QuestionsAStep,
    Rank,
    Revision,
    WarmEpochs,
    WarmRate,
)
from audiorouter.cli.option_groups import takes_groups
from audiorouter.cli.output import print_json, print_report
from audiorouter.cli.project_settings import was_given
from audiorouter.cli.reasoner_options import (
    ReasonerGroup,
)


@takes_groups
def train(
    context: typer.Context,
    questions: Annotated[
        Path, typer.Argument(help="Questions with right answers.", show_default=False)
    ],
    clips: Annotated[Path, typer.Option(help="Folder of audio files.", rich_help_panel=QUESTIONS)],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder for the router.", rich_help_panel=OUTPUT)
    ],
    reasoner: ReasonerGroup,
    *,
    val: Annotated[
        Path | None,
        typer.Option(
            help="Questions to validate on; default: a part of the others, by clip.",
            rich_help_panel=QUESTIONS,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=COUNT.most,
            help="Only the first N training questions.",
            rich_help_panel=QUESTIONS,
        ),
    ] = None,
    tools: ToolNames = None,
    candidates: Annotated[
        int | None,
        typer.Option(
            min=COUNT.least,
            max=COUNT.most,
            help="Tools tried for each question, the nearest ones; default: all.",
            rich_help_panel=ROUTING,
        ),
    ] = None,
    policy: Annotated[
        Literal["network", "language-model"],
        typer.Option(
            help="Small networks, or a language model that writes calls.",
            rich_help_panel=LEARNING,
        ),
    ] = "network",
    max_calls: Annotated[
        int | None,
        typer.Option(
            min=CALLS.least,
            max=CALLS.most,
            help="Most tools chosen; above 1 routes are drawn. Default: 2, of a language model 1.",
            rich_help_panel=ROUTING,
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="ROUTER",
            help="Go on from a trained router, by its folder, learned, or hub:OWNER/NAME.",
            rich_help_panel=LEARNING,
            autocompletion=complete.routers,
        ),
    ] = None,
    unlabelled: Annotated[
        bool,
        typer.Option(
            "--unlabelled",
            help="Learn from questions without a right answer too: by how sure the reasoner is.",
            rich_help_panel=LEARNING,
        ),
    ] = False,
    members: Annotated[
        int | None,
        typer.Option(
            min=MEMBERS.least,
            max=MEMBERS.most,
            help="Networks that decide together; default: 5.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    cost_weight: Annotated[
        float,
        typer.Option(
            min=WEIGHT.least,
            max=WEIGHT.most,
            help="What calling every tool may cost, in right answers.",
            rich_help_panel=ROUTING,
        ),
    ] = 0.05,
    see_margin: Annotated[
        bool | None,
        typer.Option(
            "--see-margin/--no-see-margin",
            show_default=False,
            help="Let it see how sure the reasoner is of its direct answer, asked for first.",
            rich_help_panel=ROUTING,
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=PASSES.least,
            max=PASSES.most,
            help="Most epochs; default: 400, of a language model 2 (0: imitation alone).",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            min=RATE.least,
            max=RATE.most,
            help="Step size of AdamW; default: 0.001, of a language model 0.0001.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    entropy_weight: Annotated[
        float | None,
        typer.Option(
            min=WEIGHT.least,
            max=WEIGHT.most,
            help="How much undecidedness is rewarded; default: 0.01.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    kl_weight: Annotated[
        float | None,
        typer.Option(
            min=WEIGHT.least,
            max=WEIGHT.most,
            help="How strongly it is held to where it starts; default: 0.2, of a language model "
            "0.02.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    group_size: Annotated[
        int | None,
        typer.Option(
            min=GROUP.least,
            max=GROUP.most,
            help="Decisions drawn a question (networks: with --max-calls above 1); default: 8.",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    base: BaseModel = None,
    revision: Revision = None,
    tool_detail: Detail = None,
    rank: Rank = None,
    layers: Layers = None,
    warm_epochs: WarmEpochs = None,
    warm_learning_rate: WarmRate = None,
    questions_a_step: QuestionsAStep = None,
    seed: Annotated[
        int,
        typer.Option(
            min=SEED.least,
            max=SEED.most,
            help="The same seed gives the same router, but for the rounding of the machine.",
            rich_help_panel=LEARNING,
        ),
    ] = 0,
    shuffle_choices: ShuffleChoices = 1,
    machines: MachinesGroup,
    limits: LimitsGroup,
    retry_failed: RetryFailed = False,
    allow_outside: AllowOutside = False,
    every_clip: EveryClip = False,
    track: Annotated[
        str | None,
        typer.Option(
            help="An experiment tracker that accelerate supports: tensorboard, wandb …",
            rich_help_panel=LEARNING,
        ),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Replace a router of another training in -o.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    plan: Annotated[
        bool,
        typer.Option(
            "--plan",
            help="Only say what would be asked and how long it may take.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print what --plan says as JSON on stdout.", rich_help_panel=OUTPUT
        ),
    ] = False,
) -> None:
    """Train a router by what tools change in the reasoner's answers.

    Every question is asked once by each route; what is known already is taken from the store, so
    that a second training takes seconds, and an interrupted one goes on. With a slow reasoner
    --candidates 8 saves most of the answers to single calls.

    Examples:

      audiorouter train questions.csv --clips clips -o my-router

      audiorouter train questions.csv --clips clips -o my-router --plan

      audiorouter train questions.csv --clips clips -o my-router --engine ray --ray-address auto

      audiorouter train few.csv --clips clips -o mine --start learned --provider transformers:MODEL

      audiorouter train thousands.csv --clips clips -o mine --unlabelled --val few.csv

      audiorouter batch clips other.csv --router my-router

      accelerate launch -m audiorouter train questions.csv --clips clips -o my-router

      audiorouter train questions.csv --clips clips --policy language-model --candidates 4 -o lm
    """
    from audiorouter.batch.activity import Activity
    from audiorouter.batch.options import EngineOptions
    from audiorouter.batch.progress import on_stderr
    from audiorouter.cli.launched import processes_missing
    from audiorouter.errors import UsageError

    # What learns takes seconds to import.
    with on_stderr(Activity(0, doing="training", preparing="starting")):
        from audiorouter.cli.plan_tables import outcome_plan_report
        from audiorouter.learning.plan import plan_training
        from audiorouter.learning.policy_kinds import PolicyKind, options_of
        from audiorouter.learning.request import TrainRequest
        from audiorouter.learning.starting_router import without_kept_options
        from audiorouter.learning.train import train as run_training

    settings = settings_of(context)
    if as_json and not plan:
        raise UsageError("--json is for --plan: training prints nothing on stdout")
    if (complaint := processes_missing()) is not None:
        _say(complaint)
    given = {
        "max_calls": max_calls,
        "see_margin": see_margin,
        "members": members,
        "epochs": epochs,
        "learning_rate": learning_rate,
        "entropy_weight": entropy_weight,
        "kl_weight": kl_weight,
        "group_size": group_size,
        "seed": seed,
        "base": base,
        "revision": revision,
        "tool_detail": tool_detail,
        "rank": rank,
        "layers": layers,
        "warm_epochs": warm_epochs,
        "warm_learning_rate": warm_learning_rate,
        "questions_a_step": questions_a_step,
    }
    if start is not None:
        given = without_kept_options(given, [n for n in given if was_given(context, n)])
    training, language_model = options_of(PolicyKind(policy), given)
    request = TrainRequest(
        questions=questions,
        clips=clips,
        output=output,
        validation=val,
        limit=limit,
        tools=tools,
        allow_outside=allow_outside,
        every_clip=every_clip,
        cluster=machines.cluster(),
        cost_weight=cost_weight,
        candidates=candidates,
        training=training,
        language_model=language_model,
        start=start,
        unlabelled=unlabelled,
        engine=EngineOptions(
            **reasoner.opened_by(),
            **vars(limits),
            shuffle_choices=shuffle_choices,
            retry_failed=retry_failed,
            **settings.engine(),
        ),
        tracker=track,
        replace=replace,
    )
    if plan:
        planned = plan_training(request, registry=settings.registry(), progress=on_stderr)
        if as_json:
            print_json(planned.as_json())
        else:
            print_report(outcome_plan_report(planned))
        return
    registry = settings.registry()
    with resumable():
        run_training(request, registry=registry, progress=on_stderr, say=_say)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
