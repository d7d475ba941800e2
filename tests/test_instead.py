"""What measured nothing is not told, and other calls of the route are made in its place."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from few_tools import few_tools
from reasoners import Listens, Opens

from audiorouter import BatchOptions, EngineOptions, run_batch
from audiorouter.batch.planning.plan import make_plan
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.routing import Route, Router, RouteRequest, RouterFactory
from audiorouter.store import Store
from audiorouter.toolbox import Finding, ToolCall

# Of a steady tone `repetition` measures nothing; the others always find something.
IDLE, FIRST, SECOND = (ToolCall(name) for name in ("repetition", "silences", "loudness"))


BEYOND = ToolCall("loudness", {"start": 60.0})
"""A call that fails: the clip is one second long."""


class Told(Listens):
    """Remembers of which tools it was told findings."""

    identity = "told"

    def __init__(self) -> None:
        super().__init__()
        self.tools: list[tuple[str, ...]] = []

    def one(self, request):
        self.tools.append(tuple(item.call.tool for item in request.findings))
        return super().one(request)


class Gives(Router):
    """The same route for each question, which is worth keeping."""

    name = "gives"
    cacheable = True

    def __init__(self, route: Route):
        self.identity = f"gives {route}"
        self._route = route
        self.asked = 0

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        self.asked += len(requests)
        return [self._route] * len(requests)


@pytest.fixture
def take(four_questions, own_store):
    """Takes a route for a question about a tone: the route as it was made, and what was told."""
    registry = few_tools("repetition", "silences", "loudness")
    with Store(own_store) as store:

        def run(router: Router) -> tuple[list[str], list[tuple[str, ...]]]:
            reasoner = Told()
            source = OutcomeSource(registry, reasoner, store, EngineOptions())
            ((route, _),) = source.routed(router, four_questions[:1])
            return [call.tool for call in route.calls], reasoner.tools

        yield run


def test_one_call_is_made_for_each_that_measured_nothing(take):
    calls, told = take(Gives(Route((IDLE,), "why", (FIRST, SECOND))))
    assert calls == ["repetition", "silences"]
    assert told == [("silences",)]


def test_a_call_that_fails_is_made_up_for_as_well(take):
    calls, told = take(Gives(Route((BEYOND,), "why", (FIRST,))))
    assert calls == ["loudness", "silences"] and told == [("silences",)]


def test_one_that_cannot_be_made_is_passed_over(take):
    unreadable = ToolCall("loudness", {"start": "soon"})
    calls, told = take(Gives(Route((IDLE,), "why", (unreadable, FIRST))))
    assert calls == ["repetition", "silences"] and told == [("silences",)]


def test_where_all_measured_something_no_other_call_is_made(take):
    calls, told = take(Gives(Route((FIRST,), "why", (SECOND,))))
    assert calls == ["silences"] and told == [("silences",)]


def test_where_there_is_no_other_call_the_answer_is_the_direct_one(take):
    calls, told = take(Gives(Route((IDLE,), "why")))
    assert calls == ["repetition"] and told == [()]


def test_a_decision_that_was_kept_has_them_too(take):
    router = Gives(Route((IDLE,), "why", (SECOND,)))
    assert take(router)[0] == take(router)[0] == ["repetition", "loudness"]
    assert router.asked == 1


def test_the_plan_counts_them_once_it_is_known_what_measures_nothing(
    question_file, clips, own_store
):
    class Factory(RouterFactory):
        name = "gives"
        description = "always the same"

        def open(self, argument, tools):
            return Gives(Route((IDLE,), "why", (FIRST, SECOND)))

    registry = few_tools("repetition", "silences", "loudness")
    registry.routers["gives"] = Factory()
    registry.providers["fake"] = Opens(Told())
    options = BatchOptions(router="gives", provider="fake", store=own_store)
    first = make_plan(clips, question_file, options, registry=registry)
    assert first.tool_calls == {"repetition": 4}
    run_batch(clips, question_file, options, registry=registry)
    again = make_plan(clips, question_file, options, registry=registry)
    assert again.tool_calls == {} and again.tool_calls_stored == 8 and again.answers == 0


def test_a_finding_says_whether_it_measured_anything():
    assert Finding({"tempo": 90}, "90 BPM.").measured
    assert not Finding.not_measured("no music is heard").measured
