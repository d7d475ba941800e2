"""`audiorouter evaluate`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from audiorouter.bounds import COUNT, WEIGHT
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
from audiorouter.cli.help_groups import OUTPUT, QUESTIONS, ROUTING
from audiorouter.cli.option_groups import takes_groups
from audiorouter.cli.output import print_json, print_report
from audiorouter.cli.reasoner_options import (
    MaxCalls,
    ReasonerGroup,
)

if TYPE_CHECKING:
    from audiorouter.cli.table import Table


@takes_groups
def evaluate(
    context: typer.Context,
    questions: Annotated[
        Path, typer.Argument(help="Held-out questions with right answers.", show_default=False)
    ],
    clips: Annotated[Path, typer.Option(help="Folder of audio files.", rich_help_panel=QUESTIONS)],
    reasoner: ReasonerGroup,
    *,
    router: Annotated[
        list[str] | None,
        typer.Option(
            help="A router to compare; may be repeated. Default: the default router.",
            rich_help_panel=ROUTING,
            autocompletion=complete.routers,
        ),
    ] = None,
    max_calls: MaxCalls = 1,
    cost_weight: Annotated[
        float | None,
        typer.Option(
            min=WEIGHT.least,
            max=WEIGHT.most,
            help="How many right answers calling every tool may cost: with this weight trained "
            "routers weigh calls, baselines learn and regret is computed; default: 0.05, and "
            "routers as they were trained.",
            rich_help_panel=ROUTING,
        ),
    ] = None,
    train: Annotated[
        Path | None,
        typer.Option(
            help="Training questions, from which nearest neighbours and linear routers learn.",
            rich_help_panel=QUESTIONS,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=COUNT.least,
            max=COUNT.most,
            help="Only the first N questions.",
            rich_help_panel=QUESTIONS,
        ),
    ] = None,
    tools: ToolNames = None,
    shuffle_choices: ShuffleChoices = 1,
    machines: MachinesGroup,
    limits: LimitsGroup,
    retry_failed: RetryFailed = False,
    allow_outside: AllowOutside = False,
    every_clip: EveryClip = False,
    with_tool: Annotated[
        str | None,
        typer.Option(
            help="Say what this tool is worth: what it fixes, breaks and costs.",
            rich_help_panel=ROUTING,
            autocompletion=complete.tools,
        ),
    ] = None,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Only say what would be asked and how long it may take."),
    ] = False,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", help="Write everything as JSON; - is stdout.", rich_help_panel=OUTPUT
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Write a report: a folder, or one file NAME.html; see docs/viewer.md.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
) -> None:
    """Compare routers on the same questions, with all the baselines beside them.

    Every question is asked once by the direct answer, by every single call, by all of them, and by
    the first 2, 3 and 5 tools of the untrained policy; what is known already is taken from the
    store.

    Examples:

      audiorouter evaluate test.csv --clips clips --router my-router --train train.csv

      audiorouter evaluate test.csv --clips clips --router my-router --plan

      audiorouter evaluate test.csv --clips clips --json - | jq .strategies

      audiorouter evaluate test.csv --clips clips --with-tool my_tool

      audiorouter evaluate test.csv --clips clips --engine ray --ray-address auto
    """
    from audiorouter.batch.activity import Activity
    from audiorouter.batch.options import EngineOptions
    from audiorouter.batch.progress import on_stderr

    # What learns and judges takes seconds to import.
    with on_stderr(Activity(0, doing="evaluating", preparing="starting")):
        from audiorouter.cli.evaluation_tables import evaluation_report, worth_text
        from audiorouter.cli.plan_tables import outcome_plan_report
        from audiorouter.cli.reports import write_report_of
        from audiorouter.evaluation.evaluate import EvaluateRequest
        from audiorouter.evaluation.evaluate import evaluate as run_evaluation
        from audiorouter.evaluation.plan import plan_evaluation
        from audiorouter.evaluation.viewed_evaluation import ViewedEvaluation
        from audiorouter.machine.files import check_file
        from audiorouter.questions.files import shards_of
        from audiorouter.viewer.report import check_report

    settings = settings_of(context)
    if report is not None:
        check_report(report, unlike=[questions, train, settings.store_path()])
    if json_file is not None and str(json_file) != "-":
        read = [table for asked in (questions, train) if asked for table in shards_of(asked)]
        check_file(json_file, unlike=[*read, report, settings.store_path()])
    request = EvaluateRequest(
        questions=questions,
        clips=clips,
        routers=router or (),
        tools=tools,
        with_tool=with_tool,
        cost_weight=cost_weight,
        training=train,
        limit=limit,
        max_calls=max_calls,
        allow_outside=allow_outside,
        every_clip=every_clip,
        cluster=machines.cluster(),
        answers=report is not None,
        engine=EngineOptions(
            **reasoner.opened_by(),
            **vars(limits),
            shuffle_choices=shuffle_choices,
            retry_failed=retry_failed,
            **settings.engine(),
        ),
    )
    if plan:
        if report is not None:
            _say("--plan asks nothing: --report is not used")
        planned = plan_evaluation(request, registry=settings.registry(), progress=on_stderr)
        _print(outcome_plan_report(planned), planned.as_json, json_file)
        return
    registry = settings.registry()
    with resumable():
        evaluation = run_evaluation(request, registry=registry, progress=on_stderr, say=_say)
    worth = None if with_tool is None else evaluation.worth(with_tool)
    parts = [*evaluation_report(evaluation), *([] if worth is None else [worth_text(worth)])]
    with_tool_json = {} if worth is None else {"with_tool": worth.as_json()}
    _print(parts, lambda: evaluation.as_json() | with_tool_json, json_file)
    if report is not None:
        with settings.store() as store:
            viewed = ViewedEvaluation(
                store, evaluation, title=questions.name, sources=registry.sources
            )
            write_report_of(report, viewed)


def _print(
    parts: Iterable[str | Table], values: Callable[[], dict[str, Any]], json_file: Path | None
) -> None:
    """As text, or as JSON where that goes to stdout; a file gets the JSON besides."""
    from audiorouter.json_values import json_text
    from audiorouter.machine.files import write_file

    if str(json_file) == "-":
        print_json(values(), indent=1)
        return
    if json_file is not None:
        write_file(json_file, json_text(values(), indent=1) + "\n")
    print_report(parts)


def _say(line: str) -> None:
    print(f"audiorouter: {line}", file=sys.stderr, flush=True)
