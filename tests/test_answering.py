"""Prompts, parsing of what models write, orders of choices, and keys of answers."""

import asyncio
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorouter import Answer, Request
from audiorouter.batch.orders import averaged, in_order, orders_of
from audiorouter.batch.reasoner_stage import ReasonerStage, answer_key
from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers import Evidence, Reasoner, ToolSchema
from audiorouter.providers.parsing import parse_calls, parse_choice
from audiorouter.providers.prompt import labels, user_text
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall

ANIMALS = ("cat", "dog", "hot dog", "bird")


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("B", 1),
        ("(B)", 1),
        ("[B].", 1),
        ("**B**", 1),
        ("B. dog", 1),
        ("B) dog", 1),
        ("(B) dog, since it barks", 1),
        ("The answer is B", 1),
        ("The answer is (B).", 1),
        ("The answer is dog.", 1),
        ("Answer: dog", 1),
        ("dog", 1),
        ("Dog.", 1),
        ("It is clearly a dog that barks", 1),
        ("a hot dog", 2),
        ("C: hot dog", 2),
        ("I first thought of a cat. The answer is D.", 3),
        ("", None),
        ("E", None),
        ("I do not know", None),
        ("cat or dog", None),
        ("A dog", 1),
        ("B. cat", None),
        ("a", None),
    ],
)
def test_what_is_read_from_an_answer(text, index):
    assert parse_choice(text, ANIMALS) == index


def test_numbers_and_keys_are_whole_words():
    assert parse_choice("It is 12", ("1", "2", "12")) == 2
    assert parse_choice("C# minor", ("C minor", "C# minor")) == 1
    assert parse_choice("1.5 s", ("1 s", "5 s", "1.5 s")) == 2
    # Where the choices are letters the labels are numbers, so that neither is taken for the other.
    assert parse_choice("C", ("G", "C", "D")) == 1
    assert parse_choice("3", ("G", "C", "D")) == 2


@given(st.lists(st.text(min_size=1, max_size=12), min_size=2, max_size=6, unique=True), st.data())
def test_a_label_is_always_understood_and_parsing_never_fails(choices, data):
    index = data.draw(st.integers(0, len(choices) - 1))
    sign = labels(choices)[index]
    said = data.draw(st.sampled_from([f"({sign})", f"{sign}."]))
    # Where a choice is the very sign of another one, refusing is right.
    if not any(re.search(rf"(?i)\b{sign}\b", choice) or said in choice for choice in choices):
        assert parse_choice(said, choices) == index
    found = parse_choice(data.draw(st.text(max_size=40)), choices)
    assert found is None or 0 <= found < len(choices)


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        ('[{"tool": "tempo", "arguments": {}}]', [ToolCall("tempo")]),
        ('Sure!\n```json\n[{"name": "speakers", "arguments": {"count": 2}}]\n```', None),
        ('{"tool": "tempo"}', [ToolCall("tempo")]),
        ("[]", []),
        ("none", None),
        ('[{"colour": 1}]', None),
        ("[1, 2", None),
    ],
)
def test_calls_are_read_from_json(text, calls):
    if "speakers" in text:
        calls = [ToolCall("speakers", {"count": 2})]
    assert parse_calls(text) == calls


@given(st.text(max_size=200))
def test_a_finding_cannot_leave_its_quotation(text):
    request = Request(
        Path("a.wav"), "h", "Which?", ("a", "b"), (Evidence(ToolCall("transcribe"), text),)
    )
    lines = [line for line in user_text(request).split("\n") if line.startswith("- transcribe: ")]
    assert len(lines) == 1
    assert "\n" not in json.loads(lines[0].removeprefix("- transcribe: "))
    assert user_text(request).count("\nQuestion: ") == 1


FIRST = Request(Path("a.wav"), "h", "Which?", ("w", "x", "y", "z"))


def test_orders_are_different_repeatable_and_only_added_to():
    five = orders_of(FIRST, 5)
    assert len(set(five)) == 5 and five[0] == (0, 1, 2, 3)
    assert orders_of(FIRST, 3) == five[:3]
    assert len(orders_of(replace(FIRST, choices=("yes", "no")), 9)) == 2
    assert in_order(FIRST, five[1]).choices == tuple(FIRST.choices[i] for i in five[1])


class PrefersTheFirst(Reasoner):
    """Likes the first position, and the choice x a little."""

    name = identity = "prefers the first"

    def __init__(self):
        self.asked = []

    def answer(self, requests):
        self.asked += requests
        answers = []
        for request in requests:
            weights = [1.5 * (i == 0) + 1.0 * (c == "x") for i, c in enumerate(request.choices)]
            total = sum(weights)
            index = weights.index(max(weights))
            shares = tuple(weight / total for weight in weights)
            answers.append(Answer(request.choices[index], index, shares))
        return answers


def test_averaging_over_orders_takes_a_position_bias_away(tmp_path):
    reasoner = PrefersTheFirst()

    async def ask(orders):
        stage = ReasonerStage(reasoner, store, orders=orders, threads=lambda: 1)
        try:
            return await stage.ask(FIRST)
        finally:
            await stage.close()

    with Store(tmp_path / "s.db") as store:
        store.save_clip(FIRST.clip, FileStamp(1, 1, 1), ClipFacts("h", 1.0, 16_000, 1, -20, -3))
        assert asyncio.run(ask(1)).answer.text == "w"
        averaged_over = asyncio.run(ask(24))
        assert averaged_over.answer.text == "x" and len(reasoner.asked) == 24
        assert sum(averaged_over.answer.probabilities) == pytest.approx(1, abs=1e-4)
        assert asyncio.run(ask(24)).cached and len(reasoner.asked) == 24


def test_votes_where_there_are_no_probabilities():
    orders = [(0, 1, 2, 3), (1, 0, 2, 3), (3, 2, 1, 0)]
    answers = [Answer("w", 0), Answer("x", 0), Answer("y", 2)]
    answer = averaged(FIRST, orders, answers)
    assert answer.index == 1 and answer.probabilities == pytest.approx(
        (1 / 3, 2 / 3, 0, 0), abs=1e-5
    )
    assert averaged(FIRST, orders, [Answer("?")] * 3).index is None


texts = st.text(max_size=8)
evidence = st.lists(
    st.builds(Evidence, st.builds(ToolCall, st.sampled_from(["tempo", "key"])), texts), max_size=2
).map(tuple)
requests = st.builds(
    Request,
    st.just(Path("a.wav")),
    texts,
    texts,
    st.lists(texts, max_size=3).map(tuple),
    evidence,
    evidence,
    st.sampled_from([(), (ToolSchema("tempo", "hears the tempo", {}),)]),
    st.integers(1, 2),
)
identities = st.sampled_from(
    [
        {"base_url": "http://127.0.0.1:1/v1"},
        {"base_url": "http://127.0.0.1:2/v1"},
        {"base_url": "http://127.0.0.1:1/v1", "answer": "score"},
        {"base_url": "http://127.0.0.1:1/v1", "temperature": 0.5},
        {"base_url": "http://127.0.0.1:1/v1", "max_tokens": 5},
        {"base_url": "http://127.0.0.1:1/v1", "longest": 5},
    ]
)
models = st.sampled_from(["openai:one", "openai:two"])
REGISTRY = load_registry(third_party=False)


@given(
    *(st.tuples(models, identities, requests, st.integers(1, 3)) for _ in range(2)),
)
def test_only_the_same_question_to_the_same_model_shares_a_key(one, other):
    def key(of):
        model, options, request, orders = of
        return answer_key(open_reasoner(REGISTRY, model, options), request, orders=orders)

    def meant(of):
        model, options, request, orders = of
        routing = (request.tools, request.max_calls) if request.tools else None
        said = [[(e.call, e.text) for e in part] for part in (request.findings, request.heard)]
        many = orders if request.choices else 1
        asked = (request.audio_hash, request.question, request.choices)
        return (model, tuple(options.items()), asked, said, routing, many)

    assert (key(one) == key(other)) == (meant(one) == meant(other))
