"""`audiorouter compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from audiorouter.bounds import COUNT
from audiorouter.cli import complete
from audiorouter.cli.context import settings_of
from audiorouter.cli.output import print_json, print_report


def compare(
    context: typer.Context,
    answers: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|FILE RUN|FILE…",
            help="Two or more: a run's number, last, or an answers file (a file that is called "
            "like a number: ./12). Each is compared with the first.",
            autocompletion=complete.runs,
            show_default=False,
        ),
    ],
    limit: Annotated[
        int,
        typer.Option(min=0, max=COUNT.most, help="Show only the first N questions that changed."),
    ] = 20,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, with every question that changed.")
    ] = False,
) -> None:
    """Compare runs or answers files question by question: is one right more often?

    Shows the difference in accuracy with its interval and p-value, by domain and category, how many
    questions it takes to see it, which questions changed, and what both cost.

    Examples:

      audiorouter compare 12 last

      audiorouter compare rules.csv learned.csv prompted.csv --json
    """
    from audiorouter.cli.compare_tables import compared_report
    from audiorouter.evaluation.compare import compare as compare_answers

    if len(answers) < 2:
        raise typer.BadParameter("two runs or answers files, or more", param_hint="RUN|FILE")
    found = compare_answers(*answers, store=settings_of(context).store_path())
    if as_json:
        print_json(found.as_json())
    else:
        print_report(compared_report(found.comparisons, limit=limit))
