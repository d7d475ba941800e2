"""Why a reply ended, in the words of many servers: `finish_reason` and what stands beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any

_NAMES = ("finish_reason", "native_finish_reason", "finishReason")
_KINDS = (
    (r"length|max_?.*tokens|token_?limit|context|incomplete", "CUT"),
    (
        r"filter|safety|recitation|prohibited|block|spii|sensitive|guardrail|moderat|refus|violat",
        "FILTERED",
    ),
    (
        r"error|fail|abort|cancel|time_?out|time_?limit|interrupt|insufficient|network|overload"
        r"|malformed|unexpected|other|unavailable",
        "BROKEN",
    ),
)


class Ending(Enum):
    """What became of a reply."""

    WHOLE = "whole"
    CUT = "cut off"
    FILTERED = "filtered"
    BROKEN = "broken"


def ending_of(choice: Mapping[str, Any]) -> tuple[Ending, str]:
    """How a choice of a completion ended, and the server's word for it.

    What is not known is taken for whole: servers have many words for an end.

    >>> ending_of({"finish_reason": "stop", "native_finish_reason": "MAX_TOKENS"})
    (<Ending.CUT: 'cut off'>, 'MAX_TOKENS')
    """
    # Elsewhere the last one is the sign at which the model stopped.
    names = _NAMES if choice.get("finish_reason") else (*_NAMES, "stop_reason")
    for name in names:
        word = choice.get(name)
        for pattern, kind in _KINDS:
            if isinstance(word, str) and re.search(pattern, word, re.IGNORECASE):
                return Ending[kind], word
    return Ending.WHOLE, str(choice.get("finish_reason"))
