"""Linear baselines learn what is there to learn, at what it costs, and see what they are given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from outcome_tables import table
from synthetic_splits import synthetic

from audiorouter.evaluation.linear_routers import (
    FITS,
    PENALTIES,
    Features,
    Linear,
    fit_best_route,
    fit_best_route_by_regret,
    fit_penalised,
    fit_rewards,
    linear_routers,
)
from audiorouter.evaluation.text_only import TextOnly
from audiorouter.providers.interface import Evidence
from audiorouter.routing.features import FACTS, STATE_SIZE, without_clip
from audiorouter.routing.interface import Route, Router
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox import ToolCall

FEW = synthetic(120, 0)
CLIPS = [str(i // 2) for i in range(120)]


@pytest.mark.slow
@pytest.mark.parametrize("name", FITS)
def test_each_learns_whom_to_call(name):
    fit = FITS[name]
    rewards = FEW.rewards.double().numpy()
    model = fit_penalised(fit, FEW.states.question.double(), rewards, rewards, CLIPS)
    test = synthetic(200, 1)
    chosen = model(test.states.question.double()).argmax(dim=-1)
    best = test.rewards.argmax(dim=-1)
    assert float((chosen == best).float().mean()) > 0.95


def test_ridge_is_the_solution_of_the_normal_equations_and_leaves_out_what_is_unknown():
    rng = np.random.default_rng(0)
    x, y = torch.tensor(rng.random((20, 3))), torch.tensor(rng.random((20, 2)))
    y[:5, 1] = torch.nan
    model = fit_rewards(x, y, 0.1)
    rows = slice(5, None)
    centred, wanted = x[rows] - x[rows].mean(0), y[rows, 1] - y[rows, 1].mean()
    expected = torch.linalg.solve(
        centred.T @ centred + 15 * 0.1 * torch.eye(3).double(), centred.T @ wanted
    )
    assert model.weights[:, 1].tolist() == pytest.approx(expected.tolist())
    assert float(model(x[rows])[:, 1].mean()) == pytest.approx(float(y[rows, 1].mean()))
    y[:, 1] = torch.nan
    assert set(fit_rewards(x, y, 0.1)(x).argmax(dim=-1).tolist()) == {0}


@pytest.mark.slow
def test_regret_weighs_questions_on_which_it_matters():
    """Two kinds that no feature tells apart: the rare one gains ten times as much."""
    x = torch.zeros(100, 1).double()
    rewards = torch.tensor([[0.0, -0.1]] * 80 + [[0.0, 1.0]] * 20).double()
    assert fit_best_route(x, rewards, 1e-3)(x)[0].argmax() == 0
    assert fit_best_route_by_regret(x, rewards, 1e-3)(x)[0].argmax() == 1


def test_the_penalty_is_chosen_as_routers_are_judged():
    """A route that is rarely answered and right then: whoever takes it loses on the others."""
    rewards = np.array([[0.0, 1.0], *[[0.0, np.nan]] * 9] * 10)
    judged = np.where(np.isnan(rewards), -1.0, rewards)

    def fit(features, _rewards, penalty):
        """Careful under all penalties but the largest."""
        bold = penalty == max(PENALTIES)
        return Linear(torch.zeros(1, 2).double(), torch.tensor([0.0, 1.0 if bold else -1.0]))

    clips = [str(i) for i in range(100)]
    model = fit_penalised(fit, torch.zeros(100, 1).double(), rewards, judged, clips)
    assert model.offset.argmax() == 0


@pytest.mark.weights
@pytest.mark.slow
def test_costs_enter(two_tools):
    tools = list(two_tools.tools.values())
    asked = [
        text for i in range(10) for text in (f"How loud is sound {i}?", f"Is there silence {i}?")
    ]
    found = table([[0, 1, 0], [0, 0, 1]] * 10, seconds=[[0, 1, 1]] * 20, asked=asked)
    routes = ((), *((ToolCall(tool.name),) for tool in tools))
    found = replace(found, routes=routes)
    encoder = SentenceEncoder()
    for name, router in linear_routers(found, tools, encoder, cost_weight=0.1).items():
        taken = [route.calls for route in router.route(found.requests)]
        assert taken == [routes[1], routes[2]] * 10, name
    for router in linear_routers(found, tools, encoder, cost_weight=3.0).values():
        assert {route.calls for route in router.route(found.requests)} == {()}


@pytest.mark.weights
@pytest.mark.slow
def test_they_see_what_a_policy_is_given(two_tools):
    from audiorouter.routing.features import tool_vectors

    encoder = SentenceEncoder()
    tools = list(two_tools.tools.values())
    features = Features(tools, tool_vectors(tools, {}, encoder), encoder)
    request = table([[1]]).requests[0]
    heard = replace(request, heard=(Evidence(ToolCall("sound_tags"), "A dog barks."),), margin=0.5)
    bare, full = features.of([request, heard])
    assert bare.shape == (STATE_SIZE + 2 * 2,)
    differ = (bare != full).nonzero()[:, 0].tolist()
    assert differ and min(differ) >= 2 * 384 and max(differ) < STATE_SIZE - FACTS


def test_the_twin_that_does_not_listen_sees_words_alone():
    class Listener(Router):
        name = identity = "listener"
        listening_calls = (ToolCall("sound_tags"),)
        wants_margin = True

        def route(self, requests):
            self.seen = list(requests)
            return [Route() for _ in requests]

    listener = Listener()
    twin = TextOnly(listener)
    found = table([[1]] * 3)
    request = replace(
        found.requests[0], heard=(Evidence(ToolCall("sound_tags"), "A dog."),), margin=0.2
    )
    twin.route([request])
    assert (
        twin.listening_calls == () and not twin.wants_margin and twin.name == "listener, text only"
    )
    (seen,) = listener.seen
    assert seen == without_clip(request) and seen.question == request.question
    assert seen.heard == () and seen.margin is None
    assert (seen.facts.duration, seen.facts.rms_dbfs) == (0, 0)
