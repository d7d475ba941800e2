"""How facts are asked for, and how choices are said: the words of people who saw no tool.

`wordings.json` has, for each skill, five wordings for training questions, one for validation and
three that only test questions have; and ways of saying each value, some of them only for the test.
They are data of this benchmark: nothing of them is in tools' examples and descriptions, in rules,
findings or prompts (tests/test_benchmark_words.py).
"""

from __future__ import annotations

import json
import random
import re
import string
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from audioqa.facts import Fact, Value

FILE = Path(__file__).with_suffix(".json")
CHOICES = 4
_FILL_IN = re.compile(r"_{2,}|(?:[:…]|\.\.\.)$")


class Asked(NamedTuple):
    """A question as it is put: `answer` is one of the `choices`."""

    question: str
    choices: tuple[str, ...]
    answer: str


@cache
def skills() -> dict[str, dict[str, Any]]:
    """What the file holds, by skill."""
    loaded: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return loaded


def ask(fact: Fact, rng: random.Random, *, wording: str, other_choices: bool = False) -> Asked:
    """The fact as a question with up to four choices.

    `wording` is train, validation or test; with `other_choices` the choices are said as they never
    are in training, where the writers knew such a way (`said_otherwise`).

    Raises:
        ValueError: no way of saying the choices fits all of them.
    """
    wrong = list(fact.wrong)
    values = [fact.answer, *rng.sample(wrong, min(CHOICES - 1, len(wrong)))]
    question = rng.choice(skills()[fact.skill][wording]).format(**fact.about)
    ways = _ways(fact.skill, values, other=True) if other_choices else []
    ways = ways or _ways(fact.skill, values, other=False)
    if not ways:
        raise ValueError(f"{fact.skill}: no way of saying {[value.key for value in values]}")
    short = min(ways, key=lambda way: sum(map(len, way)))
    said = short if _FILL_IN.search(question) else rng.choice(ways)
    choices = list(said)
    rng.shuffle(choices)
    return Asked(question, tuple(choices), said[0])


def said_otherwise(fact: Fact) -> bool:
    """Whether the writers knew a way of saying this fact's choices that is only for the test."""
    return bool(_ways(fact.skill, [fact.answer, *fact.wrong], other=True))


def _ways(skill: str, values: Sequence[Value], *, other: bool) -> list[tuple[str, ...]]:
    """Every style in which all values can be said, and all differently.

    `other` ones have no form that any value of the skill has in training.
    """
    trained = skills()[skill]["choices"]
    said = skills()[skill]["choices_test_only"] if other else trained
    known = [said.get(value.key, ()) for value in values]
    styles = list(zip(*known, strict=False))
    if other:
        old = {form.casefold() for forms in trained.values() for form in forms}
        styles = [style for style in styles if old.isdisjoint(map(str.casefold, style))]
    filled = [
        tuple(
            template.format(**value.parts)
            for template, value in zip(style, values, strict=True)
            if _places(template) <= set(value.parts)
        )
        for style in styles
    ]
    return [way for way in filled if len(set(map(str.casefold, way))) == len(values)]


def _places(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
