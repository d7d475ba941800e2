"""Sentence embeddings: MiniLM, with which routers read questions, and tools the names of sounds."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from audiorouter.kept_vectors import KeptVectors
from audiorouter.machine.paths import cache_dir
from audiorouter.weights import fingerprint, locate

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from audiorouter.minilm import MiniLM, Tokens

MODEL = "minilm"
DIMENSIONS = 384
MAX_TOKENS = 128
"""What a text has beyond this many tokens is not read."""

_KEPT = 20_000
_AT_ONCE = 16
"""Few, since texts are read in order of length and padded to the longest."""


class SentenceEncoder:
    """all-MiniLM-L6-v2 (Reimers & Gurevych, "Sentence-BERT", EMNLP 2019), loaded when first used.

    Embeddings are kept in memory: questions of a file repeat their words, and tools theirs. With
    `keep` they are kept on disk as well, and the model is loaded for new texts alone. With `quick`
    texts are read in bfloat16 where the processor computes in it, in less than half of the time;
    cosines with what float32 gives are then above 0.9999.
    """

    identity = f"{fingerprint(MODEL)} {MAX_TOKENS}"

    def __init__(self, *, quick: bool = False, keep: bool = False) -> None:
        self._known: OrderedDict[str, torch.Tensor] = OrderedDict()
        self._quick = quick and _computes_in_bfloat16()
        self._kept: KeptVectors | None = None
        if keep:
            exactness = " bfloat16" if self._quick else ""
            self._kept = KeptVectors(cache_dir(), f"{self.identity}{exactness}", DIMENSIONS)

    @cached_property
    def _model(self) -> tuple[Tokens, MiniLM]:
        from audiorouter.minilm import Tokens

        folder = locate(MODEL)
        return Tokens(folder, most=MAX_TOKENS), _weights(folder)

    def load(self) -> None:
        """Load the model now."""
        self._model  # noqa: B018 - loads it

    def encode(self, texts: Sequence[str]) -> torch.Tensor:
        """Unit vectors `(texts, 384)`, float32; an empty text is the zero vector."""
        import torch

        self._learn(texts)
        zero = torch.zeros(DIMENSIONS)
        vectors = torch.stack([self._known[text] if text else zero for text in texts])
        self._forget()
        return vectors

    def learn(self, texts: Iterable[str]) -> None:
        """Embed texts that `encode` will be asked for in parts: together it takes less."""
        self._learn(texts)
        self._forget()

    def _learn(self, texts: Iterable[str]) -> None:
        import torch

        unknown = sorted({t for t in texts if t and t not in self._known}, key=len)
        if self._kept is not None and unknown:
            kept = self._kept.read(unknown)
            self._known.update((text, torch.tensor(vector)) for text, vector in kept.items())
            unknown = [text for text in unknown if text not in kept]
        for start in range(0, len(unknown), _AT_ONCE):
            some = unknown[start : start + _AT_ONCE]
            self._known.update(zip(some, self._embed(some), strict=True))
        if self._kept is not None and unknown:
            self._kept.write({text: self._known[text].numpy() for text in unknown})

    def _forget(self) -> None:
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def _embed(self, texts: Sequence[str]) -> torch.Tensor:
        import torch

        as_tokens, model = self._model
        tokens, seen = as_tokens(texts)
        with torch.inference_mode(False), torch.no_grad():
            with torch.autocast("cpu", torch.bfloat16, enabled=self._quick):
                hidden = model(tokens, seen).float()
            mask = seen.unsqueeze(-1).float()
            pooled = (hidden * mask).sum(1) / mask.sum(1)
            return torch.nn.functional.normalize(pooled, dim=-1)


@lru_cache(maxsize=1)
def _weights(folder: Path) -> MiniLM:
    """The model, loaded once a process; its tokenizer is apart, being for one thread alone."""
    from audiorouter.minilm import MiniLM
    from audiorouter.onednn_linear import use_onednn

    model = MiniLM.load(folder)
    use_onednn(model)
    return model


def _computes_in_bfloat16() -> bool:
    """Whether the processor does; elsewhere it would be slower than float32."""
    import torch

    if not hasattr(torch.cpu, "get_capabilities"):  # of an older torch
        return False
    known = torch.cpu.get_capabilities()
    return any(known.get(name) for name in ("avx512_bf16", "amx_bf16"))
