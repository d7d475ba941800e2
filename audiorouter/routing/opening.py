"""Trained routers by their folder, whichever kind of policy it holds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.errors import UsageError
from audiorouter.routing.checkpoint import CARD_FILE, WEIGHTS_FILE
from audiorouter.routing.language_model.checkpoint import ADAPTER_FILE, is_language_model

if TYPE_CHECKING:
    from audiorouter.routing.interface import Router
    from audiorouter.toolbox.interface import Tool


def open_trained(
    folder: Path,
    tools: Mapping[str, Tool[Any]],
    *,
    name: str,
    cost_weight: float | None = None,
    hears_by: Mapping[str, Tool[Any]] | None = None,
) -> Router:
    """The router in `folder` over `tools`; `cost_weight` and `hears_by` as for `LearnedRouter`.

    Raises:
        UsageError: there is none, it is damaged, cannot weigh costs, or needs something first.
    """
    from audiorouter.routing.learned import LearnedRouter, encoder_missing

    if (missing := encoder_missing()) is not None:
        raise UsageError(f"{name}: {missing}")
    if is_language_model(folder):
        from audiorouter.routing.language_model.router import LanguageModelRouter

        if cost_weight is not None:
            raise UsageError(
                f"--cost-weight: the router {name} is a language model, which weighs costs in "
                "training alone (`train --cost-weight`)"
            )
        return LanguageModelRouter(folder, tools, name=name, hears_by=hears_by)
    return LearnedRouter(folder, tools, name=name, cost_weight=cost_weight, hears_by=hears_by)


def files_of(folder: Path) -> tuple[str, str]:
    """Names of a router's weights and card, whichever kind it is."""
    return (ADAPTER_FILE if is_language_model(folder) else WEIGHTS_FILE), CARD_FILE
