"""Settings as lines that cannot be taken for others: values as JSON, names of profiles quoted.

Whoever writes a file chooses the names of profiles, the values and the names of options, and its
user decides by these lines whether to trust it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from audiorouter.json_values import json_text


def json_line(value: Any) -> str:
    r"""A value as JSON on one line, with escapes in place of what cannot be seen.

    >>> print(json_line("a\u200b\nb"))
    "a\u200b\nb"
    """
    return one_line(json_text(value))


def one_line(text: str) -> str:
    """Text with escapes in place of what cannot be seen or ends a line."""
    return "".join(letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in text)


def table_name(profile: str | None) -> str:
    """The name of a profile, or the project itself for None, which no profile's name can imitate.

    >>> table_name(None), table_name("project")
    ('project', 'profile "project"')
    """
    return "project" if profile is None else f"profile {json_line(profile)}"


def setting_lines(
    defaults: Mapping[str, Any], profiles: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """A line for each setting, of the project first and then of each profile.

    >>> list(setting_lines({"workers": 2}, {"all": {"router": "all"}}))
    ['project: workers = 2', 'profile "all": router = "all"']
    """
    for name, table in [(None, defaults), *profiles.items()]:
        for setting, value in table.items():
            yield f"{table_name(name)}: {setting} = {json_line(value)}"
