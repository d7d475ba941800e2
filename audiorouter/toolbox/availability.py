"""Which tools are used: those that are installed and allowed, or what stands in for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from audiorouter.border import crossing
from audiorouter.errors import ToolError, UsageError
from audiorouter.machine.installed import absent
from audiorouter.toolbox.licences import ALLOWED_VARIABLE

if TYPE_CHECKING:
    from audiorouter.toolbox.interface import Tool

VARIABLE = "AUDIOROUTER_LICENCE"


class Licence(StrEnum):
    """What tools and weights have to allow."""

    ANY = "any"
    COMMERCIAL = "commercial"

    @classmethod
    def of_environment(cls) -> Licence:
        """As the environment variable AUDIOROUTER_LICENCE says; any, where it says nothing.

        Raises:
            UsageError: it says something else.
        """
        name = os.environ.get(VARIABLE) or cls.ANY
        try:
            return cls(name)
        except ValueError:
            known = ", ".join(cls)
            raise UsageError(f"{VARIABLE}={name}: unknown (known: {known})") from None


def why_unusable(tool: Tool[Any]) -> str | None:
    """What has to be installed before the tool can be called, None where it can be.

    A tool that fails at saying so cannot be called either.
    """
    try:
        with crossing(tool.name, ToolError):
            missing = tool.missing()
    except ToolError as error:
        return str(error)
    return None if missing is None else f"{tool.name} {missing}"


@dataclass(frozen=True)
class Choice:
    """The tools in use by name, and of some names why the usual tool is not the one."""

    tools: dict[str, Tool[Any]]
    replaced: dict[str, str]
    """Name of a tool that another one stands in for, and why."""
    left_out: dict[str, str]
    """Name of a tool that nothing stands in for, and why."""


def choose(
    tools: Mapping[str, Tool[Any]], stand_ins: Mapping[str, Tool[Any]], licence: Licence
) -> Choice:
    """Put stand-ins in the places of tools that are not installed or not allowed.

    A tool that only lacks packages stays where its stand-in lacks some as well: it says what to
    install. One that is not allowed never stays.
    """
    chosen: dict[str, Tool[Any]] = {}
    replaced: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for name, tool in tools.items():
        forbidden = tool.not_commercial() if licence is Licence.COMMERCIAL else None
        stand_in = stand_ins.get(name)
        if stand_in is not None and licence is Licence.COMMERCIAL and stand_in.not_commercial():
            stand_in = None
        if forbidden is None and not (stand_in is not None and absent(tool.packages)):
            chosen[name] = tool
        elif stand_in is not None and (forbidden or not absent(stand_in.packages)):
            chosen[name] = stand_in
            replaced[name] = forbidden or f"{', '.join(absent(tool.packages))} is not installed"
        elif forbidden is None:
            chosen[name] = tool
        else:
            left_out[name] = (
                f"{forbidden} (--licence {licence}; {ALLOWED_VARIABLE} names weights that you may "
                "use all the same)"
            )
    return Choice(chosen, replaced, left_out)
