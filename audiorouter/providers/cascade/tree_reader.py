"""How likely continuations are, of many prompts that have much in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import torch
from tokenizers import Tokenizer

from audiorouter.onednn_linear import use_onednn
from audiorouter.providers.cascade.context import CONTEXT_TOKENS
from audiorouter.providers.cascade.language_model import Prompt
from audiorouter.providers.cascade.llama import Llama
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


class TreeReader:
    """A language model of Llama's kind from a folder, in float32 on the CPU.

    What prompts or continuations begin with alike is read once, and nothing is padded.
    """

    def __init__(self, folder: Path):
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._model = _weights(folder)
        self._context = min(CONTEXT_TOKENS, self._model.context)

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

    @torch.inference_mode()
    def complete(self, prompt: str, *, max_tokens: int) -> str:
        """The greedy continuation of `prompt`."""
        unread = self._encode_prompt(prompt)
        before, read, written = None, 0, list[int]()
        while len(written) < max_tokens:
            places = torch.arange(read, read + len(unread))[None]
            hidden, before = self._model(torch.tensor([unread]), places, before=before)
            read += len(unread)
            unread = [int(self._model.next_tokens(hidden[0, -1:]).argmax())]
            if unread[0] == self._model.end:
                break
            written += unread
        return str(self._tokenizer.decode(written, skip_special_tokens=True)).strip()

    def _after(self, tree: TokenTree, nodes: Sequence[int]) -> torch.Tensor:
        """Log-probabilities of what follows each of the nodes, `(nodes, vocabulary)`."""
        hidden, _ = self._model(
            torch.tensor([tree.tokens]), torch.tensor([tree.depths]), mask=_mask(tree)
        )
        return self._likely(hidden[0, nodes])

    def _after_one_prompt(self, tree: TokenTree, nodes: Sequence[int], length: int) -> torch.Tensor:
        """The same where the first `length` nodes are a prompt, the last of which is the first of
        the `nodes`.

        The prompt is read without a mask, and what follows by one that has no rows for it: of a
        prompt of 8,192 tokens a whole mask would be 256 MB.
        """
        tokens, places = torch.tensor([tree.tokens]), torch.tensor([tree.depths])
        hidden, prompt = self._model(tokens[:, :length], places[:, :length])
        likely = [self._likely(hidden[0, -1:])]
        if len(nodes) > 1:
            hidden, _ = self._model(
                tokens[:, length:],
                places[:, length:],
                mask=_mask(tree, since=length),
                before=prompt,
            )
            likely.append(self._likely(hidden[0, torch.tensor(nodes[1:]) - length]))
        return torch.cat(likely)

    def _likely(self, hidden: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self._model.next_tokens(hidden)
        return logits.log_softmax(-1)

    def _encode_prompt(self, text: str) -> list[int]:
        """As many of its last tokens as the model takes; at least one, with which texts begin."""
        return self._encode(text)[-self._context :] or [self._model.begin]

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)


@lru_cache(maxsize=1)
def _weights(folder: Path) -> Llama:
    """The model, loaded once a process; its tokenizer is apart, being for one thread alone."""
    model = Llama.load(folder)
    use_onednn(model)
    return model


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
