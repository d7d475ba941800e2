"""A frozen causal language model in 8 bits by CTranslate2, which is quick on CPUs.

Klein et al., "The OpenNMT Neural Machine Translation Toolkit", AMTA 2020; https://opennmt.net.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from transformers import AutoTokenizer
from transformers.utils import logging

from audiorouter.providers.cascade.chat import Chat
from audiorouter.providers.cascade.context import context_of
from audiorouter.providers.cascade.language_model import Prompt

_MOST_KEPT = 64
"""Beginnings of prompts that are kept read, at some megabytes each, until all are forgotten."""


class Int8Model:
    """What `convert.to_int8` wrote; does what `LanguageModel` does."""

    def __init__(self, folder: Path, *, threads: int):
        logging.set_verbosity_error()
        self._tokenizer: Any = AutoTokenizer.from_pretrained(
            folder / "tokenizer", trust_remote_code=False
        )
        config = json.loads((folder / "tokenizer" / "config.json").read_text(encoding="utf-8"))
        self.context = context_of(config)
        self.chat = Chat(self._tokenizer)
        self._folder, self._threads = str(folder), threads
        self._generator: Any = self._loaded()
        self._kept: set[str] = set()

    def _loaded(self) -> Any:
        return ctranslate2.Generator(
            self._folder, device="cpu", compute_type="int8", intra_threads=self._threads
        )

    def score(
        self, prompts: Sequence[Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """Log-probability (natural) of the first token of every continuation of every prompt.

        What several of the prompts begin with is read once.
        """
        scores: list[list[float]] = []
        shared = Counter(prompt.shared for prompt in prompts)
        for prompt, texts in zip(prompts, continuations, strict=True):
            kept = bool(prompt.shared) and shared[prompt.shared] > 1
            likely = self._next(prompt, kept=kept)
            scores.append([float(likely[self._first(text)]) for text in texts])
        return scores

    def complete(self, prompt: str, *, max_tokens: int) -> str:
        """The greedy continuation of `prompt`."""
        (result,) = self._generator.generate_batch(
            [self._tokens(prompt)], max_length=max_tokens, include_prompt_in_result=False
        )
        ids = result.sequences_ids[0]
        return str(self._tokenizer.decode(ids, skip_special_tokens=True)).strip()

    def count(self, text: str) -> int:
        """Tokens of a text."""
        return len(self._encode(text))

    def _next(self, prompt: Prompt, *, kept: bool) -> NDArray[np.float64]:
        """Log-probabilities `(vocabulary,)` of the token after a prompt, whose beginning is `kept`.

        One at a time: of prompts of different lengths the longer ones are only forced along, and
        what is given of those is no end of theirs.
        """
        if kept and prompt.shared not in self._kept:
            if len(self._kept) == _MOST_KEPT:  # CTranslate2 forgets none by itself
                self._kept.clear()
                self._generator = None  # two at once are too many
                self._generator = self._loaded()
            self._kept.add(prompt.shared)
        (result,) = self._generator.generate_batch(
            [self._tokens(prompt.own)],
            static_prompt=self._tokens(prompt.shared) or None,
            cache_static_prompt=kept,
            max_length=1,
            return_logits_vocab=True,
            include_prompt_in_result=False,
        )
        logits = np.array(result.logits[0], dtype=np.float64)[0]
        return np.asarray(logits - np.logaddexp.reduce(logits))

    def _tokens(self, text: str) -> list[str]:
        return list(self._tokenizer.convert_ids_to_tokens(self._encode(text)))

    def _first(self, text: str) -> int:
        return self._encode(text)[0]

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
