"""Reading what a model wrote: which choice it names, and which tool calls it asks for.

Both refuse to guess. A text that names no choice, or two, names none; see docs/replies.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from audiorouter.errors import ReasonerError
from audiorouter.providers.announcements import Announcement, after_retraction, announcements
from audiorouter.providers.interface import Answer, Request
from audiorouter.providers.json_in_text import lists_and_objects_in
from audiorouter.providers.named_choices import begins_with, is_denied_by, named_choice, words_of
from audiorouter.providers.prompt import labels
from audiorouter.providers.reply_text import open_answer, outside_elements, plain_writing, wrapped
from audiorouter.providers.thoughts import without_thoughts
from audiorouter.toolbox.interface import ToolCall

_WRAPPINGS = 4
_LONGEST = 20_000
"""Characters of a reply that are read, from its end: a model that went on and on."""
_LEAD = r"[\s(\[{<\"'‘“«「『【#>*~✅☑✔→:.\-–—]*"
_CLOSE = r"[)\]}>\"'’”»」』】*]*"
_OPTION = (
    r"(?:(?:the\s+)?(?:(?:correct|right|best|final)\s+)?"
    r"(?:option|choice|answer|letter|number|alternative|opción|opção|opzione|réponse|вариант)\b"
    r"\s*:?\s*[(\[\"'*]*|(?:选项|選項|选择|選擇|选|選)\s*)?"
)
_SIGN = r"(?P<sign>[A-Za-z1-9])"
_ALONE = re.compile(rf"{_LEAD}{_OPTION}{_SIGN}{_CLOSE}[\s.:;,!。、*]*{_CLOSE}\s*$", re.IGNORECASE)
_BRACKETED = re.compile(rf"{_LEAD}{_OPTION}[(\[【「]\s*{_SIGN}\s*[)\]】」]", re.IGNORECASE)
_DELIMITED = re.compile(
    rf"{_LEAD}{_OPTION}{_SIGN}{_CLOSE}\s?(?P<mark>[.):：、,;—–-])(?=[*\s\"'(\[]|[^\x00-\x7f]|$)",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"{_LEAD}{_OPTION}{_SIGN}(?![0-9A-Za-z_\u00c0-\u052f#♯♭%+°'’/-])", re.IGNORECASE
)
_GOES_ON = re.compile(
    r"\s*(?:because|since|as|for|due|given|based|which|with|from|so|and not|not|rather|instead"
    r"|(?:is|seems|appears)(?: to be)?(?: the| my| our)?(?: final)?"
    r" (?:correct|right|best|better|answer|choice|most|more|likely)"
    r"|porque|parce|weil|denn|perché|потому)\b"
    r"|\s*(?:因为|因為|理由|です|だ|입니다|है|。)",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(
    r"\s*[(\[](?!\s*[A-Z1-9]\s*[)\]])|\s*(?:[01]?\.\d+|\d+(?:\.\d+)?\s*%)\s*$"
)
"""What may follow a label that stands alone, such as how sure it is."""
_OF_MUSIC = re.compile(
    r"\s*(?:major|minor|maj|min|sharp|flat|natural|chord|note|scale|string|clef|dur|moll|majeur"
    r"|mineur|mayor|menor)\b",
    re.IGNORECASE,
)
"""What makes a note of a letter."""
_SIGNS = re.compile(r"\W*(?:[A-Z1-9]\b\W+)+[A-Z1-9]\W*")
"""Several signs, and nothing else."""
_BESIDE = re.compile(
    r"[(\[]\s*(?:(?:option|choice|answer|letter)\s+)?(?P<within>[A-Z1-9])\s*[)\]]"
    r"|(?:[,:=–—-]\s*|\b(?:option|choice)\s+)(?P<last>[A-Z1-9])[\s.!]*$"
)
"""A label that stands behind the words of a choice."""
_GONE_ON = re.compile(r"\n\s*(?:#+\s*)?(?:next\s+)?(?:question|q)\s*\d*\s*[:.]", re.IGNORECASE)
"""Where a model goes on with a question of its own."""
_WORDS_OF_THEIR_OWN = frozenset("AEIOUY")
"""Letters that are words somewhere: "A dog"."""
_SECOND = re.compile(
    r"\s*(?:(?P<joined>(?:and/or|or|and|oder|und|ou|et|o|y|e|или|и|或者|或|和|及|と|または)\b"
    r"|[/&|、]|或|和|及)|[,;])?\s*[(\[\"'*]*(?:option\s+)?(?P<sign>[A-Z1-9])(?![\w'’#♯♭%])(?P<on>\s+\w)?"
)
_SENTENCE = re.compile(r"[.!?](?=\s|$)|[。！？\n;；]")


def read_answer(text: str, request: Request, *, cut: str | None = None) -> Answer:
    """The answer in what a model wrote; `cut` says what to do about a reply that was cut off.

    Raises:
        ReasonerError: there is none: nothing but thoughts was written, or it was cut off before
            it named a choice.
    """
    thoughtless = without_thoughts(text)
    if request.tools and (cut is None or parse_calls(text) is not None):
        return Answer(text)
    if cut is not None:
        index = parse_choice(text, request.choices, cut=True) if request.choices else None
        if index is None:
            what = "in its thoughts" if thoughtless is None else "before it was whole"
            words = f"the reply was cut off {what}: {cut}{_quoted(text)}"
            raise ReasonerError(words, ending="cut")
        return Answer(text, index)
    if thoughtless is None:
        raise ReasonerError(f"the reply ends within its thoughts{_quoted(text)}")
    if not thoughtless:
        raise ReasonerError(
            f"the reply holds no answer{_quoted(text)}" if text else "an empty reply"
        )
    if not request.choices:
        return Answer(open_answer(thoughtless))
    return Answer(text, parse_choice(text, request.choices))


def parse_choice(text: str, choices: Sequence[str], *, cut: bool = False) -> int | None:
    """Position of the choice that `text` names, or None where it names none or more than one.

    Thoughts are never read, wrappings are taken off (`reply_text`), and what is announced last
    counts more than what stands elsewhere. Of a text that was `cut` off only a label is read.

    >>> parse_choice("(B) dog", ["cat", "dog"]), parse_choice("cat or dog", ["cat", "dog"])
    (1, None)
    >>> parse_choice("<think>A?</think> I first thought A, so the answer is B", ["cat", "dog"])
    1
    """
    index = _equal(text, choices)
    if index is not None and not cut:
        return index
    reply = without_thoughts(text)
    return _read(reply[-_LONGEST:], choices, cut, _WRAPPINGS) if reply else None


def parse_calls(text: str) -> list[ToolCall] | None:
    """The tool calls that `text` asks for as JSON, None where there is no JSON list in it.

    >>> parse_calls('Sure: [{"tool": "tempo"}]')
    [ToolCall(tool='tempo', arguments={})]
    """
    text = without_thoughts(text) or ""
    for value in lists_and_objects_in(text):
        listed = value if isinstance(value, list) else [value]
        calls = [_call(item) for item in listed]
        if all(call is not None for call in calls):
            return [call for call in calls if call is not None]
    return None


def _call(item: Any) -> ToolCall | None:
    if not isinstance(item, dict):
        return None
    name = item.get("tool", item.get("name"))
    arguments = item.get("arguments") or {}
    if isinstance(name, str) and isinstance(arguments, dict):
        return ToolCall(name, arguments)
    return None


def _quoted(text: str) -> str:
    return f" ({text[:200]!r}{' …' if len(text) > 200 else ''})" if text else ""


def _read(text: str, choices: Sequence[str], cut: bool, depth: int) -> int | None:
    index = _equal(text, choices)
    if index is not None and not cut:
        return index
    inside = wrapped(text)
    if inside is not None and depth:
        claims = [_read(claim, choices, cut, depth - 1) for claim in inside if claim]
        readings = {claim for claim in claims if claim is not None}
        return readings.pop() if len(readings) == 1 else None
    reply = outside_elements(plain_writing(text))
    index = _equal(reply, choices)
    if index is not None and not cut:
        return index
    if (gone_on := _GONE_ON.search(reply)) is not None:
        index = _read(reply[: gone_on.start()], choices, cut, 0)
        if index is not None:
            return index
    said = announcements(reply)
    for announcement in reversed(said):
        readable, index = _announced(announcement, choices, cut)
        if readable:
            return (
                None if index is None or _taken_back(announcement.rest, index, choices) else index
            )
    if any(not one.weak for one in said):
        return None
    return _unannounced(reply, choices, cut)


def _announced(
    announcement: Announcement, choices: Sequence[str], cut: bool
) -> tuple[bool, int | None]:
    """Whether an announcement can be read, and which choice it names: none where it names two."""
    said = announcement.said
    readable, index = _labelled(said, choices, announced=not announcement.weak)
    if readable or announcement.weak or cut:
        return readable, index
    index = _equal(_SENTENCE.split(said, maxsplit=1)[0], choices)
    if index is None:
        index = named_choice(_first_sentence(said), choices)
    return index is not None, index


def _unannounced(reply: str, choices: Sequence[str], cut: bool) -> int | None:
    """What a reply names that announces nothing: by a label at its start or end, or in words."""
    starts, first = _labelled(reply, choices)
    if starts and first is None:
        return None
    lines = [line for line in reply.splitlines() if line.strip()]
    ends, last = _labelled(lines[-1], choices) if len(lines) > 1 and not cut else (False, None)
    if ends and (last is None or (starts and last != first)):
        return None
    if first is not None:
        again = _lists_another(reply, first, choices)
        return None if again or _taken_back(reply, first, choices) else first
    if last is not None:
        return last
    if cut:
        return None
    named = named_choice(reply, choices)
    return None if named is None or _another_beside(reply, named, choices) else named


def _another_beside(reply: str, index: int, choices: Sequence[str]) -> bool:
    """Whether a label stands behind the words of a choice, but that of another one."""
    known = labels(choices)
    signs = {mark["within"] or mark["last"] for mark in _BESIDE.finditer(reply)}
    return bool(signs & set(known)) and known[index] not in signs


def _labelled(
    text: str, choices: Sequence[str], *, announced: bool = False
) -> tuple[bool, int | None]:
    """Whether `text` is a label or begins with one, and whose: nobody's where it contradicts."""
    known = labels(choices)
    if match := _ALONE.match(text):
        sign = match["sign"].upper()
        return (True, known.index(sign)) if sign in known else (False, None)
    if _SIGNS.fullmatch(text):
        signs = set(re.findall(r"\w", text))
        if signs <= set(known):
            return True, known.index(signs.pop()) if len(signs) == 1 else None
    for pattern in (_BRACKETED, _DELIMITED, _BARE):
        match = pattern.match(text)
        if match is None:
            continue
        sign, rest = match["sign"].upper(), text[match.end() :]
        if sign not in known:
            continue
        index = known.index(sign)
        own = begins_with(rest, choices[index])
        if pattern is _BARE and _is_word(sign, text, rest, own, choices):
            continue
        if match["sign"].islower() and not _may_be_small(pattern, match, own):
            continue
        if pattern is _BARE and not own and not _is_sign(sign, rest, announced):
            continue
        goes_on = pattern is _DELIMITED and match["mark"] in ",;"
        if (is_denied_by(rest) and not goes_on) or _question(rest):
            return False, None
        return True, None if _contradicted(rest, index, own, choices) else index
    return False, None


def _may_be_small(pattern: re.Pattern[str], match: re.Match[str], own: bool) -> bool:
    if pattern is _DELIMITED:
        return match["mark"] in ").:：、" or own
    return pattern is _BRACKETED or own


def _is_word(sign: str, text: str, rest: str, own: bool, choices: Sequence[str]) -> bool:
    """Whether a bare letter is a word of what is said: an article, or the name of a note."""
    if own:
        return sign in _WORDS_OF_THEIR_OWN
    return _OF_MUSIC.match(rest) is not None or any(
        len(words_of(choice)) > 1 and begins_with(text, choice) for choice in choices
    )


def _is_sign(sign: str, rest: str, announced: bool) -> bool:
    """Whether a letter without anything behind it is a label, not a word of its own."""
    if not rest.partition("\n")[0].strip() or not rest[:1].isspace():
        return True
    if _GOES_ON.match(rest) or _SECOND.match(rest) or _IN_BRACKETS.match(rest):
        return True
    return announced and sign not in _WORDS_OF_THEIR_OWN


def _question(rest: str) -> bool:
    return re.match(r"[\s)\]\"'*.]*\?", rest) is not None


def _contradicted(rest: str, index: int, own: bool, choices: Sequence[str]) -> bool:
    """Whether another choice is named beside the label, by its own label or in words."""
    known = labels(choices)
    second = _SECOND.match(rest)
    if second is not None and (second["joined"] or not second["on"]):
        sign = second["sign"]
        if sign in known and known.index(sign) != index:
            return True
    if own:
        return False
    line, _, after = rest.partition("\n")
    if not line.strip(" *_.)"):
        words = _equal(after.strip().partition("\n")[0], choices)
        return words is not None and words != index
    named = named_choice(_first_sentence(rest), choices)
    return named is not None and named != index


def _lists_another(reply: str, index: int, choices: Sequence[str]) -> bool:
    """Whether another choice stands in the reply with its label, as in a list of them."""
    for position, (sign, choice) in enumerate(zip(labels(choices), choices, strict=True)):
        if position == index or not words_of(choice):
            continue
        for match in re.finditer(rf"(?<!\w)\(?{sign}[.):：、]\s*", reply, re.IGNORECASE):
            if begins_with(reply[match.end() :], choice):
                return True
    return False


def _taken_back(rest: str, index: int, choices: Sequence[str]) -> bool:
    """Whether what follows an answer takes it back, and does not end with it all the same."""
    after = after_retraction(rest)
    if after is None:
        return False
    lines = [line for line in after.splitlines() if line.strip()]
    return not lines or _labelled(lines[-1], choices) != (True, index)


def _first_sentence(text: str) -> str:
    """The first sentence that says anything, a label's full stop set aside."""
    for part in _SENTENCE.split(text):
        if words_of(part):
            return part
    return ""


def _equal(text: str, choices: Sequence[str]) -> int | None:
    """Position of the only choice that `text` is: as it stands, without case, by its words."""
    for same in (str.strip, lambda s: s.strip().casefold(), words_of):
        said = same(text)
        equal = [i for i, choice in enumerate(choices) if said and same(choice) == said]
        if equal:
            return equal[0] if len(equal) == 1 else None
    return None
