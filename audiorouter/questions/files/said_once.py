"""What a JSON file says once for all its questions: the clip, or the choices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import PurePath
from string import ascii_uppercase
from typing import Any

from audiorouter.decoding.suffixes import READ
from audiorouter.questions.column_names import ANSWER_NAMES, plain_name, role_of


def said_once(name: str, value: Any) -> bool:
    """Whether what stands beside a list of questions is the clip or the choices of all of them.

    >>> said_once("audio", "a.wav"), said_once("path", "/data"), said_once("choices", ["x", "y"])
    (True, False, True)
    """
    role = role_of(name)
    if role == "clip":
        named = value.get("path") if isinstance(value, dict) else value
        called = plain_name(name).endswith("id") and isinstance(named, str) and named.isprintable()
        return isinstance(named, str) and (names_audio(named) or (called and " " not in named))
    if role == "one choice":
        return isinstance(value, str | int | float)
    if role != "choices":
        return False
    if isinstance(value, list):  # A, B, C are what choices are called
        labels = [*ascii_uppercase[: len(value)]]
        return len(value) > 1 and [str(v).upper() for v in value] != labels
    if isinstance(value, dict):  # settings are no choices
        return len(value) > 1 and all(isinstance(v, str | list) for v in value.values())
    return isinstance(value, str) and ("|" in value or "\n" in value.strip() or value[:1] in "[(")


def with_said_once(fields: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a question, with what is `shared` where it has no such thing of its own."""
    filled = {name: value for name, value in fields.items() if value not in (None, "", [], {})}
    roles = Counter(map(role_of, filled))
    named = any(role_of(n) == "clip" and not isinstance(v, int) for n, v in filled.items())
    each = [plain_name(name) for name in filled if role_of(name) == "one choice"]
    listed = roles["choices"] > 0 or (len(each) > 1 and any(n[-1] in "a01" for n in each))
    own = {
        "clip": named or any(map(_has_audio, filled.values())),
        "choices": listed,
        "one choice": listed,
    }
    plain = {*map(plain_name, filled)}
    answered = bool(plain & {*map(plain_name, ANSWER_NAMES)})
    own |= dict.fromkeys(ANSWER_NAMES, answered)
    given = {
        name: value
        for name, value in shared.items()
        if not own.get(str(role_of(name) or name), plain_name(name) in plain)
    }
    return {**given, **{name: value for name, value in fields.items() if name not in given}}


def names_audio(name: str) -> bool:
    """Whether a name ends as those of clips do."""
    return PurePath(name).suffix.lower() in READ


def _has_audio(value: Any) -> bool:
    return isinstance(value, str) and names_audio(value)
