"""The proof: routers on the benchmark's test split, with everything that the README claims of them.

    python benchmarks/routing.py FOLDER        # FOLDER as benchmarks/audioqa/build.py made it

Trains on the training split alone (200 questions; five policies, each validated on a fifth of the
clips). Writes benchmarks/results/routing.json, from which docs/generate.py makes the README's
table, and the plots in docs/images. The validation split chose prompts, wordings and settings; the
test split is used here only. Outcomes are kept in benchmarks/work/routing.db: the first run takes
about an hour on two cores, the next ones some minutes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audiorouter.batch.options import BatchOptions, EngineOptions
from audiorouter.batch.progress import on_stderr
from audiorouter.evaluation.comparison import DIRECT, evaluate_routers
from audiorouter.evaluation.contributions import shapley_values
from audiorouter.evaluation.seeds import pooled_difference
from audiorouter.evaluation.text_only import TextOnly
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.outcome_table import OutcomeTable
from audiorouter.learning.train import TrainRequest, train_router
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, usable_tools
from audiorouter.questions import Question, read_questions
from audiorouter.routing.interface import Router
from audiorouter.routing.learned import LISTENING_CALLS, LearnedRouter
from audiorouter.routing.prompted import PromptedRouter
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
IMAGES = HERE.parent / "docs" / "images"
SIZES = (8, 16, 32, 64, 128, 200)
SEEDS = (0, 1, 2)
POOLED = (0, 1, 2, 3, 4)
"""Seeds of the routers that are compared as one."""
COST_WEIGHTS = (0.0, 0.05, 0.2, 0.5, 1.0, 2.0)
LEFT_OUT = 8
"""Tools that are left out of training in turn: those which most training questions depend on."""


class Benchmark:
    """The splits, a store, and routers trained on parts of the training split."""

    def __init__(self, folder: Path, database: Path, scratch: Path):
        self.folder = folder
        self.database = database
        self.scratch = scratch
        registry = load_registry(third_party=False)
        self.registry = replace(registry, tools=usable_tools(registry))
        self.store = Store(database)
        self.splits = {
            name: read_questions(folder / f"{name}.csv", folder / "clips").questions
            for name in ("train", "test")
        }
        self.source = OutcomeSource(
            self.registry,
            open_reasoner(self.registry, "cascade"),
            self.store,
            BatchOptions(),
            listening_calls=LISTENING_CALLS,
            progress=on_stderr,
        )

    def train(
        self, name: str, *, without: str | None = None, size: int | None = None, seed: int = 0,
        cost_weight: float | None = None, text_only: bool = False,
    ) -> LearnedRouter:  # fmt: skip
        """A router, over all tools, trained without one of them or on fewer questions."""
        output = self.scratch / name
        file = self.folder / "train.csv"
        if size is not None:
            file = self._part(size, seed)
        tools = {n: t for n, t in self.registry.tools.items() if n != without}
        request = TrainRequest(
            file,
            self.folder / "clips",
            output,
            training=TrainingOptions(seed=seed),
            engine=EngineOptions(store=self.database),
            text_only=text_only,
        )
        if cost_weight is not None:
            request = replace(request, cost_weight=cost_weight)
        train_router(request, registry=replace(self.registry, tools=tools))
        return LearnedRouter(output, self.registry.tools, name=name)

    def _part(self, size: int, seed: int) -> Path:
        """A file of `size` training questions drawn at random."""
        lines = (self.folder / "train.csv").read_text().splitlines()
        drawn = np.random.default_rng(seed).permutation(len(lines) - 1)[:size]
        path = self.scratch / f"train-{size}-{seed}.csv"
        path.write_text("\n".join([lines[0], *(lines[1 + i] for i in sorted(drawn))]) + "\n")
        return path

    def accuracy(self, router: LearnedRouter, questions: tuple[Question, ...]) -> float:
        """Accuracy of a router."""
        return float(np.mean([o.correct for o in self.outcomes(router, questions)]))

    def outcomes(self, router: LearnedRouter, questions: tuple[Question, ...]) -> list[Any]:
        """What the reasoner makes of the router's routes."""
        return [outcome for _, outcome in self.source.routed(router, questions)]


def main() -> None:
    """Measure, and write results/routing.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--store", type=Path, default=HERE / "work" / "routing.db")
    parser.add_argument("--save", type=Path, help="keep the trained router in this folder")
    parser.add_argument(
        "--quick", action="store_true", help="only the strategies side by side, some minutes"
    )
    parser.add_argument(
        "--prompted", action="store_true", help="also ask the reasoner which tool to call: slow"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Benchmark(arguments.folder, arguments.store, Path(scratch))
        results = measure(bench, arguments.save, prompted=arguments.prompted, quick=arguments.quick)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "routing.json").write_text(json.dumps(results, indent=1) + "\n")
    if not arguments.quick:
        plot(results)
    print(json.dumps({k: v for k, v in results.items() if k != "evaluation"}, indent=1))


def measure(bench: Benchmark, save: Path | None, *, prompted: bool, quick: bool) -> dict[str, Any]:
    """Everything, the test split last."""
    train, test = bench.splits["train"], bench.splits["test"]
    learned = bench.train("learned")
    if save is not None:
        from audiorouter.routing.checkpoint import load_policy, save_router

        folder = bench.scratch / "learned"
        save_router(save, load_policy(folder, learned.card), learned.card)
    asked = {"prompted": PromptedRouter(bench.registry.tools)} if prompted else {}
    asked["learned"] = learned
    evaluation = evaluate_routers(bench.source, test, asked, bench.registry.tools, training=train)
    if quick:
        return {
            "evaluation": evaluation.as_json(),
            "seen_in_training": seen(bench, learned),
            "tool_of_each_skill": tool_of_each_skill(bench),
            "decision_ms": decision_milliseconds(bench, learned),
        }
    return {
        "evaluation": evaluation.as_json(),
        "seeds": seeds(bench),
        "seen_in_training": seen(bench, learned),
        "tool_of_each_skill": tool_of_each_skill(bench),
        "leave_one_tool_out": leave_one_out(bench, learned),
        "learning_curve": curve(bench),
        **cost_quality(bench),
        "decision_ms": decision_milliseconds(bench, learned),
    }


def seen(bench: Benchmark, learned: LearnedRouter) -> dict[str, Any]:
    """Accuracy on test questions of skills that training had, and of those that it had not."""
    skills = {question.metadata("skill") for question in bench.splits["train"]}
    groups: dict[str, list[bool]] = {"skills seen": [], "skills not seen": []}
    test = bench.splits["test"]
    for question, outcome in zip(test, bench.outcomes(learned, test), strict=True):
        group = "skills seen" if question.metadata("skill") in skills else "skills not seen"
        groups[group].append(outcome.correct)
    return {
        name: {"n": len(right), "accuracy": round(float(np.mean(right)), 4)}
        for name, right in groups.items()
        if right
    }


def tool_of_each_skill(bench: Benchmark) -> dict[str, Any]:
    """What somebody reaches who is told the skill, and calls one tool for all of its questions.

    The tool that was best for it on the training questions, by accuracy and then probability, or in
    hindsight on the test questions themselves; on test questions of skills that training had.
    """
    routes = [(ToolCall(name),) for name in bench.registry.tools]
    train, test = (bench.source.fill(bench.splits[name], routes).table for name in bench.splits)
    trained, tested = by_skill(train), by_skill(test)
    rows = [row for skill, of_skill in tested.items() if skill in trained for row in of_skill]
    found: dict[str, Any] = {"n": len(rows)}
    for name, table, of_skill in (("training", train, trained), ("hindsight", test, tested)):
        worth = table.correct + 1e-3 * table.quality
        best = {skill: int(worth[rows].mean(axis=0).argmax()) for skill, rows in of_skill.items()}
        right = [test.correct[row, best[test.questions[row].metadata("skill")]] for row in rows]
        found[f"best in {name}"] = round(float(np.mean(right)), 4)
    return found


def by_skill(table: OutcomeTable) -> dict[str | None, list[int]]:
    """Rows of a table by skill."""
    rows: dict[str | None, list[int]] = {}
    for row, question in enumerate(table.questions):
        rows.setdefault(question.metadata("skill"), []).append(row)
    return rows


def leave_one_out(bench: Benchmark, learned: LearnedRouter) -> dict[str, Any]:
    """Training without a tool and giving it afterwards, against training with it.

    Accuracy over the whole test split; `without` is the router that never gets the tool.
    """
    test = bench.splits["test"]
    found: dict[str, Any] = {}
    for tool in depended_on(bench):
        router = bench.train(f"without-{tool}", without=tool)
        rest = {n: t for n, t in bench.registry.tools.items() if n != tool}
        never = LearnedRouter(bench.scratch / f"without-{tool}", rest, name="never")
        scores = {
            "with": bench.accuracy(learned, test),
            "given afterwards": bench.accuracy(router, test),
            "without": bench.accuracy(never, test),
        }
        gain = scores["with"] - scores["without"]
        recovered = scores["given afterwards"] - scores["without"]
        found[tool] = {name: round(score, 4) for name, score in scores.items()}
        found[tool]["recovered"] = round(recovered / gain, 3) if gain > 0 else None
        print("without", tool, found[tool], file=sys.stderr)
    shares = [f["recovered"] for f in found.values() if f["recovered"] is not None]
    gained = sum(f["with"] - f["without"] for f in found.values())
    again = sum(f["given afterwards"] - f["without"] for f in found.values())
    return {
        "tools": found,
        "mean_recovered": round(float(np.mean(shares)), 3) if shares else None,
        "recovered_of_all_gains": round(again / gained, 3) if gained > 0 else None,
    }


def depended_on(bench: Benchmark) -> list[str]:
    """The tools with the largest Shapley values on the training questions."""
    routes = [(ToolCall(name),) for name in bench.registry.tools]
    worth = shapley_values(bench.source.fill(bench.splits["train"], routes).table)
    return sorted(worth, key=lambda name: -worth[name])[:LEFT_OUT]


def curve(bench: Benchmark) -> dict[str, list[float]]:
    """Test accuracy by number of training questions, one value a seed."""
    found = {}
    for size in SIZES:
        scores = []
        for seed in SEEDS:
            router = bench.train(f"size-{size}-{seed}", size=size, seed=seed)
            scores.append(round(bench.accuracy(router, bench.splits["test"]), 4))
        found[str(size)] = scores
        print("trained on", size, scores, file=sys.stderr)
    return found


def cost_quality(bench: Benchmark) -> dict[str, Any]:
    """Test accuracy and tool seconds a question by cost weight, and the area below their curve."""
    routers = {str(w): bench.train(f"cost-{w}", cost_weight=w) for w in COST_WEIGHTS}
    found = evaluate_routers(bench.source, bench.splits["test"], routers, bench.registry.tools)
    scores = {name: found.strategies[name] for name in routers}
    curve = found.cost_quality()
    return {
        "cost_quality": {
            name: {
                "accuracy": round(score.accuracy.mean, 4),
                "tool_seconds": round(score.seconds, 4),
            }
            for name, score in scores.items()
        },
        "cost_quality_area": None if curve is None else rounded(curve.area),
    }


def seeds(bench: Benchmark) -> dict[str, Any]:
    """Routers of several seeds as one, and what they gain over no tool and over reading alone."""
    routers: dict[str, Router] = {}
    names: dict[str, list[str]] = {"learned": [], "text only": []}
    for seed in POOLED:
        for kind, of_kind in names.items():
            name = f"{kind} {seed}"
            trained = bench.train(name, seed=seed, text_only=kind == "text only")
            routers[name] = TextOnly(trained) if kind == "text only" else trained
            of_kind.append(name)
    found = evaluate_routers(bench.source, bench.splits["test"], routers, bench.registry.tools)
    scores = {kind: [found.strategies[name] for name in of] for kind, of in names.items()}
    direct = [found.strategies[DIRECT]]
    pooled = {kind: found.pooled(of) for kind, of in names.items()}
    return {
        kind: {
            "accuracy": rounded(one.accuracy),
            "of each seed": rounded(one.accuracies),
            "spread": round(one.spread, 4),
            "over none": rounded(pooled_difference(scores[kind], direct, found.bootstrap)),
        }
        for kind, one in pooled.items()
    } | {
        "learned over text only": rounded(
            pooled_difference(scores["learned"], scores["text only"], found.bootstrap)
        )
    }


def rounded(values: Iterable[float]) -> list[float]:
    return [round(value, 4) for value in values]


def plot(results: dict[str, Any]) -> None:
    """Accuracy by training questions, and by what the tools cost."""
    from matplotlib.figure import Figure

    strategies = results["evaluation"]["strategies"]
    IMAGES.mkdir(exist_ok=True)
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for size, scores in results["learning_curve"].items():
        axes.plot([int(size)] * len(scores), [100 * s for s in scores], "o", color="C0", alpha=0.4)
    means = {int(n): 100 * float(np.mean(s)) for n, s in results["learning_curve"].items()}
    axes.plot(list(means), list(means.values()), color="C0", label="learned, mean of 3 seeds")
    names = ("none", "all", "rules", "nearest", "nearest by examples", "knn", "oracle")
    for number, name in enumerate(names, start=1):
        accuracy = 100 * strategies[name]["accuracy"][0]
        axes.axhline(accuracy, ls="--", lw=1, color=f"C{number}", label=f"{name} {accuracy:.0f}%")
    axes.set(xscale="log", xlabel="training questions", ylabel="accuracy on the test split (%)")
    axes.set_xticks(list(means), [str(n) for n in means])
    axes.minorticks_off()
    axes.legend(fontsize=8, ncols=2)
    figure.savefig(IMAGES / "learning_curve.svg")
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    axes = figure.add_subplot()
    points = results["cost_quality"]
    seconds = [point["tool_seconds"] for point in points.values()]
    rates = [100 * point["accuracy"] for point in points.values()]
    axes.plot(seconds, rates, "o-", label="learned, by cost weight")
    labelled = float("inf")
    for weight, x, y in reversed(list(zip(points, seconds, rates, strict=True))):
        if abs(x / labelled - 1) > 0.2:  # where labels do not cover each other
            axes.annotate(weight, (x, y), xytext=(4, 4), textcoords="offset points", fontsize=8)
            labelled = x
    for name in ("none", "all", "rules", "nearest", "knn", "best single", "oracle"):
        score = strategies[name]
        axes.plot(score["tool_seconds"], 100 * score["accuracy"][0], "s", label=name)
    axes.set(xlabel="tool seconds a question", ylabel="accuracy on the test split (%)")
    axes.set_xscale("symlog", linthresh=0.02)
    axes.legend(fontsize=8)
    figure.savefig(IMAGES / "cost_quality.svg")


def decision_milliseconds(bench: Benchmark, learned: LearnedRouter) -> float:
    """Median time of a decision in batches of 64 questions that were never seen."""
    requests = bench.source.fill(bench.splits["test"], []).table.requests
    times = []
    torch.set_num_threads(2)
    learned.route(requests[:1])
    for start in range(0, len(requests) - 64, 64):
        fresh = [
            replace(r, question=f"{r.question} ({start})") for r in requests[start : start + 64]
        ]
        started = time.perf_counter()
        learned.route(fresh)
        times.append((time.perf_counter() - started) / 64)
    return round(1000 * float(np.median(times)), 2)


if __name__ == "__main__":
    main()
