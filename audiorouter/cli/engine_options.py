"""The options of every command that sends many questions through tools and reasoner."""

from __future__ import annotations

from typing import Annotated

import typer

ShuffleChoices = Annotated[
    int, typer.Option(min=1, max=24, help="Average over N orders of the choices.")
]
Workers = Annotated[int | None, typer.Option(min=1, help="Tool processes; default: one a core.")]
BatchSize = Annotated[int | None, typer.Option(min=1, help="Questions the reasoner gets at once.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds a tool call may take.")]
AnswerTimeout = Annotated[
    float, typer.Option(min=0.1, help="Seconds an answer may take, or a batch of them.")
]
Memory = Annotated[
    float | None,
    typer.Option(min=0.1, help="GiB a tool process may use; default: 3/4 of the machine's."),
]
RetryFailed = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        help="Run tool calls again that failed before, and ask again what could not be read.",
    ),
]
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh",
        help="Compute anew what the store has, and keep that in its place; without it "
        "a run that was interrupted goes on.",
    ),
]
ExtraFields = Annotated[
    str | None,
    typer.Option(
        "--fields",
        metavar="NAMES",
        help="Write these besides, with commas: run, reason, findings, probabilities, domain, "
        "category.",
    ),
]
ToolNames = Annotated[
    str | None, typer.Option(help="Only these tools, with commas; default: all usable.")
]
AllowOutside = Annotated[
    bool, typer.Option("--allow-outside", help="Allow clips outside the folder CLIPS.")
]
EveryClip = Annotated[
    bool,
    typer.Option(
        "--every-clip",
        help="Where no column names clips: ask every question of every clip also where that makes "
        "more than 10,000 rows.",
    ),
]
