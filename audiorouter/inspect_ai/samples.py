"""What Inspect's messages hold: the clip, the question, and choices in its wording."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import NamedTuple

from inspect_ai.model import ChatMessage, ChatMessageUser, ContentAudio

from audiorouter.errors import ClipError
from audiorouter.questions.clip_names import kept_clip

_DATA_URI = re.compile(r"data:[^,]*;base64,")
_URL = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_CHOICE = re.compile(r"(?m)^([A-Z])\) ")
_NUMBERED = re.compile(r"(?m)^(\d+)\) ")
_INSTRUCTION = "Answer the following multiple choice question"
"""How Inspect's own templates begin."""


class PromptParts(NamedTuple):
    """A prompt, taken apart."""

    question: str
    choices: tuple[str, ...]


def choice_mark(index: int) -> str:
    """How Inspect marks a choice: by a letter, and those after the 26th by numbers from 1.

    >>> choice_mark(0), choice_mark(25), choice_mark(26)
    ('A', 'Z', '1')
    """
    letters = len(ascii_uppercase)
    return ascii_uppercase[index] if index < letters else str(index - letters + 1)


def audio_of(messages: Sequence[ChatMessage]) -> list[ContentAudio]:
    """The recordings in the last message of the user."""
    users = [message for message in messages if isinstance(message, ChatMessageUser)]
    content = users[-1].content if users else ""
    if isinstance(content, str):
        return []
    return [part for part in content if isinstance(part, ContentAudio)]


def clip_of(messages: Sequence[ChatMessage]) -> Path:
    """The file of the only recording; one that came as data is kept in the cache.

    Raises:
        ClipError: there is none, there are several, it is a URL, or its data are no base64.
        UsageError: the cache cannot be written.
    """
    recordings = audio_of(messages)
    if len(recordings) != 1:
        raise ClipError(f"the prompt has {len(recordings)} recordings: tools listen to one")
    audio = recordings[0].audio
    if match := _DATA_URI.match(audio):
        try:
            data = base64.b64decode(audio[match.end() :], validate=True)
        except (binascii.Error, ValueError):
            raise ClipError("the data of the recording are not base64") from None
        return kept_clip(f"clip.{recordings[0].format}", data)
    if _URL.match(audio):
        raise ClipError(f"the recording is a URL ({audio[:200]}); download it first")
    return Path(audio)


def question_of(messages: Sequence[ChatMessage]) -> str:
    """The text of the last message of the user."""
    users = [message for message in messages if isinstance(message, ChatMessageUser)]
    return users[-1].text if users else ""


def taken_apart(text: str) -> PromptParts:
    """Question and choices of a prompt by Inspect's `multiple_choice`; without choices all is
    question.

    >>> taken_apart("Answer the following multiple choice question. …\\n\\nWhich?\\n\\nA) a\\nB) b")
    PromptParts(question='Which?', choices=('a', 'b'))
    """
    marks = list(_CHOICE.finditer(text))
    # The last A) with all marks after it in order; a choice may have several lines.
    firsts = [place for place, mark in enumerate(marks) if mark[1] == "A"]
    start = firsts[-1] if firsts else len(marks)
    last = marks[start:]
    if len(last) == len(ascii_uppercase):
        last += _NUMBERED.finditer(text, last[-1].end())
    if len(last) < 2 or [mark[1] for mark in last] != [*map(choice_mark, range(len(last)))]:
        return PromptParts(text.strip(), ())
    ends = [mark.start() for mark in last[1:]] + [len(text)]
    choices = tuple(text[mark.end() : end].strip() for mark, end in zip(last, ends, strict=True))
    before = text[: last[0].start()].strip()
    if before.startswith(_INSTRUCTION):
        before = before.partition("\n\n")[2].strip()
    return PromptParts(before, choices)
