"""What choices are worth by the log-probabilities that a server gives of a reply's first token."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from audiorouter.errors import ReasonerError

LEAST_MASS = 0.01
"""Probability that all labels have together, below which the model was about to say something else:
thoughts, or a sentence. What little each has then says nothing."""
_AROUND = " \n\t▁ĠĊ(*\"'[`"
"""Signs around a label; tokens of words begin with a space, written as some of these."""


def label_probabilities(choice: Mapping[str, Any], signs: tuple[str, ...]) -> tuple[float, ...]:
    """Probability of each label among them, in either case, with or without a space.

    One that is not listed has at most what the listed ones leave, and no more than the last of
    them: it gets half of that.

    Raises:
        ReasonerError: there are none, or the labels are not what the model was about to say.
    """
    listed = list(_listed(choice))
    if not listed:
        raise ReasonerError(
            "the server gives no log-probabilities to score choices by: use --answer generate"
        )
    masses: dict[str, float] = {}
    for token, probability in listed:
        sign = token.strip(_AROUND).upper()
        masses[sign] = masses.get(sign, 0.0) + probability
    likely = ", ".join(repr(token) for token, _ in listed[:5])
    known = sum(masses.get(sign, 0.0) for sign in signs)
    if not any(sign in masses for sign in signs):
        raise ReasonerError(
            f"none of the labels {', '.join(signs)} is among the {len(listed)} likeliest first "
            f"tokens ({likely}): use --answer generate"
        )
    if known < LEAST_MASS:
        raise ReasonerError(
            f"the labels {', '.join(signs)} have {known:.1g} of the probability of the first "
            f"token together; the likeliest ones are {likely}: use --answer generate"
        )
    left = max(0.0, 1.0 - sum(probability for _, probability in listed))
    floor = min(left, *(probability for _, probability in listed)) / 2
    weights = [masses.get(sign, floor) for sign in signs]
    return tuple(round(weight / sum(weights), 6) for weight in weights)


def _listed(choice: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The likeliest first tokens with their probabilities, in any of the known forms.

    Raises:
        ReasonerError: what is given makes no sense.
    """
    try:
        given = choice.get("logprobs") or {}
        content = given.get("content") or ()
        if content:
            top = content[0].get("top_logprobs") or ()
        else:
            top = (given.get("top_logprobs") or [()])[0]  # as of completions that are no chats
        entries = top.items() if isinstance(top, Mapping) else map(_entry, top)
        for token, logprob in entries:
            if math.isnan(number := float(logprob)):
                raise ValueError("not a number")
            yield token, math.exp(min(0.0, number))
    except (AttributeError, KeyError, TypeError, ValueError, LookupError) as error:
        raise ReasonerError(
            f"the server gives log-probabilities that make no sense ({error}): "
            "use --answer generate"
        ) from None


def _entry(entry: Mapping[str, Any]) -> tuple[str, float]:
    token = entry.get("token")
    if token is None:
        token = bytes(entry["bytes"]).decode("utf-8", errors="replace")
    return str(token), entry["logprob"]
