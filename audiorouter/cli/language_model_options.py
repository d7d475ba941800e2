"""Options of trainings of language models as routers."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from audiorouter.bounds import COUNT, LAYERS, PASSES, RANK, RATE
from audiorouter.cli.help_groups import LANGUAGE_MODEL

BaseModel = Annotated[
    str | None,
    typer.Option(
        help="Causal model: a folder, hub id or name in the catalogue; default: smollm2-135m.",
        rich_help_panel=LANGUAGE_MODEL,
    ),
]
Revision = Annotated[
    str | None,
    typer.Option(help="Its revision on the hub.", rich_help_panel=LANGUAGE_MODEL),
]
Detail = Annotated[
    Literal["brief", "full"] | None,
    typer.Option(
        help="How much it reads of each tool; default: brief.", rich_help_panel=LANGUAGE_MODEL
    ),
]
Rank = Annotated[
    int | None,
    typer.Option(
        min=RANK.least,
        max=RANK.most,
        help="Rank of its adapter (LoRA); default: 16.",
        rich_help_panel=LANGUAGE_MODEL,
    ),
]
Layers = Annotated[
    int | None,
    typer.Option(
        min=LAYERS.least,
        max=LAYERS.most,
        help="Adapt only the last N layers, which costs less; default: all.",
        rich_help_panel=LANGUAGE_MODEL,
    ),
]
WarmEpochs = Annotated[
    int | None,
    typer.Option(
        min=PASSES.least,
        max=PASSES.most,
        help="Epochs of imitating the best routes before GRPO; default: 2.",
        rich_help_panel=LANGUAGE_MODEL,
    ),
]
WarmRate = Annotated[
    float | None,
    typer.Option(
        min=RATE.least,
        max=RATE.most,
        help="Step size of imitation; default: 0.0003.",
        rich_help_panel=LANGUAGE_MODEL,
    ),
]
QuestionsAStep = Annotated[
    int | None,
    typer.Option(
        min=COUNT.least,
        max=COUNT.most,
        help="Questions a step of GRPO, as many for each process; default: 8.",
        rich_help_panel=LANGUAGE_MODEL,
    ),
]
