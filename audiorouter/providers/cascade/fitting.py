"""Shortening what tools found until a prompt fits into what a model takes.

The last findings go first, and the one at the edge loses its end. Question, choices and
instruction stay, since without them there is nothing to answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from audiorouter.errors import ReasonerError
from audiorouter.providers.interface import Evidence, Request
from audiorouter.providers.prompt import FINDING_LIMIT, one_line

_CUT = " …"


def fitted(
    request: Request, tokens: Callable[[Request], int], *, most: int
) -> tuple[Request, str | None]:
    """The request with as much of its findings as `most` tokens hold, and a remark on the rest.

    `tokens` counts those of a request's prompt.

    Raises:
        ReasonerError: it does not even fit without any findings.
    """
    if tokens(request) <= most:
        return request, None
    needed = tokens(_with_first(request, 0))
    if needed > most:
        raise ReasonerError(
            f"the question alone takes {needed:,} tokens, and the model takes {most:,} beside its "
            "answer: ask a shorter one, or take a model of a longer context"
        )
    whole = sum(map(len, _texts(request)))
    fits, too_many = 0, whole
    while too_many - fits > 1:
        middle = (fits + too_many) // 2
        if tokens(_with_first(request, middle)) <= most:
            fits = middle
        else:
            too_many = middle
    remark = (
        f"the model takes prompts of up to {most:,} tokens: it read the first {fits:,} of "
        f"{whole:,} characters of the findings"
    )
    return _with_first(request, fits), remark


def _with_first(request: Request, characters: int) -> Request:
    """The request with no more than that many characters of what was heard and found."""
    kept: list[Evidence] = []
    evidence = (*request.heard, *request.findings)
    for item, text in zip(evidence, _texts(request), strict=True):
        if characters <= 0:
            break
        part = text if len(text) <= characters else text[:characters].rstrip() + _CUT
        kept.append(item._replace(text=part))
        characters -= len(text)
    return replace(request, heard=(), findings=tuple(kept))


def _texts(request: Request) -> list[str]:
    """The findings as they stand in the prompt."""
    return [one_line(item.text, FINDING_LIMIT) for item in (*request.heard, *request.findings)]
