"""Folders of language models as routers: opened by folder, from the hub; damaged ones are named."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import torch
from commands import run_in
from hub_server import running_hub

from audiorouter.errors import UsageError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_router
from audiorouter.routing.checkpoint import CARD_FILE
from audiorouter.routing.hub import model_page, upload
from audiorouter.routing.language_model.adapter import (
    adapter_weights,
    load_adapter,
    with_new_adapter,
)
from audiorouter.routing.language_model.base import check_base, load_base, locate_base
from audiorouter.routing.language_model.checkpoint import (
    ADAPTER_FILE,
    LanguageModelCard,
    read_adapter,
    read_language_model_card,
    save_language_model,
)
from audiorouter.routing.language_model.prompt import VERSION
from audiorouter.routing.language_model.router import LanguageModelRouter

pytestmark = pytest.mark.slow


def card(base, **fields):
    given = {
        "base": str(base), "base_fingerprint": locate_base(str(base)).fingerprint,
        "prompt": VERSION, "tool_detail": "brief", "candidates": 4, "rank": 2, "layers": 1,
        "max_calls": 1, "provider": "cascade", "reasoner": "cascade", "encoder": "minilm",
        "tools": {"tempo": "another"}, "cost_weight": 0.05, "seed": 0,
        "questions": {"train": 9}, "data_hash": "0",
    }  # fmt: skip
    return LanguageModelCard.model_validate(given | fields)


@pytest.fixture(scope="module")
def saved(checkpoint, tmp_path_factory):
    """A router over a tiny model, with an adapter that changes something."""
    base = checkpoint("qwen2")
    model, _ = load_base(locate_base(str(base)), device="cpu")
    adapter = adapter_weights(with_new_adapter(model, rank=2, layers=1))
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("router")
    save_language_model(folder, {n: torch.randn_like(v) for n, v in adapter.items()}, card(base))
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "router")


def change(folder, **fields):
    path = folder / CARD_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_a_router_is_opened_by_its_folder_and_known_by_all_that_decides(folder, checkpoint):
    registry = load_registry(third_party=False)
    router = open_router(registry, str(folder), provider="cascade")
    assert isinstance(router, LanguageModelRouter) and router.cacheable
    assert f"the router {folder} was trained with other versions of tempo" in router.remarks
    fewer = open_router(registry, str(folder), provider="cascade", tools="tempo,key")
    assert fewer.identity != router.identity
    with pytest.raises(UsageError, match="is a language model, which weighs costs in training"):
        open_router(registry, str(folder), provider="cascade", cost_weight=1.0)
    weights = read_adapter(folder, router.card)
    assert all(".layers.1." in name for name in weights), "the last layer's alone"
    model = with_new_adapter(load_base(locate_base(router.card.base), device="cpu")[0], rank=2)
    with pytest.raises(UsageError, match="is not the adapter of its base model"):
        load_adapter(model, weights, source="here")
    assert f"an adapter over {router.card.base}" in model_page(router.card)
    with pytest.raises(UsageError, match="which nobody else has"):
        upload(folder, "somebody/writes")


def test_a_base_is_looked_at_before_the_work(checkpoint, tmp_path):
    from transformers import AutoTokenizer, BertConfig, GPT2Config, GPT2LMHeadModel

    tokens = AutoTokenizer.from_pretrained(checkpoint("qwen2"))
    small = {"vocab_size": len(tokens), "n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 64}
    for name, config in (("gpt2", GPT2Config(**small)), ("bert", BertConfig())):
        config.save_pretrained(tmp_path / name)
        tokens.save_pretrained(tmp_path / name)
        (tmp_path / name / "pytorch_model.bin").touch()
    check_base(locate_base(str(tmp_path / "gpt2")))
    for name in (str(tmp_path / "gpt2"), "smollm2-135m"):
        with pytest.raises(UsageError, match=r"a revision .* is one of a model on the hub"):
            locate_base(name, "main")
    adapted = with_new_adapter(GPT2LMHeadModel(GPT2Config(**small)), rank=2, layers=1)
    assert all(".h.1." in name for name in adapter_weights(adapted))
    (tmp_path / "bert" / "config.json").write_text(json.dumps({"model_type": "vit"}))
    with pytest.raises(UsageError, match="no causal language model"):
        check_base(locate_base(str(tmp_path / "bert")))


def test_what_is_damaged_is_named(folder):
    known = read_language_model_card(folder)
    content = (folder / ADAPTER_FILE).read_bytes()
    for damaged, why in ((content[:99], "holds other weights"), (b"", "holds other weights")):
        (folder / ADAPTER_FILE).write_bytes(damaged)
        with pytest.raises(UsageError, match=why):
            read_adapter(folder, known)
    open_card = known.model_copy(update={"weights_hash": None})
    with pytest.raises(UsageError, match=r"adapter_model\.safetensors: damaged"):
        read_adapter(folder, open_card)
    weights = {"model.layers.1.q_proj.lora_A.weight": torch.full((2, 8), torch.nan)}
    save_language_model(folder, weights, known)
    with pytest.raises(UsageError, match="numbers that are not finite"):
        read_adapter(folder, open_card)
    save_language_model(folder, {"model.embed.weight": torch.ones(2, 8)}, known)
    with pytest.raises(UsageError, match="is no LoRA of 2"):
        read_adapter(folder, open_card)
    (folder / ADAPTER_FILE).unlink()
    with pytest.raises(UsageError, match="there is no such file"):
        read_adapter(folder, known)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"format": 99}, "has format 99"),
        ({"rank": 0}, "rank"),
        ({"rank": 1 << 40}, "rank"),
        ({"surprise": 1}, "surprise"),
        ({"prompt": 0}, "prompts of version 0"),
        ({"base": "/nowhere/at/all"}, "/nowhere/at/all"),
    ],
)
def test_a_card_that_does_not_fit_is_refused(folder, fields, why):
    change(folder, **fields)
    with pytest.raises(UsageError, match=why):
        LanguageModelRouter(folder, load_registry(third_party=False).tools)


def test_a_language_model_comes_from_the_hub_as_others_do(saved, tmp_path):
    with running_hub() as hub:
        environment = os.environ | {
            "HF_ENDPOINT": hub.address,
            "HF_HUB_CACHE": str(tmp_path / "hub"),
            "AUDIOROUTER_CONFIG": str(tmp_path / "config"),
        }
        commit = hub.push("somebody/writes", saved)
        pulled = run_in(environment, "routers", "pull", "somebody/writes").stdout
    name, _, place = pulled.strip().partition(": ")
    assert name == f"hub:somebody/writes@{commit}"
    assert (tmp_path / "hub").is_dir() and Path(place, ADAPTER_FILE).exists()
