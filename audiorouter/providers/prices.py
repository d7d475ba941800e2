"""What servers count and charge: tokens by kind, as their replies say, and money.

Servers name the same counts differently; `prompt_tokens` and `input_tokens` are one thing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass

MILLION = 1_000_000
DEAREST = 1e9
"""Most that a million tokens may cost, in the smallest of currencies: sums stay finite."""


@dataclass(frozen=True)
class Tokens:
    """Tokens that were or will be used; None is unknown.

    `audio` are those of the `prompt` that are a clip's, where they are counted apart.
    """

    prompt: float | None
    answer: float | None
    audio: float | None = None


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost, in whatever money the prices were given in.

    `audio` is that of a clip's tokens where it is another one than that of the rest of a prompt.
    """

    prompt: float
    answer: float
    audio: float | None = None

    def of(self, tokens: Tokens) -> float | None:
        """What tokens cost; None where too little is known of them.

        >>> Prices(prompt=2.0, answer=10.0, audio=40.0).of(Tokens(1500.0, 100.0, 500.0))
        0.023
        """
        if tokens.prompt is None or tokens.answer is None:
            return None
        audio = min(tokens.audio or 0.0, tokens.prompt)
        dearer = 0.0 if self.audio is None else audio * (self.audio - self.prompt)
        return (tokens.prompt * self.prompt + tokens.answer * self.answer + dearer) / MILLION


def tokens_of(usage: Mapping[str, float]) -> Tokens:
    """What a server's counts say.

    >>> tokens_of({"input_tokens": 70, "output_tokens": 2, "input_audio_tokens": 50})
    Tokens(prompt=70, answer=2, audio=50)
    """

    def first(*names: str) -> float | None:
        return next((usage[name] for name in names if name in usage), None)

    return Tokens(
        first("prompt_tokens", "input_tokens"),
        first("completion_tokens", "output_tokens"),
        first("prompt_audio_tokens", "input_audio_tokens"),
    )


def money_of(usage: Mapping[str, float], prices: Prices | None) -> float | None:
    """What was used costs: by prices, or as the server said itself.

    None where neither is known, or what was counted is too large to be true.
    """
    if not usage:
        return None
    cost = usage.get("cost") if prices is None else prices.of(tokens_of(usage))
    return cost if cost is not None and math.isfinite(cost) else None


def add_usage(total: MutableMapping[str, float], usage: Mapping[str, float] | None) -> None:
    """Add what one answer took to what others did."""
    for kind, count in (usage or {}).items():
        total[kind] = total.get(kind, 0) + count
