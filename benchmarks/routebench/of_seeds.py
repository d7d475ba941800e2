"""Routers trained as the default one is: by other seeds, on fewer questions, without tools."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiorouter.evaluation.baselines import UntrainedPolicy
from audiorouter.evaluation.text_only import TextOnly
from audiorouter.questions import Question
from audiorouter.routing.interface import Router
from audiorouter.routing.learned import LearnedRouter
from audiorouter.routing.strategies import FixedRouter
from audiorouter.sentence_encoder import SentenceEncoder
from routebench.asked_otherwise import right_of_router
from routebench.ground import MAIN, Ground
from routebench.tables import by_part, cuts

SEEDS = (0, 1, 2, 3, 4)
SIZES = (32, 64, 128, 256, 512)
COST_WEIGHTS = (0.0, 0.05, 0.2, 0.5, 1.0, 2.0)
LEFT_OUT = 8
"""Tools that are left out of training in turn: those that are called for most questions."""
LEARNED, DEAF = "learned", "text only"
"""The mean of five seeds, question by question, with what is heard of the clip and without."""


def seeds(ground: Ground) -> dict[str, Any]:
    """Routers of five seeds, and as many that are told nothing of the clips, beside what needs no
    training: of all questions, and by stratum and skill."""
    (questions,) = ground.test(MAIN).values()
    deaf = [TextOnly(ground.train(f"text-{seed}", seed=seed, text_only=True)) for seed in SEEDS]
    hearing = [ground.train(f"seed-{seed}", seed=seed) for seed in SEEDS]
    each = {
        name: np.stack([right_of_router(ground, router, questions) for router in routers])
        for name, routers in {LEARNED: hearing, DEAF: deaf}.items()
    }
    right = _untrained(ground, questions) | {n: some.mean(axis=0) for n, some in each.items()}
    clips = [str(question.audio) for question in questions]
    return {
        "seeds": {n: [round(float(s), 4) for s in some.mean(axis=1)] for n, some in each.items()},
        "parts": {
            title: by_part(
                questions, clips, right, part_of, against=["all", "nearest 1", "nearest 3", DEAF]
            )
            for title, part_of in cuts(ground.questions("train")).items()
        },
    }


def sizes(ground: Ground) -> dict[str, Any]:
    """Accuracy by number of training questions, one value a seed."""
    (questions,) = ground.test(MAIN).values()
    found = {}
    for size in SIZES:
        routers = [ground.train(f"size-{size}-{seed}", seed=seed, size=size) for seed in SEEDS]
        found[str(size)] = [_accuracy(ground, router, questions) for router in routers]
        print("trained on", size, found[str(size)], file=sys.stderr)
    return found


def cost_weights(ground: Ground) -> dict[str, Any]:
    """Accuracy and tool seconds a question by the cost weight of training."""
    (questions,) = ground.test(MAIN).values()
    found = {}
    for weight in COST_WEIGHTS:
        router = ground.train(f"cost-{weight}", cost_weight=weight)
        outcomes = [outcome for _, outcome in ground.source.routed(router, questions)]
        found[f"{weight:g}"] = {
            "accuracy": round(float(np.mean([o.correct for o in outcomes])), 4),
            "tool_seconds": round(float(np.mean([o.tool_seconds for o in outcomes])), 4),
        }
    return found


def left_out(ground: Ground) -> dict[str, Any]:
    """Training without a tool that is there afterwards, against training with it.

    `never` is the same router without the tool. The tools are those that the default router calls
    for most validation questions.
    """
    (questions,) = ground.test(MAIN).values()
    routes = (r for r, _ in ground.source.routed(ground.default_router(), ground.questions("val")))
    called = Counter(call.tool for route in routes for call in route.calls)
    with_all = _accuracy(ground, ground.train("seed-0"), questions)
    found = {}
    for tool, _ in called.most_common(LEFT_OUT):
        afterwards = ground.train(f"without-{tool}", without=[tool])
        rest = {n: t for n, t in ground.registry.tools.items() if n != tool}
        never = LearnedRouter(ground.scratch / f"without-{tool}", rest, name="never")
        found[tool] = {
            "with": with_all,
            "given afterwards": _accuracy(ground, afterwards, questions),
            "never": _accuracy(ground, never, questions),
        }
        print("without", tool, found[tool], file=sys.stderr)
    return found


def _untrained(ground: Ground, questions: Sequence[Question]) -> dict[str, NDArray[np.float64]]:
    tools, encoder = ground.registry.tools, SentenceEncoder(quick=True)
    routers: dict[str, Router] = {
        "none": FixedRouter("none", []),
        "all": FixedRouter("all", list(tools)),
        **{f"nearest {k}": UntrainedPolicy(tools, encoder, count=k) for k in (1, 3)},
    }
    return {name: right_of_router(ground, one, questions) for name, one in routers.items()}


def _accuracy(ground: Ground, router: Router, questions: Sequence[Question]) -> float:
    return round(float(right_of_router(ground, router, questions).mean()), 4)
