"""The border to code that is not ours: what it raises is described, whatever it is."""

from __future__ import annotations

_LONGEST = 2_000


def describe(error: BaseException) -> str:
    """Type and text of an exception in one line of at most 2,000 characters.

    It never raises, whatever the exception's own `__str__` does, and the line can be encoded.

    >>> describe(ValueError("no such\\nnote"))
    'ValueError: no such note'
    """
    name = type(error).__name__
    try:
        text = str(error)
    except BaseException as raised:  # noqa: BLE001 - its text is code that is not ours
        text = f"(its text raises {type(raised).__name__})"
    # Twice as much as is shown: white space goes, and a text of gigabytes is not worked through.
    text = " ".join(text[: 2 * _LONGEST].split())
    line = f"{name}: {text}" if text else name
    line = line.encode("utf-8", "replace").decode("utf-8")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
