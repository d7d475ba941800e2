"""Values of JSON that stand somewhere in a text, read in a time that the text cannot stretch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_OBJECT = re.compile(r'\{(?=\s*")')
_OBJECT_OR_LIST = re.compile(r'\{(?=\s*")|\[(?=\s*[{\]])')
"""Where an object with something in it begins, and a list of objects or of nothing."""
_MOST_READ = 20_000_000
"""Characters that are read of one text, those that are read again counted again: a fifth of a
second. Each place where a value may begin is tried, and each try may go on to the text's end."""
_A_TRY, _TOO_DEEP = 1_000, 5_000
"""Characters that could be read in the time of one try, and of one that goes too deep."""


def objects_in(text: str) -> Iterator[dict[str, Any]]:
    """The objects, but not those within them.

    >>> list(objects_in('So {it} is {"a": {"b": 1}} or {"c": 2}'))
    [{'a': {'b': 1}}, {'c': 2}]
    """
    return (value for value in _values(text, _OBJECT, within=False) if isinstance(value, dict))


def lists_and_objects_in(text: str) -> Iterator[Any]:
    """The objects, and the lists of objects or of nothing, each before what is in it.

    >>> list(lists_and_objects_in('First [{"a": 1}]'))
    [[{'a': 1}], {'a': 1}]
    """
    return _values(text, _OBJECT_OR_LIST, within=True)


def _values(text: str, opening: re.Pattern[str], *, within: bool) -> Iterator[Any]:
    decoder, left, place = json.JSONDecoder(), _MOST_READ, 0
    while left > 0 and (found := opening.search(text, place)):
        start, place = found.start(), found.end()
        try:
            value, end = decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            # It points to where a string begins that has no end.
            end = len(text) if error.msg.startswith("Unterminated") else error.pos
        except (ValueError, RecursionError):  # a number of thousands of digits, or too deep
            end = start + _TOO_DEEP
        else:
            yield value
            place = place if within else end
        left -= _A_TRY + end - start
