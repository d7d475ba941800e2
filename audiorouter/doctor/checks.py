"""What one look at one thing comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from audiorouter.doctor.children import Children
from audiorouter.plugins import Registry
from audiorouter.plugins.opening import DEFAULT_PROVIDER, open_reasoner
from audiorouter.toolbox.interface import Tool


class Verdict(StrEnum):
    """How much it matters to a plain `audiorouter batch`."""

    OK = "ok"
    WARNING = "warning"
    """It runs, but with less than it could, slower, or otherwise than may be meant."""
    PROBLEM = "problem"
    """It cannot run, or would answer without something that it should have."""


@dataclass(frozen=True)
class Check:
    """What was found of one thing, and what to do about it where it is not as it should be."""

    verdict: Verdict
    found: str
    remedy: str | None = None

    def as_json(self) -> Mapping[str, str | None]:
        """As values of JSON."""
        return {"verdict": self.verdict.value, "found": self.found, "remedy": self.remedy}


def ok(found: str, remedy: str | None = None) -> Check:
    """As it should be; a `remedy` is then what one may want to do."""
    return Check(Verdict.OK, found, remedy)


def warning(found: str, remedy: str | None = None) -> Check:
    """Less than it could be."""
    return Check(Verdict.WARNING, found, remedy)


def problem(found: str, remedy: str | None = None) -> Check:
    """A plain batch needs it otherwise."""
    return Check(Verdict.PROBLEM, found, remedy)


@dataclass(frozen=True)
class Subject:
    """What is looked at: this installation, with these plugins and this store."""

    registry: Registry
    store: Path
    children: Children

    @cached_property
    def heard_through(self) -> list[Tool[Any]]:
        """The tools without which the default reasoner is deaf."""
        calls = open_reasoner(self.registry, DEFAULT_PROVIDER).listening_calls
        return [tool for call in calls if (tool := self.registry.tools.get(call.tool)) is not None]
