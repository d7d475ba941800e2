"""The kinds of policy that can be trained, and which options are whose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any

from audiorouter.errors import UsageError
from audiorouter.learning.language_model.options import LanguageModelOptions
from audiorouter.learning.objective import TrainingOptions
from audiorouter.routing.language_model.prompt import ToolDetail


class PolicyKind(StrEnum):
    """What a router decides by."""

    NETWORK = "network"
    """Small networks over sentence vectors: milliseconds a decision, trained in minutes."""
    LANGUAGE_MODEL = "language-model"
    """A language model with an adapter, which writes calls with their arguments."""


_OPTIONS: dict[PolicyKind, type[TrainingOptions] | type[LanguageModelOptions]] = {
    PolicyKind.NETWORK: TrainingOptions,
    PolicyKind.LANGUAGE_MODEL: LanguageModelOptions,
}


def options_of(
    kind: PolicyKind, given: Mapping[str, Any]
) -> tuple[TrainingOptions, LanguageModelOptions | None]:
    """Options of a training by what was given, where None stands for what was not.

    Raises:
        UsageError: an option is of the other kind of policy, or out of its bounds.
    """
    known = {field.name for field in fields(_OPTIONS[kind])}
    stated = {name: value for name, value in given.items() if value is not None}
    for name in stated:
        if name not in known:
            other = next(k for k in PolicyKind if k is not kind)
            option = name.replace("_", "-")
            raise UsageError(f"--{option} is an option of --policy {other}, not of {kind}")
    if "tool_detail" in stated:
        stated["tool_detail"] = ToolDetail(stated["tool_detail"])
    if kind is PolicyKind.NETWORK:
        if stated.get("epochs") == 0:
            raise UsageError(
                f"--epochs 0 is for --policy {PolicyKind.LANGUAGE_MODEL}, which then only imitates "
                "good routes: networks need one epoch at least"
            )
        return TrainingOptions(**stated), None
    return TrainingOptions(), LanguageModelOptions(**stated)
