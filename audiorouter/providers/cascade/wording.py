"""The words put to the embedded language model. Each finding is one line of text, and capped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from audiorouter.providers.interface import Evidence, Request
from audiorouter.providers.prompt import one_line

PROMPT_VERSION = "3"
FINDING_LIMIT = 700
"""Characters of one finding that go into the prompt."""


def evidence_line(evidence: Evidence) -> str:
    """A finding on one line of its own, without control characters, capped."""
    return one_line(evidence.text, FINDING_LIMIT)


def with_evidence(question: str, lines: Sequence[str]) -> str:
    """The prompt that a choice or an answer continues: `lines` of evidence, then the question."""
    return "\n".join([*lines, without_evidence(question)])


def without_evidence(question: str) -> str:
    """The same prompt as somebody who heard nothing would get it: what choices are worth alone."""
    return f"Question: {question}\nAnswer:"


def continuation(choice: str) -> str:
    """A choice as it follows the prompt."""
    return f" {choice}"


def as_query(request: Request) -> str:
    """What findings are compared with: the question and its choices."""
    chosen = f" ({', '.join(request.choices)})" if request.choices else ""
    return f"{request.question}{chosen}"


def sentences(line: str) -> list[str]:
    """The sentences and clauses of a line, as far as punctuation parts them.

    >>> sentences("The beat is steady. About 100 BPM: moderate.")
    ['The beat is steady.', 'About 100 BPM:', 'moderate.']
    """
    return [part for part in re.split(r"(?<=[.!?:;])\s+", line) if part]
