"""What a JSON file says once for all its questions: the clip, or the choices."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
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
    own = {_kind(name) for name, value in filled.items() if _says(name, value)}
    if any(isinstance(value, str) and names_audio(value) for value in filled.values()):
        own.add("clip")
    each = [plain_name(name) for name in filled if role_of(name) == "one choice"]
    if len(each) > 1 and any(name[-1] in "a01" for name in each):
        own.add("choices")
    given = {name: value for name, value in shared.items() if _kind(name) not in own}
    return {**given, **{name: value for name, value in fields.items() if name not in given}}


@lru_cache(maxsize=1024)
def _kind(name: str) -> str:
    """What a member is: those of one kind take each other's place."""
    role = role_of(name)
    if role is not None:
        return "clip" if role == "clip" else "choices"
    plain = plain_name(name)
    return "answer" if plain in map(plain_name, ANSWER_NAMES) else plain


def _says(name: str, value: Any) -> bool:
    """Whether a member of a question says by itself what it is called for."""
    role = role_of(name)
    return role != "one choice" and not (role == "clip" and isinstance(value, int))


def names_audio(name: str) -> bool:
    """Whether a name ends as those of clips do."""
    return PurePath(name).suffix.lower() in READ
