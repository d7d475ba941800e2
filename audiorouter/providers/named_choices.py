"""Which choice's words stand in a text: whole words, in any script, and not where denied."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Scripts that write without spaces, or glue particles to words: each of their signs is a word.
_GLUED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"
)
# Signs that belong to words though `\w` lacks them: accents and vowels of other scripts.
_MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff\u0f00-\u0fff"
_LETTER = rf"(?:(?![_{_GLUED}])[\w{_MARKS}])"
_TOKEN = re.compile(
    rf"(?P<word>(?:(?<![\w.)])[+-](?=\d))?{_LETTER}+(?:[.,:'’/-]{_LETTER}+)*[#♯♭%]?|[{_GLUED}])"
    r"|(?P<end>[.!?;,:。！？；，、\n(){}\"“”—–]+)"
)
_BOUNDARY = "|"
_ASKED = "?"
_CLOSING_WORDS = frozenset(
    ["but", "however", "though", "although", "yet", "aber", "mais", "pero", "sondern"]
)
_DENYING = re.compile(
    r"(?:^| )(?:not|never|neither|nor|cannot|without|unlikely|incorrect|wrong|excluded|excludes?"
    r"|excluding|unlike|than|instead of|rules? out|ruled out|ruling out|eliminated?"
    r"|lack|lacks|lacking|absence of|no sign of|other than|apart from|except|except for|besides"
    r"|\S+n't|\S+n’t|isnt|nicht|kein|keine|weder|pas|ni|jamais|não|non|nunca|не|нет|ни|ليس|ليست"
    r"|no (?:es|son|era|hay|está|parece|suena|é|se)"
    r"|नहीं|değil|niet|geen|bukan|tidak|không|不|没|沒|非|無|无|別|未|并 非) "
)
_NONE = re.compile(r"(?:^| )no (?!doubt |question |wonder )(?:\S+ )?$")
"""There is no such thing, where that is said close by."""
_DENIED = re.compile(
    r"^ (?:(?:is|are|was|were|seems|would be|can be|could be|has been) )?"
    r"(?:not|wrong|incorrect|unlikely|excluded|eliminated|ruled out|impossible|absent|missing|out"
    r"|(?:is|are|was|were|does|do|did|would|can|could)n['’]t|cannot|不|没|不 对"
    r"|(?:ist|est|es|é|è) (?:nicht|pas|falsch|faux|fausse|fals[oa]|incorrecte?|incorrect[oa]"
    r"|errad[oa]|sbagliat[oa])|(?:это )?(?:неверн|неправильн)\w*) "
    r"|^ (?:是 )?(?:错|錯|误|誤)|^ (?:で は|じ ゃ) (?:な|あ り ま せ)|^ は (?:間 違|違 う|誤)"
    r"|^ [가이은는] 아"
)
_DETERMINING = re.compile(
    r"^ (?!\||(?:it|there|i|the|this|that|because|since|as|he|she|they|we|you|in|at|none) )\S"
)
"""What follows "no" where that is no answer by itself: "no idea"."""
_ALL_BUT = re.compile(r"\b(?:any(?:thing)?|every(?:thing)?|all) but\b")
_NEAR = 300
"""Characters in which a clause ends."""
_LEADING_TO_ONE_SIGN = frozenset("是为為:は은는选選")


def named_choice(text: str, choices: Sequence[str]) -> int | None:
    """Position of the only choice whose words stand in `text`, None where none or several do.

    A choice inside a longer one that is there as well does not count ("dog" in "hot dog"), and
    neither does one that the same clause denies ("not a cat").

    >>> named_choice("a dog, not a cat", ["cat", "dog"]), named_choice("cat or dog", ["cat", "dog"])
    (1, None)
    """
    line = _line(text)
    found: set[int] = set()
    words = [_words(choice) for choice in choices]
    for position in sorted(range(len(choices)), key=lambda i: -sum(map(len, words[i]))):
        pattern = _pattern(words[position])
        if pattern is None:
            continue
        for match in pattern.finditer(line):
            if _stands_alone(line, match, words[position]) and not _is_denied(line, match):
                found.add(position)
                break
        line = pattern.sub(" \0 ", line)
    return found.pop() if len(found) == 1 else None


def begins_with(text: str, choice: str) -> bool:
    """Whether the words of `choice` are the first ones of `text`."""
    pattern = _pattern(_words(choice))
    if pattern is None:
        return False
    match = pattern.search(_line(text))
    return match is not None and not _line(text)[: match.start()].strip(f" {_BOUNDARY}{_ASKED}")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, in small letters and without signs between them."""
    return tuple(_words(text))


def denies(text: str) -> bool:
    """Whether the last clause of `text` denies what comes next."""
    return _denies(_line(text))


def is_denied_by(text: str) -> bool:
    """Whether what stood before `text` is denied by its first words."""
    return _DENIED.match(_line(text)) is not None


def _line(text: str) -> str:
    """Words with one space around each, and a bar between clauses."""
    return f" {' '.join(_tokens(text))} "


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    for match in _TOKEN.finditer(_folded(text)):
        word = match["word"]
        if word is not None and word not in _CLOSING_WORDS:
            tokens.append(word)
        else:
            tokens += [_ASKED, _BOUNDARY] if "?" in (match["end"] or "") else [_BOUNDARY]
    return tokens


def _words(text: str) -> list[str]:
    return [match["word"] for match in _TOKEN.finditer(_folded(text)) if match["word"]]


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("−", "-")
    return _ALL_BUT.sub("except", folded)


def _pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    if not words:
        return None
    between = rf"(?: [{_BOUNDARY}{_ASKED}])* "
    return re.compile(rf"(?<= ){between.join(map(re.escape, words))}(?= )")


def _stands_alone(line: str, match: re.Match[str], words: Sequence[str]) -> bool:
    """Whether one word means itself here: "no" of "no idea" does not, nor does a sign of a glued
    script that is a part of a longer word."""
    if list(words) == ["no"]:
        return _DETERMINING.match(line[match.end() :]) is None
    if len(words) > 1 or not re.fullmatch(f"[{_GLUED}]", words[0]):
        return True
    before = line[max(0, match.start() - _NEAR) : match.start()].split()[-1:]
    after = line[match.end() : match.end() + _NEAR].split()[:1]
    glued = [bool(re.fullmatch(f"[{_GLUED}]", token)) for token in (*before, *after)]
    if not any(glued):
        return True
    leads = not before or not glued[0] or before[0] in _LEADING_TO_ONE_SIGN
    return leads and not (after and glued[-1])


def _is_denied(line: str, match: re.Match[str]) -> bool:
    before, after = line[max(0, match.start() - _NEAR) : match.start()], line[match.end() :][:_NEAR]
    asked = after.partition(_BOUNDARY)[0].endswith(f" {_ASKED} ")
    return asked or _denies(before) or _DENIED.match(after) is not None


def _denies(line: str) -> bool:
    clause = f"{line.rpartition(_BOUNDARY)[2].rstrip()} "
    return _DENYING.search(clause) is not None or _NONE.search(clause) is not None
