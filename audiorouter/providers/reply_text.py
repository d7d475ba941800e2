"""What of a model's reply is its answer: thoughts are dropped, wrappings are taken off."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from typing import Any

# How models mark their thoughts, written as one pair of tags.
_MARKS = (
    # Harmony's channels, with and without the tokens that a tokenizer may have skipped.
    (r"(?:<\|start\|>\w*)?<\|channel\|>\s*(?:analysis|commentary)[^<]*<\|message\|>", "<think>"),
    (r"(?:<\|start\|>\w*)?<\|channel\|>\s*final[^<]*<\|message\|>", "</think>"),
    (r"\Aanalysis(?=\S)(?=.*assistantfinal)", "<think>"),
    (r"(?<=.)assistantfinal(?=\S)", "</think>"),
    (r"<\|channel>\s*thought", "<think>"),
    (r"<channel\|>", "</think>"),
    (r"\[THINK\]|◁think▷|<\|(?:begin_of_thought|think)\|>|<unused94>", "<think>"),
    (r"\[/THINK\]|◁/think▷|<\|(?:end_of_thought|/think)\|>|<unused95>", "</think>"),
    (r"<\|begin_of_(?:box|solution)\|>", "<answer>"),
    (r"<\|end_of_(?:box|solution)\|>", "</answer>"),
    (r"<\|(?:end|return|im_end|eot_id|endoftext|end_of_text)\|>|<end_of_turn>|</s>", ""),
)
_MARKED = [(re.compile(pattern, re.DOTALL | re.IGNORECASE), tag) for pattern, tag in _MARKS]
_THOUGHT = re.compile(
    r"<(?P<close>/?)\s*(?:\w+:)?"
    r"(?:think(?:ing)?|thoughts?|reasoning|analysis|scratchpad|reflection|rationale)\s*>",
    re.IGNORECASE,
)
_TAGGED = re.compile(
    r"<(?P<tag>(?:final[_ -]?)?answer|ans|final|response|output|solution|choice|option|result"
    r"|label|conclusion)\s*>(?P<inside>.*?)(?:</(?P=tag)\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s*\{")
_ANSWER_NAMES = (
    "answer finalanswer correctanswer answerletter answertext answerlabel choice finalchoice "
    "option finaloption correctoption selectedoption chosenoption selectedchoice selected "
    "selection prediction predicted predictedanswer label letter response result output verdict "
    "答案 选项 選項 选择 答え 回答 정답 답 réponse antwort respuesta resposta risposta ответ"
)
_ANSWER_KEYS = frozenset(_ANSWER_NAMES.split())
_FENCE = re.compile(r"```[\w+-]*")
_TYPESETTING = (
    (re.compile(r"\\(?:text|mathrm|mathbf|textbf|textit|mathsf|mbox)\s*\{([^{}]*)\}"), r"\1"),
    (
        re.compile(r"\$+\s*(\(?[A-Za-z1-9]\)?)\s*\$+|\\[(\[]\s*(\(?[A-Za-z1-9]\)?)\s*\\[)\]]"),
        r"\1\2",
    ),
    (re.compile(r"</?(?:b|strong|i|em|u|p|span|div|br|mark|code|h\d)\s*/?>", re.IGNORECASE), ""),
    (re.compile(r"\*+|`+|(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w)"), ""),
    (re.compile(r"^\s*(?:#+|>+|[-•])\s+", re.MULTILINE), ""),
)


def without_thoughts(text: str) -> str | None:
    """What a model said besides its thoughts; None where those do not end.

    Of a closing mark alone, as of templates that open the thoughts themselves, all that stands
    before it is thought.

    >>> without_thoughts("<think>A? No.</think> B"), without_thoughts("<think>A? Hmm")
    ('B', None)
    """
    for pattern, tag in _MARKED:
        text = pattern.sub(tag, text)
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
    return "".join([*said, text[start:]]).strip()


def wrapped(text: str) -> list[str] | None:
    r"""What stands in the last wrapping of an answer, None where there is no wrapping.

    Wrappings are tags, `\boxed{}` and JSON with a key that means answer. Several contents are
    several claims about one answer, such as its letter and its words.

    >>> wrapped("So <answer>B</answer>."), wrapped('{"reason": "A?", "answer": "B"}'), wrapped("B")
    (['B'], ['B'], None)
    """
    if tagged := list(_TAGGED.finditer(text)):
        return [tagged[-1]["inside"].strip()]
    if boxed := list(_BOXED.finditer(text)):
        return [_braced(text, boxed[-1].end())]
    return _from_json(_FENCE.sub("", text).strip())


def plain_writing(text: str) -> str:
    """Text without code fences, LaTeX, HTML and Markdown around its words; full width made half."""
    text = unicodedata.normalize("NFKC", _FENCE.sub("", text))
    for pattern, instead in _TYPESETTING:
        text = pattern.sub(instead, text)
    return text.strip()


def open_answer(text: str) -> str:
    """The answer to an open question, its wrapping taken off."""
    inside = wrapped(text)
    if inside is not None and len(inside) == 1 and inside[0]:
        return inside[0]
    return _FENCE.sub("", text).strip()


def _braced(text: str, start: int) -> str:
    """Text from `start` to the brace that closes."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if depth == 0:
            return text[start:place].strip()
    return text[start:].strip()


def _from_json(text: str) -> list[str] | None:
    """The answers in the last object of JSON that has any, or in JSON that is all of the text."""
    found: list[str] | None = None
    decoder, place = json.JSONDecoder(), text.find("{")
    while place >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            found = _answers(value) or found
        place = text.find("{", end)
    if found is None and text[:1] in ("{", "[") and text[-1:] in ("}", "]"):
        return _whole(text)
    return found


def _whole(text: str) -> list[str] | None:
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, dict):
            return _answers(value)
        if isinstance(value, list) and len(value) == 1:
            return [_said(value[0])]
        return None
    return None


def _answers(value: dict[Any, Any]) -> list[str] | None:
    known = [
        item
        for key, item in value.items()
        if re.sub(r"[\W_]", "", str(key)).casefold() in _ANSWER_KEYS and item is not None
    ]
    if known:
        return [_said(item) for item in known]
    if len(value) == 1:
        ((key, item),) = value.items()
        if len(str(key)) == 1 and isinstance(item, str):
            return [f"{key}. {item}"]
    return None


def _said(value: object) -> str:
    """A value of JSON as the words that it is; of several, none."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        inner = _answers(value)
        texts = [item for item in value.values() if isinstance(item, str)]
        return ". ".join(inner if inner and len(inner) > len(texts) else texts)
    if isinstance(value, list):
        return _said(value[0]) if len(value) == 1 else ""
    return json.dumps(value, ensure_ascii=False)
