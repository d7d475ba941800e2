"""Reading what prompts begin with alike once gives what reading each by itself gives."""

import random
import subprocess
import sys

import pytest
import torch

from audiorouter.onednn_linear import OneDnnLinear, use_onednn
from audiorouter.providers.cascade.language_model import LanguageModel
from audiorouter.providers.cascade.token_tree import TokenTree
from audiorouter.providers.cascade.tree_reader import TreeReader
from audiorouter.weights import locate

HEARD = "It sounds like: Speech, Dog, Animal."
QUESTION = "Question: Which animal is heard?\nAnswer:"
LONG = " ".join(f"At {i}.5 s a dog barks." for i in range(60))
"""More than is read at once."""
PROMPTS = [
    QUESTION,
    f"{HEARD}\n{QUESTION}",
    f"{HEARD}\nThe pitch is 440 Hz.\n{QUESTION}",
    f"{HEARD}\nThe pitch is 220 Hz.\n{QUESTION}",
    f"{HEARD}\nThe pitch is 440 Hz.\n{QUESTION}",
    f"{HEARD}\n{LONG}\n{QUESTION}",
    HEARD,  # what others begin with
]
CHOICES = [" a cat", " a cat that purrs", " a dog", " ten", " a cat"]


@pytest.fixture(scope="module")
def folder():
    return locate("smollm2-135m")


@pytest.mark.slow
@pytest.mark.weights
def test_a_tree_gives_what_single_prompts_give(folder):
    plain, reader = LanguageModel(str(folder)), TreeReader(folder)
    alone = [plain.score([prompt], [CHOICES])[0] for prompt in PROMPTS]
    for one, other in zip(reader.score(PROMPTS, [CHOICES] * len(PROMPTS)), alone, strict=True):
        assert one == pytest.approx(other, abs=1e-3)
        assert one[0] == one[-1]


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("prompt", [QUESTION, PROMPTS[2], ""])
def test_what_it_writes_is_what_transformers_writes(folder, prompt):
    plain, reader = LanguageModel(str(folder)), TreeReader(folder)
    assert reader.complete(prompt, max_tokens=8) == plain.complete(prompt, max_tokens=8)


@pytest.mark.slow
@pytest.mark.weights
def test_a_question_is_answered_without_what_takes_seconds_to_import(folder):
    program = (
        "import sys; from pathlib import Path; "
        "from audiorouter.providers.cascade.reasoner import TreeReader; "
        f"TreeReader(Path({str(folder)!r})).score(['It is a'], [[' cat']]); "
        "print(*({'transformers', 'torch._dynamo', 'sympy'} & set(sys.modules)), 'end')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == ["end"], done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.weights
def test_each_prompt_has_continuations_of_its_own(folder):
    reader, number = TreeReader(folder), len(PROMPTS)
    some = [CHOICES[: 1 + i % len(CHOICES)] for i in range(number)]
    scores = reader.score(PROMPTS, some)
    whole = reader.score(PROMPTS, [CHOICES] * number)
    assert [len(row) for row in scores] == [len(texts) for texts in some]
    for row, all_of_it in zip(scores, whole, strict=True):
        assert row == pytest.approx(all_of_it[: len(row)], abs=1e-3)


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("kind", [LanguageModel, TreeReader])
def test_what_is_empty_has_a_score_as_well(folder, kind):
    reader = kind(str(folder)) if kind is LanguageModel else kind(folder)
    begun = reader.score(["<|im_start|>"], [CHOICES])[0]  # with which its texts begin
    (empty, other, unasked) = reader.score(
        ["", QUESTION, QUESTION], [[*CHOICES, ""], ["", CHOICES[0]], []]
    )
    assert empty == pytest.approx([*begun, 0.0], abs=1e-3)
    assert other == pytest.approx([0.0, reader.score([QUESTION], [CHOICES])[0][0]], abs=1e-3)
    assert unasked == []
    assert reader.score([HEARD, ""], [[], [""]]) == [[], [0.0]]
    assert reader.score([], []) == []


@pytest.mark.slow
@pytest.mark.weights
def test_the_mask_of_a_long_prompt_does_not_grow_by_its_square(folder):
    reader, masks = TreeReader(folder), []

    def note(_model, _given, named):
        masks.append(named["mask"].shape if "mask" in named else ())

    hook = reader._model.register_forward_pre_hook(note, with_kwargs=True)
    try:
        reader.score([LONG, LONG], [CHOICES, [" ten"]])
    finally:
        hook.remove()
    without, after, one_token = masks
    assert without == one_token == ()
    assert after[2] < 10 and after[3] > 500


def test_rows_of_a_mask_may_begin_behind_what_all_sequences_share():
    tree = TokenTree()
    tree.add([1, 2, 3, 4])
    tree.add([1, 2, 3, 5, 6])
    tree.add([1, 2, 3, 5, 7])
    assert (tree.ancestors(since=3) == tree.ancestors()[3:]).all()
    assert tree.ancestors(since=3).shape == (4, 7)


def test_a_token_sees_what_is_before_it_in_its_own_sequences_alone():
    draw = random.Random(0)
    tree, paths = TokenTree(), []
    for _ in range(200):
        tokens = [draw.randrange(3) for _ in range(draw.randrange(1, 9))]
        nodes = tree.add(tokens)
        paths.append(nodes)
        assert [tree.tokens[node] for node in nodes] == tokens
        assert [tree.depths[node] for node in nodes] == list(range(len(tokens)))
    assert len(tree) == len({tuple(nodes) for path in paths for nodes in prefixes(path)})
    sees = tree.ancestors()
    for nodes in paths:
        for before in prefixes(nodes):
            assert set(sees[before[-1]].nonzero()[0]) == set(before)


def prefixes(path: list[int]) -> list[list[int]]:
    return [path[: end + 1] for end in range(len(path))]


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
@pytest.mark.parametrize("bias", [True, False])
def test_onednn_computes_what_torch_computes(bias):
    model = torch.nn.Sequential(torch.nn.Linear(64, 96, bias=bias), torch.nn.Linear(96, 32))
    given = torch.randn(2, 7, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        right = model(given)
    weights = [id(weight) for weight in model.parameters()]
    use_onednn(model)
    assert all(isinstance(layer, OneDnnLinear) for layer in model)
    assert [id(weight) for weight in model.parameters()] == weights, "memory is taken once"
    with torch.inference_mode():
        assert torch.allclose(model(given), right, atol=1e-5)
    model(given).sum().backward()  # and what learns goes on learning
    assert all(weight.grad is not None for weight in model.parameters())


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
def test_layers_that_are_not_float32_compute_as_before(dtype):
    model = torch.nn.Sequential(torch.nn.Linear(64, 96), torch.nn.Linear(96, 32)).to(dtype)
    given = torch.randn(2, 64, dtype=dtype)
    with torch.inference_mode():
        right = model(given)
        use_onednn(model)
        assert not any(isinstance(layer, OneDnnLinear) for layer in model)
        assert torch.equal(model(given), right)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
def test_a_model_may_be_cast_after_its_layers_were_changed():
    model = torch.nn.Sequential(torch.nn.Linear(64, 32))
    use_onednn(model)
    given = torch.randn(2, 64)
    with torch.inference_mode():
        right = model(given)
        assert torch.allclose(model.double()(given.double()).float(), right, atol=1e-5)
