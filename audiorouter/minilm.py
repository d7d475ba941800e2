"""The network of MiniLM (Wang et al., NeurIPS 2020), a BERT of six layers, in torch alone.

transformers has it as well, and takes longer to import than it takes to load and read with this:
a question is to be read within the first seconds. What it gives is the same to the last bit.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import nn
from torch.nn import functional


class MiniLM(nn.Module):
    """Tokens to hidden states; parts are called as in the file of its weights."""

    def __init__(self, config: dict[str, Any]):
        super().__init__()
        size, eps = config["hidden_size"], config["layer_norm_eps"]
        self.embeddings = nn.ModuleDict(
            {
                "word_embeddings": _embedding(config["vocab_size"], size),
                "position_embeddings": _embedding(config["max_position_embeddings"], size),
                "token_type_embeddings": _embedding(config["type_vocab_size"], size),
                "LayerNorm": nn.LayerNorm(size, eps),
            }
        )
        layers = (_Layer(config) for _ in range(config["num_hidden_layers"]))
        self.encoder = nn.ModuleDict({"layer": nn.ModuleList(layers)})

    @classmethod
    def load(cls, folder: Path) -> MiniLM:
        """The model of a folder with `config.json` and `model.safetensors`, for reading only."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        with torch.device("meta"):
            model = cls(config)
        weights, wanted = load_file(folder / "model.safetensors"), model.state_dict()
        model.load_state_dict({name: weights[name] for name in wanted}, assign=True)
        return model.eval()

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Hidden states `(texts, tokens, size)` of token ids `(texts, tokens)`.

        `mask`, of the same shape, is 1 at tokens and 0 at what pads them.
        """
        parts: Any = self.embeddings
        layers: Any = self.encoder["layer"]
        hidden: torch.Tensor = (
            parts["word_embeddings"](tokens) + parts["token_type_embeddings"].weight[0]
        )
        hidden = hidden + parts["position_embeddings"].weight[: tokens.shape[1]]
        hidden = parts["LayerNorm"](hidden)
        seen = None if mask.all() else mask.bool()[:, None, None, :]
        for layer in layers:
            hidden = layer(hidden, seen)
        return hidden


class _Layer(nn.Module):
    def __init__(self, config: dict[str, Any]):
        super().__init__()
        size, inner = config["hidden_size"], config["intermediate_size"]
        eps = config["layer_norm_eps"]
        self._heads = config["num_attention_heads"]
        self.attention = nn.ModuleDict(
            {
                "self": nn.ModuleDict(
                    {name: nn.Linear(size, size) for name in ("query", "key", "value")}
                ),
                "output": _output(size, size, eps),
            }
        )
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(size, inner)})
        self.output = _output(inner, size, eps)

    def forward(self, hidden: torch.Tensor, seen: torch.Tensor | None) -> torch.Tensor:
        asks: Any = self.attention["self"]
        query, key, value = (
            asks[name](hidden).unflatten(-1, (self._heads, -1)).transpose(1, 2)
            for name in ("query", "key", "value")
        )
        found = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        hidden = _added(self.attention["output"], found.transpose(1, 2).flatten(-2), hidden)
        inner = functional.gelu(self.intermediate["dense"](hidden))
        return _added(self.output, inner, hidden)


def _embedding(count: int, size: int) -> nn.Embedding:
    """One that is not made at random first: on the device `meta` torch imports its compiler for
    that, which takes longer than all else here."""
    made: nn.Embedding = nn.Embedding.from_pretrained(  # type: ignore[no-untyped-call]
        torch.empty(count, size)
    )
    return made


def _output(inner: int, size: int, eps: float) -> nn.ModuleDict:
    return nn.ModuleDict({"dense": nn.Linear(inner, size), "LayerNorm": nn.LayerNorm(size, eps)})


def _added(part: Any, found: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
    """What a part of a layer makes of `found`, added to what was there."""
    added: torch.Tensor = part["LayerNorm"](part["dense"](found) + hidden)
    return added


class Tokens:
    """Texts as tokens, by the `tokenizer.json` of a folder; for one thread alone."""

    def __init__(self, folder: Path, *, most: int):
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(most)
        self._tokenizer.enable_padding()

    def __call__(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids and mask `(texts, tokens)` as `MiniLM` takes them; what is beyond `most` is cut."""
        encoded = self._tokenizer.encode_batch(list(texts))
        ids = torch.tensor([one.ids for one in encoded])
        return ids, torch.tensor([one.attention_mask for one in encoded])
