"""Whose turn it is in what a model wrote: templates' marks, and what it made up afterwards."""

from __future__ import annotations

import re

_ROLE = r"(?:assistant|model|gpt)"
_OTHER = r"(?:user|human|system)"
_START = re.compile(
    r"\A(?:\s|<s>|<bos>|<\|begin_of_text\|>)*(?:"
    rf"(?:<\|(?:im_start|start_header_id|start)\|>|<start_of_turn>|###)\s*{_ROLE}\b"
    r"\s*(?:<\|(?:end_header_id|im_sep|message)\|>|:)?"
    rf"|<[|｜]{_ROLE}[|｜]>"
    rf"|{_ROLE}\s*(?::|\n)"
    r")\s*",
    re.IGNORECASE,
)
_INSTRUCTED = re.compile(r"\A.*\[/INST\](?=.*\S)", re.DOTALL)
_NEXT = re.compile(
    r"<\|(?:im_end|eot_id|eot|endoftext|end_of_text|end_of_turn|return)\|>|<(?:/s|eos|end_of_turn)>"
    r"|<｜end▁of▁sentence｜>|\[EOS\]"
    rf"|(?:<\|(?:im_start|start_header_id)\|>|<start_of_turn>)\s*{_OTHER}"
    rf"|<[|｜]{_OTHER}[|｜]>"
    rf"|^(?:###\s*)?{_OTHER}\s*:|^###\s*(?:instruction|question)\b|\[INST\]",
    re.IGNORECASE | re.MULTILINE,
)
_TOKENS = re.compile(
    r"<\|[\w:-]{1,30}\|>|<｜[^<>｜]{1,40}｜>|</?s>|</?(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>"
    r"|\[/?(?:INST|EOS|BOS|PAD)\]",
    re.IGNORECASE,
)


def own_turn(text: str) -> str:
    """What the model said in its own turn, without the marks of the turn's beginning.

    >>> own_turn("<|im_start|>assistant\\nB<|im_end|>\\n<|im_start|>user\\nNext:")
    'B'
    """
    text = _INSTRUCTED.sub("", text) if "[/INST]" in text else text
    text = _START.sub("", text)
    for mark in _NEXT.finditer(text):
        if without_tokens(text[: mark.start()]):
            return text[: mark.start()].strip()
    return text


def without_tokens(text: str) -> str:
    """Text without the special tokens of tokenizers, such as `<pad>`."""
    return _TOKENS.sub("", text).strip()
