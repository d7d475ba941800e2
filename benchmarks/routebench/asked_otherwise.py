"""What a router is worth where the same is asked otherwise, or another clip is heard."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from audioqa.build import KINDS, NO_CALL

from audiorouter.learning.outcome_table import OutcomeTable
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, Router
from audiorouter.routing.strategies import FixedRouter, RulesRouter
from routebench.ground import MAIN, Ground
from routebench.reasoners import Blind
from routebench.tables import accuracies, bootstrap_of, by_stratum, rounded


def forms(ground: Ground) -> dict[str, Any]:
    """The same facts asked in every form of the test, and what the words alone give away."""
    known = of_known_skills(ground.test(), ground.questions("train"))
    return by_form(ground, known, {"default": ground.default_router()}) | {
        "blind": blind(ground, known)
    }


def clip(ground: Ground) -> dict[str, Any]:
    """What hearing the question's own clip is worth to the default router, against another's."""
    (questions,) = ground.test(MAIN).values()
    table = ground.source.fill(questions, []).table
    return by_clip(ground, table, ground.default_router())


def of_known_skills(
    forms: Mapping[str, tuple[Question, ...]], training: Sequence[Question]
) -> dict[str, tuple[Question, ...]]:
    """The questions that are put otherwise in each form: of skills that training has wordings of.

    Those that need no listening are the same in all of them.
    """
    known = {question.metadata("skill") for question in training}
    return {
        form: tuple(
            q for q in questions if q.metadata("skill") in known and by_stratum(q) != NO_CALL
        )
        for form, questions in forms.items()
    }


def by_form(
    ground: Ground, forms: Mapping[str, tuple[Question, ...]], routers: Mapping[str, Router]
) -> dict[str, Any]:
    """Accuracy of the routers and of what needs no training, by how the test is worded."""
    tools = list(ground.registry.tools)
    strategies = {
        "none": FixedRouter("none", []),
        "all": FixedRouter("all", tools),
        "rules": RulesRouter(tools),
    } | dict(routers)
    found = {}
    for form, questions in forms.items():
        right = {
            name: right_of_router(ground, router, questions) for name, router in strategies.items()
        }
        draws = bootstrap_of(questions, [str(question.audio) for question in questions])
        found[form] = {
            "n": len(questions),
            "accuracy": accuracies(right, draws),
            "less all": {n: rounded(draws.mean(right[n] - right["all"])) for n in routers},
        }
    return found


def by_clip(ground: Ground, table: OutcomeTable, router: Router) -> dict[str, Any]:
    """What hearing the clip is worth to a router: its routes by another question's clip.

    What is called in place of a tool that measures nothing is left out on both sides.
    """
    requests = table.requests_with_margins() if router.wants_margin else list(table.requests)
    others = [requests[row] for row in _another_clip(table)]
    heard = [
        replace(request, heard=other.heard, facts=other.facts, margin=other.margin)
        for request, other in zip(requests, others, strict=True)
    ]
    own = _right_of(ground, table.questions, router.route(requests))
    another = _right_of(ground, table.questions, router.route(heard))
    found = {}
    strata = [by_stratum(question) for question in table.questions]
    for name in ("all questions", KINDS):
        inside = np.flatnonzero([name in ("all questions", stratum) for stratum in strata])
        questions = [table.questions[i] for i in inside]
        draws = bootstrap_of(questions, [table.clips[i] for i in inside])
        found[name] = {
            "n": len(inside),
            "own less other": rounded(draws.mean((own - another)[inside])),
        }
    return found


def blind(ground: Ground, forms: Mapping[str, tuple[Question, ...]]) -> dict[str, Any]:
    """What the reasoner gets right that is told nothing of the clip, by form."""
    source = ground.asking(Blind(ground.source.reasoner))
    found = {}
    for form, questions in forms.items():
        right = np.array([o.correct for o in source.ask([(q, ()) for q in questions])], dtype=float)
        draws = bootstrap_of(questions, [str(question.audio) for question in questions])
        guess = np.array([1 / len(question.choices) for question in questions])
        found[form] = {
            "accuracy": rounded(draws.mean(right)),
            "guess": round(float(guess.mean()), 4),
        }
    return found


def _another_clip(table: OutcomeTable) -> list[int]:
    """For each question another one of another clip, drawn once."""
    rng = random.Random(0)
    rows = range(len(table))
    return [rng.choice([r for r in rows if table.clips[r] != table.clips[row]]) for row in rows]


def right_of_router(ground: Ground, router: Router, questions: Sequence[Question]) -> np.ndarray:
    """Whether the reasoner is right by the router's routes, as a batch takes them."""
    taken = ground.source.routed(router, questions)
    return np.array([outcome.correct for _, outcome in taken], dtype=float)


def _right_of(ground: Ground, questions: Sequence[Question], routes: Sequence[Route]) -> np.ndarray:
    pairs = [(q, route.calls) for q, route in zip(questions, routes, strict=True)]
    return np.array([outcome.correct for outcome in ground.source.ask(pairs)], dtype=float)
