"""The gradient against values worked out by hand, and the trainer on tables small and synthetic."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_splits import OPTIONS, TOOLS, share_right, states_of, synthetic, tools

from audiorouter.errors import UsageError
from audiorouter.learning.objective import (
    Groups,
    Split,
    TrainingOptions,
    divergence,
    entropy,
    expected_reward,
)
from audiorouter.learning.trainer import Trainer, _with_gaps
from audiorouter.routing.familiarity import FAMILIAR, STRANGE, spread
from audiorouter.routing.policy import Committee, Policy
from audiorouter.routing.routes import (
    draw_routes,
    first_decision,
    greedy_routes,
    route_log_p,
    times_drawn,
)


@pytest.fixture(autouse=True)
def one_thread():
    """The networks are so small that threads only get in each other's way."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_the_exact_gradient_is_p_times_reward_less_expected_reward():
    # One question, none and two tools with logits 0, ln 2, ln 1: p = 1/4, 1/2, 1/4.
    scores = torch.tensor([[math.log(2.0), 0.0]], requires_grad=True)
    stop = torch.tensor([0.0], requires_grad=True)
    rewards = torch.tensor([[0.0, 1.0, -1.0]])
    log_p = first_decision(scores, stop[:, None])
    expected = expected_reward(log_p, rewards)
    expected.backward()
    assert expected.item() == pytest.approx(0.5 * 1.0 - 0.25 * 1.0)  # 0.25
    assert entropy(log_p).item() == pytest.approx(1.5 * math.log(2.0))
    assert scores.grad[0].tolist() == pytest.approx([0.5 * 0.75, 0.25 * -1.25])
    assert stop.grad.tolist() == pytest.approx([0.25 * -0.25])


def test_the_entropy_bonus_pulls_towards_even_odds():
    scores = torch.tensor([[math.log(3.0)]], requires_grad=True)
    bonus = entropy(first_decision(scores, torch.zeros(1, 1)))
    bonus.backward()
    # H = -(3/4 ln 3/4 + 1/4 ln 1/4); dH/dlogit = -p (ln p + H).
    by_hand = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert scores.grad.item() == pytest.approx(-0.75 * (math.log(0.75) + by_hand))


def test_drawn_routes_are_compared_with_their_group():
    # Probabilities 1/2 and 1/4 of all routes are 2/3 and 1/3 of those that were drawn.
    log_p = torch.log(torch.tensor([[0.5, 0.25]])).requires_grad_()
    expected = expected_reward(log_p, torch.tensor([[1.0, 0.0]]))
    expected.backward()
    assert expected.item() == pytest.approx(2 / 3)
    assert log_p.grad[0].tolist() == pytest.approx([2 / 3 * 1 / 3, 1 / 3 * -2 / 3])


def test_a_route_that_is_drawn_twice_counts_once():
    routes = torch.tensor([[[0, -1], [0, -1], [1, 0], [0, 1]]])
    assert times_drawn(routes).tolist() == [[2, 2, 1, 1]]


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 10_000))
def test_drawn_routes_call_no_tool_twice_and_know_their_probability(count, steps, seed):
    generator = torch.Generator().manual_seed(seed)
    scores, stop = (torch.randn(2, n, generator=generator) for n in (count, steps))
    routes = draw_routes(scores, steps, 6, generator)
    log_p = route_log_p(scores, stop, routes)
    for question in range(2):
        for route, total in zip(routes[question].tolist(), log_p[question].tolist(), strict=True):
            made = [call for call in route if call >= 0]
            assert len(set(made)) == len(made) and route[: len(made)] == made
            assert total == pytest.approx(chance(scores[question], stop[question], made), abs=1e-4)


def test_tools_are_drawn_by_their_scores_and_lengths_evenly():
    scores, generator = torch.tensor([[math.log(2.0), 0.0]]), torch.Generator().manual_seed(0)
    drawn = draw_routes(scores, 2, 30_000, generator)[0].tolist()
    shares = [drawn.count(route) / len(drawn) for route in ([-1, -1], [0, -1], [0, 1])]
    # A third has no call, one, and two; tool 0 comes first in two thirds of those with a call.
    assert shares == pytest.approx([1 / 3, 2 / 9, 2 / 9], abs=0.01)


def chance(scores: torch.Tensor, stop: torch.Tensor, made: list[int]) -> float:
    """Log-probability of calls in order, then of stopping where there was a choice."""
    left, total = set(range(len(scores))), 0.0
    for step in range(min(len(stop), len(scores))):
        weights = {tool: math.exp(scores[tool]) for tool in left}
        whole = sum(weights.values()) + math.exp(stop[step])
        if step == len(made):
            return total + math.log(math.exp(stop[step]) / whole)
        total += math.log(weights[made[step]] / whole)
        left.remove(made[step])
    return total


def test_greedy_routes_stop_where_stopping_is_likelier():
    scores = torch.tensor([[3.0, 2.0, -1.0], [-1.0, -2.0, -3.0]])
    stop = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert greedy_routes(scores, stop).tolist() == [[0, 1, -1], [-1, -1, -1]]


def test_the_divergence_is_that_of_kullback_and_leibler():
    # none and one tool with logits 0 and ln 3, so p = (1/4, 3/4); the reference is even.
    decided = first_decision(torch.tensor([[math.log(3.0)]]), torch.zeros(1, 1))
    found = divergence(decided, torch.log(torch.tensor([[0.5, 0.5]])))
    assert found.item() == pytest.approx(0.25 * math.log(0.5) + 0.75 * math.log(1.5))


@pytest.mark.slow
def test_a_policy_that_is_held_goes_less_far_from_the_untrained_one():
    states = synthetic(50, 3).states
    gone = []
    for weight in (0.0, 0.5):
        options = replace(OPTIONS, kl_weight=weight)
        policy, _ = Trainer(synthetic(64, 1), synthetic(32, 2), tools(), options).run()
        with torch.no_grad():
            ours = first_decision(*policy(states, tools()))
            untrained = first_decision(*Policy().eval()(states, tools()))
        gone.append(divergence(ours, untrained).item())
    assert gone[1] < 0.8 * gone[0]


@pytest.mark.slow
def test_a_policy_that_goes_on_is_held_to_what_it_was():
    start, _ = Trainer(synthetic(200, 1), synthetic(80, 2), tools(), OPTIONS).run()
    few, states = synthetic(24, 4), synthetic(50, 3).states
    shuffled = replace(few, rewards=few.rewards.flip(0))  # what it knows is wrong there
    gone = []
    for held_to in (start, None):
        options = replace(OPTIONS, kl_weight=5.0)
        policy, _ = Trainer(
            shuffled, shuffled, tools(), options, start=start, held_to=held_to
        ).run()
        with torch.no_grad():
            before, after = (first_decision(*p(states, tools())) for p in (start, policy))
        gone.append(divergence(after, before).item())
    assert gone[0] < 0.5 * gone[1]


def test_what_may_be_missing_is_left_out_here_and_there():
    torch.manual_seed(0)
    whole = torch.ones(400, 384)
    states = replace(states_of(whole, tools()), choices=whole, heard=whole)
    gaps = _with_gaps(states, TrainingOptions(heard_dropout=0.2, choices_dropout=0.5))
    for part, share in ((gaps.heard, 0.8), (gaps.choices, 0.5)):
        assert set(part.mean(dim=1).tolist()) == {0.0, 1.0}
        assert float(part.mean()) == pytest.approx(share, abs=0.1)
    assert torch.equal(gaps.alone, states.alone) and torch.equal(gaps.near, states.near)


def test_an_untrained_policy_is_the_nearest_description():
    vectors = tools()
    question = vectors.whole[[2, 0]] + 0.01
    scores, stop = Policy().eval()(states_of(question, vectors), vectors)
    assert scores.argmax(-1).tolist() == [2, 0] and stop.abs().max() == 0


def test_a_second_tool_is_called_where_two_are_about_as_near():
    vectors = tools()
    between = torch.nn.functional.normalize(vectors.whole[[2]] + vectors.whole[[0]], dim=-1)
    question = torch.cat([between, vectors.whole[[2]]])
    states = states_of(question, vectors)
    committee = Committee([Policy(max_calls=2), Policy(max_calls=2)]).eval()
    calls = greedy_routes(*committee(states, vectors)).tolist()
    assert sorted(calls[0]) == [0, 2] and calls[1] == [2, -1]


def committee_that_prefers(place: int, known: torch.Tensor | None) -> Committee:
    """One that has learned to call the same tool, whatever is asked."""
    policy = Policy(max_calls=2)
    with torch.no_grad():
        policy.need.bias += 100 * tools().whole[place]
        policy.log_scale += 1.0
    return Committee([policy], known).eval()


def test_what_was_learned_counts_by_how_near_a_question_is_to_those_of_training():
    vectors = tools()
    known, strange = vectors.whole[[2]], vectors.whole[[1]]
    assert float(known @ strange.T) < STRANGE
    between = torch.nn.functional.normalize(0.65 * known + strange, dim=-1)
    states = states_of(torch.cat([known, strange, between]), vectors)
    learned = committee_that_prefers(0, None)(states, vectors)
    untrained = Committee([Policy(max_calls=2)]).eval()(states, vectors)
    scores, stop = committee_that_prefers(0, known)(states, vectors)
    assert scores.argmax(-1).tolist()[:2] == [0, 1]
    for mixed, wholly, not_at_all in zip((scores, stop), learned, untrained, strict=True):
        assert torch.allclose(mixed[0], wholly[0], atol=1e-4)
        assert torch.allclose(mixed[1], not_at_all[1], atol=1e-4)
    share = float((between @ known.T - STRANGE) / (FAMILIAR - STRANGE))
    expected = untrained[0][2].lerp(learned[0][2], share)
    assert torch.allclose(scores[2], expected, atol=1e-4)


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 1000))
def test_kept_questions_stand_for_all_of_them(count, most, seed):
    """As many as are allowed, none twice; what is left out is nearer to one of them than they are
    to each other.
    """
    drawn = torch.randn(count, 8, generator=torch.Generator().manual_seed(seed))
    questions = torch.nn.functional.normalize(drawn, dim=-1)
    kept = spread(torch.cat([questions, questions]), most=most)
    assert len(kept) == min(count, most)
    farthest = float((questions @ kept.T).amax(-1).min())
    between = (kept @ kept.T).fill_diagonal_(-1.0)
    assert farthest >= float(between.max()) - 1e-3


@pytest.mark.slow
def test_training_learns_whom_to_call_and_whom_to_leave_alone():
    policy, history = Trainer(synthetic(200, 1), synthetic(80, 2), tools(), OPTIONS).run()
    assert share_right(policy, synthetic(200, 3)) > 0.95
    shares = history.tool_share[history.best_epoch]
    assert len(shares) == 1 + TOOLS and min(shares) > 0.05, "collapsed to fewer actions"


@pytest.mark.slow
def test_the_same_seed_gives_the_same_policy():
    options = TrainingOptions(max_calls=1, epochs=5)
    one, other = (
        Trainer(synthetic(64, 1), synthetic(32, 2), tools(), options).run()[0].state_dict()
        for _ in range(2)
    )
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [42_949_673, 2**32 - 1])
def test_stages_take_the_largest_seeds(seed):
    """Each policy of a committee has a seed of its own, larger than the one that was given."""
    options = TrainingOptions(max_calls=1, epochs=1, seed=seed)
    given = synthetic(64, 1), synthetic(32, 2), tools(), options
    _, history = Trainer(*given, seed=seed * 100 + 19).run()
    assert len(history.train_reward) == 1


def test_a_training_that_ends_in_no_numbers_says_so():
    split = synthetic(64, 1)
    endless = replace(split, rewards=split.rewards * math.inf)
    with pytest.raises(UsageError, match=r"no finite numbers.*no router is written.*--learning"):
        Trainer(endless, synthetic(32, 2), tools(), TrainingOptions(max_calls=1, epochs=3)).run()


RouteRewards = Callable[[Split, torch.Tensor], torch.Tensor]
"""Rewards `(B, G)` of routes `(B, G, K)` of a split."""


def in_two_stages(splits: Sequence[Split], rewards: RouteRewards) -> Policy:
    """Train single calls, then routes of two that are drawn and rewarded."""
    options = replace(OPTIONS, max_calls=2, entropy_weight=0.05)
    policy, _ = Trainer(*splits, tools(), options).run()
    drawn = []
    for split in splits:
        with torch.no_grad():
            scores, _ = policy(split.states, tools())
        routes = draw_routes(scores, 2, 64, torch.Generator().manual_seed(0))
        drawn.append(replace(split, groups=Groups(routes, rewards(split, routes))))
    return Trainer(*drawn, tools(), options, start=policy).run()[0]


@pytest.mark.slow
@pytest.mark.parametrize("worth", [0.5, -0.5])
def test_a_second_call_is_made_where_it_helps(worth):
    """Tool 0 beside the question's own one makes the answer better, or worse."""

    def rewards(split: Split, routes: torch.Tensor) -> torch.Tensor:
        own = split.rewards[:, 1:].argmax(dim=-1)[:, None]
        single = split.rewards.gather(1, routes[..., 0] + 1)
        both = (routes == 0).any(-1) & (routes == own[..., None]).any(-1) & (own > 0)
        return torch.where(routes[..., 1] < 0, single, torch.where(both, 0.9 + worth, -0.1))

    policy, test = in_two_stages((synthetic(128, 1), synthetic(64, 2)), rewards), synthetic(60, 3)
    own = test.rewards[:, 1:].argmax(dim=-1)
    asked = (test.rewards.max(dim=-1).values > 0) & (own > 0)
    with torch.no_grad():
        routes = greedy_routes(*policy(test.states, tools()))[asked].tolist()
    wanted = [{tool, 0} if worth > 0 else {tool} for tool in own[asked].tolist()]
    made = [{call for call in route if call >= 0} for route in routes]
    right = [calls == best for calls, best in zip(made, wanted, strict=True)]
    assert sum(right) >= 0.9 * len(right)


@pytest.mark.slow
def test_groups_learn_longer_routes():
    """Two calls are needed; one alone is worth nothing."""

    def rewards(split: Split, routes: torch.Tensor) -> torch.Tensor:
        pair = (routes == 1).any(-1) & (routes == 3).any(-1)
        longer = torch.where(pair, 0.9, -0.2)
        return torch.where(routes[..., 0] < 0, 0.0, torch.where(routes[..., 1] < 0, -0.1, longer))

    def useless(split: Split) -> Split:
        alone = torch.full_like(split.rewards, -0.1)
        alone[:, 0] = 0
        return replace(split, rewards=alone)

    splits = useless(synthetic(64, 1)), useless(synthetic(32, 2))
    policy = in_two_stages(splits, rewards)
    with torch.no_grad():
        calls = greedy_routes(*policy(synthetic(20, 3).states, tools()))
    assert all(sorted(route) == [1, 3] for route in calls.tolist())


IN_TWO = """
import sys
sys.path.insert(0, {tests!r})
import torch
from accelerate import debug_launcher
from synthetic_splits import OPTIONS, share_right, synthetic, tools
from audiorouter.learning.trainer import Trainer

def work():
    policy, _ = Trainer(synthetic(200, 1), synthetic(80, 2), tools(), OPTIONS).run()
    with open(sys.argv[1] + "/" + str(torch.distributed.get_rank()), "w") as stream:
        print(share_right(policy, synthetic(200, 3)), file=stream)

debug_launcher(work, num_processes=2)
"""


@pytest.mark.slow
def test_two_processes_learn_as_well_as_one(tmp_path):
    # debug_launcher forks, which must happen before torch has threads.
    program = IN_TWO.format(tests=str(Path(__file__).parent))
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True, timeout=240)
    found = [float(path.read_text()) for path in sorted(tmp_path.iterdir())]
    assert len(found) == 2 and found[0] == found[1] > 0.95


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from synthetic_splits import synthetic, tools
from audiorouter.learning.trainer import Trainer
from audiorouter.learning.objective import TrainingOptions
import torch
slow = (lambda epoch, _h: time.sleep(0.02)) if sys.argv[2] == "slow" else None
trainer = Trainer(synthetic(64, 1), synthetic(32, 2), tools(), TrainingOptions(epochs=80,
    patience=80), scratch=Path(sys.argv[1]) if sys.argv[2] != "whole" else None, report=slow)
policy, history = trainer.run()
print(len(history.train_reward), sum(float(v.sum()) for v in policy.state_dict().values()))
"""


@pytest.mark.slow
def test_a_killed_training_goes_on_to_the_same_end(tmp_path):
    program = KILLED.format(tests=str(Path(__file__).parent))

    def start(mode: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path), mode], stdout=subprocess.PIPE, text=True
        )

    whole = start("whole").communicate(timeout=120)[0]
    victim = start("slow")
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("state-*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert list(tmp_path.glob("state-*")), "nothing was kept"
    resumed = start("resumed").communicate(timeout=120)[0]
    assert resumed.split() == whole.split()
