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
"""Enough for the processor; more would be spent on attention, which grows by the square. A prompt
that is longer is read by itself."""


class _Asked(NamedTuple):
    """A prompt and its continuations as tokens; `position` is where it stood."""

    prompt: list[int]
    continuations: list[list[int]]
    position: int

    def size(self, *, after: _Asked | None) -> int:
        """Nodes that it takes in a tree that it shares with the one before it."""
        shared = 0 if after is None else _alike(self.prompt, after.prompt)
        return len(self.prompt) - shared + sum(len(text[:-1]) for text in self.continuations)


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
        """Log-likelihood (natural, summed over tokens) of every continuation of every prompt.

        An empty prompt is where texts begin; an empty continuation has a log-likelihood of 0.
        """
        asked = [
            _Asked(
                self._encode_prompt("".join(prompt)),
                [self._encode(text) for text in texts],
                position,
            )
            for position, (prompt, texts) in enumerate(zip(prompts, continuations, strict=True))
        ]
        scores = [[0.0] * len(texts) for texts in continuations]
        # In the order of their tokens those with the longest common beginnings are neighbours.
        for some in _portions(sorted(one for one in asked if any(one.continuations))):
            tree, wanted = _planted(some)
            nodes = sorted({one.node for one in wanted})
            alone = len(tree) > _TOKENS_AT_ONCE and len(some[0].prompt)
            likely = (
                self._after_one_prompt(tree, nodes, alone) if alone else self._after(tree, nodes)
            )
            row_of = {node: row for row, node in enumerate(nodes)}
            for one in wanted:
                scores[one.position][one.continuation] += likely[row_of[one.node], one.token].item()
        return scores

    def _after(self, tree: TokenTree, nodes: Sequence[int]) -> torch.Tensor:
        """Log-probabilities of what follows each of the nodes, `(nodes, vocabulary)`."""
        logits = self._model(
            torch.tensor([tree.tokens]),
            attention_mask=_mask(tree),
            position_ids=torch.tensor([tree.depths]),
            use_cache=False,
            logits_to_keep=torch.tensor(nodes),
        ).logits[0]
        return torch.as_tensor(logits).log_softmax(-1)

    def _after_one_prompt(self, tree: TokenTree, nodes: Sequence[int], length: int) -> torch.Tensor:
        """The same where the first `length` nodes are a prompt, the last of which is the first of
        the `nodes`.

        The prompt is read without a mask, and what follows by one that has no rows for it: of a
        prompt of 8,192 tokens a whole mask would be 256 MB.
        """
        prompt = self._model(torch.tensor([tree.tokens[:length]]), use_cache=True, logits_to_keep=1)
        logits = [prompt.logits[0]]
        if len(nodes) > 1:
            rest = self._model(
                torch.tensor([tree.tokens[length:]]),
                attention_mask=_mask(tree, since=length),
                position_ids=torch.tensor([tree.depths[length:]]),
                use_cache=True,
                logits_to_keep=torch.tensor(nodes[1:]) - length,
                **{self._cache_argument: prompt.past_key_values},
            )
            logits.append(rest.logits[0])
        return torch.cat(logits).log_softmax(-1)


def _mask(tree: TokenTree, *, since: int = 0) -> torch.Tensor:
    """What is added to attention, `(1, 1, nodes - since, nodes)`."""
    sees = torch.from_numpy(tree.ancestors(since=since))
    return torch.where(sees, 0.0, torch.finfo(torch.float32).min)[None, None]


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
            if not tokens:
                continue
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
