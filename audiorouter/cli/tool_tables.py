"""What `audiorouter tools` shows a person: the tools, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from audiorouter.cli.table import Column, Kind, readiness
from audiorouter.text import first_sentence
from audiorouter.toolbox.licences import commercial_doubt

if TYPE_CHECKING:
    from audiorouter.plugins import Registry
    from audiorouter.toolbox.interface import Domain, Tool

_EXPERIMENTAL = "(experimental) "
TOOL_COLUMNS = (
    Column("name", Kind.NAME),
    Column("domain", Kind.NAME),
    Column("ready", tone=readiness),
    Column("commercial", Kind.NAME),
    Column("summary", Kind.LINE),
)
"""Those of the list of tools; as JSON they have more."""
COST_COLUMNS = (
    Column("tool", Kind.NAME),
    Column("load_seconds", Kind.NUMBER),
    Column("seconds_a_minute", Kind.NUMBER),
    Column("own_seconds_a_minute", Kind.NUMBER),
    Column("clips", Kind.NUMBER),
    Column("shared"),
    Column("error"),
)
"""Those of what tools cost."""


def tool_records(registry: Registry, domain: Domain | None = None) -> list[dict[str, Any]]:
    """One line a tool, also of those whose plugin is not imported; of one domain or of all."""
    records = [
        {
            "name": tool.name,
            "domain": tool.domain.value,
            "ready": tool.missing() or "yes",
            "commercial": _commercial(tool, registry),
            "summary": f"{_EXPERIMENTAL if tool.experimental else ''}"
            f"{first_sentence(tool.description)}",
            "description": tool.description,
            "licence": " + ".join(dict.fromkeys(tool.licences().values())),
            "remark": remark_of(tool, registry),
        }
        for tool in registry.tools.values()
    ] + [
        {
            "name": offer.name,
            **offer.about,
            "commercial": "no" if any(map(commercial_doubt, _licences(offer.about))) else "yes",
            "summary": first_sentence(offer.about.get("description", "")),
            "remark": "",
        }
        for offer in registry.unloaded
        if offer.kind == "tool"
    ]
    return [record for record in records if domain is None or record.get("domain") == domain]


def _licences(about: Mapping[str, str]) -> list[str]:
    return about.get("licence", "").split(" + ")


def remark_of(tool: Tool[Any], registry: Registry) -> str:
    """What stands in for a tool, what its licence forbids, or that it is experimental."""
    if tool.name in registry.replaced:
        return f"by {tool.packages[0]}, since {registry.replaced[tool.name]}"
    if tool.experimental:
        return "experimental: routers do not consider it"
    if (doubt := tool.not_commercial()) is None:
        return ""
    stand_in = _stand_in(tool, registry)
    instead = "it is left out" if stand_in is None else f"{stand_in.packages[0]} stands in"
    return f"with --licence commercial {instead}: {doubt}"


def _commercial(tool: Tool[Any], registry: Registry) -> str:
    """Whether it may be used commercially, or by what package it is done where that is asked."""
    if tool.name in registry.replaced:
        return f"by {tool.packages[0]}"
    if tool.not_commercial() is None:
        return "yes"
    stand_in = _stand_in(tool, registry)
    return "no" if stand_in is None else f"by {stand_in.packages[0]}"


def _stand_in(tool: Tool[Any], registry: Registry) -> Tool[Any] | None:
    """What may be used in its place, as far as licences go."""
    stand_in = registry.stand_ins.get(tool.name)
    return stand_in if stand_in is not None and stand_in.not_commercial() is None else None
