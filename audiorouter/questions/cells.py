"""Lists and objects that stand as text in a cell: as JSON, or as Python and NumPy print them."""

from __future__ import annotations

import ast
import re
from typing import Any

from audiorouter.json_values import DEEPEST, cleaned, parse
from audiorouter.questions.cell_values import RowError

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*")"""
    r"""|(?P<word>[^\s,\[\](){}:'"]+)|(?P<mark>[,\[\](){}:]))""",
    re.DOTALL,
)
_CLOSING = {"[": "]", "(": ")"}
_WRAPPER = re.compile(r"(?:(?:np|numpy)\.)?array|(?:np|numpy)\.(?:str_|int\d+|float\d+)|list|tuple")
_WORDS = {
    **dict.fromkeys(["None", "nan", "NaN", "NaT", "<NA>", "null"]),
    "True": True,
    "False": False,
    "true": True,
    "false": False,
}


def nested_value(what: str, text: str) -> Any:
    """The list or object in a cell, None where the cell holds other text.

    >>> nested_value("choices", "['it is', nan]"), nested_value("choices", "['a' 'b']")
    (['it is', None], ['a', 'b'])

    Raises:
        RowError: it begins like one and is none.
    """
    text = text.strip()
    if text[:1] not in ("[", "{", "(") and not _WRAPPER.match(text):
        return None
    try:
        value, problem = cleaned(parse(text))
    except ValueError as error:
        try:
            value, problem = cleaned(_Python(text).whole())
        except _NoPythonError:
            if text[0] not in "[{" or _brackets_close(text):
                return None
            kind = "list" if text[0] == "[" else "object"
            raise RowError(f"{what}: not a JSON {kind} ({error}), nor a Python one") from None
    if problem:
        raise RowError(f"{what}: {problem}")
    return value if isinstance(value, list | dict) else None


def _brackets_close(text: str) -> bool:
    """Whether it is several texts between `|`, in which brackets are words: `[sigh]|[cough]`."""
    parts = text.split("|")
    return (
        len(parts) > 1
        and text[1:].lstrip()[:1] not in ("'", '"', "{", "[")
        and all(part.count("[") == part.count("]") for part in parts)
        and all(part.count("{") == part.count("}") for part in parts)
    )


class _NoPythonError(Exception):
    pass


class _Python:
    """Reads what `repr` and NumPy print; commas or, in NumPy's way, spaces stand between items."""

    def __init__(self, text: str):
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text.rstrip()):
            match = _TOKEN.match(text, place)
            if match is None:
                raise _NoPythonError
            self._tokens.append((str(match.lastgroup), match[str(match.lastgroup)]))
            place = match.end()
        self._tokens.reverse()

    def whole(self) -> Any:
        """The value, and nothing after it."""
        value = self._value(0)
        if self._tokens:
            raise _NoPythonError
        return value

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            raise _NoPythonError
        return self._tokens.pop()

    def _peek(self) -> str:
        return self._tokens[-1][1] if self._tokens and self._tokens[-1][0] == "mark" else ""

    def _value(self, depth: int) -> Any:
        if depth > DEEPEST:
            raise _NoPythonError
        kind, token = self._next()
        if kind == "string":
            return _string(token)
        if kind == "word":
            return self._word(token, depth)
        if token in _CLOSING:
            return self._items(_CLOSING[token], depth)
        if token == "{":
            return self._pairs(depth)
        raise _NoPythonError

    def _word(self, word: str, depth: int) -> Any:
        if _WRAPPER.fullmatch(word) and self._peek() == "(":
            self._next()
            value = self._value(depth + 1)
            while self._next() != ("mark", ")"):  # `dtype=object`
                pass
            return value
        if word in _WORDS:
            return _WORDS[word]
        try:
            return int(word) if re.fullmatch(r"[+-]?\d{1,400}", word) else float(word)
        except ValueError:
            raise _NoPythonError from None

    def _items(self, closing: str, depth: int) -> list[Any]:
        items: list[Any] = []
        commas = 0
        while self._peek() != closing:
            items.append(self._value(depth + 1))
            if self._peek() == ",":
                self._next()
                commas += 1
        self._next()
        if commas and commas not in (len(items), len(items) - 1):
            raise _NoPythonError  # 'a' 'b', 'c': a comma is missing, or an ellipsis stands there
        if closing == ")" and not commas:
            raise _NoPythonError
        return items

    def _pairs(self, depth: int) -> dict[str, Any]:
        pairs: dict[str, Any] = {}
        while self._peek() != "}":
            key = self._value(depth + 1)
            if self._next() != ("mark", ":") or isinstance(key, list | dict):
                raise _NoPythonError
            pairs[str(key)] = self._value(depth + 1)
            if self._peek() == ",":
                self._next()
            elif self._peek() != "}":
                raise _NoPythonError
        self._next()
        return pairs


def _string(token: str) -> str:
    quote = token[0]
    # A doubled quote is a quote, as in tables; elsewhere it could not stand within a text.
    body = re.sub(r"(\\.)|" + quote * 2, lambda m: m[1] or "\\" + quote, token[1:-1], flags=re.S)
    try:
        return str(ast.literal_eval(f"{quote}{body}{quote}".replace("\n", "\\n")))
    except (SyntaxError, ValueError):
        raise _NoPythonError from None
