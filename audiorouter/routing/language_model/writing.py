"""Letting a model write decisions: likeliest token first, among those that a decision may have.

What may follow is worked out by llguidance from the JSON schema of the decisions that can be made
with the tools on offer, so that whatever is written to its end can be read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from transformers import LogitsProcessor, LogitsProcessorList

TOKENS_A_CALL = 96
"""How long a call may be in the mean, in training and in use.

One without arguments has about 9; one with four choices among its arguments about 30, 70 at most
on the project's own benchmark.
"""
ROWS_AT_ONCE = 16


def write_decisions(
    model: Any, tokenizer: Any, prompts: Sequence[str], schemas: Sequence[dict[str, Any]],
    *, max_calls: int,
) -> list[str]:  # fmt: skip
    """One decision to each prompt, after its own schema; long ones that come to no end are cut."""
    encoded = [tokenizer(prompt)["input_ids"] for prompt in prompts]
    order = sorted(range(len(prompts)), key=lambda row: len(encoded[row]))
    texts = [""] * len(prompts)
    for begin in range(0, len(order), ROWS_AT_ONCE):
        rows = order[begin : begin + ROWS_AT_ONCE]
        some = _write(
            model, tokenizer, [encoded[r] for r in rows], [schemas[r] for r in rows], max_calls
        )
        for row, text in zip(rows, some, strict=True):
            texts[row] = text
    return texts


@torch.inference_mode()
def _write(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    schemas: Sequence[dict[str, Any]],
    max_calls: int,
) -> list[str]:
    width = max(map(len, prompts))
    tokens = torch.full((len(prompts), width), tokenizer.pad_token_id)
    mask = torch.zeros((len(prompts), width), dtype=torch.long)
    for row, prompt in enumerate(prompts):
        tokens[row, width - len(prompt) :] = torch.tensor(prompt)
        mask[row, width - len(prompt) :] = 1
    allowed = AllowedTokens(tokenizer, model.config.get_text_config().vocab_size, schemas, width)
    written = model.generate(
        tokens.to(model.device),
        attention_mask=mask.to(model.device),
        max_new_tokens=TOKENS_A_CALL * max_calls,
        do_sample=False,
        num_beams=1,
        repetition_penalty=1.0,  # tool names are to be repeated, whatever the model's own habits
        no_repeat_ngram_size=0,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        logits_processor=LogitsProcessorList([allowed]),
    )
    texts = tokenizer.batch_decode(written[:, width:], skip_special_tokens=True)
    return [str(text).strip() for text in texts]


class AllowedTokens(LogitsProcessor):  # type: ignore[misc]
    """Leaves each row of a generation the tokens with which its schema can go on.

    `width` is how many tokens there were before anything was written.
    """

    def __init__(
        self, tokenizer: Any, vocabulary: int, schemas: Sequence[dict[str, Any]], width: int
    ):
        from llguidance import LLMatcher

        known = _tokens_of(tokenizer, vocabulary)
        self._matchers = [LLMatcher(known, _grammar(json.dumps(schema))) for schema in schemas]
        for matcher in self._matchers:
            if matcher.is_error():
                raise ValueError(f"a tool's arguments have no grammar: {matcher.get_error()}")
        self._vocabulary = vocabulary
        self._width = width
        self._end = tokenizer.eos_token_id

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores `(B, V)` with those of other tokens at minus infinity."""
        begun = input_ids.shape[1] > self._width
        last = input_ids[:, -1].tolist()
        scores = scores.clone()
        for row, matcher in enumerate(self._matchers):
            if begun and not matcher.is_stopped() and last[row] != self._end:
                matcher.consume_token(last[row])
            if matcher.is_stopped() or (begun and last[row] == self._end):
                scores[row] = float("-inf")
                scores[row, self._end] = 0.0
                continue
            scores[row, self._forbidden(matcher).to(scores.device)] = float("-inf")
        return scores

    def _forbidden(self, matcher: Any) -> torch.Tensor:
        """Which tokens `(V,)` may not follow: the others have a bit set, the lowest bit first."""
        packed = np.frombuffer(matcher.compute_bitmask(), np.uint8)
        bits = np.unpackbits(packed, bitorder="little")[: self._vocabulary]
        return torch.from_numpy(bits == 0)


@lru_cache(maxsize=1)
def _tokens_of(tokenizer: Any, vocabulary: int) -> Any:
    from llguidance.hf import from_tokenizer

    return from_tokenizer(tokenizer, n_vocab=vocabulary)


@lru_cache(maxsize=4096)
def _grammar(schema: str) -> str:
    from llguidance import LLMatcher

    # Without spaces, as decisions are written in training; what it cannot express is checked later.
    grammar = LLMatcher.grammar_from_json_schema(
        schema, overrides={"whitespace_flexible": False, "lenient": True}
    )
    return str(grammar)
