"""Whether a router should weigh what a call is expected to mend and to break, and call none.

    python benchmarks/when_to_call.py BENCH --store STORE

BENCH is a folder of `audioqa/build.py`. A router is trained without a fifth of the skills of its
training questions, in turn, and judged of the questions of those skills, which need listening: as
its policies decide, and by what it expects of the call (`--cost-weight` at several weights).
Another one is trained on all training questions and judged of those to validate by, whose skills it
knows. Neither sees what it is judged of, nor do its expectations.

Writes benchmarks/results/when_to_call.json; reads nothing of the test.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from routebench.trained import PARTS, Bench, about_what_is_heard, part_of, rows_of, written

from audiorouter.evaluation.statistics import clustered_interval
from audiorouter.plugins.opening import open_router
from audiorouter.questions import Question, read_questions
from audiorouter.routing.interface import Router

RESULTS = Path(__file__).parent / "results" / "when_to_call.json"
WEIGHTS = (0.0, 0.05, 0.2, 0.5)

Judged = dict[str, NDArray[np.float64]]
"""Of each router `(questions, 2)`: 1 where the answer is right, and how many calls it made."""


def judged(bench: Bench, questions: list[Question], folder: str) -> Judged:
    """A router by its policies, and by what it expects, on questions that it did not see."""
    routers: dict[str, Router] = {
        "none": open_router(bench.registry, "none", provider="cascade"),
        "policies": open_router(bench.registry, folder, provider="cascade"),
    }
    for weight in WEIGHTS:
        routers[f"expected gain, {weight:g}"] = open_router(
            bench.registry, folder, provider="cascade", cost_weight=weight
        )
    return {
        name: np.array([(outcome.correct, len(route.calls)) for route, outcome in taken], float)
        for name, taken in bench.routed(questions, routers).items()
    }


def compared(found: Judged, of: list[str]) -> dict[str, Any]:
    """What each gives beside the policies' own decision, with intervals over `of`."""
    direct, before = found["none"][:, 0], found["policies"][:, 0]
    results: dict[str, Any] = {"questions": len(of), "clusters": len(set(of)), "routers": {}}
    for name, values in found.items():
        right, calls = values.T
        results["routers"][name] = {
            "accuracy": clustered_interval(right, of).as_json(),
            "gain_over_policies": clustered_interval(right - before, of).as_json(),
            "mended": clustered_interval(right * (1 - direct), of).as_json(),
            "broken": clustered_interval(direct * (1 - right), of).as_json(),
            "no_call": clustered_interval((calls == 0).astype(float), of).as_json(),
        }
    return results


def of_new_skills(bench: Bench) -> dict[str, Any]:
    """Each fifth of the skills by a router that was trained without it."""
    rows = about_what_is_heard(bench.folder)
    parts: list[Judged] = []
    skills: list[str] = []
    for part in range(PARTS):
        held = [row for row in rows if part_of(row) == part]
        rest = [row for row in rows if part_of(row) != part]
        folder = bench.train(written(rest, bench.scratch / f"rest-{part}.csv"), members=2)
        file = written(held, bench.scratch / f"judged-{part}.csv")
        parts.append(judged(bench, list(read_questions(file, bench.clips).questions), folder))
        skills += [row["skill"] for row in held]
        print(part, {name: values.mean(axis=0) for name, values in parts[-1].items()}, flush=True)
    return compared({n: np.concatenate([some[n] for some in parts]) for n in parts[0]}, skills)


def of_known_skills(bench: Bench) -> dict[str, Any]:
    """The validation questions by a router that was trained on all training questions."""
    folder = bench.train(written(rows_of(bench.folder / "train.csv"), bench.scratch / "all.csv"))
    questions = list(read_questions(bench.folder / "val.csv", bench.clips).questions)
    return compared(judged(bench, questions, folder), [question.audio for question in questions])


def main() -> None:
    """Train, judge, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("bench", type=Path)
    parser.add_argument("--store", type=Path, required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(given.bench, given.store, Path(scratch))
        results = {"new skills": of_new_skills(bench), "known skills": of_known_skills(bench)}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1), file=sys.stderr)


if __name__ == "__main__":
    main()
