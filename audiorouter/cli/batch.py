"""`audiorouter batch`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from audiorouter.bounds import COUNT
from audiorouter.cli import complete
from audiorouter.cli.context import settings_of
from audiorouter.cli.ends import INTERRUPTED, SOME_FAILED
from audiorouter.cli.engine_names import MachinesGroup
from audiorouter.cli.engine_options import (
    AllowOutside,
    EveryClip,
    ExtraFields,
    Fresh,
    LimitsGroup,
    MaxCost,
    MaxRequests,
    MaxSeconds,
    Remote,
    RetryFailed,
    ShuffleChoices,
)
from audiorouter.cli.help_groups import MACHINES, OUTPUT, QUESTIONS, ROUTING, SCORING
from audiorouter.cli.option_groups import takes_groups
from audiorouter.cli.output import on_terminal, print_file_of, print_json, print_report
from audiorouter.cli.reasoner_options import (
    CostWeight,
    MaxCalls,
    ReasonerGroup,
    ServerBatch,
    provider_options,
)
from audiorouter.scoring import Measure
from audiorouter.text import counted

MOST_SHOWN = 1_000
"""Rows of the table on a terminal."""


@takes_groups
def batch(
    context: typer.Context,
    clips: Annotated[
        Path,
        typer.Argument(
            help="Folder of audio files; or, without QUESTIONS, a data set: a folder, a file, or "
            "hf://datasets/OWNER/NAME.",
            show_default=False,
        ),
    ],
    *,
    questions: Annotated[
        Path | None,
        typer.Argument(
            help="CSV, TSV, JSON, JSON Lines, parquet or a data set; or the name of a benchmark "
            "that is in CLIPS, see `audiorouter benchmarks list`.",
            show_default=False,
        ),
    ] = None,
    reasoner: ReasonerGroup,
    server_batch: ServerBatch = False,
    router: Annotated[
        str | None,
        typer.Option(
            help="none, all, random, rules, prompted, tools:NAME,NAME, or a trained router: its "
            "folder, or hub:OWNER/NAME; default: the one that comes with the package.",
            rich_help_panel=ROUTING,
            autocompletion=complete.routers,
        ),
    ] = None,
    max_calls: MaxCalls = 1,
    cost_weight: CostWeight = None,
    shuffle_choices: ShuffleChoices = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", help="Answers: .csv, .jsonl or .json.", rich_help_panel=OUTPUT
        ),
    ] = None,
    fields: ExtraFields = None,
    unordered: Annotated[
        bool,
        typer.Option(
            "--unordered/--ordered",
            show_default=False,
            help="Write answers as they come, not in the order of the questions.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    verbatim: Annotated[
        bool,
        typer.Option(
            "--verbatim/--no-verbatim",
            show_default=False,
            help="In CSV, write cells as they are; otherwise those that a spreadsheet would run as "
            "formulas have an apostrophe before them.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    measure: Annotated[
        Measure,
        typer.Option(
            help="How open-ended answers are scored; wer is for transcripts.",
            rich_help_panel=SCORING,
        ),
    ] = Measure.CONTAINS,
    judge: Annotated[
        str | None,
        typer.Option(
            metavar="PROVIDER[:MODEL]",
            help="A model that scores open-ended answers instead; it reads, and hears nothing.",
            rich_help_panel=SCORING,
            autocompletion=complete.providers,
        ),
    ] = None,
    judge_option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="An option of the judge's provider; where that is the reasoner's, -P holds for "
            "both. May be repeated.",
            rich_help_panel=SCORING,
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
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N",
            help="Only the questions about every Nth clip, for one of N machines: I is from 0 to "
            "N-1, or from 1 to N. All questions about a clip are in one shard.",
            rich_help_panel=MACHINES,
        ),
    ] = None,
    machines: MachinesGroup,
    limits: LimitsGroup,
    max_cost: MaxCost = None,
    max_requests: MaxRequests = None,
    max_seconds: MaxSeconds = None,
    retry_failed: RetryFailed = False,
    fresh: Fresh = False,
    allow_outside: AllowOutside = False,
    every_clip: EveryClip = False,
    remote: Remote = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what would be run and how long it may take.")
    ] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            help="Also write a page to look at and hear: a folder, or a file NAME.html.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    json_summary: Annotated[
        bool,
        typer.Option("--json", help="Print the summary as JSON on stdout.", rich_help_panel=OUTPUT),
    ] = False,
) -> None:
    """Answer a file of questions about a folder of clips.

    Without -o the answers go to stdout: as a table on a terminal, as CSV into a pipe. A second run
    takes everything that is finished from the store.

    Examples:

      audiorouter batch examples/clips examples/questions.csv

      audiorouter batch MMAU mmau:test-mini --router all -o answers.json

      audiorouter batch hf://datasets/OWNER/NAME:test -o answers.jsonl

      audiorouter batch clips questions.csv --plan

      audiorouter batch clips questions.csv --remote https://HOST/clips --remote s3://BUCKET

      audiorouter batch clips questions.csv --provider openai:MODEL --server-batch

      audiorouter batch clips questions.csv --max-seconds 3600 --max-requests 10000

      audiorouter batch clips questions.csv --provider openai:MODEL --base-url http://HOST:8000/v1
    """
    from audiorouter.batch import BatchOptions
    from audiorouter.batch.answers_file.answer_files import unfinished
    from audiorouter.batch.given import Given
    from audiorouter.batch.past.past_runs import find_run
    from audiorouter.batch.planning.plan import make_plan
    from audiorouter.batch.progress import on_stderr
    from audiorouter.batch.summary import summarise
    from audiorouter.cli.batch_tables import answers_table, summary_report
    from audiorouter.cli.plan_tables import plan_report
    from audiorouter.cli.reports import write_report_of
    from audiorouter.machine.files import check_unlike
    from audiorouter.viewer.report import check_report
    from audiorouter.viewer.viewed import Viewed
    from audiorouter.viewer.viewed_run import ViewedRun

    settings = settings_of(context)
    if report is not None:
        taken = [output, questions or clips, settings.store_path()]
        check_unlike(report, taken)
        check_report(report, unlike=taken)
    options = BatchOptions(
        **reasoner.opened_by(server_batch=server_batch),
        **vars(limits),
        router=router,
        max_calls=max_calls,
        cost_weight=cost_weight,
        shuffle_choices=shuffle_choices,
        output=output,
        fields=() if fields is None else fields,
        unordered=unordered,
        verbatim=verbatim,
        measure=measure,
        judge=judge,
        judge_options=provider_options(judge_option, flag="--judge-option"),
        limit=limit,
        shard=shard,
        retry_failed=retry_failed,
        fresh=fresh,
        allow_outside=allow_outside,
        every_clip=every_clip,
        remote=remote or (),
        max_cost=max_cost,
        max_requests=max_requests,
        max_seconds=max_seconds,
        **settings.engine(),
    )
    registry = settings.registry()
    if plan and (output is not None or report is not None):
        print("audiorouter: --plan answers nothing: -o and --report are not used", file=sys.stderr)
    if plan or (json_summary and output is None):
        named = {"--fields": fields is not None, "--verbatim": verbatim, "--unordered": unordered}
        for name in (name for name, given in named.items() if given):
            _say(f"no answers are written: {name} is not used")
    if plan:
        planned = make_plan(clips, questions, options, registry=registry, progress=on_stderr)
        if json_summary:
            print_json(planned.as_json())
        else:
            print_report(plan_report(planned))
        return
    work = machines.function()
    as_table = output is None and not json_summary and on_terminal()
    given = Given(
        registry,
        progress=on_stderr,
        say=_say,
        keep_rows=MOST_SHOWN if as_table else 0,
        csv=output is None and not json_summary and not as_table,
    )
    result = work(clips, questions, options, given)
    summary = summarise(result)
    print_report(summary_report(summary), to=sys.stderr)
    if report is not None:
        with settings.store() as store:
            run = find_run(store, str(result.provenance["run"]))
            write_report_of(report, Viewed(ViewedRun(store, run, sources=registry.sources)))
    if result.failure is not None:
        print(f"audiorouter: the batch failed: {result.failure}", file=sys.stderr)
    if output is not None and (beside := unfinished(output)).exists():
        done = "no question was answered: this" if result.status == "finished" else "what is done"
        _say(f"{done} was written to {beside}, and nothing to {output}")
    if json_summary:
        print_json(summary.as_json())
    elif as_table:
        print_report(["", answers_table(result.rows, options.extra_fields)])
        if (more := summary.questions - len(result.rows)) > 0:
            _say(f"{more:,} rows more: -o FILE writes all of them")
    elif result.csv is not None:
        print_file_of(result.csv)
    if result.ceiling is not None:
        left = f"{summary.left:,} of {counted(summary.questions, 'question')}"
        again = "the same command without --fresh" if fresh else "the same command"
        goes_on = f"and {again} goes on with them"
        if summary.failed and not result.reasoning.answers_made:
            goes_on = f"none was answered, and {again} asks those that failed once more before them"
        _say(f"the batch reached {result.ceiling}: {left} are left, {goes_on}")
        raise typer.Exit(SOME_FAILED)
    if result.status == "interrupted":
        raise typer.Exit(INTERRUPTED)
    if result.failed or result.status == "failed":
        raise typer.Exit(SOME_FAILED)


def _say(line: str) -> None:
    print(f"audiorouter: {line}", file=sys.stderr)
