"""What a router is trained on: what was answered, and costs that are the same every time."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from outcome_tables import table as outcome_table
from reasoners import Fails, Listens, Unsure
from trainings import train_with
from unmeasured_tools import ALL as UNMEASURED
from unmeasured_tools import FRONT_END_SECONDS

from audiorouter.clips import ClipFacts
from audiorouter.learning.objective import TrainingOptions, expected_reward
from audiorouter.learning.reward import relative_reward
from audiorouter.learning.training_data import outcomes_hash
from audiorouter.plugins.opening import open_router
from audiorouter.providers import Answer
from audiorouter.routing.checkpoint import WEIGHTS_FILE, RouterCard, fingerprint
from audiorouter.routing.interface import RouteRequest
from audiorouter.store import Store, StoredCall
from audiorouter.toolbox import ToolCall

SHORT = TrainingOptions(epochs=20, members=2)


@pytest.fixture
def train(question_file, clips, tmp_path):
    """Trains a router; it, and what was said."""

    def work(
        reasoner, registry, *, questions=question_file, folder=tmp_path, text_only=False,
        candidates=None, start=None, validation=None, anew=True, **options,
    ):  # fmt: skip
        training = replace(SHORT, **options)
        trained, lines = train_with(
            reasoner, questions, clips, folder, registry, training,
            text_only=text_only, candidates=candidates, start=start, validation=validation,
            anew=anew,
        )  # fmt: skip
        return trained, "\n".join(lines)

    return work


@pytest.mark.slow
@pytest.mark.weights
def test_a_margin_that_nobody_knows_is_not_trained_on(two_tools, train):
    trained, said = train(Unsure(), two_tools, see_margin=True)
    assert "--see-margin changes nothing" in said
    assert trained.card.see_margin is False
    trained, said = train(Listens(), two_tools, see_margin=True)
    assert "--see-margin" not in said and trained.card.see_margin


@pytest.mark.slow
@pytest.mark.weights
def test_a_policy_of_words_alone_is_trained_on_nothing_else(two_tools, train):
    listens, _ = train(Listens(), two_tools, see_margin=True)
    reads, said = train(Listens(), two_tools, see_margin=True, text_only=True)
    assert {r.facts.duration for r in listens.data.train.requests} == {1.0}
    assert {r.facts.duration for r in reads.data.train.requests} == {0.0}
    assert {r.margin for r in reads.data.train.requests_with_margins()} == {None}
    assert "--see-margin changes nothing" in said and not reads.card.see_margin
    same = zip(*(t.policy.state_dict().values() for t in (listens, reads)), strict=True)
    assert not all(torch.equal(one, other) for one, other in same)


@pytest.mark.slow
@pytest.mark.weights
def test_a_router_of_the_very_same_training_stays_as_long_as_it_is_whole(
    two_tools, train, tmp_path
):
    first, said = train(Listens(), two_tools, anew=False)
    assert "stays" not in said
    weights = tmp_path / "router" / WEIGHTS_FILE
    left = tmp_path / "router" / "training" / "0123456789ab"
    left.mkdir(parents=True)
    written = weights.stat().st_mtime_ns
    second, said = train(Listens(), two_tools, anew=False)
    assert "holds the router of this very training" in said
    assert second.card == as_written(first.card, weights) and not second.histories
    assert weights.stat().st_mtime_ns == written
    assert not left.exists(), "states of one that was killed as it ended"
    same = zip(*(t.policy.members.state_dict().values() for t in (first, second)), strict=True)
    assert all(torch.equal(one, other) for one, other in same)
    weights.write_bytes(b"damaged")
    _, said = train(Listens(), two_tools, anew=False)
    assert "stays" not in said and fingerprint(tmp_path / "router") == second.card.weights_hash
    _, said = train(Listens(), two_tools)
    assert "stays" not in said, "it is asked for anew"


def as_written(card: RouterCard, weights: Path) -> RouterCard:
    """The card as it is written beside those weights."""
    return card.model_copy(update={"weights_hash": fingerprint(weights.parent)})


@pytest.mark.slow
@pytest.mark.weights
def test_a_training_goes_on_from_a_router_and_keeps_what_that_one_knows(two_tools, train, tmp_path):
    first, _ = train(Listens(), two_tools, members=3, max_calls=2)
    start = tmp_path / "router"
    again = tmp_path / "again"
    same, said = train(Listens(), two_tools, folder=again, start=start, learning_rate=0.0)
    weights = zip(*(t.policy.members.state_dict().values() for t in (first, same)), strict=True)
    assert all(torch.equal(one, other) for one, other in weights), "no step is taken"
    assert (same.card.members, same.card.max_calls) == (3, 2), "as in the one that it starts from"
    assert same.card.start == f"router@{first.card.weights_hash or fingerprint(start)}"
    assert torch.allclose(same.policy.known, first.policy.known, atol=1e-3), "the same questions"
    assert same.card.worth == first.card.worth, "what calls are worth is what it was"
    assert "the router stays as it started" in said
    assert same.card.made_by != first.card.made_by


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("learning_rate", [0.0, 0.01])
def test_what_is_known_of_tools_that_are_not_trained_further_stays(
    two_tools, train, tmp_path, learning_rate
):
    first, _ = train(Listens(), two_tools, max_calls=1)
    fewer = replace(two_tools, tools={"silences": two_tools.tools["silences"]})
    again, said = train(
        Listens(), fewer, folder=tmp_path / "again", start=tmp_path / "router", max_calls=1,
        learning_rate=learning_rate,
    )  # fmt: skip
    assert again.card.tools == first.card.tools
    assert again.card.tool_costs.keys() == first.card.tool_costs.keys()
    assert again.card.worth.all_cost == pytest.approx(first.card.worth.all_cost, rel=0.1)
    if "the router stays as it started" in said:
        assert again.card.tool_costs == first.card.tool_costs
    before, after = (
        open_router(two_tools, str(tmp_path / folder), provider="fake")
        for folder in ("router", "again/router")
    )
    asked = [
        RouteRequest("Is it loud?", ("yes", "no"), ClipFacts("h", 1.0, 16_000, 1, -20.0, -3.0))
    ]
    assert learning_rate or before.route(asked) == after.route(asked)


@pytest.mark.slow
@pytest.mark.weights
def test_a_router_of_more_policies_than_there_are_clips_is_trained_further(
    two_tools, train, tmp_path, question_file
):
    first, _ = train(Listens(), two_tools, members=4)
    lines = question_file.read_text().splitlines()
    question_file.write_text("\n".join(lines[:3]))  # two clips
    trained, _ = train(Listens(), two_tools, folder=tmp_path / "again", start=tmp_path / "router")
    assert trained.card.members == first.card.members == 4


@pytest.mark.slow
@pytest.mark.weights
def test_a_question_for_which_several_policies_chose_counts_once(
    two_tools, train, tmp_path, question_file
):
    first, _ = train(Listens(), two_tools, members=3)
    head, one, two, *_ = question_file.read_text().splitlines()
    right = two.removesuffix("yes") + "no"
    others = [right.replace("loud", word) for word in ("soft", "far")]
    question_file.write_text("\n".join([head, one, two, *others]))  # two clips
    again, said = train(Listens(), two_tools, folder=tmp_path / "on", start=tmp_path / "router")
    assert again.card.members == first.card.members == 3
    assert again.data.train.correct[:, 0].mean() == again.card.scores["direct"] == 0.5
    assert "when validated on 4 questions: direct 50.0%" in said


@pytest.mark.slow
@pytest.mark.weights
def test_what_a_router_decided_of_questions_strange_to_it_is_to_be_beaten(
    two_tools, train, tmp_path, question_file, outcomes_by
):
    """It decides those untrained, whatever its policies learned, and is judged so."""

    class BySilences(Listens):
        identity, tool = "by silences", "silences"

    quick = {"members": 1, "max_calls": 1, "epochs": 150, "learning_rate": 0.01, "kl_weight": 0.0}
    train(BySilences(), two_tools, **quick)
    strange = question_file.read_text().replace("Is it loud?", "What is the level in LUFS?")
    question_file.write_text(strange.replace("yes|no,yes", "-14 LUFS|-23 LUFS,-14 LUFS"))
    again = tmp_path / "again"
    trained, said = train(
        Listens(), two_tools, folder=again, start=tmp_path / "router", learning_rate=0.0
    )
    assert "the router stays as it started" in said
    table = trained.data.train
    held_out = [table.questions[row] for row in trained.data.folds(1)[0][1].tolist()]
    router = open_router(two_tools, str(again / "router"), provider="fake")
    routed = outcomes_by(Listens()).routed(router, held_out)
    assert {call.tool for route, _ in routed for call in route.calls} == {"loudness"}
    assert trained.card.scores == {"direct": 0.0, "router": 1.0}


@pytest.mark.slow
@pytest.mark.weights
def test_a_router_that_is_gone_after_it_was_read_is_trained_further(two_tools, train, tmp_path):
    train(Listens(), two_tools)

    class Moves(Listens):
        def answer(self, requests):
            if (tmp_path / "router").exists():
                (tmp_path / "router").rename(tmp_path / "elsewhere")
            return super().answer(requests)

    Moves.identity = "moves"
    trained, _ = train(Moves(), two_tools, folder=tmp_path / "again", start=tmp_path / "router")
    assert trained.card.start.startswith("router@")


@pytest.mark.slow
@pytest.mark.weights
def test_one_policy_and_the_direct_answer_are_judged_by_the_same_questions(two_tools, train):
    class SometimesRight(Listens):
        """Is right without tools too where the clip is one of two."""

        identity = "sometimes"

        def one(self, request):
            right = request.findings or request.clip.name in ("0.wav", "1.wav")
            return Answer(request.choices[int(not right)], int(not right))

    trained, _ = train(SometimesRight(), two_tools, members=1, learning_rate=0.0)
    held = trained.data.folds(1)[0][1].tolist()
    assert 0 < len(held) < len(trained.data.train)
    direct = trained.data.train.correct[held, 0].mean()
    assert trained.card.scores == {"direct": direct, "router": 1.0}


@pytest.mark.slow
@pytest.mark.weights
def test_training_leaves_out_what_has_no_direct_answer_and_masks_single_calls(two_tools, train):
    def fails(request, tools):
        return (not tools and "1.wav" in str(request.clip)) or (
            tools == ["silences"] and "2.wav" in str(request.clip)
        )

    trained, said = train(Fails(fails), two_tools)
    table = trained.data.train
    assert len(table) == 3 and (~table.answered).sum() == 1
    assert "could not answer it without tools" in said
    assert "1 of 6 answers to single calls could not be had" in said
    assert all(math.isfinite(reward) for h in trained.histories for reward in h.train_reward)


@pytest.mark.slow
@pytest.mark.weights
def test_what_could_not_be_answered_says_nothing_of_what_calls_are_worth(two_tools, train):
    def fails(request, tools):
        return bool(tools) and "2.wav" in str(request.clip)

    trained, said = train(Fails(fails), two_tools)
    assert "1 of 4 held-out questions do not say what all calls are worth" in said
    assert trained.card.worth is not None


@pytest.mark.slow
@pytest.mark.weights
def test_where_no_call_was_answered_nothing_is_said_of_their_worth(two_tools, train):
    trained, _ = train(Fails(lambda _request, tools: bool(tools)), two_tools)
    assert trained.card.worth is None


@pytest.mark.slow
@pytest.mark.weights
def test_far_tools_may_be_left_untried(two_tools, train):
    reasoner = Listens()
    trained, said = train(reasoner, two_tools, candidates=1)
    table = trained.data.train
    # "Is it loud?" is nearer to `loudness` than to `silences`.
    assert table.tried.tolist() == [[True, True, False]] * 4
    assert "4 of 8 single calls were tried" in said and "could not be had" not in said
    assert table.outcome(0, (ToolCall("silences"),)) is None
    assert math.isnan(relative_reward(table, cost_weight=0.05)[0, 2])


def test_states_of_a_training_are_of_what_its_reasoner_was_sure_of():
    one = outcome_table(correct=[[0, 1]])
    other = replace(one, confidence=one.confidence + 0.1)
    assert outcomes_hash(one) != outcomes_hash(other)


def test_a_call_that_was_not_answered_teaches_nothing():
    log_p = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.2, 0.3, 0.5]])).requires_grad_()
    rewards = torch.tensor([[0.0, 1.0, math.nan], [math.nan] * 3])
    expected = expected_reward(log_p, rewards)
    expected.backward()
    # The first question's two known ones have 2/3 and 1/3; nothing is known of the second.
    assert expected.item() == pytest.approx(1 / 3 / 2)
    assert log_p.grad[0].tolist() == pytest.approx([-1 / 9, 1 / 9, 0.0])
    assert log_p.grad[1].tolist() == [0.0, 0.0, 0.0]


# What routes cost whose tools nobody measured


class ListensToOne(Unsure):
    identity = "listens to one"
    tool = "one"


@pytest.fixture
def unmeasured(two_tools):
    two_tools.tools = {tool.name: tool for tool in UNMEASURED}
    return two_tools


@pytest.mark.slow
def test_tools_that_nobody_measured_share_their_front_ends(unmeasured, outcomes_by, four_questions):
    both = (ToolCall("one"), ToolCall("other"))
    table = outcomes_by(Listens()).fill(four_questions, [both[:1], both[1:], both]).table
    # The clips have 1 s each.
    alone, together = table.tool_seconds[:, 1:3], table.tool_seconds[:, 3]
    assert (alone > 0.9 * FRONT_END_SECONDS).all()
    assert (together < 1.5 * FRONT_END_SECONDS).all()


@pytest.mark.slow
@pytest.mark.weights
def test_the_same_questions_give_the_same_costs_whatever_ran_before(
    unmeasured, question_file, train, tmp_path, own_store
):
    lines = question_file.read_text().splitlines()
    first = tmp_path / "first.csv"
    first.write_text("\n".join(lines[:4]))
    trained, said = train(ListensToOne(), unmeasured, questions=first)
    assert trained.card.tool_costs["one"] > 0.9 * FRONT_END_SECONDS, "from its own calls"
    assert "what missing costs is guessed: `audiorouter tools bench CLIP`" in said
    with Store(own_store) as store:
        for row in list(store.export("tool_calls")):
            other = {name: row[name] for name in ("clip", "tool", "identity", "arguments")}
            key = f"{row['key']} otherwise"
            store.save_call(StoredCall(key, **other, status="ok", seconds=7e3, shared="{}"))
    again, _ = train(ListensToOne(), unmeasured, questions=first, folder=tmp_path / "again")
    assert again.card == trained.card
    assert np.array_equal(again.data.train.tool_seconds, trained.data.train.tool_seconds)
    weights = zip(*(t.policy.state_dict().values() for t in (trained, again)), strict=True)
    assert all(torch.equal(one, other) for one, other in weights)


@pytest.mark.slow
@pytest.mark.weights
def test_one_clip_is_enough_where_others_are_validated_on(
    two_tools, train, question_file, tmp_path
):
    held = tmp_path / "held.csv"
    held.write_text(question_file.read_text())
    lines = question_file.read_text().splitlines()
    question_file.write_text("\n".join(lines[:2]))
    trained, said = train(Listens(), two_tools, validation=held)
    assert trained.card.questions["train"] == 1 and trained.card.members == 2
    assert "each leaves out" not in said


@pytest.mark.slow
@pytest.mark.weights
def test_fewer_policies_than_were_asked_for_are_said(two_tools, train, question_file):
    clips = {line.split(",")[0] for line in question_file.read_text().splitlines()[1:]}
    trained, said = train(Listens(), two_tools, members=20)
    assert trained.card.members == len(clips)
    assert f"{len(clips)} policies (not 20: each leaves out a part of the clips)" in said
