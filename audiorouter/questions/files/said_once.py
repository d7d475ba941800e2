"""What a JSON file says once for all its questions: the clip, or the choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath
from string import ascii_uppercase
from typing import Any

from audiorouter.decoding.suffixes import READ
from audiorouter.questions.column_names import plain_name, role_of

_OF_FILES = frozenset({"file", "path", "filepath", "filename", "recording"})
"""Names that may be of the file itself as well, or of a folder."""


def said_once(name: str, value: Any) -> bool:
    """Whether what stands beside a list of questions is the clip or the choices of all of them.

    >>> said_once("audio", "a.wav"), said_once("path", "/data"), said_once("choices", ["x", "y"])
    (True, False, True)
    """
    role = role_of(name)
    if role == "clip":
        named = value.get("path") if isinstance(value, dict) else value
        if not isinstance(named, str) or not named:
            return False
        return names_audio(named) or plain_name(name) not in _OF_FILES
    if role != "choices" or not value:
        return False
    if isinstance(value, list):  # A, B, C are what choices are called
        return [str(v).upper() for v in value] != [*ascii_uppercase[: len(value)]]
    return isinstance(value, dict) or (isinstance(value, str) and "|" in value)


def with_said_once(fields: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a question, with what is `shared` where it has no such thing of its own."""
    filled = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
    roles = Counter(role_of(name) for name, value in filled.items() if not isinstance(value, int))
    own = {
        "clip": roles["clip"] > 0 or any(map(_has_audio, filled.values())),
        "choices": roles["choices"] > 0 or roles["one choice"] > 1,
    }
    given = {n: value for n, value in shared.items() if not own.get(str(role_of(n)), n in filled)}
    return {**given, **{name: value for name, value in fields.items() if name not in given}}


def names_audio(name: str) -> bool:
    """Whether a name ends as those of clips do."""
    return PurePath(name).suffix.lower() in READ


def _has_audio(value: Any) -> bool:
    return isinstance(value, str) and names_audio(value)
