"""What of a model's reply is its answer: wrappings are taken off."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from typing import Any

from audiorouter.providers.json_in_text import objects_in

_TAG = (
    r"(?:final[_ -]?)?answer|ans|final|response|output|solution|choice|option|result|label"
    r"|conclusion"
)
_TAGGED = re.compile(
    rf"<(?P<tag>{_TAG})(?:\s[^<>]*)?>(?P<inside>.*?)(?:</(?P=tag)\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_CLOSED = re.compile(rf"(?<![^<>\n])(?P<inside>[^<>\n]+)</(?:{_TAG})\s*>", re.IGNORECASE)
"""An answer whose opening tag stands in the prompt. It is looked for from where it can begin alone,
since a line may be as long as a server likes."""
_BOXED = re.compile(r"\\?\b(?:boxed|fbox)\s*\{|\\boxed(?=\s+\w)")
_ELEMENT = re.compile(
    r"<(?P<tag>[a-z][\w:-]*)(?:\s[^<>]*)?>.*?</(?P=tag)\s*>", re.DOTALL | re.IGNORECASE
)
_TICKED, _UNTICKED = r"(?:\[[xX✓✔]\]|☑|☒|✅|✔|✓)", r"(?:\[\s?\]|☐|❌|✗|✘|✖)"
_TICKED_LINE = re.compile(
    rf"^[^\w\n]*?{_TICKED}\ufe0f?\s*(?P<inside>.*\w.*)$|^(?P<before>.*\w.*?)\s*{_TICKED}\W*$",
    re.MULTILINE,
)
_ANSWER_NAMES = (
    "answer finalanswer correctanswer answerletter answertext answerlabel choice finalchoice "
    "option finaloption correctoption selectedoption chosenoption selectedchoice selected "
    "selection final prediction predicted predictedanswer label letter response result "
    "output verdict "
    "答案 选项 選項 选择 答え 回答 정답 답 réponse antwort respuesta resposta risposta ответ"
)
_ANSWER_KEYS = frozenset(_ANSWER_NAMES.split())
_THOUGHTS = re.compile("th(?:ought|ink)|reason|analys|expla|rational|justif|reflect|evidence|note")
_PAIR = re.compile(
    r"[\"']?(?P<name>\w[\w ]{0,60})[\"']?\s*:\s*"
    r"(?:[\"'](?P<text>(?:[^\"'\\]|\\.)*)[\"']?|(?P<bare>[^,{}\[\]\n]*))"
)
_UNSEEN = frozenset(["Cc", "Cf", "Cs"])
_FENCE = re.compile(r"```[\w+-]*")
_TYPESETTING = (
    (re.compile(r"\\(?:text|mathrm|mathbf|textbf|textit|mathsf|mbox)\s*\{([^{}]*)\}"), r"\1"),
    (
        re.compile(r"\$+\s*(\(?[A-Za-z1-9]\)?)\s*\$+|\\[(\[]\s*(\(?[A-Za-z1-9]\)?)\s*\\[)\]]"),
        r"\1\2",
    ),
    (re.compile(r"</?(?:b|strong|i|em|u|p|span|div|br|mark|code|h\d)\s*/?>", re.IGNORECASE), ""),
    (re.compile(r"\*+|`+|(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w)"), ""),
    (re.compile(r"^\s{0,40}(?:#+|>+|[-•])\s+", re.MULTILINE), ""),
)


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
        if not boxed[-1][0].endswith("{"):
            return [text[boxed[-1].end() :].split()[0].strip("$.")]
        return [_braced(text, boxed[-1].end())]
    if closed := list(_CLOSED.finditer(text)):
        return [closed[-1]["inside"].strip()]
    if (ticked := _ticked(text)) is not None:
        return [ticked]
    return _from_json(_FENCE.sub("", text).strip())


def plain_writing(text: str) -> str:
    """Text without code fences, LaTeX, HTML and Markdown around its words; full width made half."""
    text = unicodedata.normalize("NFKC", _FENCE.sub("", visible(text)))
    for pattern, instead in _TYPESETTING:
        text = pattern.sub(instead, text)
    return text.strip()


def visible(text: str) -> str:
    """Text without signs that have no look of their own, such as a byte order mark."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _UNSEEN)


def open_answer(text: str) -> str:
    """The answer to an open question, its wrapping taken off."""
    inside = wrapped(text)
    if inside is not None and len(inside) == 1 and inside[0]:
        return inside[0]
    return _FENCE.sub("", text).strip()


def outside_elements(text: str) -> str:
    """What stands outside elements such as `<speech>…</speech>`, all of it where nothing does."""
    outside = _ELEMENT.sub(" ", text)
    return outside.strip() if re.search(r"\w", outside) else text


def _ticked(text: str) -> str | None:
    """The only line of a list that is ticked where others are not."""
    if not re.search(_UNTICKED, text):
        return None
    lines = [mark["inside"] or mark["before"] for mark in _TICKED_LINE.finditer(text)]
    return lines[0].strip() if len(lines) == 1 else None


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
    if text.startswith("[") and (claims := _of_list(text)):
        return claims
    for value in objects_in(text):
        found = _answers(value) or found
    if found is None and text[:1] in ("{", "["):
        return _whole(text) if text[-1:] in ("}", "]") else _pairs(text)
    return found


def _of_list(text: str) -> list[str]:
    """What the objects of a list claim, which need not agree: a ranking of all choices."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    objects = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    return [claim for item in objects for claim in _answers(item) or ()]


def _whole(text: str) -> list[str] | None:
    """What a text says that is one value; of an object without an answer what else it says."""
    for read in (json.loads, ast.literal_eval):
        try:
            value = read(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, dict):
            return _answers(value) or _other_words(value)
        if isinstance(value, list) and len(value) == 1:
            return [_said(value[0])]
        return None
    return _pairs(text)


def _pairs(text: str) -> list[str] | None:
    """What stands at the names of answers in an object that is no valid JSON, or was cut off."""
    if not text.startswith("{"):
        return None
    pairs = {mark["name"]: mark["text"] or mark["bare"] or "" for mark in _PAIR.finditer(text)}
    return (_answers(pairs) or [""]) if pairs else None


def _answers(value: dict[Any, Any]) -> list[str] | None:
    known = [item for key, item in value.items() if _name(key) in _ANSWER_KEYS and item is not None]
    if known:
        return [_said(item) for item in known]
    if len(value) == 1:
        ((key, item),) = value.items()
        if len(str(key)) == 1 and isinstance(item, str):
            return [f"{key}. {item}"]
    return None


def _other_words(value: dict[Any, Any]) -> list[str]:
    """The name of what alone is true, or the texts that are no thoughts; "" where there are none.

    >>> _other_words({"A": False, "B": True}), _other_words({"thought": "A?", "sound": "dog"})
    (['B'], ['dog'])
    """
    truths = [key for key, item in value.items() if item is True]
    if all(isinstance(item, bool) for item in value.values()):
        return [str(truths[0])] if len(truths) == 1 else [""]
    texts = [i for k, i in value.items() if isinstance(i, str) and not _THOUGHTS.search(_name(k))]
    return texts or [""]


def _name(key: object) -> str:
    return re.sub(r"[\W_]", "", str(key)).casefold()


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
