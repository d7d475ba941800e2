"""The parts of routing.py: what is measured of one reasoner, each part by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from audiorouter.evaluation.baselines import UntrainedPolicy
from audiorouter.evaluation.calibration import expected_calibration_error
from audiorouter.evaluation.comparison import Evaluation, evaluate_routers
from audiorouter.evaluation.seeds import pooled_difference
from audiorouter.evaluation.statistics import area_under_roc
from audiorouter.evaluation.text_only import TextOnly
from audiorouter.learning.outcome_table import Outcome, OutcomeTable
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, Router
from audiorouter.routing.strategies import FixedRouter, RulesRouter
from audiorouter.sentence_encoder import SentenceEncoder
from routebench.asked_otherwise import (
    by_clip,
    by_form,
    clip,
    forms,
    of_known_skills,
)
from routebench.ground import MAIN, Ground
from routebench.of_seeds import SEEDS, cost_weights, left_out, seeds, sizes
from routebench.tables import (
    accuracies,
    bootstrap_of,
    by_skill_known,
    by_stratum,
    parts,
    rounded,
)

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


def trained(ground: Ground) -> dict[str, Any]:
    """Routers of five seeds beside every baseline, also what learns of a table of every call."""
    training = ground.questions("train")
    routers: dict[str, Router] = {
        f"seed {seed}": ground.train(f"seed-{seed}", seed=seed) for seed in SEEDS
    }
    twins: dict[str, Router] = {
        f"text only {seed}": TextOnly(ground.train(f"text-{seed}", seed=seed, text_only=True))
        for seed in SEEDS
    }
    forms = ground.test()
    evaluation = evaluate_routers(
        ground.source, forms[MAIN], routers | twins, ground.registry.tools, training=training
    )
    scores = evaluation.strategies
    return {
        "evaluation": evaluation.as_json(),
        "learned": pooled(evaluation, list(routers)),
        "text only": pooled(evaluation, list(twins)),
        "learned less text only": rounded(
            pooled_difference(
                [scores[name] for name in routers],
                [scores[name] for name in twins],
                evaluation.bootstrap,
            )
        ),
        "learned less": {
            name: rounded(
                pooled_difference([scores[n] for n in routers], [score], evaluation.bootstrap)
            )
            for name, score in scores.items()
            if name not in routers and name not in twins
        },
        "strata": parts(evaluation, by_stratum),
        "skills": parts(evaluation, by_skill_known(training)),
        "forms": by_form(ground, of_known_skills(forms, training), routers),
        "clip": by_clip(ground, evaluation.table, routers["seed 0"]),
        "decision_ms": decision_milliseconds(evaluation.table, routers["seed 0"]),
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
    training = ground.questions("train")
    cuts: dict[str, Callable[[Question], str]] = {
        "all questions": lambda _question: "all questions",
        "strata": by_stratum,
        "skills": by_skill_known(training),
    }
    against = "all" if "all" in taken else "none"
    return {
        "n": len(questions),
        "clips": len({question.path for question in questions}),
        "routers": {name: spent(some, taken["none"]) for name, some in taken.items()},
        "parts": {
            title: by_part(questions, taken, part_of, against=against)
            for title, part_of in cuts.items()
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


def by_part(
    questions: Sequence[Question],
    taken: Mapping[str, Sequence[Taken]],
    part_of: Callable[[Question], str],
    *,
    against: str,
) -> dict[str, Any]:
    """Accuracy of each router by part of the questions, and its difference to one of them."""
    right = {n: np.array([o.correct for _, o in some], float) for n, some in taken.items()}
    names = [part_of(question) for question in questions]
    found = {}
    for part in sorted(set(names)):
        inside = np.flatnonzero([name == part for name in names])
        draws = bootstrap_of(
            [questions[i] for i in inside], [str(questions[i].audio) for i in inside]
        )
        found[part] = {
            "n": len(inside),
            "skills": len({questions[i].metadata("skill") for i in inside}),
            "accuracy": accuracies({n: r[inside] for n, r in right.items()}, draws),
            f"less {against}": {
                name: rounded(draws.mean((r - right[against])[inside]))
                for name, r in right.items()
                if name != against
            },
        }
    return found


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


def pooled(evaluation: Evaluation, names: Sequence[str]) -> dict[str, Any]:
    """Accuracy over the seeds, and of each."""
    found = evaluation.pooled(names)
    return {
        "accuracy": rounded(found.accuracy),
        "seeds": [round(accuracy, 4) for accuracy in found.accuracies],
        "spread": round(found.spread, 4),
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
    "trained": trained,
}


def decision_milliseconds(table: OutcomeTable, router: Router) -> float:
    """Median time of a decision in batches of 64 questions that were never seen."""
    torch.set_num_threads(2)
    router.route(table.requests[:1])
    times = []
    for start in range(0, len(table), 64):
        batch = table.requests[start : start + 64]
        fresh = [replace(r, question=f"{r.question} ({start})") for r in batch]
        started = time.perf_counter()
        router.route(fresh)
        times.append((time.perf_counter() - started) / len(batch))
    return round(1000 * float(np.median(times)), 2)
