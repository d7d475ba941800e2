"""The words of an answer, as scoring compares them, and where a part may be cut out of them.

"5" is not found in "-5", "0.5", "3-5" or "twenty-five", nor "F" in "F#" or "F minor": what belongs
together is held together. Chinese, Japanese and Thai, which put no spaces between words, are
compared character by character, and Korean with or without the particle at the end of a word.
"""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import regex

_MINUS = "\N{MINUS SIGN}"
_LETTER = r"[\p{L}\p{M}\p{N}]"
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_NUMERALS = "〇零一二三四五六七八九十百千万億亿兆两兩壹贰叁肆伍陆柒捌玖拾佰仟萬"

# One number in English words, also after digits: twenty-five, two hundred and one, 5 million,
# zero point five, two and a half.
_UNIT = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_SMALL = (
    rf"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[\s-]+{_UNIT}\b)?|{_UNIT}"
    r"|zero|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen)\b"
)
_POWER = r"(?:hundred|thousand|million|billion|trillion)\b"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:[.:/,-]\d+)*|(?<!\w)\.\d+)"
_NUMBER = (
    rf"(?:\b{_SMALL}|{_DIGITS}(?:\s\d+/\d+)?)(?:[\s-]+{_POWER}(?:[\s-]+(?:and\s+)?{_SMALL})?)*"
    rf"(?:\s+point(?:\s+{_SMALL})+)?(?:\s+and\s+a\s+(?:half|quarter|third)\b)?"
)
_MERE_POWER = rf"\b{_POWER}(?:[\s-]+(?:and\s+)?{_SMALL})*"

_KEY_WORDS = r"(?:minor|min|moll|major|maj|dur|key|scale|chord|note)\b"
_TOKEN = regex.compile(
    rf"""
      (?<!{_LETTER})(?P<note>[A-G]|(?i:[a-g]))
        (?:(?P<accidental>[#♯♭]{{1,2}}|(?<=[A-G])b(?=(?:maj|min|m|dim|aug|sus|add)?\d*(?!{_LETTER})))
          |[\s-]+(?P<spelled>(?i:sharp|flat))\b(?:(?<!(?i:a)[\s-]+\w+)|(?=\s+(?i:{_KEY_WORDS}))
            |(?<=A[\s-]+\w+)(?=\s*(?:[^\w\s]|$))))
    | (?<!{_LETTER})(?P<chord>[A-G]\d*)(?P<quality>[+-])(?![\w+-])
    | (?P<number>(?i:{_NUMBER}|{_MERE_POWER}))
    | (?P<sign>{_MINUS}(?=\.?\d|{_LETTER})|±|(?<!<[^<>]*)[<>≤≥]=?(?=\s*{_MINUS}?\.?\d)(?<![-=]>))
    | (?P<percent>%)
    | (?P<numeral>[{_NUMERALS}]+(?:(?:[点點]|分之)[{_NUMERALS}半]+)*)
    | (?P<unspaced>[{_UNSPACED}]\p{{M}}*)
    | (?P<hangul>\p{{Hangul}}+)
    | (?P<word>\p{{L}}(?:(?![{_UNSPACED}\p{{Hangul}}]){_LETTER})*)
    """,
    regex.VERBOSE,
)
_DASH = regex.compile(rf"[\u2010-\u2013]|(?<={_LETTER}){_MINUS}")
_SLASH = regex.compile(r"(?<=\d)\s+/\s+(?=\d)")
_SIGN = regex.compile(
    rf"(?<!{_LETTER})(?:-|{_MINUS}\s*)(?=\.?\d|(?i:{_SMALL}))"
    rf"|(?i:\b(?:minus|negative)[\s-]+(?={_SMALL}|{_POWER}|\.?\d))"
    rf"|(?:负|負|零下|マイナス)(?=[\d{_NUMERALS}])"
)
_PARTICLE = regex.compile(
    "이|가|은|는|을|를|도|의|에|로|으로|와|과|에서|요|이요|이다|예요|이에요|에요|입니다"
)
_ENDINGS = frozenset({"st", "nd", "rd", "th", "s", "d", "x"})
"""What makes another word of a number: 5th, 80s, 3D."""
_MINOR = frozenset({"minor", "min", "moll"})
_MODES = _MINOR | {"major", "maj", "dur"}
_ACCIDENTALS = {"♯": "sharp", "#": "sharp", "♭": "flat", "b": "flat"}
_SPELLED = {"%": "percent", _MINUS: "-", "<=": "≤", ">=": "≥"}


class Words(NamedTuple):
    """Words in one spelling. A part may begin at `starts` and end before `ends`, and nowhere else.

    Both are positions `0 … len(words)`.
    """

    words: tuple[str, ...]
    starts: frozenset[int]
    ends: frozenset[int]

    def hold(self, wanted: Words) -> bool:
        """Whether the words of `wanted` stand here, together, in order and uncut."""
        size = len(wanted.words)
        return any(
            start + size in self.ends and self.words[start : start + size] == wanted.words
            for start in self.starts
        )


class _Token(NamedTuple):
    text: str
    kind: str
    before: str | None
    """What stands before it, since the last one; None within one thing."""
    may_end: bool = False
    """Whether a part may end before it even so."""


@lru_cache(maxsize=1024)
def words_of(text: str) -> Words:
    """The words of a text.

    >>> words_of("F♯, -5.0 dB").words
    ('f', 'sharp', '-', '5', 'db')
    """
    tokens = _tokens(_plain(text))
    starts, ends = {0} if tokens else set(), {len(tokens)}
    for place in range(1, len(tokens)):
        one, other = tokens[place - 1], tokens[place]
        of_a_note = one.kind in ("note", "accidental") or one.text in set("abcdefg")
        names_a_mode = of_a_note and other.text in _MODES
        joined = _joined(one, other) and not names_a_mode
        if not joined:
            starts.add(place)
        if (not joined or other.may_end) and not (of_a_note and other.text in _MINOR):
            ends.add(place)  # F is no part of F minor, though minor is
    return Words(tuple(token.text for token in tokens), frozenset(starts), frozenset(ends))


def _plain(text: str) -> str:
    """The text with one character for each sign, digit and width."""
    spread = [
        f" {c}" if unicodedata.category(c) == "No" and text[i - 1 : i].isdecimal() else c
        for i, c in enumerate(text)
    ]  # 5½ is not 51/2
    plain = unicodedata.normalize("NFKC", "".join(spread))
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)
    plain = plain.replace("\N{FRACTION SLASH}", "/").replace("’", "'")
    plain = _SLASH.sub("/", plain)
    return str(_SIGN.sub(_MINUS, _DASH.sub("-", plain)))


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        before: str | None = text[end : match.start()]
        for part in _parts(match):
            tokens.append(part._replace(text=part.text.casefold(), before=before))
            before = None
        end = match.end()
    return tokens


def _parts(match: regex.Match[str]) -> list[_Token]:
    kind, text = match.lastgroup or "", match.group()
    if match["note"]:
        signs = match["accidental"]
        words = [match["spelled"]] if signs is None else [_ACCIDENTALS[sign] for sign in signs]
        return [
            _Token(match["note"], "note", None),
            *(_Token(word, "accidental", None) for word in words),
        ]
    if match["chord"]:
        return [_Token(match["chord"], "note", None), _Token(match["quality"], "accidental", None)]
    if kind == "number":
        words = regex.split(r"\s+|(?<=[a-zA-Z])-+", text)
        return [_Token(_number(word), kind, None) for word in words]
    if kind == "hangul":
        return [
            _Token(c, kind, None, may_end=bool(_PARTICLE.fullmatch(text, i)))
            for i, c in enumerate(text)
        ]
    return [_Token(_SPELLED.get(text, text), kind, None)]


def _number(text: str) -> str:
    """The number in one spelling: 1,000.50 is 1000.5; codes such as 007 stay as they are."""
    if regex.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", text):
        text = text.replace(",", "")
    if regex.fullmatch(r"\d*\.\d+", text):
        text = format(Decimal(text).normalize(), "f")
    return text


def _joined(one: _Token, other: _Token) -> bool:
    """Whether two words are parts of one thing."""
    if other.before is None or other.before in ("-", "_") or one.kind == "sign":
        return True
    if other.before == "'":
        return other.text == "t"
    if other.before:
        return False
    if one.kind == "number":
        return other.text in _ENDINGS or other.kind == "numeral"
    return one.kind == "accidental"  # C#4, F♯m7
