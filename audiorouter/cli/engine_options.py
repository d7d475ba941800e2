"""The options of every command that sends many questions through tools and reasoner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from audiorouter.bounds import COUNT, MEMORY, MONEY, ORDERS, SECONDS, WORKERS
from audiorouter.cli import complete
from audiorouter.cli.help_groups import KEPT, LIMITS, OUTPUT, QUESTIONS, ROUTING
from audiorouter.cli.option_groups import OptionGroup

ShuffleChoices = Annotated[
    int,
    typer.Option(
        min=ORDERS.least,
        max=ORDERS.most,
        help="Average over N orders of the choices.",
        rich_help_panel=QUESTIONS,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=WORKERS.least,
        max=WORKERS.most,
        help="Tool processes; default: one a core.",
        rich_help_panel=LIMITS,
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        min=COUNT.least,
        max=COUNT.most,
        help="Questions the reasoner gets at once.",
        rich_help_panel=LIMITS,
    ),
]
Timeout = Annotated[
    float,
    typer.Option(
        min=SECONDS.least,
        max=SECONDS.most,
        help="Seconds a tool call may take; a clip over ten minutes gets as much for every ten.",
        rich_help_panel=LIMITS,
    ),
]
AnswerTimeout = Annotated[
    float,
    typer.Option(
        min=SECONDS.least,
        max=SECONDS.most,
        help="Seconds an answer may take, or a batch of them.",
        rich_help_panel=LIMITS,
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(
        min=MEMORY.least,
        max=MEMORY.most,
        help="GiB a tool process may use; default: 3/4 of the machine's.",
        rich_help_panel=LIMITS,
    ),
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        min=MONEY.least,
        max=MONEY.most,
        help="Stop before answers cost more than this, in the currency of -P price_in and "
        "price_out; not with --engine ray.",
        rich_help_panel=LIMITS,
    ),
]
MaxRequests = Annotated[
    int | None,
    typer.Option(
        min=COUNT.least,
        max=COUNT.most,
        help="Begin no more when the reasoner and the judge have got so many requests (those under "
        "way may be sent again); not with --engine ray.",
        rich_help_panel=LIMITS,
    ),
]
MaxSeconds = Annotated[
    float | None,
    typer.Option(
        min=SECONDS.least,
        max=SECONDS.most,
        help="Begin nothing more after so many seconds; not with --engine ray.",
        rich_help_panel=LIMITS,
    ),
]
RetryFailed = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        help="Run tool calls again that failed before, and ask again what could not be read.",
        rich_help_panel=KEPT,
    ),
]
Fresh = Annotated[
    bool,
    typer.Option(
        "--fresh",
        help="Compute anew what the store has, and keep that in its place; without it "
        "a run that was interrupted goes on.",
        rich_help_panel=KEPT,
    ),
]
ExtraFields = Annotated[
    str | None,
    typer.Option(
        "--fields",
        metavar="NAMES",
        help="Write these besides, with commas: run, reason, findings, probabilities, domain, "
        "category.",
        rich_help_panel=OUTPUT,
    ),
]
ToolNames = Annotated[
    str | None,
    typer.Option(
        help="Only these tools, with commas; default: all usable.",
        rich_help_panel=ROUTING,
        autocompletion=complete.tool_lists,
    ),
]
AllowOutside = Annotated[
    bool,
    typer.Option(
        "--allow-outside/--no-allow-outside",
        show_default=False,
        help="Allow clips outside the folder CLIPS.",
        rich_help_panel=QUESTIONS,
    ),
]
Remote = Annotated[
    list[str] | None,
    typer.Option(
        "--remote",
        metavar="URL",
        help="Fetch clips that are named by URLs, from this place alone: https://HOST, "
        "s3://BUCKET/FOLDER, gs://BUCKET; may be repeated.",
        rich_help_panel=QUESTIONS,
    ),
]
EveryClip = Annotated[
    bool,
    typer.Option(
        "--every-clip/--no-every-clip",
        show_default=False,
        help="If no column names clips, ask every question about every clip even if that makes "
        "more than 10,000 rows.",
        rich_help_panel=QUESTIONS,
    ),
]


@dataclass(frozen=True)
class LimitsGroup(OptionGroup):
    """What tools and the reasoner may use; named as in `EngineOptions`."""

    workers: Workers = None
    batch_size: BatchSize = None
    timeout: Timeout = 300.0
    answer_timeout: AnswerTimeout = 3600.0
    memory: Memory = None
