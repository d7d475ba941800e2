"""Options in groups, each below its heading, in the help of a command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

REASONER = "Reasoner"
ROUTING = "Routing"
QUESTIONS = "Questions and clips"
SCORING = "Scoring"
LEARNING = "Learning"
LANGUAGE_MODEL = "A language model as router (--policy language-model)"
MACHINES = "Many machines"
LIMITS = "Processes, time and memory"
KEPT = "What the store has"
OUTPUT = "Output"
SETTINGS = "Settings"
PLUGINS = "Plugins"
_WIDEST = 30
"""Columns of the options; what is longer has its text below it."""


def write_groups(parameters: Iterable[Any], context: Any, formatter: Any) -> None:
    """Write parameters below the headings of their groups (`rich_help_panel`).

    Arguments come first, options without a group last; groups stand as their first option does.
    """
    groups: dict[str, list[tuple[str, str]]] = {"Arguments": []}
    rest: list[tuple[str, str]] = []
    for parameter in parameters:
        record = parameter.get_help_record(context)
        if record is None:
            continue
        if parameter.param_type_name == "argument":
            groups["Arguments"].append(record)
        elif heading := getattr(parameter, "rich_help_panel", None):
            groups.setdefault(heading, []).append(record)
        else:
            rest.append(record)
    groups["Other options" if len(groups) > 1 else "Options"] = rest
    names = [name for records in groups.values() for name, _ in records]
    width = min(_WIDEST, max(map(len, names)))
    for heading, records in groups.items():
        if records:
            with formatter.section(heading):
                # As wide in every group, so that all texts begin in one column.
                formatter.write_dl([(name.ljust(width), text) for name, text in records])
