"""The network of Llama (Touvron et al., 2023) in torch alone, as SmolLM2 is one.

transformers has it as well, and takes longer to import than it takes to load and read with this:
a question is to be answered within the first seconds. What it gives is the same, within rounding.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional

KeysAndValues = tuple[torch.Tensor, torch.Tensor]
"""Of one layer, each `(1, heads, tokens, size of a head)`."""


class Llama(nn.Module):
    """Tokens to logits of the next ones; parts are called as in the file of its weights."""

    def __init__(self, config: dict[str, Any]):
        super().__init__()
        size, eps = config["hidden_size"], config["rms_norm_eps"]
        self.context = int(config["max_position_embeddings"])
        """Tokens that it was trained to read at once."""
        self.begin, self.end = int(config["bos_token_id"]), int(config["eos_token_id"])
        """Tokens with which texts begin and end."""
        # Not made at random first, as in `minilm`.
        self.embed_tokens: nn.Embedding = nn.Embedding.from_pretrained(  # type: ignore[no-untyped-call]
            torch.empty(config["vocab_size"], size)
        )
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config["num_hidden_layers"]))
        self.norm = nn.RMSNorm(size, eps)
        self.next_tokens = nn.Linear(size, config["vocab_size"], bias=False)
        """By the weights of the embedding."""
        self._head, self._base = config["head_dim"], config["rope_parameters"]["rope_theta"]

    @classmethod
    def load(cls, folder: Path) -> Llama:
        """The model of a folder with `config.json` and `model.safetensors`, for reading only: in
        float32, whatever it is kept in."""
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        with torch.device("meta"):
            model = cls(config)
        kept = load_file(folder / "model.safetensors")
        weights = {name.removeprefix("model."): part.float() for name, part in kept.items()}
        weights["next_tokens.weight"] = weights["embed_tokens.weight"]
        model.load_state_dict(weights, assign=True)
        return model.eval()

    def forward(
        self,
        tokens: torch.Tensor,
        places: torch.Tensor,
        *,
        mask: torch.Tensor | None = None,
        before: list[KeysAndValues] | None = None,
    ) -> tuple[torch.Tensor, list[KeysAndValues]]:
        """Hidden states `(1, tokens, size)` of token ids `(1, tokens)`, and what goes on from them.

        `places`, of the same shape, count from the beginning of the text. Each token sees those
        before it, or where there is a `mask`, `(1, 1, tokens, those before and tokens)`, what that
        adds nothing to; `before` is what was read before.

        Raises:
            ValueError: several tokens go on from others, and no mask says which they see.
        """
        if before is not None and mask is None and tokens.shape[1] > 1:
            raise ValueError("several tokens that go on from others need a mask")
        hidden = self.embed_tokens(tokens)
        turns = self._turns(places)
        read = []
        for number, layer in enumerate(self.layers):
            hidden, keys_and_values = layer(
                hidden, turns, mask, None if before is None else before[number]
            )
            read.append(keys_and_values)
        return self.norm(hidden), read

    def _turns(self, places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosine and sine of how far keys and queries are turned, `(1, 1, tokens, head)`."""
        steps = torch.arange(0, self._head, 2, dtype=torch.float) / self._head
        angles = places[..., None].float() * (1.0 / self._base**steps)
        both = torch.cat((angles, angles), dim=-1)[:, None]
        return both.cos(), both.sin()


class _Layer(nn.Module):
    def __init__(self, config: dict[str, Any]):
        super().__init__()
        size, inner, eps = (
            config[name] for name in ("hidden_size", "intermediate_size", "rms_norm_eps")
        )
        self._head = config["head_dim"]
        asking = config["num_attention_heads"] * self._head
        asked = config["num_key_value_heads"] * self._head
        self.input_layernorm, self.post_attention_layernorm = (
            nn.RMSNorm(size, eps),
            nn.RMSNorm(size, eps),
        )
        self.self_attn = nn.ModuleDict(
            {
                "q_proj": _linear(size, asking),
                "k_proj": _linear(size, asked),
                "v_proj": _linear(size, asked),
                "o_proj": _linear(asking, size),
            }
        )
        self.mlp = nn.ModuleDict(
            {
                "gate_proj": _linear(size, inner),
                "up_proj": _linear(size, inner),
                "down_proj": _linear(inner, size),
            }
        )

    def forward(
        self,
        hidden: torch.Tensor,
        turns: tuple[torch.Tensor, torch.Tensor],
        mask: torch.Tensor | None,
        before: KeysAndValues | None,
    ) -> tuple[torch.Tensor, KeysAndValues]:
        given = self.input_layernorm(hidden)
        parts = self.self_attn
        queries, keys, values = (
            parts[name](given).unflatten(-1, (-1, self._head)).transpose(1, 2)
            for name in ("q_proj", "k_proj", "v_proj")
        )
        queries, keys = _turned(queries, turns), _turned(keys, turns)
        if before is not None:
            keys, values = (
                torch.cat(pair, dim=2) for pair in zip(before, (keys, values), strict=True)
            )
        found = functional.scaled_dot_product_attention(
            queries,
            keys,
            values,
            attn_mask=mask,
            is_causal=mask is None and queries.shape[2] > 1,
            enable_gqa=True,
        )
        hidden = hidden + parts["o_proj"](found.transpose(1, 2).flatten(-2))
        given = self.post_attention_layernorm(hidden)
        gate = functional.silu(self.mlp["gate_proj"](given))
        hidden = hidden + self.mlp["down_proj"](gate * self.mlp["up_proj"](given))
        return hidden, (keys, values)


def _linear(given: int, made: int) -> nn.Linear:
    return nn.Linear(given, made, bias=False)


def _turned(vectors: torch.Tensor, turns: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """By rotary position embedding (Su et al., "RoFormer", 2021)."""
    cosine, sine = turns
    first, second = vectors.chunk(2, dim=-1)
    return vectors * cosine + torch.cat((-second, first), dim=-1) * sine
