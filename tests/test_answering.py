"""Prompts, parsing of what models write, orders of choices, and keys of answers."""

import asyncio
import json
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorouter import Answer, Request
from audiorouter.batch.reasoning.kept_answers import answer_key
from audiorouter.batch.reasoning.orders import averaged, in_order, orders_of
from audiorouter.batch.reasoning.reasoner_stage import ReasonerStage
from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.errors import ReasonerError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers import Evidence, Reasoner, ToolSchema
from audiorouter.providers.parsing import parse_calls, parse_choice, read_answer
from audiorouter.providers.prompt import labels, user_text
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall

ANIMALS = ("cat", "dog", "hot dog", "bird")
WRAPPINGS = (
    "{}",
    "({})",
    "**{}.**",
    "Option {}",
    "The answer is {}.",
    "<answer>{}</answer>",
    r"$\boxed{{\text{{{}}}}}$",
    '{{"reason": "A or B", "answer": "{}"}}',
    "答案：{}",
    "La réponse est {}.",
)
THOUGHTS = (
    "",
    "<think>{}</think>\n\n",
    "{}</think>",
    "[THINK]{}[/THINK]",
    "<thinking>{}</thinking>",
)
FRAGMENTS = (
    *("<think>", "</think>", "<answer>", "</answer>", r"\boxed{", "}", "{", '{"answer":', "["),
    *('"B"', "A", "b", "(C)", "dog", "hot dog", " ", "\n", ". ", "answer is ", "not ", "or "),
    *("```", "答案", "，"),
)


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
        ("a", 0),
    ],
)
def test_what_is_read_from_an_answer(text, index):
    assert parse_choice(text, ANIMALS) == index


@pytest.mark.parametrize(
    ("text", "choice", "choices"),
    [
        pytest.param(text, choice, group["choices"], id=f"{group['of']}: {text}")
        for group in json.loads(
            (Path(__file__).parent / "data" / "replies.json").read_text(encoding="utf-8")
        )
        for text, choice in group["replies"]
    ],
)
def test_replies_as_models_write_them(text, choice, choices):
    index = parse_choice(text, choices)
    assert (None if index is None else choices[index]) == choice


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
    read = [unicodedata.normalize("NFKC", choice) for choice in choices]
    if not any(re.search(rf"(?i)\b{sign}\b", choice) or said in choice for choice in read):
        assert parse_choice(said, choices) == index
    found = parse_choice(data.draw(st.text(max_size=40)), choices)
    assert found is None or 0 <= found < len(choices)


@given(st.permutations(range(4)), st.sampled_from(WRAPPINGS), st.sampled_from(THOUGHTS))
def test_whatever_is_thought_before_and_however_it_is_wrapped(order, wrapping, thought):
    other, chosen = labels(ANIMALS)[order[0]], labels(ANIMALS)[order[1]]
    said = wrapping.format(chosen)
    assert parse_choice(thought.format(f"The answer is {other}.") + said, ANIMALS) == order[1]
    # Thoughts without an end are no answer, whatever stands in them.
    assert parse_choice(f"<think>The answer is {other}. {said}", ANIMALS) is None


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=12).map("".join))
def test_no_mixture_of_marks_breaks_the_reading(text):
    found = parse_choice(text, ANIMALS)
    assert found is None or 0 <= found < 4
    request = Request(Path("a.wav"), "h", "Which?", ANIMALS)
    try:
        answer = read_answer(text, request)
    except ReasonerError:
        assert found is None
    else:
        assert answer.index == found


@pytest.mark.parametrize(
    ("text", "choices", "read"),
    [
        ("B. dog\n\nExplanation: the sound is", ANIMALS, 1),
        ("The answer is (D). It", ANIMALS, 3),
        ("It is a dog, or maybe a", ANIMALS, None),
        ("dog", ANIMALS, None),
        ("<think>The answer is A. Or", ANIMALS, None),
        ("", ANIMALS, None),
        ("A long descrip", (), None),
    ],
)
def test_of_a_reply_that_was_cut_off_only_a_label_is_read(text, choices, read):
    request = Request(Path("a.wav"), "h", "Which?", choices)
    if read is None:
        with pytest.raises(ReasonerError, match=r"cut off .*allow more"):
            read_answer(text, request, cut="allow more")
    else:
        assert read_answer(text, request, cut="allow more").index == read


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("<think>Is it a cat? No.</think>\n\nA dog.", "A dog."),
        ("<answer>a dog</answer>", "a dog"),
        ('```json\n{"answer": "a dog"}\n```', "a dog"),
        ("A dog, then rain.", "A dog, then rain."),
        ('He says {"x": 1, "y": 2}', 'He says {"x": 1, "y": 2}'),
    ],
)
def test_an_open_answer_is_what_was_not_thought(text, answer):
    assert read_answer(text, Request(Path("a.wav"), "h", "What?")).text == answer


@pytest.mark.parametrize("text", ["", "<think>A dog", "<think>A dog.</think>", " \n"])
def test_thoughts_and_silence_are_no_answers(text):
    with pytest.raises(ReasonerError):
        read_answer(text, Request(Path("a.wav"), "h", "What?"))


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


@pytest.mark.slow
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
