"""How likely continuations are, of many prompts that have much in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

import torch

from audiorouter.onednn_linear import use_onednn
from audiorouter.providers.cascade.language_model import LanguageModel, Prompt
from audiorouter.providers.cascade.token_tree import TokenTree

_TOKENS_AT_ONCE = 256
"""Enough for the processor; more would be spent on attention, which grows by the square."""


class _Asked(NamedTuple):
    """A prompt and its continuations as tokens; `position` is where it stood."""

    prompt: list[int]
    continuations: list[list[int]]
    position: int

    def size(self, *, after: _Asked | None) -> int:
        """Nodes that it takes in a tree that it shares with the one before it."""
        shared = 0 if after is None else _alike(self.prompt, after.prompt)
        return len(self.prompt) - shared + sum(len(text) - 1 for text in self.continuations)


class _Wanted(NamedTuple):
    """A token of a continuation, and the node that it follows."""

    node: int
    token: int
    position: int
    continuation: int


class TreeReader(LanguageModel):
    """A language model in float32 on the CPU, of plain causal attention such as Llama's.

    What prompts or continuations begin with alike is read once, and nothing is padded.
    """

    def __init__(self, model: str):
        super().__init__(model)
        use_onednn(self._model)

    @torch.inference_mode()
    def score(
        self, prompts: Sequence[str | Prompt], continuations: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """Log-likelihood (natural, summed over tokens) of every continuation of every prompt."""
        asked = [
            _Asked(
                self._encode("".join(prompt))[-self._context :],
                [self._encode(text) for text in texts],
                position,
            )
            for position, (prompt, texts) in enumerate(zip(prompts, continuations, strict=True))
        ]
        scores = [[0.0] * len(texts) for texts in continuations]
        # In the order of their tokens those with the longest common beginnings are neighbours.
        for some in _portions(sorted(asked)):
            tree, wanted = _planted(some)
            for one, likely in zip(wanted, self._read(tree, wanted), strict=True):
                scores[one.position][one.continuation] += likely
        return scores

    def _read(self, tree: TokenTree, wanted: Sequence[_Wanted]) -> list[float]:
        """Log-probability of each token that is wanted after its node."""
        nodes = sorted({one.node for one in wanted})
        row_of = {node: row for row, node in enumerate(nodes)}
        hidden = torch.from_numpy(~tree.ancestors())
        mask = torch.zeros(hidden.shape).masked_fill(hidden, torch.finfo(torch.float32).min)
        logits = self._model(
            torch.tensor([tree.tokens]),
            attention_mask=mask[None, None],
            position_ids=torch.tensor([tree.depths]),
            use_cache=False,
            logits_to_keep=torch.tensor(nodes),
        ).logits[0]
        rows = torch.tensor([row_of[one.node] for one in wanted])
        tokens = torch.tensor([one.token for one in wanted])
        likely: list[float] = logits.log_softmax(-1)[rows, tokens].tolist()
        return likely


def _portions(asked: Sequence[_Asked]) -> Iterator[list[_Asked]]:
    """As many neighbours as are read at once."""
    some: list[_Asked] = []
    size = 0
    for one in asked:
        if some and size + one.size(after=some[-1]) > _TOKENS_AT_ONCE:
            yield some
            some, size = [], 0
        size += one.size(after=some[-1] if some else None)
        some.append(one)
    if some:
        yield some


def _planted(asked: Sequence[_Asked]) -> tuple[TokenTree, list[_Wanted]]:
    """The tree of what is asked, and what is wanted of it."""
    tree, wanted = TokenTree(), []
    for one in asked:
        end = tree.add(one.prompt)[-1]
        for number, tokens in enumerate(one.continuations):
            before = [end, *tree.add(tokens[:-1], below=end)]
            wanted += [
                _Wanted(node, token, one.position, number)
                for node, token in zip(before, tokens, strict=True)
            ]
    return tree, wanted


def _alike(tokens: Sequence[int], others: Sequence[int]) -> int:
    """How many tokens two sequences begin with alike."""
    pairs = zip(tokens, others, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
