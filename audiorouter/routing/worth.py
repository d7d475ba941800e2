"""What a trained router expects of its calls: how likely they mend an answer, and break one.

A policy's share for calling a tool is what training pays for, not a frequency. So on questions that
a policy was not trained on it is noted what became of its first one, two … calls, and logistic
regressions on a few numbers of the decision are fitted to that, with the targets of Platt
("Probabilistic outputs for support vector machines", 1999). They tell how sure a router is, and
whether calls are worth what they cost by any weight of costs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Finite = Annotated[float, Field(ge=-1e6, le=1e6)]
Count = Annotated[int, Field(ge=2, le=10_000)]


class Signs(NamedTuple):
    """What a policy's decision about a question tells of how it will end."""

    preference: float
    """By how much the best tool is preferred to calling none, in logits."""
    lead: float
    """By how much it is preferred to the second, in logits."""
    none: float
    """The logit of calling none."""
    choices: float
    """How many there are, 0 of an open question: with more of them less is right by luck."""


class Chance(BaseModel):
    """A probability that depends on what a policy's decision tells."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    weights: tuple[Finite, ...] = Field(min_length=4, max_length=4, strict=False)
    """One for each of `Signs`, in their order."""
    offset: Finite

    def __call__(self, signs: Signs) -> float:
        """The probability, 0…1."""
        logit = self.offset + sum(w * sign for w, sign in zip(self.weights, signs, strict=True))
        return 1 / (1 + math.exp(-max(-500.0, min(500.0, logit))))


class Worth(BaseModel):
    """What the first 1, 2 … calls of a policy's ranking are worth; all tuples are as long."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    mends: tuple[Chance, ...] = Field(min_length=1, max_length=64, strict=False)
    """That the answer is wrong without them and right with them."""
    breaks: tuple[Chance, ...] = Field(min_length=1, max_length=64, strict=False)
    """That it is right without them and wrong with them."""
    all_cost: float = Field(gt=0, le=1e6)
    """Seconds that all tools together take of computing a second of audio."""
    choices: tuple[Count, Count] = Field((2, 4), strict=False)
    """The fewest and the most choices of the questions that the curves were fitted to."""

    @model_validator(mode="after")
    def _as_long(self) -> Self:
        if len(self.mends) != len(self.breaks):
            raise ValueError("mends and breaks are not of as many calls")
        if self.choices[0] > self.choices[1]:
            raise ValueError("choices: the fewest are more than the most")
        return self

    def helps(self, signs: Signs) -> float:
        """The probability, 0…1, that the first call mends a wrong answer."""
        return self.mends[0](self._within(signs))

    def calls(self, signs: Signs, costs: Sequence[float], *, cost_weight: float) -> int:
        """How many of the first calls are worth the most, which may be none.

        `costs` are what the first one, two … calls take together, in seconds of computing a second
        of audio. What the answer gains is weighed against them, where calling all tools costs
        `cost_weight` right answers.
        """
        best, most, signs = 0, 0.0, self._within(signs)
        for count, cost in enumerate(costs[: len(self.mends)], start=1):
            gain = self.mends[count - 1](signs) - self.breaks[count - 1](signs)
            if (worth := gain - cost_weight * cost / self.all_cost) > most:
                best, most = count, worth
        return best

    def _within(self, signs: Signs) -> Signs:
        """The signs with no other number of choices than curves are known for.

        An open question counts as one of the most: nothing of it is right by luck.
        """
        fewest, most = self.choices
        return signs._replace(choices=min(max(signs.choices or most, fewest), most))
