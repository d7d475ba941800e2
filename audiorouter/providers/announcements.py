"""Where a text announces its answer: "The answer is …", "so …", "答案是 …"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from audiorouter.providers.named_choices import denies

_IS = r"(?:is|are|was|would be|will be|must be|should be|has to be|seems to be|appears to be)"
_FILLED = (
    r"(?:\s*\b(?:most likely|likely|probably|clearly|definitely|therefore|thus|then|indeed|"
    r"simply|also|the)\b)*"
)
_THEN = rf"(?:(?:\s+{_IS}|['’]s)\b{_FILLED}\s*[:\-]?|\s*(?:[:=→-]|=>|->)|\s*\n)\s*"
_ENGLISH = (
    r"\b(?:answer|ans|conclusion|verdict|prediction|response)\b(?:\s*\([a-z ]+\))?"
    r"(?:\s+(?!is\b|would\b|must\b|should\b|not\b|or\b|and\b|format\b|choices\b|options\b)[a-z']{2,}){0,5}?"
    + _THEN,
    r"(?:^|\b(?:best|correct|right|final|my|selected|chosen|likely|closest|suitable|appropriate"
    r"|plausible|matching|remaining|only)\s+)(?:option|choice|selection|pick|letter|match)\b"
    + _THEN,
    r"^\W*(?:correct|output|result|selected|chosen|choose|final)\s*:\s*",
    r"^\W*(?:pick|choose|select|ans\.)\s+(?=\W{0,2}[A-Z1-9]\b)",
    r"\b(?=(?:(?:option|choice)\s+)?\(?[A-Z1-9]\)?\s+(?:is|seems|appears)(?:\s+to be)?(?:\s+the)?"
    r"(?:\s+(?:most|more))?\s+(?:correct|right|best|better|likely|answer|plausible)\b)",
)
# Nouns for "answer" and what may stand between them and it.
_OTHERS = (
    r"(?:答案|正解|解答|答え|回答|選項|选项)\s*(?:应该|應該|应|應)?\s*(?:是|为|為|は|選|选|:|=)?\s*",
    r"(?:应该|應該|应|應|故|我|所以|因此)?(?:选择|選擇|选|選)(?!项|項)\s*(?:择|擇|的是)?\s*:?\s*",
    r"(?:정답|(?<!\w)답)\s*(?:은|는|:)?\s*",
    r"\b(?:antwort|lösung|antwoord|svaret|svar)\b(?:\s+\w+){0,2}?\s*(?:ist|lautet|is|är|er|:)\s*",
    r"\b(?:réponse|respuesta|resposta|risposta|opción correcta|opção correta)\b"
    r"(?:\s+(?!est\b|es\b|no\b|não\b|non\b)\w+){0,2}?\s*(?:est|es|é|è|:)\s*(?:la |le |a )?",
    r"(?:ответ|відповідь)\w*\s*(?:[—–:-]|это|є)?\s*",
    r"(?:الإجابة|الاجابة|الجواب)(?:\s+\w+)?\s*(?:هي|هو|:)?\s*",
    r"(?:उत्तर|जवाब)\s*(?:है|:|-)?\s*",
    r"\b(?:đáp án|cevap|jawaban(?:nya)?|odpowiedź|odpověď|vastaus)\b(?:\s+\w+)?"
    r"\s*(?:là|to|je|on|adalah|:)?\s*",
    r"(?:คำตอบ|תשובה|απάντηση|پاسخ)(?:\s*(?:ที่ถูกต้อง|הנכונה|σωστή))?\s*(?:คือ|היא|είναι|است|:)?\s*",
)
_CONCLUSIONS = (
    r"\b(?:so|therefore|thus|hence|then|consequently|also|donc|daher|deshalb|"
    r"por lo tanto|portanto|quindi|значит|поэтому)\b\s*[:,]?\s*"
    r"(?:it'?s\s+|it is\s+|it must be\s+)?",
    r"\b(?:i|we)(?:'d|'ll|'m| would| will| am)?\s+(?:say|choose|chose|pick|select|guess|going with"
    r"|go with|going for|go for|settle on|think it'?s|think it is|believe it'?s|believe it is)\s+",
    r"\b(?:je (?:choisis|pense|crois|dirais)|creo que|diría que|elijo|escojo|escolho|acho que"
    r"|scelgo|penso che|ich (?:wähle|denke|glaube|tippe auf|nehme)|я (?:выбираю|думаю)|выбираю)"
    r"\s*[:,]?\s*(?:(?:que )?c['’]est |es |é |sia |это )?(?:la |o |el |l['’])?",
    r"\b(?:going with|go with|opt for|settle on|vote for|it must be|it'?s)\s+",
    r"^\W*(?:(?:most )?likely|definitely|probably|certainly|clearly|surely|maybe|perhaps)\s+"
    r"(?=\W{0,2}[A-Z1-9]\W*$)",
    r"(?:→|⇒|=>|->|∴)\s*",
    r"(?:因此|所以|故|よって|따라서)\s*(?:是|为|為)?\s*",
)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """Normalised as the replies are: vowels of some scripts are two signs then."""
    joined = "|".join(f"(?:{pattern})" for pattern in patterns)
    return re.compile(unicodedata.normalize("NFKC", joined), re.IGNORECASE | re.MULTILINE)


_ANNOUNCED = _any_of((*_ENGLISH, *_OTHERS))
_CONCLUDED = _any_of(_CONCLUSIONS)
_OF_OTHERS = re.compile(
    r"\b(?:wrong|incorrect|other|another|first|initial|if|whether|possible|possibly|worst|unlikely"
    r"|runner-up|alternative|previous|earlier|old|common|example|sample|typical"
    r"|second(?:[ -]best)?|third|next(?:[ -]best)?)\s+(?:the\s+)?$"
    r"|\bleast(?:\s+\w+)?\s+$|\bwould\s+$"
    r"|\b(?!(?:it|that|here|what|let|he|she)['’]s)\w+['’]s\s+$"
    r"|\b(?:thinks|believes|claims|claimed|expects|guesses)\s+(?:that\s+)?(?:the\s+)?$",
    re.IGNORECASE,
)
"""What makes of an answer that of somebody else, or none."""
_SUPPOSED = re.compile(
    r"(?:^|[,:;.!?\n]|\b(?:then|but|and|so|only|even))\s*"
    r"\b(?:if|unless|assuming|supposing|provided|had it|were it)\b"
    r"(?!\s+(?:i|we|you|one)\b)[^.!?;\n]*$",
    re.IGNORECASE,
)
_ON_CONDITION = re.compile(
    r"[^.!?;,\n]{0,40}?\b(?:if|unless|assuming|provided)\b(?!\s+(?:i|we|you|one)\b)", re.IGNORECASE
)
_RETRACTED = re.compile(
    r"\b(?:wait|hmm+|actually|on second thoughts?|reconsider\w*|scratch that|correction"
    r"|let me re\w*|let me think|i was wrong|my mistake)\b"
    r"|(?:\.\.\.|…|[.;—–]|(?<=\n))\s*no[,:](?=\s)|不对|不對|等等|いや",
    re.IGNORECASE,
)
_LONGEST_CLAUSE = 200
_MOST = 50
"""Announcements that are looked at, from the end."""


class Announcement(NamedTuple):
    """What a text says after it announced its answer, up to the next announcement."""

    said: str
    rest: str
    """Everything after the announcement, to the end of the text."""
    weak: bool
    """Whether it may introduce other things as well ("so …"): only a label is meant by it."""


def announcements(text: str) -> list[Announcement]:
    """The announcements of an answer in order; denied and supposed ones are none.

    >>> [one.said for one in announcements("The answer is B. It is not A.")]
    ['B. It is not A.']
    """
    found = sorted(
        [(m.start(), m.end(), False) for m in _ANNOUNCED.finditer(text)]
        + [(m.start(), m.end(), True) for m in _CONCLUDED.finditer(text)]
    )
    starts = [start for start, _, _ in found] + [len(text)]
    made = []
    for number, (start, end, weak) in list(enumerate(found))[-_MOST:]:
        before = text[max(0, start - _LONGEST_CLAUSE) : start]
        if _OF_OTHERS.search(before) or _SUPPOSED.search(before) or denies(before):
            continue
        if _ON_CONDITION.match(text, end):
            continue
        following = next((s for s in starts[number + 1 :] if s >= end), len(text))
        made.append(Announcement(text[end:following], text[end:], weak))
    return made


def after_retraction(text: str) -> str | None:
    """What follows where the writer last went back on what was said before; None: nowhere."""
    places = [match.end() for match in _RETRACTED.finditer(text)]
    return text[places[-1] :] if places else None
