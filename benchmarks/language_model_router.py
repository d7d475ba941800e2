"""A small network and a language model as routers, on the same questions, tools, reasoner, rewards.

    python benchmarks/audioqa/build.py FOLDER
    python benchmarks/language_model_router.py FOLDER

Both are trained on questions of the training part and choose their epoch on some of the validation
part; they are judged on others of it, which neither saw. The test is not looked at. Writes
results/language_model_router.json and docs/images/lm-router-reward.svg. Routers and outcomes are
kept in work/, so that it goes on where it was. GRPO takes longest: in bfloat16
(ACCELERATE_MIXED_PRECISION=bf16) a step of 24 decisions took 40 s on two cores, and an epoch of 300
questions 50 minutes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from routebench.tables import accuracies, bootstrap_of, rounded

from audiorouter.batch.options import EngineOptions
from audiorouter.batch.progress import on_stderr
from audiorouter.evaluation.baselines import UntrainedPolicy
from audiorouter.learning.language_model.options import LanguageModelOptions
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.plugins import Registry, load_registry
from audiorouter.plugins.opening import open_reasoner, usable_tools
from audiorouter.questions import Question, read_questions
from audiorouter.routing.checkpoint import CARD_FILE
from audiorouter.routing.interface import Router
from audiorouter.routing.learned import LISTENING_CALLS
from audiorouter.routing.opening import open_trained
from audiorouter.routing.prompted import PromptedRouter
from audiorouter.routing.strategies import FixedRouter, RulesRouter
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store import Store

HERE = Path(__file__).resolve().parent
CANDIDATES = 4
IMITATION = LanguageModelOptions(layers=12, warm_epochs=2, epochs=0)
GRPO = replace(IMITATION, epochs=1, group_size=6, questions_a_step=4)
NAMES = ("network", "imitation", "imitation, then GRPO")


def main() -> None:
    """Train what is not there yet, judge, write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=int, default=300, help="training questions")
    parser.add_argument("--choose", type=int, default=120, help="validation questions to choose by")
    parser.add_argument("--judge", type=int, default=100, help="others of them to judge on")
    parser.add_argument(
        "--without-prompted", action="store_true",
        help="leave out the reasoner that is asked itself for calls, which takes hours",
    )  # fmt: skip
    parser.add_argument("--work", type=Path, default=HERE / "work" / "language-model")
    arguments = parser.parse_args()
    work = arguments.work
    work.mkdir(parents=True, exist_ok=True)
    clips = arguments.folder / "clips"
    training = part(arguments.folder / "train.csv", work / "train.csv", 0, arguments.train)
    held = arguments.folder / "val.csv"
    choose = part(held, work / "choose.csv", 0, arguments.choose)
    judge = part(held, work / "judge.csv", arguments.choose, arguments.choose + arguments.judge)
    registry = load_registry(third_party=False)
    registry = replace(registry, tools=usable_tools(registry))
    request = TrainRequest(
        training, clips, work / "router", validation=choose, candidates=CANDIDATES,
        training=TrainingOptions(max_calls=1, kl_weight=0.05),
        engine=EngineOptions(store=work / "store.db"), replace=True,
    )  # fmt: skip
    seconds = {
        "network": trained(replace(request, output=work / "network"), registry),
        "imitation": trained(
            replace(request, output=work / "imitation", language_model=IMITATION), registry
        ),
        "imitation, then GRPO": trained(
            replace(request, output=work / "grpo", language_model=GRPO), registry
        ),
    }
    folders = (work / "network", work / "imitation", work / "grpo")
    routers = {
        name: open_trained(folder, registry.tools, name=name)
        for name, folder in zip(NAMES, folders, strict=True)
    }
    asked = read_questions(judge, clips).questions
    result = judged(registry, work, asked, routers, prompted=not arguments.without_prompted)
    logged = [json.loads(line) for line in (work / "grpo" / "training.jsonl").open()]
    curve = [entry for entry in logged if entry["reward"] is not None]
    result |= {
        "date": date.today().isoformat(),
        "training questions": arguments.train,
        "candidates": CANDIDATES,
        "trained in s": seconds,
        "steps planned": steps_planned(arguments.train),
        "steps": [kept(entry) for entry in curve],
    }
    out = HERE / "results" / "language_model_router.json"
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    picture = HERE.parent / "docs" / "images" / "lm-router-reward.svg"
    picture.write_text(reward_curve([entry["reward"] for entry in curve]), encoding="utf-8")
    print(json.dumps({k: v for k, v in result.items() if k != "steps"}, indent=1))


def part(source: Path, target: Path, begin: int, end: int) -> Path:
    """A file of questions `begin` to `end` in an order by a hash of theirs."""
    header, *rows = list(csv.reader(source.open(encoding="utf-8")))
    rows.sort(key=lambda row: hashlib.sha256(("0 " + "|".join(row)).encode()).digest())
    with target.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows[begin:end]])
    return target


def trained(request: TrainRequest, registry: Registry) -> float | None:
    """Seconds of a training; None where the router is there already."""
    if (Path(request.output) / CARD_FILE).exists():
        return None
    started = time.monotonic()
    train(request, registry=registry, progress=on_stderr, say=lambda s: print(s, file=sys.stderr))
    return round(time.monotonic() - started)


def judged(
    registry: Registry,
    work: Path,
    questions: Sequence[Question],
    trained_routers: Mapping[str, Router],
    *,
    prompted: bool,
) -> dict[str, Any]:
    """What the reasoner makes of the questions by every router's routes."""
    source = OutcomeSource(
        registry, open_reasoner(registry, "cascade"), Store(work / "store.db"),
        EngineOptions(), listening_calls=LISTENING_CALLS, progress=on_stderr,
    )  # fmt: skip
    encoder = SentenceEncoder()
    routers: dict[str, Router] = {
        "none": FixedRouter("none", ()),
        "rules": RulesRouter(registry.tools),
        "nearest": UntrainedPolicy(registry.tools, encoder),
        **({"prompted": PromptedRouter(registry.tools)} if prompted else {}),
        **trained_routers,
    }
    taken = {name: source.routed(router, questions) for name, router in routers.items()}
    right = {
        name: np.array([outcome.correct for _, outcome in outcomes], dtype=float)
        for name, outcomes in taken.items()
    }
    requests = source.fill(questions, []).table.requests
    clips = [request.facts.audio_hash for request in requests]
    draws = bootstrap_of(questions, clips)
    last = right[NAMES[-1]]
    decisions = taken[NAMES[-1]]
    return {
        "questions": len(questions),
        "clips": len(set(clips)),
        "accuracy": accuracies(right, draws),
        "GRPO less": {
            name: rounded(draws.mean(last - other))
            for name, other in right.items()
            if name != NAMES[-1]
        },
        "calls": {
            name: round(float(np.mean([len(route.calls) for route, _ in outcomes])), 3)
            for name, outcomes in taken.items()
        },
        "readable": round(
            float(np.mean(["no decision" not in route.reason for route, _ in decisions])), 4
        ),
        "seconds a decision": {
            name: decision_seconds(router, requests) for name, router in trained_routers.items()
        },
    }


def decision_seconds(router: Router, requests: Sequence[Any]) -> float:
    """Mean over a batch of 32 questions that were never seen, the models loaded."""
    router.route(requests[:1])
    fresh = [replace(request, question=f"{request.question} (so?)") for request in requests[:32]]
    started = time.perf_counter()
    router.route(fresh)
    return round((time.perf_counter() - started) / len(fresh), 4)


def steps_planned(questions: int) -> int:
    """Steps of GRPO over so many questions; fewer are in the log of one that was broken off."""
    return GRPO.epochs * (questions // GRPO.questions_a_step)


def kept(entry: Mapping[str, float]) -> dict[str, float]:
    """What is written down of a step."""
    names = (
        "step", "reward", "kl", "entropy", "completions/mean_length", "frac_reward_zero_std",
        "step_time", "num_tokens",
    )  # fmt: skip
    return {name: round(entry[name], 5) for name in names if entry.get(name) is not None}


def reward_curve(rewards: Sequence[float], window: int = 10) -> str:
    """The mean reward of each step, and of the last `window`, as SVG."""
    width, height, left, bottom = 640, 240, 52, 28
    low, high = min(rewards), max(rewards)
    spread = (high - low) or 1.0

    def place(step: int, value: float) -> str:
        x = left + (width - left - 8) * step / max(1, len(rewards) - 1)
        y = 8 + (height - bottom - 8) * (high - value) / spread
        return f"{x:.1f},{y:.1f}"

    means = [float(np.mean(rewards[max(0, i + 1 - window) : i + 1])) for i in range(len(rewards))]
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="2" fill="#888"/>'
        for x, y in (place(i, value).split(",") for i, value in enumerate(rewards))
    )
    line = " ".join(place(i, value) for i, value in enumerate(means))
    text = 'font-family="sans-serif" font-size="12" fill="#666"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Mean reward of the decisions drawn in each of {len(rewards)} steps">'
        f'<text x="4" y="16" {text}>{high:+.2f}</text>'
        f'<text x="4" y="{height - bottom}" {text}>{low:+.2f}</text>'
        f'<text x="{left}" y="{height - 8}" {text}>step 1</text>'
        f'<text x="{width - 60}" y="{height - 8}" {text}>step {len(rewards)}</text>'
        f'{dots}<polyline points="{line}" fill="none" stroke="#b2182b" stroke-width="2"/></svg>\n'
    )


if __name__ == "__main__":
    main()
