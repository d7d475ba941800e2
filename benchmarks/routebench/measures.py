"""The parts of routing.py: what is measured of one reasoner, each part by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from audiorouter.evaluation.baselines import UntrainedPolicy
from audiorouter.evaluation.calibration import expected_calibration_error
from audiorouter.evaluation.comparison import evaluate_routers
from audiorouter.evaluation.statistics import area_under_roc
from audiorouter.learning.outcome_table import Outcome
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, Router
from audiorouter.routing.strategies import FixedRouter, RulesRouter
from audiorouter.sentence_encoder import SentenceEncoder
from routebench.asked_otherwise import (
    clip,
    forms,
)
from routebench.ground import MAIN, Ground
from routebench.of_seeds import cost_weights, left_out, seeds, sizes
from routebench.tables import by_part, by_skill_known, by_stratum, cuts, parts

Taken = tuple[Route, Outcome]
"""The route that was taken for a question, and what came of it."""
RUN_TIME_WEIGHTS = (0.0, 0.2, 0.5, 1.0, 2.0)


def shipped(ground: Ground) -> dict[str, Any]:
    """The router that comes with the package, unchanged, beside all that needs no training."""
    (questions,) = ground.test(MAIN).values()
    router = ground.default_router()
    evaluation = evaluate_routers(
        ground.source, questions, {"default": router}, ground.registry.tools
    )
    return {
        "evaluation": evaluation.as_json(),
        "strata": parts(evaluation, by_stratum),
        "skills": parts(evaluation, by_skill_known(ground.questions("train"))),
    }


def baselines(ground: Ground) -> dict[str, Any]:
    """A router trained as the default one is beside every baseline, also what learns of a table of
    every call of every training question."""
    (questions,) = ground.test(MAIN).values()
    training = ground.questions("train")
    routers = {"learned": ground.train("seed-0")}
    evaluation = evaluate_routers(
        ground.source, questions, routers, ground.registry.tools, training=training
    )
    return {
        "evaluation": evaluation.as_json(),
        "strata": parts(evaluation, by_stratum),
        "skills": parts(evaluation, by_skill_known(training)),
    }


def strategies(ground: Ground) -> dict[str, Any]:
    """The router that comes with the package, also with costs weighed anew, beside what needs no
    training, without the table of all single calls that oracles are made of."""
    tools = ground.registry.tools
    encoder = SentenceEncoder(quick=True)
    router = ground.default_router()
    routers: dict[str, Router] = {
        "none": FixedRouter("none", []),
        "all": FixedRouter("all", list(tools)),
        "rules": RulesRouter(list(tools)),
        **{f"nearest {k}": UntrainedPolicy(tools, encoder, count=k) for k in (1, 2, 3, 5)},
        "default": router,
    }
    for weight in RUN_TIME_WEIGHTS:
        routers[f"default, cost weight {weight:g}"] = ground.default_router(cost_weight=weight)
    (questions,) = ground.test(MAIN).values()
    taken = {
        name: ground.source.routed(one, questions)
        for name, one in routers.items()
        if ground.judged.routers is None or name in ground.judged.routers
    }
    right = {name: np.array([o.correct for _, o in some]) for name, some in taken.items()}
    clips = [str(question.audio) for question in questions]
    against = "all" if "all" in taken else "none"
    return {
        "n": len(questions),
        "clips": len({question.path for question in questions}),
        "routers": {name: spent(some, taken["none"]) for name, some in taken.items()},
        "parts": {
            title: by_part(questions, clips, right, part_of, against=[against])
            for title, part_of in cuts(ground.questions("train")).items()
        },
        "help": help_quality(ground, questions, router),
    }


def spent(taken: Sequence[Taken], nothing: Sequence[Taken]) -> dict[str, float]:
    """What a router's calls cost and did: calls, tool seconds, no calls, mended, broken."""
    right, direct = (np.array([o.correct for _, o in some]) for some in (taken, nothing))
    calls = np.array([len(route.calls) for route, _ in taken])
    found = {
        "calls": calls.mean(),
        "tool seconds": np.mean([outcome.tool_seconds for _, outcome in taken]),
        "no call": (calls == 0).mean(),
        "mended": (right & ~direct).mean(),
        "broken": (direct & ~right).mean(),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def help_quality(ground: Ground, questions: Sequence[Question], router: Router) -> dict[str, Any]:
    """How good the router's estimates are that its likeliest call mends a wrong answer."""
    table = ground.source.fill(questions, []).table
    estimates = router.help_estimates(table.requests)
    if estimates is None:
        return {}
    pairs = [(q, e.calls) for q, e in zip(table.questions, estimates, strict=True)]
    mended = np.array([o.correct for o in ground.source.ask(pairs)]) & ~table.correct[:, 0]
    probability = np.array([estimate.probability for estimate in estimates])
    return {
        "n": len(table),
        "mended": round(float(mended.mean()), 4),
        "calibration error": expected_calibration_error(probability, mended),
        "auroc": area_under_roc(probability, mended),
    }


PARTS: dict[str, Callable[[Ground], dict[str, Any]]] = {
    "strategies": strategies,
    "forms": forms,
    "clip": clip,
    "seeds": seeds,
    "sizes": sizes,
    "cost weights": cost_weights,
    "left out": left_out,
    "shipped": shipped,
    "baselines": baselines,
}
