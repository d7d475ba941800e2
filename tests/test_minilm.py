"""MiniLM's network gives what transformers' gives, without its imports."""

import subprocess
import sys

import pytest
import torch

from audiorouter.minilm import MiniLM, Tokens
from audiorouter.onednn_linear import use_onednn
from audiorouter.sentence_encoder import MAX_TOKENS, MODEL
from audiorouter.weights import locate

TEXTS = [
    "How many people speak?", "café ÀÉ naïve 日本語", "ﬁ ½ ² 😀 मस्ते", "a\x00b\tc\n[MASK] ##ing",
    "don\u2019t — A1B2-C3", " ", "a long one " * 100,
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("quick", [False, True])
def test_it_reads_as_transformers_does_to_the_last_bit(quick):
    from transformers import AutoModel, AutoTokenizer

    folder = locate(MODEL)
    their_tokens = AutoTokenizer.from_pretrained(folder)
    theirs, ours = AutoModel.from_pretrained(folder).eval(), MiniLM.load(folder)
    use_onednn(theirs)
    use_onednn(ours)
    as_tokens = Tokens(folder, most=MAX_TOKENS)
    for texts in (TEXTS, TEXTS[:1]):
        wanted = their_tokens(
            texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
        )
        tokens, mask = as_tokens(texts)
        assert torch.equal(tokens, wanted["input_ids"])
        assert torch.equal(mask, wanted["attention_mask"])
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=quick):
            assert torch.equal(ours(tokens, mask), theirs(**wanted).last_hidden_state)


@pytest.mark.slow
@pytest.mark.weights
def test_a_sentence_is_read_without_what_takes_seconds_to_import():
    program = (
        "import sys; from audiorouter.sentence_encoder import SentenceEncoder; "
        "SentenceEncoder().encode(['a dog barks']); "
        "print(*({'transformers', 'torch._dynamo', 'sympy'} & set(sys.modules)), 'end')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300
    )
    assert done.stdout.split() == ["end"], done.stdout + done.stderr
