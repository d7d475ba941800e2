"""How much a language model takes at once, by its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CONTEXT_TOKENS = 8192
"""Tokens of a prompt and its answer, where the model takes as many: more would fill the memory."""
_NAMES = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len")


def context_of(config: Mapping[str, Any]) -> int:
    """Tokens of a prompt and its answer that a model takes, of the values of its `config.json`.

    >>> context_of({"n_positions": 1024}), context_of({"max_position_embeddings": 32768})
    (1024, 8192)
    """
    inner = config.get("text_config")
    parts = (inner, config) if isinstance(inner, Mapping) else (config,)
    said = [part.get(name) for part in parts for name in _NAMES]
    most = next((count for count in said if type(count) is int and count > 0), CONTEXT_TOKENS)
    return min(CONTEXT_TOKENS, most)
