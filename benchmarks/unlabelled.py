"""What a router learns of questions whose right answers it is not told.

    python benchmarks/unlabelled.py BENCH --store STORE
    python benchmarks/unlabelled.py BENCH --store STORE --part skills

BENCH is a folder of `audioqa/build.py`. Two routers are trained as the default one is, on the same
of its training questions, with and without right answers; neither sees the validation questions, of
which both are judged, by the right answers. Beside them stand the direct answer, the tool that is
nearest to the question, which is what both are before training.

With `--part skills` a router is trained without a fifth of the skills, in turn, and goes on from
there by the questions of those skills without their answers, as somebody would whose questions are
of other kinds than those that it was trained on. It is judged of those questions by the answers.

Writes into benchmarks/results/unlabelled.json; reads nothing of the test.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from audioqa.few import few_of_each
from numpy.typing import NDArray
from routebench.trained import EACH, PARTS, Bench, about_what_is_heard, part_of, written

from audiorouter.evaluation.baselines import UntrainedPolicy
from audiorouter.evaluation.statistics import clustered_interval
from audiorouter.plugins.opening import open_router
from audiorouter.questions import Question, read_questions
from audiorouter.routing.interface import Router
from audiorouter.sentence_encoder import SentenceEncoder

RESULTS = Path(__file__).parent / "results" / "unlabelled.json"


def judged(
    bench: Bench, questions: list[Question], folders: dict[str, str]
) -> dict[str, NDArray[np.float64]]:
    """Which questions are answered rightly, 1 or 0: directly, by the nearest tool, routed."""
    routers: dict[str, Router] = {
        name: open_router(bench.registry, router, provider="cascade")
        for name, router in {"none": "none", **folders}.items()
    }
    routers["nearest 1"] = UntrainedPolicy(bench.registry.tools, SentenceEncoder())
    return {
        name: np.array([float(outcome.correct) for _, outcome in taken])
        for name, taken in bench.routed(questions, routers).items()
    }


def compared(right: dict[str, NDArray[np.float64]], of: list[str]) -> dict[str, Any]:
    """Accuracies, and gains over the nearest tool, with intervals over what questions are of."""
    names = list(right)
    results: dict[str, Any] = {"questions": len(of), "clusters": len(set(of)), "routers": {}}
    for name, values in right.items():
        results["routers"][name] = {
            "accuracy": clustered_interval(values, of).as_json(),
            "gain_over_nearest": clustered_interval(values - right["nearest 1"], of).as_json(),
        }
    one, other = (name for name in names if name not in ("none", "nearest 1"))
    between = clustered_interval(right[other] - right[one], of)
    results[f"{other} less {one}"] = between.as_json()
    return results


def of_all(bench: Bench) -> dict[str, Any]:
    """Both routers by the validation questions."""
    rows = few_of_each(bench.folder, EACH)
    routers = {
        "with answers": bench.train(written(rows, bench.scratch / "with.csv")),
        "without answers": bench.train(
            written(rows, bench.scratch / "without.csv", answers=False), unlabelled=True
        ),
    }
    questions = list(read_questions(bench.folder / "val.csv", bench.clips).questions)
    right = judged(bench, questions, routers)
    return compared(right, [question.audio for question in questions])


def of_skills(bench: Bench) -> dict[str, Any]:
    """What going on without answers brings of skills that training had not."""
    rows = about_what_is_heard(bench.folder)
    right: dict[str, list[NDArray[np.float64]]] = {}
    skills: list[str] = []
    for part in range(PARTS):
        held = [row for row in rows if part_of(row) == part]
        rest = [row for row in rows if part_of(row) != part]
        before = bench.train(written(rest, bench.scratch / f"rest-{part}.csv"), members=2)
        unknown = written(held, bench.scratch / f"held-{part}.csv", answers=False)
        after = bench.train(unknown, unlabelled=True, start=before)
        judge = written(held, bench.scratch / f"judged-{part}.csv")
        questions = list(read_questions(judge, bench.clips).questions)
        found = judged(bench, questions, {"as it was": before, "gone on": after})
        for name, values in found.items():
            right.setdefault(name, []).append(values)
        skills += [row["skill"] for row in held]
        print(part, {name: np.concatenate(v).mean() for name, v in right.items()}, flush=True)
    return compared({name: np.concatenate(v) for name, v in right.items()}, skills)


def main() -> None:
    """Train, judge, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--part", choices=("all", "skills"), default="all")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(given.bench, given.store, Path(scratch))
        part = of_all(bench) if given.part == "all" else of_skills(bench)
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results[given.part] = part
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(part, indent=1), file=sys.stderr)


if __name__ == "__main__":
    main()
