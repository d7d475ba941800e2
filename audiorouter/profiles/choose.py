"""Which settings hold: those of a profile over its project's, and the environment over both."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.profiles.project_file import OPTIONS_BY_THEMSELVES, ProjectFile
from audiorouter.profiles.shown import one_line
from audiorouter.profiles.trust import is_trusted, reaching

PROFILE_VARIABLE = "AUDIOROUTER_PROFILE"
VARIABLES = {"db": "AUDIOROUTER_DB", "licence": "AUDIOROUTER_LICENCE"}
"""Settings that the environment may set as well."""
_OPTIONS = frozenset({"provider_option", "judge_option"})
_BELONGS_TO = {
    "provider": ("base_url", "answer", "provider_option"),
    "router": ("cost_weight", "max_calls"),
    "judge": ("judge_option",),
}
"""What is of no use, or refused, beside another provider, router or judge than it was said for."""
_INSTEAD_OF = {"judge": ("measure",), "measure": ("judge", "judge_option")}
"""What is refused beside one that is said over it."""


@dataclass(frozen=True)
class Chosen:
    """The settings of a file that hold, before the command line is looked at."""

    path: Path
    profile: str | None
    values: Mapping[str, Any]
    untrusted: frozenset[str]
    """Those among them that may not be used unless their user trusts the file."""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Settings of the file that do not hold beside others, and why."""

    @property
    def label(self) -> str:
        """File and profile, as messages and runs name them."""
        return str(self.path) + (f", profile {self.profile}" if self.profile else "")

    def without(self, name: str) -> Chosen:
        """The same but for one setting."""
        return replace(self, values={n: v for n, v in self.values.items() if n != name})

    def beside(self, given: Mapping[str, Any]) -> Chosen:
        """What is left of them beside settings that are given otherwise, which go before them."""
        merged = over(self.values, given)
        left = {name: value for name, value in merged.items() if name not in given}
        for name in _OPTIONS & given.keys() & merged.keys():
            # Options are taken one by one.
            rest = {n: v for n, v in merged[name].items() if n not in given[name]}
            if rest:
                left[name] = rest
        for name in OPTIONS_BY_THEMSELVES & given.get("provider_option", {}).keys():
            left.pop(name, None)  # -P base_url=… is --base-url
        without = {n: why for n, why in self.left_out.items() if n not in given or n in _OPTIONS}
        return replace(self, values=left, left_out=without | left_out(self.values, given))

    def refuse_untrusted(self, used: Mapping[str, Any]) -> None:
        """Make sure that the file may say all that is used of it.

        Raises:
            UsageError: it may not; the message says how it can.
        """
        if doubtful := sorted(self.untrusted & used.keys()):
            raise UsageError(
                f"{self.path} sets {', '.join(doubtful)}, and may come from somebody else: "
                f"`{to_type('profiles', 'trust')}` shows and trusts it, "
                f"`{to_type('--settings', self.path)} …` uses it this once, "
                f"`{to_type('--settings', 'none')} …` goes without"
            )


def chosen(file: ProjectFile, profile: str | None, *, named: bool) -> Chosen:
    """What holds of a file, with one of its profiles or without.

    A file that was `named` by its user is trusted.

    Raises:
        UsageError: there is no such profile.
    """
    values, without = dict(file.defaults), {}
    if profile is not None:
        without = left_out(values, file.profile(profile))
        values = over(values, file.profile(profile))
    for name, variable in VARIABLES.items():
        if os.environ.get(variable):
            values.pop(name, None)
    out = frozenset(reaching(values))
    return Chosen(
        file.path,
        profile,
        values,
        frozenset() if named or not out or is_trusted(file) else out,
        without,
    )


def over(lower: Mapping[str, Any], higher: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with others laid over them, without what does not hold beside those (`left_out`).

    Options are laid over each other by name.

    >>> over({"provider": "openai:a", "base_url": "http://host"}, {"provider": "cascade"})
    {'provider': 'cascade'}
    >>> over({"base_url": "http://host"}, {"provider": "openai:b"})
    {'base_url': 'http://host', 'provider': 'openai:b'}
    """
    gone = _replaced(lower, higher)
    left = {name: value for name, value in lower.items() if name not in gone}
    merged = left | dict(higher)
    for name in _OPTIONS & left.keys() & higher.keys():
        merged[name] = {**left[name], **higher[name]}
    return merged


def left_out(lower: Mapping[str, Any], higher: Mapping[str, Any]) -> dict[str, str]:
    """Those of the lower settings that do not hold with the higher ones over them, and why.

    What belongs to a provider, router or judge goes where another one takes that one's place;
    another model of the same provider is not another one, and what names no provider holds for any.

    >>> left_out({"provider": "openai:a", "base_url": "http://host"}, {"provider": "cascade"})
    {'base_url': 'for openai:a'}
    """
    gone = _replaced(lower, higher)
    return {
        name: why
        for name, why in gone.items()
        if name in lower and (name not in higher or name in _OPTIONS)
    }


def _replaced(lower: Mapping[str, Any], higher: Mapping[str, Any]) -> dict[str, str]:
    """What would not hold of the lower settings, and why."""
    gone: dict[str, str] = {}
    for name, companions in _BELONGS_TO.items():
        if name in higher and name in lower and _kind(higher[name]) != _kind(lower[name]):
            gone |= dict.fromkeys(companions, f"for {one_line(lower[name])}")
    for name, others in _INSTEAD_OF.items():
        if name in higher:
            gone |= dict.fromkeys(others, f"not used with {name}")
    return gone


def _kind(value: Any) -> str:
    """A provider without its model."""
    return str(value).partition(":")[0]
