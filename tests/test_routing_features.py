"""What a policy sees of a question: words, choices, and which tools find arguments in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from outcome_tables import FACTS

from audiorouter.plugins import load_registry
from audiorouter.routing.features import find_arguments, question_vectors, states, tool_vectors
from audiorouter.routing.interface import RouteRequest
from audiorouter.routing.shortlist import Shortlist
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox import Domain, Finding, Tool
from audiorouter.toolbox.interface import SpanArguments

QUOTED = RouteRequest("In which third of the clip is “locked” said?", ("first", "second"), FACTS)
SPAN = RouteRequest("How loud is it between 2 and 4 s?", ("soft", "loud"), FACTS)


class Needs(SpanArguments):
    word: str


class Unwell(Tool):
    """Of somebody else; to read a question is more than it can do."""

    name = "unwell"
    description = "Hears nothing."
    domain = Domain.SOUND
    version = "1"
    Arguments = Needs

    def run(self, clip, arguments):
        return Finding({}, "Nothing.")

    def arguments_in(self, question, choices):
        self.asked = True
        raise RuntimeError("no")


@pytest.fixture(scope="module")
def tools():
    registry = load_registry(third_party=False)
    return {name: registry.tools[name] for name in ("loudness", "find_word", "chords", "meter")}


def test_a_tool_that_finds_arguments_in_a_question_is_marked(tools):
    unwell = Unwell()
    marked = find_arguments([QUOTED, SPAN], [*tools.values(), unwell])
    assert marked.tolist() == [[0, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert not hasattr(unwell, "asked")  # those of others are read where they are called
    assert find_arguments([QUOTED], []).shape == (1, 0)
    assert find_arguments([], list(tools.values())).shape == (0, 4)


@pytest.mark.weights
@pytest.mark.slow
def test_choices_are_read_apart_from_the_question():
    encoder = SentenceEncoder()
    opened = replace(QUOTED, choices=())
    both, bare = (question_vectors([request], encoder) for request in (QUOTED, opened))
    assert torch.equal(both.alone, bare.alone) and torch.allclose(bare.whole, bare.alone, atol=1e-6)
    assert not bare.choices.any() and both.choices.norm() == pytest.approx(1, abs=1e-5)
    assert both.whole.norm() == pytest.approx(1, abs=1e-5)


@pytest.mark.weights
@pytest.mark.slow
def test_a_word_in_quotes_brings_the_tool_that_looks_for_words_nearer(tools):
    encoder, some = SentenceEncoder(), list(tools.values())
    without = replace(QUOTED, question=QUOTED.question.replace("“locked”", "it"))
    seen = states([QUOTED, without], some, tool_vectors(some, {}, encoder), encoder)
    place = list(tools).index("find_word")
    assert seen.arguments[:, place].tolist() == [1, 0]
    assert seen.near[0, place] > seen.near[1, place] + 0.05
    assert Shortlist(tools, encoder, 1).of([QUOTED]) == [["find_word"]]
