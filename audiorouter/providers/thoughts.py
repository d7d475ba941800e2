"""What a model thought before it answered: marked in many ways, and never read as an answer."""

from __future__ import annotations

import re

from audiorouter.providers.turns import own_turn, without_tokens

# A name says what stands between two marks, whatever signs the marks are made of.
_ABOUT = (
    r"think(?:ing)?|thoughts?|reason(?:ing)?|analysis|scratch_?pad|reflect(?:ion)?|rationale|cot"
    r"|chain_?of_?thoughts?|ponder(?:ing)?|monologue|deliberation|internal"
)
_PIECE = r"[^\W_]+"
_NAME = (
    rf"(?P<close>/\s*)?(?P<name>(?:{_PIECE}[:_▁-]){{0,3}}(?:{_ABOUT})(?:[:_▁-]{_PIECE}){{0,2}})"
    r"(?P<attributes>\s[^<>\[\]|]{0,200})?\s*"
)
_FORMS = (
    (r"<\|\s*", r"\|>"),
    ("<｜\\s*", "｜>"),
    (r"\\?<\s*", r"\\?>"),
    (r"&lt;\s*", r"&gt;"),
    (r"\[\s*", r"\]"),
    ("◁\\s*", "▷"),
)
_FORM = [re.compile(begin + _NAME + end, re.IGNORECASE) for begin, end in _FORMS]
_ANSWER = re.compile(
    r"<\|\s*(?P<close>/\s*)?(?P<name>(?:[a-z]+_){0,2}(?:box|solution|response|answer)(?:_[a-z]+)?)\|>"
    r"|\[(?P<shut>/)?answer\]",
    re.IGNORECASE,
)
_CLOSING = frozenset(["end", "stop", "close", "finish"])
# Those that follow no rule, written as one pair of tags.
_MARKS = (
    # Harmony's channels, with and without the tokens that a tokenizer may have skipped.
    (
        r"(?:<\|start\|>\w*)?<\|channel\|>\s*(?:analysis|commentary)[^<]*"
        r"(?:<\|constrain\|>[^<]*)?<\|message\|>",
        "<think>",
    ),
    (
        r"(?:<\|start\|>\w*)?<\|channel\|>\s*final[^<]*(?:<\|constrain\|>[^<]*)?<\|message\|>",
        "</think>",
    ),
    (r"\A(?:assistant)?analysis(?=(?-i:[A-Z])|.*assistantfinal)", "<think>"),
    (r"assistantfinal(?=[^a-z]|(?-i:[A-Z]))", "</think>"),
    (r"<\|channel>\s*thought", "<think>"),
    (r"<channel\|>", "</think>"),
    (r"<unused94>", "<think>"),
    (r"<unused95>", "</think>"),
    (r"\A\s*thinking\s?(?:\.\.\.|…)\s*\n", "<think>"),
    (r"(?:\.\.\.|…)\s?done thinking\.?", "</think>"),
    (r"<(details|explanation|justification)(?:\s[^<>]*)?>.*?(?:</\1\s*>|\Z)", ""),
)
_MARKED = [(re.compile(pattern, re.DOTALL | re.IGNORECASE), tag) for pattern, tag in _MARKS]
_THOUGHT = re.compile(r"<(?P<close>/?)think>")


def without_thoughts(text: str) -> str | None:
    """What a model said in its turn besides its thoughts; None where those do not end.

    Of a closing mark alone, as of templates that open the thoughts themselves, all that stands
    before it is thought.

    >>> without_thoughts("<think>A? No.</think> B"), without_thoughts("<think>A? Hmm")
    ('B', None)
    """
    text = own_turn(text)
    for pattern, tag in _MARKED:
        text = pattern.sub(tag, text)
    for form in _FORM:
        text = form.sub(_as_tag, text)
    said: list[str] = []
    start, thinking = 0, False
    for mark in _THOUGHT.finditer(text):
        if mark["close"]:
            if not thinking:
                said.clear()
            thinking, start = False, mark.end()
        elif not thinking:
            said.append(text[start : mark.start()])
            thinking = True
    if thinking:
        return None
    return without_tokens(_ANSWER.sub(_as_answer, "".join([*said, text[start:]])))


def _as_tag(mark: re.Match[str]) -> str:
    return f"<{'/' * _closes(mark)}think>"


def _as_answer(mark: re.Match[str]) -> str:
    return f"<{'/' * (_closes(mark) or mark['shut'] is not None)}answer>"


def _closes(mark: re.Match[str]) -> bool:
    pieces = re.split(r"[:_▁-]", (mark["name"] or "").casefold())
    return bool(mark["close"]) or bool(_CLOSING.intersection(pieces))
