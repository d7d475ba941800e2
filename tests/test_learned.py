"""Training, using and evaluating a router on the examples, with real tools and real reasoners."""

from __future__ import annotations

import csv
import json
import math
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest
from commands import run
from conftest import EXAMPLES
from few_tools import few_tools
from outcome_tables import FACTS
from reasoners import AlwaysRight
from trainings import QUICK

from audiorouter import BatchOptions, EngineOptions, run_batch
from audiorouter.batch.planning.plan import make_plan
from audiorouter.errors import UsageError
from audiorouter.evaluation.baselines import UntrainedPolicy
from audiorouter.evaluation.evaluate import EvaluateRequest, evaluate
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.plugins.opening import open_reasoner, open_router
from audiorouter.questions import read_questions
from audiorouter.routing.checkpoint import read_card
from audiorouter.routing.interface import RouteRequest
from audiorouter.routing.learned import LISTENING_CALLS, LearnedRouter
from audiorouter.routing.worth import Chance, Worth
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


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A file of some of the example questions."""
    path = tmp_path_factory.mktemp("asked") / "questions.csv"
    header, *rows = QUESTIONS.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([header, *rows[::4]]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def trained(asked, tiny_model, tmp_path_factory):
    """A store with the outcomes of those questions, and a router trained on them."""
    folder = tmp_path_factory.mktemp("trained")
    request = TrainRequest(
        asked, CLIPS, folder / "router", training=QUICK,
        engine=EngineOptions(provider=tiny_model, store=folder / "store.db"),
    )  # fmt: skip
    lines: list[str] = []
    return train(request, registry=few_tools(*TOOLS), say=lines.append), folder, lines


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
    assert result.card.questions == {"train": COUNT, "validation": 0, "scored": COUNT}
    for kept, held_out in result.data.folds(5):
        assert len(kept) + len(held_out) == COUNT
        clips = [{result.data.train.clips[row] for row in rows} for rows in (kept, held_out)]
        assert not clips[0] & clips[1], "dealt by question instead of by clip"


def test_training_again_asks_nothing_and_gives_the_same_router(
    trained, asked, tiny_model, copy, tmp_path
):
    _, folder, _ = trained
    _, store = copy
    request = TrainRequest(
        asked, CLIPS, tmp_path / "again", training=QUICK,
        engine=EngineOptions(provider=tiny_model, store=store),
    )  # fmt: skip
    with Store(store) as opened:
        before = opened.stats()
    train(request, registry=few_tools(*TOOLS))
    with Store(store) as opened:
        assert opened.stats()[:4] == before[:4]
    name = "policy.safetensors"
    assert (folder / "router" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_a_batch_uses_the_router_and_keeps_its_decisions(asked, tiny_model, copy):
    router, store = copy
    options = BatchOptions(provider=tiny_model, router=str(router), store=store)
    registry = few_tools(*TOOLS)
    first = run_batch(CLIPS, asked, options, registry=registry)
    assert not first.failed
    assert {sum(r.measured for r in row.results) for row in first.rows} <= {0, 1, 2}
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
            registry, AlwaysRight(), store, BatchOptions(), listening_calls=LISTENING_CALLS
        )
        requests = source.fill(found[-4:], []).table.requests
    assert len(router.route(requests)) == 4


def test_quick_reading_hardly_changes_an_embedding():
    with QUESTIONS.open() as stream:
        texts = [row["question"] for row in csv.DictReader(stream)][:20]
    both = [SentenceEncoder(quick=quick).encode(texts) for quick in (False, True)]
    assert (both[0] * both[1]).sum(-1).min() > 0.9999


def test_evaluation_puts_every_baseline_beside_the_router(asked, tiny_model, copy):
    router, store = copy
    done = run(
        *("--db", store, "evaluate", asked, "--clips", CLIPS, "--router", router),
        *("--train", asked, "--limit", "3", "--json", "-", "--tools", ",".join(TOOLS)),
        *("--with-tool", TOOLS[0], "--router", "prompted", "--provider", tiny_model),
    )
    found = json.loads(done.stdout)
    assert {"none", "all", "best single", "random", "rules", "nearest", "knn", "oracle",
            "nearest by examples", *(f"top {count}" for count in (2, 3, 5) if count < len(TOOLS)),
            "logistic", "cost-sensitive", "reward regression", "cross-fitted oracle",
            "prompted", str(router)} == set(found["strategies"])  # fmt: skip
    assert found["strategies"][str(router)]["help_estimates"]["questions"] == 3
    assert found["strategies"]["prompted"]["help_estimates"] is None
    best = found["strategies"]["oracle"]["accuracy"][0]
    assert all(best >= found["strategies"][n]["accuracy"][0] for n in ("none", "best single"))
    worth = found["with_tool"]
    assert worth["tool"] == TOOLS[0] and worth["shapley"] == found["contributions"][TOOLS[0]]
    assert not set(worth["fixes"]) & set(worth["breaks"])
    assert set(worth["chosen"]) == {str(router), "prompted"}
    assert found["questions"] == 3 and found["left_out"] == {}
    assert {c["second"] for c in found["comparisons"]} >= {"none", "all", "oracle"}


def test_costs_may_be_weighed_anew_without_training(trained, copy):
    result, _, _ = trained
    router, _ = copy
    registry, requests = few_tools(*TOOLS), result.data.train.requests
    routes, estimates = {}, {}
    for weight in (None, 0.0, 1e6):
        opened = open_router(registry, str(router), provider="cascade", cost_weight=weight)
        routes[weight] = opened.route(requests)
        estimates[weight] = [e.probability for e in opened.help_estimates(requests)]
    assert not any(route.calls for route in routes[1e6])
    assert all("worth its cost at 1e+06 (" in route.reason for route in routes[1e6])
    assert len(result.card.worth.mends) == len(result.card.worth.breaks) == result.card.max_calls
    assert all(len(route.calls) <= result.card.max_calls for route in routes[0.0])
    assert estimates[None] == estimates[0.0] and all(0 < p < 1 for p in estimates[None])
    assert "instead" in opened.identity, "routes of before there were calls in place of others"
    for nonsense in (float("nan"), float("inf"), -1.0):
        with pytest.raises(UsageError, match="not a number from 0 on"):
            open_router(registry, str(router), provider="cascade", cost_weight=nonsense)
    names = {LearnedRouter(router, registry.tools, cost_weight=w).identity for w in routes}
    assert len(names) == len(routes), "kept decisions of one weight would be taken for another's"


def test_routes_are_decided_anew_where_a_tool_reads_questions_otherwise(copy, monkeypatch):
    router, _ = copy
    tools = few_tools(*TOOLS).tools
    before = LearnedRouter(router, tools).identity
    monkeypatch.setattr(type(tools["key"]), "version", "another")
    assert LearnedRouter(router, tools).identity != before


def test_a_router_hears_also_by_what_it_may_not_call(copy):
    router, _ = copy
    registry = few_tools(*TOOLS)
    whole, restricted = (
        open_router(registry, str(router), provider="cascade", tools=tools)
        for tools in (None, "key,chords")
    )
    assert whole.listening_calls == restricted.listening_calls != ()


def test_routers_that_weigh_no_costs_say_so(trained, tmp_path):
    _, folder, _ = trained
    registry = few_tools("sound_tags")
    with pytest.raises(UsageError, match="the router rules weighs no costs"):
        open_router(registry, "rules", provider="cascade", cost_weight=0.5)
    shutil.copytree(folder / "router", tmp_path / "older")
    card = json.loads((tmp_path / "older" / "router.json").read_text())
    (tmp_path / "older" / "router.json").write_text(json.dumps(card | {"worth": None}))
    with pytest.raises(UsageError, match=r"no right answers were known to it"):
        open_router(registry, str(tmp_path / "older"), provider="cascade", cost_weight=0.5)
    older = open_router(registry, str(tmp_path / "older"), provider="cascade")
    assert older.help_estimates([]) is None


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


def test_a_router_may_see_how_sure_the_reasoner_is(asked, tiny_model, copy, tmp_path):
    _, store = copy
    request = TrainRequest(
        asked, CLIPS, tmp_path / "sees", training=replace(QUICK, see_margin=True),
        engine=EngineOptions(provider=tiny_model, store=store),
    )  # fmt: skip
    result = train(request, registry=few_tools(*TOOLS))
    margins = {request.margin for request in result.data.train.requests_with_margins()}
    assert len(margins) > 10 and all(0 <= margin <= 1 for margin in margins)
    router = LearnedRouter(tmp_path / "sees", few_tools(*TOOLS).tools)
    assert router.wants_margin
    unsure = [replace(r, margin=0.0) for r in result.data.train.requests]
    sure = [replace(r, margin=1.0) for r in result.data.train.requests]
    assert (router.scores(unsure)[0] != router.scores(sure)[0]).any()
    options = BatchOptions(provider=tiny_model, router=str(tmp_path / "sees"), store=store, limit=5)
    first = run_batch(CLIPS, asked, options, registry=few_tools(*TOOLS))
    assert not first.failed
    again = run_batch(CLIPS, asked, options, registry=few_tools(*TOOLS))
    assert again.tools.calls_run == again.reasoning.answers_made == 0


def test_costs_come_from_the_tools_and_not_from_what_runs_took(trained, tiny_model, copy):
    result, _, _ = trained
    _, path = copy
    table, tools = result.data.train, few_tools(*TOOLS)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE outcomes SET tool_seconds = 999")
        connection.execute("UPDATE tool_calls SET seconds = 999")
    with Store(path) as store:
        source = OutcomeSource(tools, open_reasoner(tools, tiny_model), store, BatchOptions())
        again = source.fill(table.questions, table.routes).table
        both = (ToolCall("key"), ToolCall("chords"))
        (outcome,) = source.ask([(table.questions[0], both)])
    assert (again.tool_seconds == table.tool_seconds).all()
    key, chords = (table.tool_seconds[0, table.routes.index((call,))] for call in both)
    # Each by itself; together what they share, all that the key needs, is counted once.
    assert max(key, chords) < outcome.tool_seconds < 0.5 * key + chords
    assert (table.all_seconds < table.tool_seconds.sum(axis=1)).all()
    assert result.card.tool_costs["chords"] == pytest.approx(
        published_cost(tools.tools["chords"]).rate, abs=1e-5
    )


def test_of_tools_that_none_was_learned_of_the_nearest_is_called(trained):
    _, folder, _ = trained
    others = few_tools("silences", "stereo").tools
    router = LearnedRouter(folder / "router", others)
    asked = ["How long is the pause between the two sounds?", "Does it come from left or right?"]
    nearest = UntrainedPolicy(others, SentenceEncoder())
    requests = [RouteRequest(question, ("a", "b"), FACTS) for question in asked]
    assert [r.calls for r in router.route(requests)] == [r.calls for r in nearest.route(requests)]


def test_what_calls_share_is_charged_once_where_costs_are_weighed(trained):
    _, folder, _ = trained
    tools = few_tools("key", "chords").tools
    always = [Chance(weights=(0, 0, 0, 0), offset=math.log(p / (1 - p))) for p in (0.3, 0.4, 0.1)]
    worth = Worth(mends=always[:2], breaks=always[2:] * 2, all_cost=1.0)

    def calls(front_ends, weight):
        router = LearnedRouter(folder / "router", tools)
        router.card = router.card.model_copy(update={"worth": worth, "front_ends": front_ends})
        router._cost_weight = weight
        (route,) = router.route([RouteRequest("Which key is it in?", ("C", "D"), FACTS)])
        return len(route.calls)

    card = read_card(folder / "router")
    costs = [card.tool_costs[name] for name in tools]
    shared = max(costs) * 0.9
    # A second call gains 0.1, and costs the rest of it or all of it.
    weight = 0.1 / (max(costs) - shared / 2)
    assert card.front_ends["key"], "what the tools share is kept"
    chroma = {name: {"chroma": min(shared, card.tool_costs[name])} for name in tools}
    assert calls(chroma, weight) == 2
    assert calls({}, weight) == 1


def test_an_evaluation_weighs_costs_as_it_is_told(trained, asked, tiny_model, copy):
    router, store = copy

    def evaluated(weight):
        request = EvaluateRequest(
            questions=asked, clips=CLIPS, routers=[str(router), "rules"], cost_weight=weight,
            engine=EngineOptions(provider=tiny_model, store=store),
        )  # fmt: skip
        return evaluate(request, registry=few_tools(*TOOLS))

    as_trained, dear = evaluated(None), evaluated(1000.0)
    assert (as_trained.cost_weight, dear.cost_weight) == (0.05, 1000.0)
    called = [one.strategies[str(router)].calls for one in (as_trained, dear)]
    assert called[1] == 0 < called[0]
    assert dear.strategies["rules"].calls == as_trained.strategies["rules"].calls
