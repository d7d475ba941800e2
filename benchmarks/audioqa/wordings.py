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


def wording_of(skill: str, question: str) -> int:
    """Which of its skill's wordings a training or validation question has, from 0 on.

    What needs no listening has one.

    Raises:
        ValueError: it has none of them.
    """
    known = skills().get(skill)
    if known is None:
        return 0
    for number, text in enumerate([*known["train"], *known["validation"]]):
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", ".*", re.escape(text)), question):
            return number
    raise ValueError(f"no wording of {skill}: {question}")


def ask(fact: Fact, seed: str, *, wording: str, other_choices: bool = False) -> Asked:
    """The fact as a question with up to four choices.

    `wording` is train, validation or test; with `other_choices` the choices are said as they never
    are in training, where the writers knew such a way (`said_otherwise`). The same `seed` asks for
    the same choices in the same order by every wording, and in the same words but for
    `other_choices`.

    Raises:
        ValueError: no way of saying the choices fits all of them.
    """
    values = [fact.answer, *_wrong(fact, random.Random(f"wrong {seed}"))]
    asked = {
        kind: random.Random(f"{kind} {seed}").choice(skills()[fact.skill][kind])
        for kind in ("train", "validation", "test")
    }
    ways = _ways(fact.skill, values, other=True) if other_choices else []
    ways = ways or _ways(fact.skill, values, other=False)
    if not ways:
        raise ValueError(f"{fact.skill}: no way of saying {[value.key for value in values]}")
    short = min(ways, key=lambda way: sum(map(len, way)))
    # By any of its wordings, so that all of them have the same choices.
    to_fill_in = any(_FILL_IN.search(question) for question in asked.values())
    said = short if to_fill_in else random.Random(f"way {seed}").choice(ways)
    choices = list(said)
    random.Random(f"order {seed}").shuffle(choices)
    return Asked(asked[wording].format(**fact.about), tuple(choices), said[0])


def _wrong(fact: Fact, rng: random.Random) -> list[Value]:
    """Wrong choices; among numbers the right one is as often the least as the second or the last.

    Drawn from what is near the right number they would lie on both sides of it: to choose the
    middle would be enough.
    """
    count = min(CHOICES - 1, len(fact.wrong))
    numbers = [value.parts.get("n", "") for value in (fact.answer, *fact.wrong)]
    if not all(number.replace(".", "", 1).isdigit() for number in numbers):
        return rng.sample(list(fact.wrong), count)
    right = float(numbers[0])
    less = [value for value in fact.wrong if float(value.parts["n"]) < right]
    more = [value for value in fact.wrong if float(value.parts["n"]) >= right]
    places = [n for n in range(count + 1) if n <= len(less) and count - n <= len(more)]
    below = rng.choice(places)
    return rng.sample(less, below) + rng.sample(more, count - below)


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
