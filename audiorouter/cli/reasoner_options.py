"""The options of every command that opens a reasoner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from audiorouter.bounds import CALLS, WEIGHT
from audiorouter.cli import complete
from audiorouter.cli.help_groups import REASONER, ROUTING
from audiorouter.cli.option_groups import OptionGroup

ProviderName = Annotated[
    str,
    typer.Option(
        help="Reasoner: PROVIDER or PROVIDER:MODEL, such as transformers:Qwen/Qwen2.5-Omni-3B.",
        rich_help_panel=REASONER,
        autocompletion=complete.providers,
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        help="The server of openai:MODEL, such as http://127.0.0.1:8000/v1.",
        rich_help_panel=REASONER,
    ),
]
CostWeight = Annotated[
    float | None,
    typer.Option(
        min=WEIGHT.least,
        max=WEIGHT.most,
        help="How many right answers calling every tool may cost, for a trained router; "
        "default: the router decides as it was trained to.",
        rich_help_panel=ROUTING,
    ),
]
MaxCalls = Annotated[
    int,
    typer.Option(
        min=CALLS.least,
        max=CALLS.most,
        help="Most calls that the router prompted may ask for.",
        rich_help_panel=ROUTING,
    ),
]
AnswerBy = Annotated[
    str | None,
    typer.Option(
        "--answer",
        help="score: by the likelihood of the choices; generate: let it write, and read its "
        "choice from the text.",
        rich_help_panel=REASONER,
    ),
]
ServerBatch = Annotated[
    bool,
    typer.Option(
        "--server-batch",
        help="Send questions in batches of the server of openai:MODEL, which take up to a day and "
        "cost half at OpenAI; a run that was ended goes on with them.",
        rich_help_panel=REASONER,
    ),
]
ProviderOptions = Annotated[
    list[str] | None,
    typer.Option(
        "-P",
        "--provider-option",
        metavar="NAME=VALUE",
        help="An option of the provider (`audiorouter providers show NAME`); may be repeated.",
        rich_help_panel=REASONER,
    ),
]


@dataclass(frozen=True)
class ReasonerGroup(OptionGroup):
    """The reasoner that is asked."""

    provider: ProviderName = "cascade"
    base_url: BaseUrl = None
    answer: AnswerBy = None
    provider_option: ProviderOptions = None

    def opened_by(self, *, server_batch: bool = False) -> dict[str, Any]:
        """What `EngineOptions` have of it.

        Raises:
            UsageError: an option of the provider that is not NAME=VALUE, or given twice.
        """
        options = provider_options(
            self.provider_option,
            base_url=self.base_url,
            answer=self.answer,
            server_batch=server_batch,
        )
        return {"provider": self.provider, "provider_options": options}


def provider_options(
    given: Sequence[str] | None,
    *,
    base_url: str | None = None,
    answer: str | None = None,
    server_batch: bool = False,
    flag: str = "-P",
) -> dict[str, Any]:
    """A provider's options by name, as given with `flag`; the provider itself checks them.

    Raises:
        UsageError: an option that is not NAME=VALUE, or one that is given twice.
    """
    from audiorouter.errors import UsageError

    options: dict[str, Any] = {}
    named = [("base_url", base_url), ("answer", answer)]
    named += [("server_batch", "true" if server_batch else None)]
    pairs = [f"{name}={value}" for name, value in named if value is not None]
    for number, pair in enumerate([*pairs, *(given or ())], start=1 - len(pairs)):
        name, equals, value = pair.partition("=")
        # What is given is not shown: it may be a key.
        if not equals or not name:
            raise UsageError(f"{flag}, number {number} of them: write NAME=VALUE")
        if name in options:
            raise UsageError(f"{flag} {name}=…: {name} is given twice")
        options[name] = value
    return options
