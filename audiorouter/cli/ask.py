"""`audiorouter ask`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from audiorouter.cli import complete
from audiorouter.cli.context import settings_of
from audiorouter.cli.ends import SOME_FAILED
from audiorouter.cli.engine_options import Fresh
from audiorouter.cli.help_groups import QUESTIONS, ROUTING
from audiorouter.cli.option_groups import takes_groups
from audiorouter.cli.output import print_json, print_report
from audiorouter.cli.reasoner_options import (
    CostWeight,
    MaxCalls,
    ReasonerGroup,
)


@takes_groups
def ask(
    context: typer.Context,
    clip: Annotated[Path, typer.Argument(help="The audio file.", show_default=False)],
    question: Annotated[str, typer.Argument(help="What is asked.", show_default=False)],
    *,
    choice: Annotated[
        list[str] | None,
        typer.Option(
            "-c", "--choice", help="A choice; give it several times.", rich_help_panel=QUESTIONS
        ),
    ] = None,
    reasoner: ReasonerGroup,
    router: Annotated[
        str | None,
        typer.Option(
            help="Router; default: the one trained for the provider.",
            rich_help_panel=ROUTING,
            autocompletion=complete.routers,
        ),
    ] = None,
    max_calls: MaxCalls = 1,
    cost_weight: CostWeight = None,
    fresh: Fresh = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask one question about one clip; shows route, findings and answer.

    Example:

      audiorouter ask examples/clips/voicemail.flac "What should the caller do?" \\
        -c "leave a message" -c "hang up"
    """
    from audiorouter.batch.ask import ask as ask_one
    from audiorouter.batch.options import EngineOptions
    from audiorouter.batch.progress import on_stderr

    settings = settings_of(context)
    row = ask_one(
        clip,
        question,
        choice or [],
        EngineOptions(
            **reasoner.opened_by(),
            **settings.engine(),
        ),
        router=router,
        max_calls=max_calls,
        cost_weight=cost_weight,
        fresh=fresh,
        registry=settings.registry(),
        progress=on_stderr,
    )
    if as_json:
        print_json(
            row.fields()
            | {
                "reason": row.route.reason if row.route else None,
                "findings": [
                    {"call": r.call.label, "text": r.finding.text if r.finding else None,
                     "data": dict(r.finding.data) if r.finding else None,
                     "confidence": r.finding.confidence if r.finding else None, "error": r.error}
                    for r in row.results
                ],
                "probabilities": row.answer.probabilities if row.answer else None,
            }
        )  # fmt: skip
    else:
        lines = [f"route:  {row.route.reason if row.route else '-'}"]
        lines += [f"  {r.call.label}: {r.finding or r.error}" for r in row.results]
        sure = "" if row.confidence is None else f" (probability {row.confidence:.2f})"
        if row.prediction is not None:
            lines.append(f"answer: {row.prediction}{sure}")
        print_report(lines)
    if row.failed:
        if row.prediction is None:
            print(f"audiorouter: {row.complaint}", file=sys.stderr)
        raise typer.Exit(SOME_FAILED)
