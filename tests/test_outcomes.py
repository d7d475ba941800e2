"""What the reasoner makes of routes: seen as in a batch, kept by what decides it, never made up."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from pluggy import PluginManager
from test_learned import Opens
from unmeasured_tools import ALL as UNMEASURED
from unmeasured_tools import FRONT_END_SECONDS

from audiorouter import BatchOptions, EngineOptions, hookimpl, run_batch
from audiorouter.cli.tables import evaluation_text
from audiorouter.clips import ClipFacts
from audiorouter.errors import ReasonerError, ToolError, UsageError
from audiorouter.evaluation.comparison import evaluate_routers
from audiorouter.evaluation.statistics import expected_calibration_error
from audiorouter.learning.objective import TrainingOptions, expected_reward
from audiorouter.learning.outcome_keys import OutcomeKeys
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.train import TrainRequest, train_router
from audiorouter.plugins import hookspecs, load_registry
from audiorouter.providers import Answer, Reasoner, Request
from audiorouter.questions import read_questions
from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.routing.strategies import FixedRouter, RulesRouter
from audiorouter.store import Store, StoredCall
from audiorouter.toolbox import ToolCall

TOOLS = ("loudness", "silences")
LOUDNESS = (ToolCall("loudness"),)
FACTS = ClipFacts("clip", 1.0, 16_000, 1, -20.0, -10.0)


class Listens(Reasoner):
    """Is right with `loudness`, else wrong; it says how sure it is, and counts what it is asked."""

    name = identity = "fake"
    order_matters = False

    def __init__(self) -> None:
        self.asked = 0

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        self.asked += len(requests)
        return [self.one(request) for request in requests]

    def one(self, request: Request) -> Answer:
        right = any(item.call.tool == "loudness" for item in request.findings)
        sure = 0.9 if "0.wav" in str(request.clip) else 0.6
        p = (sure, 1 - sure) if right else (1 - sure, sure)
        return Answer(request.choices[int(not right)], int(not right), p)


class Unsure(Listens):
    """The same, without saying how sure it is."""

    identity = "unsure"

    def one(self, request: Request) -> Answer:
        return replace(super().one(request), probabilities=None)


class Fails(Listens):
    """Fails where `fails` says so."""

    identity = "fails"

    def __init__(self, fails) -> None:
        super().__init__()
        self.fails = fails

    def one(self, request: Request) -> Answer:
        if self.fails(request, [item.call.tool for item in request.findings]):
            raise ReasonerError("not today")
        return super().one(request)


class Recorder(Router):
    """Takes `loudness`, where it is asked about clip 0 or the reasoner is unsure."""

    name = "recorder"

    def __init__(self, *, listening_calls=(), wants_margin=False):
        self.identity = f"recorder {listening_calls} {wants_margin}"
        self.listening_calls = listening_calls
        self.wants_margin = wants_margin
        self.seen: list[RouteRequest] = []

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        self.seen += requests
        return [
            Route(LOUDNESS if r.margin is not None and r.margin < 0.5 else ()) for r in requests
        ]


@pytest.fixture
def registry():
    found = load_registry(third_party=False)
    found.tools = {name: found.tools[name] for name in TOOLS}
    return found


@pytest.fixture
def asked(tone, clips, tmp_path):
    """Four questions about four tones; the first choice is right."""
    for number in range(4):
        tone(f"{number}.wav", frequency=300 + 100 * number)
    path = tmp_path / "q.csv"
    lines = [f"{number}.wav,Is it loud?,yes|no,yes" for number in range(4)]
    path.write_text("\n".join(["audio,question,choices,answer", *lines]))
    return path


def questions_of(path, clips):
    return read_questions(path, clips).questions


@pytest.fixture
def source(registry, own_store):
    """Makes sources that share a store."""
    with Store(own_store) as store:

        def make(reasoner, **options):
            return OutcomeSource(registry, reasoner, store, EngineOptions(**options))

        yield make


# What a router sees


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("listening_calls", [(), (ToolCall("silences"),)])
@pytest.mark.parametrize("wants_margin", [False, True])
def test_a_router_sees_in_an_evaluation_what_it_sees_in_a_batch(
    registry, source, asked, clips, monkeypatch, listening_calls, wants_margin
):
    in_evaluation = Recorder(listening_calls=listening_calls, wants_margin=wants_margin)
    evaluation = evaluate_routers(
        source(Listens()), questions_of(asked, clips), {"r": in_evaluation}, registry.tools
    )
    in_batch = Recorder(listening_calls=listening_calls, wants_margin=wants_margin)
    monkeypatch.setattr("audiorouter.batch.run.open_router", lambda *_, **__: in_batch)
    registry.providers["fake"] = Opens(Listens())
    rows = run_batch(clips, asked, BatchOptions(provider="fake"), registry=registry).rows

    def by_clip(seen):
        return {request.facts.audio_hash: request for request in seen}

    assert by_clip(in_evaluation.seen) == by_clip(in_batch.seen)
    for request in in_evaluation.seen:
        assert [item.call for item in request.heard] == list(listening_calls)
        assert (request.margin is not None) is wants_margin
    score = evaluation.strategies["r"]
    assert [tuple(row.route.calls) for row in rows] == list(score.routes)
    assert [row.correct for row in rows] == score.correct.tolist()
    assert {len(route) for route in score.routes} == ({0, 1} if wants_margin else {0})


# Keys


def test_what_plugins_make_of_a_request_decides_an_outcome(source, registry, asked, clips):
    questions = questions_of(asked, clips)
    plain = Listens()
    source(plain).fill(questions, [])
    again = Listens()
    source(again).fill(questions, [])
    assert plain.asked == 4 and again.asked == 0

    class Polite:
        @hookimpl
        def prepare_request(self, request):
            return replace(request, question=f"{request.question} Please.")

    manager = PluginManager("audiorouter")
    manager.add_hookspecs(hookspecs)
    manager.register(Polite())
    (implementation,) = manager.hook.prepare_request.get_hookimpls()
    prepared = Listens()
    registry.hooks.add("prepare_request", "polite 1", implementation, stamp="first")
    source(prepared).fill(questions, [])
    assert prepared.asked == 4, "the answers without the plugin were taken"
    with_it = {row["key"] for row in source(Listens())._store.export("outcomes")}
    assert len(with_it) == 8


def test_a_hooks_code_is_part_of_its_fingerprint(tmp_path, use_plugins):
    path = tmp_path / "hurried.py"
    path.write_text(
        "from audiorouter import hookimpl\n@hookimpl\ndef prepare_request(request): return None\n"
    )
    use_plugins(tmp_path)
    first = load_registry().hooks.fingerprint("prepare_request")
    assert len(first) == 1 and first[0].startswith("hurried file")
    os.utime(path, ns=(1, 1))
    assert load_registry().hooks.fingerprint("prepare_request") != first
    assert load_registry().hooks.fingerprint("judge_answer") == []


def test_orders_of_the_choices_decide_an_outcome(source, asked, clips):
    class Ordered(Listens):
        identity = "ordered"
        order_matters = True

    questions = questions_of(asked, clips)
    asked_by = {}
    for orders in (1, 2):
        reasoner = Ordered()
        source(reasoner, shuffle_choices=orders).fill(questions, [])
        asked_by[orders] = reasoner.asked
    assert asked_by == {1: 4, 2: 4}, "the second order was not asked, or the first one again"
    reasoner = Listens()
    source(reasoner).fill(questions, [])
    source(reasoner, shuffle_choices=2).fill(questions, [])
    assert reasoner.asked == 4, "the order changes nothing for this reasoner"


def test_what_was_answered_without_ears_is_not_kept(source, registry, asked, clips, own_store):
    class Deaf(Listens):
        identity = "deaf"
        listening_calls = (ToolCall("silences"),)

    works = registry.tools["silences"]

    class Broken(type(works)):
        def missing(self):
            return "is broken today"

    registry.tools["silences"] = Broken()
    source(Deaf()).fill(questions_of(asked, clips), [])
    registry.tools["silences"] = works
    better = Deaf()
    source(better).fill(questions_of(asked, clips), [])
    assert better.asked == 4


# Nothing made up


@pytest.mark.slow
@pytest.mark.weights
def test_margin_and_confidence_are_unknown_without_probabilities(source, registry, asked, clips):
    table = source(Unsure()).fill(questions_of(asked, clips), [LOUDNESS]).table
    assert np.isnan(table.margin).all() and np.isnan(table.confidence).all()
    assert all(request.margin is None for request in table.requests_with_margins())
    evaluation = evaluate_routers(source(Unsure()), questions_of(asked, clips), {}, registry.tools)
    assert {score.calibration_error for score in evaluation.strategies.values()} == {None}
    json.dumps(evaluation.as_json(), allow_nan=False)
    assert " - " in evaluation_text(evaluation)


def test_calibration_is_that_of_the_answers_that_have_a_confidence():
    confidence = np.array([math.nan, 0.8, 0.8])
    found = expected_calibration_error(confidence, np.array([False, True, True]))
    assert found == pytest.approx(0.2)


def training(asked, clips, tmp_path, registry, reasoner, **options):
    registry.providers["fake"] = Opens(reasoner)
    lines: list[str] = []
    request = TrainRequest(
        asked, clips, tmp_path / "router",
        training=TrainingOptions(epochs=20, members=2, **options),
        engine=EngineOptions(provider="fake"),
    )  # fmt: skip
    return train_router(request, registry=registry, say=lines.append), "\n".join(lines)


@pytest.mark.slow
@pytest.mark.weights
def test_a_margin_that_nobody_knows_is_not_trained_on(registry, asked, clips, tmp_path):
    trained, said = training(asked, clips, tmp_path, registry, Unsure(), see_margin=True)
    assert "--see-margin changes nothing" in said
    assert trained.card.see_margin is False
    trained, said = training(asked, clips, tmp_path, registry, Listens(), see_margin=True)
    assert "--see-margin" not in said and trained.card.see_margin


# What could not be answered


@pytest.mark.slow
@pytest.mark.weights
def test_unanswered_is_wrong_for_the_strategies_that_took_that_route(
    source, registry, asked, clips, tmp_path
):
    pytest.importorskip("matplotlib")
    from audiorouter.evaluation.comparison_page import write_evaluation

    too_long = Fails(lambda request, tools: len(tools) == 2 and "1.wav" in str(request.clip))
    evaluation = evaluate_routers(source(too_long), questions_of(asked, clips), {}, registry.tools)
    assert len(evaluation.table) == 4 and not evaluation.problems
    unanswered = {name: score.unanswered for name, score in evaluation.strategies.items()}
    assert unanswered.pop("all") == 1 and set(unanswered.values()) == {0}
    assert evaluation.strategies["all"].accuracy.mean == 0.75
    assert evaluation.strategies["best single"].accuracy.mean == 1.0
    assert evaluation.strategies["all"].tool_seconds.min() > 0, "its calls were made all the same"
    assert evaluation.as_json()["strategies"]["all"]["unanswered"] == 1
    assert "unanswered" in evaluation_text(evaluation)
    write_evaluation(tmp_path / "page.html", evaluation)
    assert "unanswered" in (tmp_path / "page.html").read_text()


@pytest.mark.slow
@pytest.mark.weights
def test_the_page_of_an_evaluation_escapes_what_it_shows(source, registry, asked, clips, tmp_path):
    pytest.importorskip("matplotlib")
    from audiorouter.evaluation.comparison_page import write_evaluation

    never = Fails(lambda request, _tools: "1.wav" in str(request.clip))
    routers = {"<i>{{ 7 * 7 }}": RulesRouter(registry.tools)}
    questions = questions_of(asked, clips)
    evaluation = evaluate_routers(source(never), questions, routers, registry.tools)
    write_evaluation(tmp_path / "page.html", replace(evaluation, problems={"<b>2": "no & never"}))
    page = (tmp_path / "page.html").read_text()
    assert "<td>&lt;i&gt;{{ 7 * 7 }} less all</td>" in page and "<i>" not in page
    assert "<td>&lt;b&gt;2</td><td>no &amp; never</td>" in page and "<b>" not in page
    assert page.count("<svg ") == 2 and "&lt;svg" not in page


@pytest.mark.slow
@pytest.mark.weights
def test_a_fault_that_passes_is_the_same_fault_in_table_and_strategies(
    source, registry, asked, clips
):
    failed = []

    def once(request, tools):
        if tools == ["loudness", "silences"] and request.clip not in failed:
            failed.append(request.clip)
            return True
        return False

    reasoner = Fails(once)
    reasoner.batch_size = 1  # what fails in a larger batch is tried again by itself
    questions = questions_of(asked, clips)
    evaluation = evaluate_routers(source(reasoner), questions, {}, registry.tools)
    assert len(failed) == 4 and evaluation.strategies["all"].unanswered == 4
    assert (~evaluation.table.answered).sum() == 4


@pytest.mark.slow
@pytest.mark.weights
def test_a_question_that_no_route_answers_is_left_out_and_named(source, registry, asked, clips):
    never = Fails(lambda request, _tools: "1.wav" in str(request.clip))
    evaluation = evaluate_routers(source(never), questions_of(asked, clips), {}, registry.tools)
    assert len(evaluation.table) == 3
    assert list(evaluation.problems.values()) == ["the reasoner could not answer it by any route"]
    assert "left out: 1 question\n" in evaluation_text(evaluation)
    always = Fails(lambda *_: True)
    always.identity = "fails always"
    with pytest.raises(UsageError, match="no question was answered"):
        evaluate_routers(source(always), questions_of(asked, clips), {}, registry.tools)


def test_two_questions_that_differ_in_the_right_answer_only_are_two(source, clips, tone, tmp_path):
    tone("0.wav")
    path = tmp_path / "q.csv"
    path.write_text(
        "audio,question,choices,answer\n0.wav,Loud?,yes|no,yes\n0.wav,Loud?,yes|no,no\n"
    )
    table = source(Listens()).fill(questions_of(path, clips), []).table
    assert table.correct[:, 0].tolist() == [False, True]


def test_a_call_that_was_not_answered_teaches_nothing():
    log_p = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]])).requires_grad_()
    rewards = torch.tensor([[0.0, 1.0, math.nan], [math.nan] * 3])
    expected = expected_reward(log_p, rewards)
    expected.backward()
    # The first question's two known ones have 2/3 and 1/3; nothing is known of the second.
    assert expected.item() == pytest.approx(1 / 3 / 2)
    assert log_p.grad[0].tolist() == pytest.approx([-1 / 9, 1 / 9, 0.0])
    assert log_p.grad[1].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.slow
@pytest.mark.weights
def test_training_leaves_out_what_has_no_direct_answer_and_masks_single_calls(
    registry, asked, clips, tmp_path
):
    def fails(request, tools):
        return (not tools and "1.wav" in str(request.clip)) or (
            tools == ["silences"] and "2.wav" in str(request.clip)
        )

    trained, said = training(asked, clips, tmp_path, registry, Fails(fails))
    table = trained.data.train
    assert len(table) == 3 and (~table.answered).sum() == 1
    assert "could not answer it without tools" in said
    assert "1 of 6 answers to single calls could not be had" in said
    assert all(math.isfinite(reward) for h in trained.histories for reward in h.train_reward)


@pytest.mark.slow
@pytest.mark.weights
def test_a_route_with_calls_that_make_no_sense_costs_its_question_only(
    source, registry, asked, clips
):
    class Nonsense(Recorder):
        def route(self, requests):
            return [Route((ToolCall("loudness", {"no": "such"}),)) for _ in requests]

    evaluation = evaluate_routers(
        source(Listens()), questions_of(asked, clips), {"n": Nonsense()}, registry.tools
    )
    assert evaluation.strategies["n"].unanswered == 4
    with pytest.raises(ToolError):
        registry.tools["loudness"].normalised({"no": "such"})


def test_a_call_that_cannot_be_made_has_the_key_of_no_other_call(registry, asked, clips):
    """So that nothing is read as its outcome, and no other question is lost for it."""
    keys, question = OutcomeKeys(registry, Listens(), orders=1), questions_of(asked, clips)[0]
    bad = ToolCall("loudness", {"no": "such"})
    assert keys.made(question, bad) == bad
    assert keys.of_outcome(question, FACTS, (bad,)) != keys.of_outcome(
        question, FACTS, (ToolCall("loudness"),)
    )


@pytest.mark.slow
@pytest.mark.weights
def test_routers_that_were_asked_for_are_compared_whatever_their_name(
    source, registry, asked, clips
):
    routers = {"rules": RulesRouter(TOOLS), "oracle": FixedRouter("oracle", [])}
    evaluation = evaluate_routers(
        source(Listens()), questions_of(asked, clips), routers, registry.tools
    )
    assert evaluation.routers == ("rules", "router oracle")
    compared = {(c.first, c.second) for c in evaluation.comparisons()}
    assert {("rules", "none"), ("rules", "all"), ("router oracle", "oracle")} <= compared
    assert not [first for first, _ in compared if first not in evaluation.routers]
    assert set(evaluation.worth("loudness").chosen) == {"rules", "router oracle"}
    # A router in a folder named like a baseline in hindsight does not take its place.
    assert evaluation.strategies["oracle"].accuracy.mean == 1.0
    assert evaluation.strategies["router oracle"].accuracy.mean == 0.0


ASKING = """
from audiorouter import Answer, NoOptions, Provider, Reasoner, hookimpl
from audiorouter import AskingRouter, Route, RouterFactory, ToolCall

class First(Reasoner):
    name = identity = "first"

    def answer(self, requests):
        return [Answer(r.choices[0], 0) for r in requests]

class Opens(Provider[NoOptions]):
    name = "first"
    description = "for a test"
    Options = NoOptions

    def open(self, model, options):
        return First()

@hookimpl
def register_providers(register):
    register(Opens())

class Asks(AskingRouter):
    name = identity = "asks"

    async def decide(self, request, ask, *, max_calls):
        return Route((ToolCall("loudness"),))

class Factory(RouterFactory):
    name = "asks"
    description = "for a test"

    def open(self, argument, tools):
        return Asks()

@hookimpl
def register_routers(register):
    register(Factory())
"""


@pytest.mark.slow
@pytest.mark.weights
def test_evaluate_tells_routers_that_ask_by_what_they_are(
    asked, clips, tmp_path, own_store, use_plugins
):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "asks.py").write_text(ASKING)
    use_plugins(tmp_path / "plugins")

    def evaluate(*options):
        command = [
            *(sys.executable, "-m", "audiorouter", "evaluate", asked, "--clips", clips),
            *("--provider", "first", "--tools", ",".join(TOOLS), *options),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    done = evaluate("--router", "rules", "--max-calls", "2", "--with-tool", "nosuch")
    assert "--max-calls is for routers that ask: none here does" in done.stderr
    assert done.returncode == 2 and not done.stdout
    assert "'nosuch' is not evaluated (evaluated: loudness, silences)" in done.stderr
    assert not own_store.exists(), "it is said before the work"
    done = evaluate("--router", "asks", "--max-calls", "2")
    assert done.returncode == 0 and "--max-calls" not in done.stderr
    assert "asks" in done.stdout


# What routes cost whose tools nobody measured


class ListensToOne(Listens):
    """Is right with the tool `one`."""

    def one(self, request: Request) -> Answer:
        right = any(item.call.tool == "one" for item in request.findings)
        return Answer(request.choices[int(not right)], int(not right))


@pytest.fixture
def unmeasured(registry):
    registry.tools = {tool.name: tool for tool in UNMEASURED}
    return registry


def test_tools_that_nobody_measured_share_their_front_ends(unmeasured, source, asked, clips):
    both = (ToolCall("one"), ToolCall("other"))
    table = source(Listens()).fill(questions_of(asked, clips), [both[:1], both[1:], both]).table
    # The clips have 1 s each.
    alone, together = table.tool_seconds[:, 1:3], table.tool_seconds[:, 3]
    assert (alone > 0.9 * FRONT_END_SECONDS).all()
    assert (together < 1.5 * FRONT_END_SECONDS).all()


@pytest.mark.slow
@pytest.mark.weights
def test_the_same_questions_give_the_same_costs_whatever_ran_before(
    unmeasured, asked, clips, tmp_path, own_store
):
    lines = asked.read_text().splitlines()
    first = tmp_path / "first.csv"
    first.write_text("\n".join(lines[:4]))
    trained, said = training(first, clips, tmp_path, unmeasured, ListensToOne())
    assert trained.card.tool_costs["one"] > 0.9 * FRONT_END_SECONDS, "from its own calls"
    assert "what missing costs is guessed: `audiorouter tools bench`" in said
    with Store(own_store) as store:
        for row in list(store.export("tool_calls")):
            other = {name: row[name] for name in ("clip", "tool", "identity", "arguments")}
            key = f"{row['key']} otherwise"
            store.save_call(StoredCall(key, **other, status="ok", seconds=7e3, shared="{}"))
    again, _ = training(first, clips, tmp_path / "again", unmeasured, ListensToOne())
    assert again.card == trained.card
    assert np.array_equal(again.data.train.tool_seconds, trained.data.train.tool_seconds)
    weights = zip(*(t.policy.state_dict().values() for t in (trained, again)), strict=True)
    assert all(torch.equal(one, other) for one, other in weights)
