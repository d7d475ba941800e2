"""A frozen causal language model by transformers: it scores continuations, and completes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import torch

from audiorouter.providers.cascade.chat import Chat
from audiorouter.providers.cascade.context import context_of


class Prompt(NamedTuple):
    """What is to be continued, in two parts: what others begin with as well, and the rest."""

    shared: str
    own: str


@lru_cache(maxsize=1)
def _weights(model: str, revision: str | None, device: str) -> Any:
    """The model, loaded once a process; its tokenizer is apart, being for one thread alone."""
    from transformers import AutoModelForCausalLM

    dtype = torch.float32 if device == "cpu" else torch.bfloat16
    loaded = AutoModelForCausalLM.from_pretrained(
        model, revision=revision, dtype=dtype, trust_remote_code=False
    )
    return loaded.to(device).eval()


class LanguageModel:
    """A causal model from a folder or the hub: in float32 on the CPU, in bfloat16 elsewhere."""

    def __init__(self, model: str, *, revision: str | None = None, device: str = "cpu"):
        from transformers import AutoTokenizer
        from transformers.utils import logging

        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self._tokenizer = AutoTokenizer.from_pretrained(
            model, revision=revision, trust_remote_code=False
        )
        self._model = _weights(model, revision, device)
        self._device = device
        self.context = context_of(self._model.config.to_dict())
        self.chat = Chat(self._tokenizer)
        self._pad = self._tokenizer.pad_token_id or 0
        special = (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id, self._pad)
        self._begin = next(token for token in special if token is not None)
        # transformers is giving the argument another name.
        known = inspect.signature(self._model.forward).parameters
        self._cache_argument = "cache" if "cache" in known else "past_key_values"

    @torch.inference_mode()
    def score(
        self, prompts: Sequence[str | Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """Log-likelihood (natural, summed over tokens) of every continuation of every prompt.

        Each prompt is read once: its keys and values are shared by its continuations. Padding is
        masked and positions count real tokens only, so a batch gives what single prompts give. An
        empty prompt is where texts begin; an empty continuation has a log-likelihood of 0.
        """
        texts_of = [[self._encode(text) for text in texts] for texts in continuations]
        results = [[0.0] * len(texts) for texts in texts_of]
        wanted = [
            (row, column)
            for row, texts in enumerate(texts_of)
            for column, tokens in enumerate(texts)
            if tokens
        ]
        if not wanted:
            return results
        ids = [self._encode_prompt("".join(prompt)) for prompt in prompts]
        width = max(map(len, ids))
        tokens = torch.full((len(ids), width), self._pad, device=self._device)
        mask = torch.zeros((len(ids), width), dtype=torch.long, device=self._device)
        for row, sequence in enumerate(ids):
            tokens[row, width - len(sequence) :] = torch.tensor(sequence)
            mask[row, width - len(sequence) :] = 1
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        read = self._model(
            tokens, attention_mask=mask, position_ids=positions, use_cache=True, logits_to_keep=1
        )
        first = read.logits[:, -1].float().log_softmax(-1)
        owners = [row for row, _ in wanted]
        encoded = [texts_of[row][column] for row, column in wanted]
        scores = self._continue(read.past_key_values, mask, first, owners, encoded)
        for (row, column), score in zip(wanted, scores, strict=True):
            results[row][column] = score
        return results

    def _continue(
        self,
        cache: Any,
        mask: torch.Tensor,
        first: torch.Tensor,
        owners: list[int],
        encoded: list[list[int]],
    ) -> list[float]:
        """Log-likelihoods of `encoded`, each after the prompt in row `owners[i]` of the cache."""
        rows = torch.tensor(owners, device=self._device)
        begins = torch.tensor([sequence[0] for sequence in encoded], device=self._device)
        scores = first[rows, begins].tolist()
        width = max(map(len, encoded))
        if width > 1:
            shape = (len(encoded), width - 1)
            inputs = torch.full(shape, self._pad, device=self._device)
            real = torch.zeros(shape, dtype=torch.long, device=self._device)
            for row, sequence in enumerate(encoded):
                inputs[row, : len(sequence) - 1] = torch.tensor(sequence[:-1])
                real[row, : len(sequence) - 1] = 1
            cache.batch_select_indices(rows)
            start = mask.sum(1)[rows]
            logits = self._model(
                inputs,
                attention_mask=torch.cat([mask[rows], real], 1),
                position_ids=start[:, None] + torch.arange(width - 1, device=self._device),
                use_cache=True,
                **{self._cache_argument: cache},
            ).logits.float()
            log_probabilities = logits.log_softmax(-1).cpu()
            for row, sequence in enumerate(encoded):
                for column, token in enumerate(sequence[1:]):
                    scores[row] += log_probabilities[row, column, token].item()
        return [float(score) for score in scores]

    @torch.inference_mode()
    def complete(self, prompt: str, *, max_tokens: int) -> str:
        """The greedy continuation of `prompt`."""
        ids = torch.tensor([self._encode_prompt(prompt)], device=self._device)
        generated = self._model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=max_tokens,
            do_sample=False,
            pad_token_id=self._pad,
        )
        text = self._tokenizer.decode(generated[0, ids.shape[1] :], skip_special_tokens=True)
        return str(text).strip()

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return len(self._encode(text))

    def _encode_prompt(self, text: str) -> list[int]:
        """As many of its last tokens as the model takes; at least one, with which texts begin."""
        return self._encode(text)[-self.context :] or [self._begin]

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
