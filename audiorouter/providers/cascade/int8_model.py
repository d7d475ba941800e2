"""A frozen causal language model in 8 bits by CTranslate2, which is quick on CPUs.

Klein et al., "The OpenNMT Neural Machine Translation Toolkit", AMTA 2020; https://opennmt.net.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from transformers import AutoTokenizer
from transformers.utils import logging

from audiorouter.providers.cascade.language_model import CONTEXT_TOKENS, Prompt, as_chat


class Int8Model:
    """What `convert.to_int8` wrote; does what `LanguageModel` does."""

    def __init__(self, folder: Path, *, threads: int):
        logging.set_verbosity_error()
        self._tokenizer: Any = AutoTokenizer.from_pretrained(
            folder / "tokenizer", trust_remote_code=False
        )
        self._generator: Any = ctranslate2.Generator(
            str(folder), device="cpu", compute_type="int8", intra_threads=threads
        )

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """Log-probability (natural) of the first token of every continuation of every prompt.

        What a prompt shares with the one before is read once.
        """
        scores: list[list[float]] = []
        for prompt, texts in zip(prompts, continuations, strict=True):
            likely = self._next(prompt)
            scores.append([float(likely[self._first(text)]) for text in texts])
        return scores

    def complete(self, prompt: str, *, max_tokens: int) -> str:
        """The greedy continuation of `prompt`."""
        (result,) = self._generator.generate_batch(
            [self._tokens(prompt)], max_length=max_tokens, include_prompt_in_result=False
        )
        ids = result.sequences_ids[0]
        return str(self._tokenizer.decode(ids, skip_special_tokens=True)).strip()

    def chat(self, text: str) -> str:
        """The prompt of a chat in which a user says `text`, up to where the model's turn begins."""
        return as_chat(self._tokenizer, text)

    def _next(self, prompt: Prompt) -> NDArray[np.float64]:
        """Log-probabilities `(vocabulary,)` of the token after a prompt.

        One at a time: of prompts of different lengths the longer ones are only forced along, and
        what is given of those is no end of theirs.
        """
        (result,) = self._generator.generate_batch(
            [self._tokens(prompt.own)],
            static_prompt=self._tokens(prompt.shared) or None,
            max_length=1,
            return_logits_vocab=True,
            include_prompt_in_result=False,
        )
        logits = np.array(result.logits[0], dtype=np.float64)[0]
        return np.asarray(logits - np.logaddexp.reduce(logits))

    def _tokens(self, text: str) -> list[str]:
        ids = self._tokenizer(text, add_special_tokens=False)["input_ids"][-CONTEXT_TOKENS:]
        return list(self._tokenizer.convert_ids_to_tokens(ids))

    def _first(self, text: str) -> int:
        return int(self._tokenizer(text, add_special_tokens=False)["input_ids"][0])
