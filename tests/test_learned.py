"""Training, using and evaluating a router on the examples, with real tools and real reasoners."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from commands import run
from conftest import EXAMPLES
from hostile_tools import ALL as HOSTILE

from audiorouter import BatchOptions, EngineOptions, run_batch
from audiorouter.batch.plan import make_plan
from audiorouter.errors import UsageError
from audiorouter.evaluation.comparison import evaluate_routers
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.train import TrainRequest, train_router
from audiorouter.plugins import Registry, load_registry
from audiorouter.plugins.opening import open_reasoner, open_router
from audiorouter.providers import Answer, NoOptions, Provider, Reasoner, Request
from audiorouter.questions import read_questions
from audiorouter.routing.learned import LISTENING_CALLS, LearnedRouter
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall
from audiorouter.toolbox.costs import published_cost

pytestmark = [pytest.mark.slow, pytest.mark.weights]

CLIPS = EXAMPLES / "clips"
QUESTIONS = EXAMPLES / "questions.csv"
TOOLS = ("sound_tags", "sound_events", "loudness", "key", "chords")
COUNT = 22
"""Questions that the router is trained on: every fourth of the examples, from most of the clips."""
QUICK = TrainingOptions(epochs=30, patience=30)


@pytest.fixture(scope="module")
def provider(checkpoint):
    """A reasoner that loads and computes as the large ones do, in a hundredth of their time."""
    return f"transformers:{checkpoint('qwen2_audio')}"


def few_tools(*names: str) -> Registry:
    registry = load_registry(third_party=False)
    registry.tools = {name: registry.tools[name] for name in names}
    return registry


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A file of some of the example questions."""
    path = tmp_path_factory.mktemp("asked") / "questions.csv"
    header, *rows = QUESTIONS.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *rows[::4]]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(asked, provider, tmp_path_factory):
    """A store with the outcomes of those questions, and a router trained on them."""
    folder = tmp_path_factory.mktemp("trained")
    request = TrainRequest(
        asked, CLIPS, folder / "router", training=QUICK,
        engine=EngineOptions(provider=provider, store=folder / "store.db"),
    )  # fmt: skip
    lines: list[str] = []
    return train_router(request, registry=few_tools(*TOOLS), say=lines.append), folder, lines


@pytest.fixture
def copy(trained, tmp_path):
    """The trained router, and a copy of its store for a test to change."""
    _, folder, _ = trained
    shutil.copy(folder / "store.db", tmp_path / "store.db")
    return folder / "router", tmp_path / "store.db"


def test_training_reports_headroom_and_writes_a_small_router(trained):
    result, folder, lines = trained
    assert any("questions; direct answer" in line for line in lines)
    assert not (folder / "router" / "training").exists()
    size = sum(file.stat().st_size for file in (folder / "router").iterdir())
    assert size < 3e6
    assert set(result.card.tools) == set(TOOLS) and set(result.card.tool_costs) == set(TOOLS)
    assert result.card.questions == {"train": COUNT, "validation": 0}
    for train, held_out in result.data.folds(5):
        assert len(train) + len(held_out) == COUNT
        clips = [{result.data.train.clips[row] for row in rows} for rows in (train, held_out)]
        assert not clips[0] & clips[1], "dealt by question instead of by clip"


def test_training_again_asks_nothing_and_gives_the_same_router(
    trained, asked, provider, copy, tmp_path
):
    _, folder, _ = trained
    _, store = copy
    request = TrainRequest(
        asked, CLIPS, tmp_path / "again", training=QUICK,
        engine=EngineOptions(provider=provider, store=store),
    )  # fmt: skip
    with Store(store) as opened:
        before = opened.stats()
    train_router(request, registry=few_tools(*TOOLS))
    with Store(store) as opened:
        assert opened.stats()[:4] == before[:4]
    name = "policy.safetensors"
    assert (folder / "router" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_batch_uses_the_router_and_keeps_its_decisions(asked, provider, copy):
    router, store = copy
    options = BatchOptions(provider=provider, router=str(router), store=store)
    registry = few_tools(*TOOLS)
    first = run_batch(CLIPS, asked, options, registry=registry)
    assert not first.failed
    assert {len(row.route.calls) for row in first.rows} <= {0, 1, 2}
    assert all(row.route.reason.startswith("learned: ") for row in first.rows)
    with Store(store) as opened:
        kept = opened.stats().routes
    assert kept == COUNT
    again = run_batch(CLIPS, asked, options, registry=registry)
    assert again.tools.calls_run == again.reasoning.answers_made == 0
    assert make_plan(CLIPS, asked, options, registry=registry).tool_calls == {}


def test_a_warm_batch_needs_no_torch(asked, copy, quick_cascade):
    router, store = copy
    arguments = ["--db", store, "batch", CLIPS, asked, "--router", router, "--limit", "3"]
    arguments = [*map(str, arguments)]
    run(*arguments)
    program = (
        "import sys; from audiorouter.cli.app import app\n"
        f"try: app({arguments!r})\n"
        "except SystemExit: print('torch' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300
    )
    assert done.stderr.split()[-1] == "False", done.stderr


def test_a_router_takes_tools_that_it_never_saw_and_names_what_changed(trained, asked):
    _, folder, _ = trained
    registry = few_tools("pitch", "key", "sound_tags")
    registry.tools["key"].version = "of tomorrow"
    router = LearnedRouter(folder / "router", registry.tools)
    said = " ".join(router.remarks)
    assert "other versions of key" in said and "sound_events" in said
    found = read_questions(asked, CLIPS).questions
    with Store(folder / "store.db") as store:
        source = OutcomeSource(
            registry, Always(), store, BatchOptions(), listening_calls=LISTENING_CALLS
        )
        requests = source.fill(found[-4:], []).table.requests
    assert len(router.route(requests)) == 4


def test_quick_reading_hardly_changes_an_embedding():
    with QUESTIONS.open() as stream:
        texts = [row["question"] for row in csv.DictReader(stream)][:20]
    both = [SentenceEncoder(quick=quick).encode(texts) for quick in (False, True)]
    assert (both[0] * both[1]).sum(-1).min() > 0.9999


def test_evaluation_puts_every_baseline_beside_the_router(asked, provider, copy):
    router, store = copy
    done = run(
        *("--db", store, "evaluate", asked, "--clips", CLIPS, "--router", router),
        *("--train", asked, "--limit", "3", "--json", "-", "--tools", ",".join(TOOLS)),
        *("--with-tool", TOOLS[0], "--router", "prompted", "--provider", provider),
    )
    found = json.loads(done.stdout)
    assert {"none", "all", "best single", "random", "rules", "nearest", "knn", "oracle",
            "nearest by examples", "prompted", str(router)} == set(found["strategies"])  # fmt: skip
    best = found["strategies"]["oracle"]["accuracy"][0]
    assert all(best >= found["strategies"][n]["accuracy"][0] for n in ("none", "best single"))
    worth = found["with_tool"]
    assert worth["tool"] == TOOLS[0] and worth["shapley"] == found["contributions"][TOOLS[0]]
    assert not set(worth["fixes"]) & set(worth["breaks"])
    assert set(worth["chosen"]) == {str(router), "prompted"}
    assert found["questions"] == 3 and found["left_out"] == {}
    assert {c["second"] for c in found["comparisons"]} >= {"none", "all", "oracle"}


class Always(Reasoner):
    """A reasoner that is always right, for questions whose first choice is the right one."""

    name = "always"
    identity = "always right"

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        return [Answer(r.choices[0], 0) for r in requests]


class Fails(Always):
    """Fails at one question."""

    identity = "fails once"

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        if any("tempo" in request.question for request in requests):
            raise RuntimeError("no tempo today")
        return super().answer(requests)


class Confused(Always):
    """Is right with what loudness says only, and fails where it gets two findings."""

    identity = "confused by two"

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        if any(len(request.findings) > 1 for request in requests):
            raise RuntimeError("too much at once")
        return [Answer(r.choices[-1], len(r.choices) - 1) if not r.findings
                or r.findings[0].call.tool != "loudness" else Answer(r.choices[0], 0)
                for r in requests]  # fmt: skip


class Opens(Provider[NoOptions]):
    Options = NoOptions
    name = "fake"
    description = "for faults"

    def __init__(self, reasoner: Reasoner):
        self.reasoner = reasoner

    def open(self, model: str, options: NoOptions) -> Reasoner:
        return self.reasoner


def first_is_right(path: Path, *extra: list[str]) -> Path:
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


SMALL = {f"{name}.flac" for name in ("waltz", "march", "telephone", "applause", "numbers")}


def train_with(reasoner: Reasoner, questions: Path, folder: Path, registry: Registry):
    registry.providers["fake"] = Opens(reasoner)
    lines: list[str] = []
    request = TrainRequest(
        questions, CLIPS, folder / "router", training=QUICK,
        engine=EngineOptions(provider="fake", store=folder / "s.db"),
    )  # fmt: skip
    return train_router(request, registry=registry, say=lines.append), lines


def test_where_the_reasoner_is_always_right_the_router_calls_nothing(tmp_path):
    registry = few_tools("sound_tags", "loudness")
    result, lines = train_with(Always(), first_is_right(tmp_path / "q.csv"), tmp_path, registry)
    assert any("nothing to learn" in line for line in lines)
    router = LearnedRouter(tmp_path / "router", registry.tools)
    routes = router.route(result.data.train.requests)
    assert not any(route.calls for route in routes)


def test_routes_that_the_reasoner_cannot_answer_are_learned_to_be_wrong(tmp_path):
    registry = few_tools("sound_tags", "loudness")
    result, lines = train_with(Confused(), first_is_right(tmp_path / "q.csv"), tmp_path, registry)
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
    _, lines = train_with(Fails(), questions, tmp_path, registry)
    said = "\n".join(lines)
    for complaint in ("right answer is not known", "nothing to choose", "there is no clip",
                      "could not answer it"):  # fmt: skip
        assert complaint in said, complaint
    unknown = tmp_path / "unknown.csv"
    unknown.write_text("audio,question,choices\nwaltz.flac,Which?,a|b\n")
    with pytest.raises(UsageError, match="no question can be scored"):
        train_with(Always(), unknown, tmp_path, registry)


def test_a_tool_that_always_fails_does_no_harm(tmp_path):
    registry = few_tools("sound_tags")
    registry.tools |= {tool.name: tool for tool in HOSTILE if tool.name == "raises"}
    _, lines = train_with(Always(), first_is_right(tmp_path / "q.csv"), tmp_path, registry)
    assert not any("left out" in line for line in lines)
    with Store(tmp_path / "s.db") as store:
        source = OutcomeSource(
            registry, Always(), store, BatchOptions(), listening_calls=LISTENING_CALLS
        )
        found = read_questions(tmp_path / "q.csv", CLIPS).questions[:3]
        evaluation = evaluate_routers(source, found, {}, registry.tools)
    assert evaluation.strategies["all"].accuracy.mean == 1.0


KILLED = 24
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


def test_filling_that_is_killed_goes_on_and_asks_nothing_twice(provider, tmp_path):
    store = tmp_path / "killed.db"
    command = [sys.executable, "-m", "audiorouter", "--db", store, "train", QUESTIONS, "--clips",
               CLIPS, "-o", tmp_path / "router", "--tools", "sound_tags,sound_events",
               "--epochs", "3", "--limit", KILLED, "--batch-size", "1",
               "--provider", provider]  # fmt: skip
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


def test_two_processes_fill_one_table_once(provider, tmp_path):
    store = tmp_path / "two.db"
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
         "-m", "audiorouter.routing.train", QUESTIONS, "--clips", CLIPS, "-o", tmp_path / "router",
         "--tools", "loudness,sound_events", "--epochs", "20", "--limit", str(KILLED),
         "--provider", provider],
        capture_output=True, text=True, timeout=400,
        env={**os.environ, "AUDIOROUTER_DB": str(store)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("when validated: direct") == 1
    assert asked_once(store) == 3 * KILLED
    assert (tmp_path / "router" / "router.json").exists()


def test_unknown_routers_are_refused_with_the_known_ones(tmp_path):
    registry = few_tools("sound_tags")
    with pytest.raises(UsageError, match="known: none, all"):
        open_router(registry, "nosuch", provider="cascade")
    with pytest.raises(UsageError, match="no trained router"):
        open_router(registry, str(tmp_path), provider="cascade")


def test_a_tracker_that_is_not_installed_is_refused_before_anything_is_asked(tmp_path):
    from audiorouter.learning.trainer import make_accelerator

    with pytest.raises(UsageError, match="--track nonsense"):
        make_accelerator("nonsense", tmp_path)


def test_a_router_may_see_how_sure_the_reasoner_is(asked, provider, copy, tmp_path):
    _, store = copy
    request = TrainRequest(
        asked, CLIPS, tmp_path / "sees", training=replace(QUICK, see_margin=True),
        engine=EngineOptions(provider=provider, store=store),
    )  # fmt: skip
    result = train_router(request, registry=few_tools(*TOOLS))
    margins = {request.margin for request in result.data.train.requests_with_margins()}
    assert len(margins) > 10 and all(0 <= margin <= 1 for margin in margins)
    router = LearnedRouter(tmp_path / "sees", few_tools(*TOOLS).tools)
    assert router.wants_margin
    unsure = [replace(r, margin=0.0) for r in result.data.train.requests]
    sure = [replace(r, margin=1.0) for r in result.data.train.requests]
    assert (router.scores(unsure)[0] != router.scores(sure)[0]).any()
    options = BatchOptions(provider=provider, router=str(tmp_path / "sees"), store=store, limit=5)
    first = run_batch(CLIPS, asked, options, registry=few_tools(*TOOLS))
    assert not first.failed
    again = run_batch(CLIPS, asked, options, registry=few_tools(*TOOLS))
    assert again.tools.calls_run == again.reasoning.answers_made == 0


def test_costs_come_from_the_tools_and_not_from_what_runs_took(trained, provider, copy):
    result, _, _ = trained
    _, path = copy
    table, tools = result.data.train, few_tools(*TOOLS)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE outcomes SET tool_seconds = 999")
        connection.execute("UPDATE tool_calls SET seconds = 999")
    with Store(path) as store:
        source = OutcomeSource(tools, open_reasoner(tools, provider), store, BatchOptions())
        again = source.fill(table.questions, table.routes).table
        both = (ToolCall("key"), ToolCall("chords"))
        (outcome,) = source.ask([(table.questions[0], both)])
    assert (again.tool_seconds == table.tool_seconds).all()
    key, chords = (table.tool_seconds[0, table.routes.index((call,))] for call in both)
    assert key == pytest.approx(chords, rel=0.5), "each by itself, though they share a network"
    assert max(key, chords) < outcome.tool_seconds < 0.9 * (key + chords)
    assert (table.all_seconds < 0.9 * table.tool_seconds.sum(axis=1)).all()
    assert result.card.tool_costs["chords"] == pytest.approx(
        published_cost(tools.tools["chords"]).rate, abs=1e-5
    )
