"""Filling the table of outcomes: by reasoners and tools that fail, killed, by two at once."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import EXAMPLES
from few_tools import few_tools
from hostile_tools import ALL as HOSTILE
from reasoners import AlwaysRight, Fails, Unsure
from trainings import train_with

from audiorouter import BatchOptions
from audiorouter.errors import UsageError
from audiorouter.evaluation.comparison import evaluate_routers
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.questions import read_questions
from audiorouter.routing.learned import LISTENING_CALLS, LearnedRouter
from audiorouter.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.weights]

CLIPS = EXAMPLES / "clips"
QUESTIONS = EXAMPLES / "questions.csv"
SMALL = {f"{name}.flac" for name in ("waltz", "march", "telephone", "applause", "numbers")}


@pytest.fixture
def questions(tmp_path):
    """A file of the example questions of a few short clips; the first choice is right."""
    return first_is_right(tmp_path / "q.csv")


def first_is_right(path: Path, *extra: list[str]) -> Path:
    """Write those questions, and `extra` rows, to a file."""
    with QUESTIONS.open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["audio"] in SMALL]
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["audio", "question", "choices", "answer"])
        for row in rows:
            others = [c for c in row["choices"].split("|") if c != row["answer"]]
            writer.writerow([row["audio"], row["question"], "|".join([row["answer"], *others]),
                             row["answer"]])  # fmt: skip
        writer.writerows(extra)
    return path


def test_where_the_reasoner_is_always_right_the_router_calls_nothing(questions, tmp_path):
    registry = few_tools("sound_tags", "loudness")
    result, lines = train_with(AlwaysRight(), questions, CLIPS, tmp_path, registry)
    assert any("nothing to learn" in line for line in lines)
    router = LearnedRouter(tmp_path / "router", registry.tools)
    routes = router.route(result.data.train.requests)
    assert not any(route.calls for route in routes)


def test_routes_that_the_reasoner_cannot_answer_are_learned_to_be_wrong(questions, tmp_path):
    registry = few_tools("sound_tags", "loudness")
    confused = Fails(
        lambda _request, tools: len(tools) > 1, Unsure(), RuntimeError("too much at once")
    )
    result, lines = train_with(confused, questions, CLIPS, tmp_path, registry)
    said = [line for line in lines if "could not be had" in line]
    assert said and all("routes count as wrong" in line for line in said)
    assert not any("nothing is learned" in line for line in said), "they are learned from"
    routes = LearnedRouter(tmp_path / "router", registry.tools).route(result.data.train.requests)
    made = [[call.tool for call in route.calls] for route in routes]
    assert made.count(["loudness"]) > 0.8 * len(made)


def test_questions_that_cannot_be_scored_are_left_out_by_name(tmp_path):
    questions = first_is_right(
        tmp_path / "q.csv",
        ["waltz.flac", "Is it fast?", "yes|no", ""],
        ["waltz.flac", "What is it?", "", "a waltz"],
        ["waltz.flac", "One?", "one", "one"],
        ["nowhere.flac", "Which?", "a|b", "a"],
    )
    registry = few_tools("sound_tags")
    no_tempo = Fails(
        lambda request, _tools: "tempo" in request.question,
        AlwaysRight(),
        RuntimeError("no tempo today"),
    )
    _, lines = train_with(no_tempo, questions, CLIPS, tmp_path, registry)
    said = "\n".join(lines)
    for complaint in ("right answer is not known", "nothing to choose", "there is no clip",
                      "could not answer it"):  # fmt: skip
        assert complaint in said, complaint
    unknown = tmp_path / "unknown.csv"
    unknown.write_text("audio,question,choices\nwaltz.flac,Which?,a|b\n")
    with pytest.raises(UsageError, match="no question can be scored"):
        train_with(AlwaysRight(), unknown, CLIPS, tmp_path, registry)


def test_a_tool_that_always_fails_does_no_harm(questions, tmp_path, own_store):
    registry = few_tools("sound_tags")
    registry.tools |= {tool.name: tool for tool in HOSTILE if tool.name == "raises"}
    _, lines = train_with(AlwaysRight(), questions, CLIPS, tmp_path, registry)
    assert not any("left out" in line for line in lines)
    with Store(own_store) as store:
        source = OutcomeSource(
            registry, AlwaysRight(), store, BatchOptions(), listening_calls=LISTENING_CALLS
        )
        found = read_questions(questions, CLIPS).questions[:3]
        evaluation = evaluate_routers(source, found, {}, registry.tools)
    assert evaluation.strategies["all"].accuracy.mean == 1.0


KILLED = 12
"""Questions of the trainings that are killed, or run twice at once."""


def asked_once(store: Path) -> int:
    """Outcomes by none or one tool; those by two are more, for what was drawn."""
    with Store(store) as opened:
        rows = list(opened.export("outcomes"))
    places = [(row["clip"], row["question"], row["choices"], row["route"]) for row in rows]
    assert len(set(places)) == len(places), "asked twice"
    lengths = [len(json.loads(row["route"])) for row in rows]
    assert 0 < lengths.count(2) <= KILLED
    return lengths.count(0) + lengths.count(1)


def test_filling_that_is_killed_goes_on_and_asks_nothing_twice(tiny_model, tmp_path):
    store = tmp_path / "killed.db"
    command = [sys.executable, "-m", "audiorouter", "--db", store, "train", QUESTIONS, "--clips",
               CLIPS, "-o", tmp_path / "router", "--tools", "sound_tags,sound_events",
               "--epochs", "3", "--members", "2", "--limit", KILLED, "--batch-size", "1",
               "--provider", tiny_model]  # fmt: skip
    command = [*map(str, command)]
    victim = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        time.sleep(0.02)
        if store.exists():
            with Store(store) as opened:
                if opened.stats().outcomes > 8:
                    break
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    with Store(store) as opened:
        kept = {row["key"]: row["created"] for row in opened.export("outcomes")}
    assert 8 < len(kept) < 3 * KILLED
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    with Store(store) as opened:
        rows = {row["key"]: row["created"] for row in opened.export("outcomes")}
    assert asked_once(store) == 3 * KILLED
    assert all(rows[key] == created for key, created in kept.items())
    assert (tmp_path / "router" / "router.json").exists()


def test_two_processes_fill_one_table_once(tiny_model, tmp_path):
    store = tmp_path / "two.db"
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
         "-m", "audiorouter.routing.train", QUESTIONS, "--clips", CLIPS, "-o", tmp_path / "router",
         "--tools", "loudness,sound_events", "--epochs", "3", "--members", "2",
         "--limit", str(KILLED), "--provider", tiny_model],
        capture_output=True, text=True, timeout=400,
        env={**os.environ, "AUDIOROUTER_DB": str(store)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(f"when validated on {KILLED} questions: direct") == 1
    assert asked_once(store) == 3 * KILLED
    assert (tmp_path / "router" / "router.json").exists()
