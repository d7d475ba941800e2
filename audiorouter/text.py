r"""Text that any file and any database can hold, which is not all that Python calls text.

JSON's `\ud800` and names of files that are not UTF-8 become strings with lone surrogates, which
cannot be encoded. They are turned into escapes on the way in, so that they never come out. What
steers a terminal is kept, and turned into escapes where it is shown (`visible`).
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable
from pathlib import Path

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPABLE = re.compile(r"(\\*)([\ud800-\udfff]|ud[89a-f][0-9a-f]{2})")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""All of ASCII's and Latin-1's but tab and line feed, and what ends lines or turns text around."""
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_ESCAPED = re.compile(r"(\\+)(ud[89a-f][0-9a-f]{2})")
_SMALL = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def counted(number: int, what: str) -> str:
    """So many of something, whose plural ends in -s.

    >>> counted(1, "row"), counted(1_000, "row")
    ('1 row', '1,000 rows')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def spelled(number: int) -> str:
    """A number from 0 to 99 in words.

    >>> spelled(7), spelled(60), spelled(42)
    ('seven', 'sixty', 'forty-two')
    """
    if number < len(_SMALL):
        return _SMALL[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_SMALL[ones]}" if ones else "")


def first_of(names: Iterable[object], most: int) -> str:
    """So many of the names, and how many there are besides.

    >>> first_of("abc", 4), first_of("abcdef", 4)
    ('a, b, c', 'a, b, c, d and 2 more')
    """
    known = list(map(str, names))
    more = f" and {len(known) - most:,} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


def unknown(
    what: str, name: str, known: Iterable[str], *, meant: Iterable[str] = (), more: str = ""
) -> str:
    """That there is nothing of that name, which one may be meant, and which there are.

    Whoever knows better says what is `meant`.

    >>> unknown("tool", "temp", ["tempo", "key"])
    "there is no tool 'temp': did you mean 'tempo'? (known: tempo, key)"
    """
    names = list(map(str, known))
    if not (likely := list(meant)) and (close := close_name(name, names)) is not None:
        likely = [close]
    asked = f": did you mean {' or '.join(map(repr, likely))}?" if likely else ""
    return f"there is no {what} {name!r}{asked} (known: {', '.join(names) or 'none'}{more})"


def close_name(name: str, known: Iterable[str]) -> str | None:
    """The one of the known names that is most like it, in whatever case, if any is."""
    folded = {other.casefold(): other for other in reversed(list(known))}
    return next((folded[n] for n in difflib.get_close_matches(name.casefold(), folded, 1)), None)


def one_slip_apart(first: str, second: str) -> bool:
    """Whether one letter more, less, another, or two in the other order make the one the other.

    >>> one_slip_apart("anwser", "answer"), one_slip_apart("file", "files")
    (True, True)
    """
    while first and second and first[0] == second[0]:
        first, second = first[1:], second[1:]
    swapped = first[1::-1] + first[2:]
    rests = {(first[1:], second), (first, second[1:]), (first[1:], second[1:]), (swapped, second)}
    return first != second and any(one == other for one, other in rests)


def listed_names(given: str | Iterable[str]) -> list[str]:
    """Names in a list, or in a text with commas between them.

    >>> listed_names("tempo, key"), listed_names(["tempo"])
    (['tempo', 'key'], ['tempo'])
    """
    names = given.split(",") if isinstance(given, str) else given
    return [name.strip() for name in names]


def first_sentence(text: str) -> str:
    """The first of several sentences, without its full stop.

    >>> first_sentence("Counts notes, e.g. of drums. Helps with hits.")
    'Counts notes, e.g. of drums'
    """
    return _BETWEEN_SENTENCES.split(text.strip(), maxsplit=1)[0].removesuffix(".")


def first_line(error: BaseException) -> str:
    """What an error says first; its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def encodable(text: str) -> str:
    r"""The text with escapes in place of lone surrogates; any other text as it is.

    >>> print(encodable("a\ud800"))
    a\ud800
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def visible(text: str) -> str:
    r"""The text with escapes in place of what steers a terminal or hides what is beside it.

    Line feeds and tabs stay.

    >>> print(visible("a\x1b[2Jb\u202ec"))
    a\x1b[2Jb\u202ec
    """
    return _CONTROL.sub(_escape, text)


def visible_json(text: str) -> str:
    r"""The same of JSON, which stays the same value.

    >>> print(visible_json('"a\x9bb"'))
    "a\u009bb"
    """
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def is_encodable(text: str) -> bool:
    """Whether the text can be written as UTF-8."""
    return text.isascii() or _SURROGATE.search(text) is None


def path_text(path: Path | str) -> str:
    r"""A path as text that can be written, from which `path_of` makes the same path again.

    Bytes that are not UTF-8 stand as `\udc80` … `\udcff`. Where a name holds such an escape
    already, the backslashes before it are doubled. All other paths are written as they are.

    >>> print(path_text(os.fsdecode(b"\xff.wav")), path_text("a.wav"))
    \udcff.wav a.wav
    """

    def escaped(match: re.Match[str]) -> str:
        slashes, rest = match.groups()
        if rest[0] == "u":
            return f"{slashes * 2}{rest}"
        return f"{slashes * 2}\\u{ord(rest):04x}"

    return _ESCAPABLE.sub(escaped, str(path))


def path_of(text: str) -> str:
    r"""The path that `path_text` wrote.

    >>> os.fsencode(path_of(r"\udcff.wav"))
    b'\xff.wav'
    """

    def original(match: re.Match[str]) -> str:
        slashes, rest = match.groups()
        kept = slashes[: len(slashes) // 2]
        return f"{kept}{chr(int(rest[1:], 16)) if len(slashes) % 2 else rest}"

    return _ESCAPED.sub(original, text)


def is_path(text: str) -> bool:
    """Whether a file can have this name: no NUL, and no surrogates but those of undecoded bytes."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False
