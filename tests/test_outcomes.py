"""What decides an outcome: whatever the reasoner's answer hangs on, and nothing besides."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
from pluggy import PluginManager
from reasoners import Listens

from audiorouter import hookimpl
from audiorouter.clips import ClipFacts
from audiorouter.errors import UnreachableError
from audiorouter.learning.outcome_keys import OutcomeKeys
from audiorouter.plugins import hookspecs, load_registry
from audiorouter.questions import read_questions
from audiorouter.routing.strategies import FixedRouter
from audiorouter.toolbox import ToolCall

FACTS = ClipFacts("clip", 1.0, 16_000, 1, -20.0, -10.0)


def test_what_plugins_make_of_a_request_decides_an_outcome(outcomes_by, two_tools, four_questions):
    plain = Listens()
    outcomes_by(plain).fill(four_questions, [])
    again = Listens()
    outcomes_by(again).fill(four_questions, [])
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
    two_tools.hooks.add("prepare_request", "polite 1", implementation, stamp="first")
    outcomes_by(prepared).fill(four_questions, [])
    assert prepared.asked == 4, "the answers without the plugin were taken"
    with_it = {row["key"] for row in outcomes_by(Listens())._store.export("outcomes")}
    assert len(with_it) == 8


def test_what_was_asked_without_a_hooks_part_is_not_kept(outcomes_by, two_tools, four_questions):
    class Moody:
        fails = True

        @hookimpl
        def prepare_request(self, request):
            if self.fails:
                raise RuntimeError("not today")
            return replace(request, question=f"{request.question} Please.")

    manager = PluginManager("audiorouter")
    manager.add_hookspecs(hookspecs)
    manager.register(moody := Moody())
    (implementation,) = manager.hook.prepare_request.get_hookimpls()
    two_tools.hooks.add("prepare_request", "moody 1", implementation, stamp="first")
    outcomes_by(Listens()).fill(four_questions, [])
    moody.fails = False
    prepared = Listens()
    outcomes_by(prepared).fill(four_questions, [])
    assert prepared.asked == 4, "answers to what nobody prepared were taken"


@pytest.mark.slow
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


def test_orders_of_the_choices_decide_an_outcome(outcomes_by, four_questions):
    class Ordered(Listens):
        identity = "ordered"
        order_matters = True

    asked_by = {}
    for orders in (1, 2):
        reasoner = Ordered()
        outcomes_by(reasoner, shuffle_choices=orders).fill(four_questions, [])
        asked_by[orders] = reasoner.asked
    assert asked_by == {1: 4, 2: 4}, "the second order was not asked, or the first one again"
    reasoner = Listens()
    outcomes_by(reasoner).fill(four_questions, [])
    outcomes_by(reasoner, shuffle_choices=2).fill(four_questions, [])
    assert reasoner.asked == 4, "the order changes nothing for this reasoner"


def test_who_cannot_hear_a_clip_is_not_asked_about_it(outcomes_by, two_tools, four_questions):
    class Deaf(Listens):
        identity = "deaf"
        listening_calls = (ToolCall("silences"),)

    works = two_tools.tools["silences"]

    class Broken(type(works)):
        def missing(self):
            return "is broken today"

    two_tools.tools["silences"] = Broken()
    deaf = Deaf()
    with pytest.raises(UnreachableError, match="could not hear the clip: silences is broken"):
        outcomes_by(deaf).fill(four_questions, [])
    assert deaf.asked == 0
    two_tools.tools["silences"] = works
    better = Deaf()
    outcomes_by(better).fill(four_questions, [])
    assert better.asked == 4


def test_two_questions_that_differ_in_the_right_answer_only_are_two(
    outcomes_by, clips, tone, tmp_path
):
    tone("0.wav")
    path = tmp_path / "q.csv"
    path.write_text(
        "audio,question,choices,answer\n0.wav,Loud?,yes|no,yes\n0.wav,Loud?,yes|no,no\n"
    )
    table = outcomes_by(Listens()).fill(read_questions(path, clips).questions, []).table
    assert table.correct[:, 0].tolist() == [False, True]


def test_a_call_that_cannot_be_made_has_the_key_of_no_other_call(two_tools, four_questions):
    """So that nothing is read as its outcome, and no other question is lost for it."""
    keys, question = OutcomeKeys(two_tools, Listens(), orders=1), four_questions[0]
    bad = ToolCall("loudness", {"no": "such"})
    assert keys.made(question, bad) == bad
    assert keys.of_outcome(question, FACTS, (bad,)) != keys.of_outcome(
        question, FACTS, (ToolCall("loudness"),)
    )


def test_what_a_router_found_after_a_failed_call_is_known_of_its_route(
    outcomes_by, two_tools, four_questions
):
    """The store does not take it; who shows answers is to see it all the same."""
    works = two_tools.tools["silences"]

    class Broken(type(works)):
        def missing(self):
            return "is broken today"

    two_tools.tools["silences"] = Broken()
    source = outcomes_by(Listens())
    calls = (ToolCall("silences"), ToolCall("loudness"))
    routed = source.routed(FixedRouter("both", ["silences", "loudness"]), four_questions)
    assert [route.calls for route, _ in routed] == [calls] * 4
    kept = source.kept([(question, calls) for question in four_questions])
    assert [known.prediction_index for known in kept] == [0] * 4
    assert all(outcome.correct for _, outcome in routed)
