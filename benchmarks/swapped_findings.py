"""What misleading evidence costs: questions answered with the findings of another clip.

    python benchmarks/swapped_findings.py FOLDER                  # as audioqa/build.py made it: val
    python benchmarks/swapped_findings.py FOLDER --look "WHY"     # the test, which is written down

Every question is answered without findings, with those of the router's route, and with those that
the same tools gave of another clip, where they say something else. Writes
benchmarks/results/swapped_findings.json where it asked the test.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from audioqa.looks import test_files

from audiorouter.batch.options import BatchOptions
from audiorouter.batch.progress import on_stderr
from audiorouter.errors import ReasonerError
from audiorouter.evaluation.statistics import clustered_interval
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner, open_router
from audiorouter.providers.interface import Answer, Reasoner, Request
from audiorouter.questions import Question, read_questions
from audiorouter.store import Store

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results" / "swapped_findings.json"


class Recorded(Reasoner):
    """The reasoner, with what it was asked; its answers are kept apart from those of others."""

    def __init__(self, inner: Reasoner):
        self.name, self.listening_calls = inner.name, inner.listening_calls
        self.batch_size, self.order_matters = inner.batch_size, inner.order_matters
        self.identity = f"{inner.identity} recorded {random.SystemRandom().random()}"
        self.inner = inner
        self.requests: list[Request] = []

    def answer(self, requests: Sequence[Request]) -> Sequence[Answer | ReasonerError]:
        """As the reasoner does."""
        self.requests += requests
        return self.inner.answer(requests)


def main() -> None:
    """Ask three times, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--look", metavar="WHY", help="ask the test, for this reason")
    parser.add_argument("--router", default="rules")
    parser.add_argument("--store", type=Path, default=HERE / "work" / "routing.db")
    arguments = parser.parse_args()
    split = "val" if arguments.look is None else "test"
    file = arguments.folder / f"{split}.csv"
    if arguments.look is not None:
        file = test_files(arguments.folder, arguments.look, ("test",))["test"]
    questions = read_questions(file, arguments.folder / "clips").questions
    registry = load_registry(third_party=False)
    recorded = Recorded(open_reasoner(registry, "cascade"))
    router = open_router(registry, arguments.router, provider="cascade")
    with Store(arguments.store) as store:
        source = OutcomeSource(registry, recorded, store, BatchOptions(), progress=on_stderr)
        source.routed(router, questions)
    results = {"split": split, "router": router.name} | compared(recorded, questions)
    print(json.dumps(results, indent=1))
    if split == "test":
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def compared(recorded: Recorded, questions: Sequence[Question]) -> dict[str, Any]:
    """Accuracy by what was found, over the questions for which findings can be swapped."""
    gold = {(q.path, q.text, q.choices): q.gold_indices for q in questions}
    pairs = swapped(recorded.requests)
    ways = {
        "none": [replace(own, findings=()) for own, _ in pairs],
        "own": [own for own, _ in pairs],
        "another clip's": [other for _, other in pairs],
    }
    clips = [own.audio_hash for own, _ in pairs]
    right = {
        name: np.array(
            [
                isinstance(answer, Answer)
                and answer.index in gold[request.clip, request.question, request.choices]
                for request, answer in zip(asked, recorded.inner.answer(asked), strict=True)
            ],
            dtype=float,
        )
        for name, asked in ways.items()
    }
    return {
        "questions": len(pairs),
        "accuracy": {name: _interval(values, clips) for name, values in right.items()},
        "own over none": _interval(right["own"] - right["none"], clips),
        "another clip's over none": _interval(right["another clip's"] - right["none"], clips),
    }


def swapped(requests: Sequence[Request]) -> list[tuple[Request, Request]]:
    """Each request beside itself with what the same tools said of another clip."""
    shuffled = list(requests)
    random.Random(0).shuffle(shuffled)
    pairs = []
    for own in requests:
        tools = [finding.call.tool for finding in own.findings]
        other = next(
            (
                one.findings
                for one in shuffled
                if tools
                and one.audio_hash != own.audio_hash
                and [finding.call.tool for finding in one.findings] == tools
                and one.findings != own.findings
            ),
            None,
        )
        if other is not None:
            pairs.append((own, replace(own, findings=other)))
        shuffled.append(shuffled.pop(0))
    return pairs


def _interval(values: np.ndarray, clips: Sequence[str]) -> list[float | None]:
    return clustered_interval(values, clips).as_json()


if __name__ == "__main__":
    main()
