"""The benchmark's words: no tool, rule or prompt has them, and questions put facts in them."""

import ast
import json
import random
import re
import sys
from functools import cache
from itertools import chain
from pathlib import Path

import pytest

import audiorouter
from audiorouter.plugins import load_registry
from audiorouter.sentence_encoder import SentenceEncoder

PACKAGE = Path(audiorouter.__file__).parent
BENCHMARKS = PACKAGE.parent / "benchmarks"
sys.path.append(str(BENCHMARKS))
pytest.importorskip("mido", reason="benchmarks have packages of their own")

from audioqa.facts import Fact, Value, number  # noqa: E402
from audioqa.wordings import ask, said_otherwise, skills, wording_of  # noqa: E402

TELLING = {"questions": 4, "choices": 5}
"""Words from which a form is somebody's own; fewer are common to all who write of sound."""
NEAREST = 0.9
"""Cosine of two questions in the same words but for one or two."""
ASKED = ("train", "validation", "test")
ANSWERED = ("choices", "choices_test_only")
PACKAGE_CODE = "**/*.py"
READ_BY_MODELS = ("routing/rules.py", "routing/prompted.py", "providers/**/*.py")
"""Patterns of rules, and prompts; what tools say of themselves comes to them from the tools."""


def no_listening():
    file = BENCHMARKS / "audioqa" / "no_listening.json"
    by_kind = json.loads(file.read_text(encoding="utf-8"))
    return [one for kind in by_kind.values() for part in kind.values() for one in part]


def questions():
    asked = [wording for skill in skills().values() for part in ASKED for wording in skill[part]]
    return {*asked, *(one["question"] for one in no_listening())}


def choices():
    parts = [skill[part].values() for skill in skills().values() for part in ANSWERED]
    said = chain.from_iterable(chain.from_iterable(parts))
    return {*said, *chain.from_iterable(one["choices"] for one in no_listening())}


def plain(text):
    """Its words in small letters, without punctuation and what patterns use letters for."""
    text = re.sub(r"\\[a-zA-Z]", " ", text.casefold().replace("’", "'"))
    return " ".join(re.findall(r"\w[\w']*", text))


@cache
def texts_in(*places):
    """Every text in these modules of the package."""
    return [
        node.value
        for path in chain.from_iterable(map(PACKAGE.glob, places))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def texts_of_tools():
    for tool in load_registry(third_party=False).tools.values():
        yield from (tool.description, tool.not_for, *tool.examples)


def found_in(texts, forms, telling):
    """Those of the forms, of so many words, that are in the texts, whatever they name."""
    lines = "\n".join(f" {plain(text)} " for text in texts)
    found = []
    for form in sorted(forms):
        pieces = [words for piece in re.split(r"\{\w+\}", form) if (words := plain(piece))]
        if sum(len(piece.split()) for piece in pieces) < telling:
            continue
        pattern = r"(?: \S+){1,4} ".join(map(re.escape, pieces))
        if all(piece in lines for piece in pieces) and re.search(f" {pattern} ", lines):
            found.append(form)
    return found


@pytest.mark.slow
def test_no_way_of_asking_is_anywhere_in_the_package():
    telling = TELLING["questions"]
    assert sum(len(plain(question).split()) >= telling for question in questions()) > 800
    assert found_in([*texts_in(PACKAGE_CODE), *texts_of_tools()], questions(), telling) == []


def test_no_way_of_answering_is_in_rules_prompts_or_what_tools_say_of_themselves():
    texts = [*texts_in(*READ_BY_MODELS), *texts_of_tools()]
    assert found_in(texts, choices(), TELLING["choices"]) == []


@pytest.mark.slow
def test_a_form_that_is_there_would_be_found():
    texts = ["Say “Which tool-made sound is it?”", r"how\b.*often", "One (the first of them) is"]
    assert found_in(texts, ["… WHICH tool made {answer} is it"], 4)
    assert found_in(texts, ["The first of {whom}!", "{place}, is it?", "{x}: the {n} of {y}"], 2)
    assert not found_in(texts, ["which tool made it", "often one the first", "the first of"], 4)
    example = load_registry(third_party=False).tools["transcribe"].examples[0]
    assert found_in(texts_of_tools(), [example], 1)
    assert found_in(texts_in(PACKAGE_CODE), [example], 1)


@pytest.mark.slow
@pytest.mark.weights
def test_no_example_of_a_tool_is_nearly_a_question_of_the_benchmark():
    tools = load_registry(third_party=False).tools
    examples = sorted({example for tool in tools.values() for example in tool.examples})
    held_out = [w for skill in skills().values() for part in ASKED[1:] for w in skill[part]]
    wordings = sorted({re.sub(r"\{(\w+)\}", r"\1", wording) for wording in held_out})
    encoder = SentenceEncoder()
    near = encoder.encode(examples) @ encoder.encode(wordings).T
    pairs = [
        (float(near[i, j]), examples[i], wordings[j])
        for i, j in (near >= NEAREST).nonzero().tolist()
    ]
    assert pairs == []


# How a fact is put as a question


def test_the_wording_of_a_question_is_told_by_its_words():
    for name, skill in skills().items():
        for place, wording in enumerate([*skill["train"], *skill["validation"]]):
            assert wording_of(name, re.sub(r"\{\w+\}", "a cat", wording)) == place
    assert wording_of("no_listening/knowledge-1", "How many strings has a violin?") == 0
    with pytest.raises(ValueError, match="no wording of sound/first_sound: Which"):
        wording_of("sound/first_sound", "Which?")


def facts():
    """A fact of every skill, with all the values whose forms are no other value's."""
    rng = random.Random(0)
    for name, skill in skills().items():
        forms = [form for part in ANSWERED for forms in skill[part].values() for form in forms]
        places = sorted(set(re.findall(r"\{(\w+)\}", " ".join(forms))))
        named = re.findall(r"\{(\w+)\}", " ".join(w for part in ASKED for w in skill[part]))
        values, taken = [], set()
        for key, said in sorted(skill["choices"].items()):
            if taken.isdisjoint(said):
                taken |= set(said)
                many = 4 if re.search("[{<]", key) else 1
                values += [
                    Value(key, {place: f"{place} {key} {index}" for place in places})
                    for index in range(many)
                ]
        rng.shuffle(values)
        about = {place: f"some {place}" for place in named}
        yield Fact(name, "clip", values[0], tuple(values[1:]), (), about)


FACTS = {fact.skill: fact for fact in facts()}


def asked_again(fact, wording, *, other_choices=False):
    """The fact's question under 40 seeds."""
    for seed in range(40):
        yield ask(fact, str(seed), wording=wording, other_choices=other_choices)


@pytest.mark.parametrize("wording", ASKED)
@pytest.mark.parametrize("skill", sorted(FACTS))
def test_choices_are_distinct_and_the_answer_is_one_of_them(skill, wording):
    known = skills()[skill][wording]
    for other in (False, True):
        for asked in asked_again(FACTS[skill], wording, other_choices=other):
            assert 2 <= len(asked.choices) <= 4 and asked.choices.count(asked.answer) == 1
            assert len(set(map(str.casefold, asked.choices))) == len(asked.choices)
            assert asked.question in {form.format(**FACTS[skill].about) for form in known}


@pytest.mark.parametrize("skill", sorted(name for name in FACTS if said_otherwise(FACTS[name])))
def test_choices_said_otherwise_never_occur_in_training(skill):
    fact = FACTS[skill]
    ways = {
        other: {c for a in asked_again(fact, "train", other_choices=other) for c in a.choices}
        for other in (False, True)
    }
    assert ways[True].isdisjoint(ways[False])


def of_numbers(skill, *values):
    return Fact(skill, "clip", values[0], values[1:], (), {"sound": "dog"})


def test_a_fact_without_another_way_is_put_as_in_training():
    fact = of_numbers("combined/first_speaker_digits", number(2), number(5))
    assert not said_otherwise(fact)
    for asked in asked_again(fact, "test", other_choices=True):
        assert set(asked.choices) in ({"two", "five"}, {"exactly 2", "exactly 5"})
    reaching = of_numbers("combined/first_speaker_digits", number(2, reach=1), number(5, reach=1))
    assert said_otherwise(reaching)
    for asked in asked_again(reaching, "test", other_choices=True):
        assert set(asked.choices) == {"1 to 3", "4 to 6"} and asked.answer == "1 to 3"


FILL_IN = sorted(
    (name, wording)
    for name, skill in skills().items()
    for part in ASKED
    for wording in skill[part]
    if "__" in wording or wording.endswith((":", "…", "..."))
)


@pytest.mark.parametrize(("skill", "wording"), FILL_IN)
def test_a_gap_is_filled_with_the_shortest_way_of_saying(skill, wording, monkeypatch):
    fact = FACTS[skill]
    monkeypatch.setitem(skills()[skill], "test", [wording])
    lengths = [len("".join(asked.choices)) for asked in asked_again(fact, "test")]
    monkeypatch.setitem(skills()[skill], "test", ["Well, which?"])
    others = [len("".join(asked.choices)) for asked in asked_again(fact, "test")]
    assert all(gap <= other for gap, other in zip(lengths, others, strict=True))


def test_the_same_seed_puts_the_same_choices_by_every_wording():
    fact = FACTS["speech/word_times"]
    assert len({asked.question for asked in asked_again(fact, "test")}) == 3
    for trained, tested in zip(asked_again(fact, "train"), asked_again(fact, "test"), strict=True):
        assert trained.question != tested.question
        assert trained.choices == tested.choices and trained.answer == tested.answer


@pytest.mark.parametrize("right", [5, 7, 9])
def test_a_right_number_is_as_often_the_least_as_the_last(right):
    wrong = tuple(number(n, "n") for n in range(2, 13) if n != right)
    about = {"sound": "bell"}
    fact = Fact("sound/count_named", "clip", number(right, "n"), wrong, (), about)
    places = [0] * 4
    for seed in range(400):
        asked = ask(fact, str(seed), wording="train")
        ordered = sorted(asked.choices, key=lambda said: int(re.search(r"\d+", said)[0]))
        places[ordered.index(asked.answer)] += 1
    assert min(places) > 65, places
