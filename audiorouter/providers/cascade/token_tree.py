"""Token sequences as a tree: what several of them begin with stands in it once.

A model reads the whole tree in one pass when each token attends to its ancestors alone (Miao et
al., "SpecInfer", ASPLOS 2024, who check guesses so).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

ROOT = -1


class TokenTree:
    """Nodes in the order in which they came; a parent precedes its children."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.depths: list[int] = []
        self._parents: list[int] = []
        self._children: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self.tokens)

    def add(self, tokens: Sequence[int], *, below: int = ROOT) -> list[int]:
        """The nodes of a sequence that goes on from the node `below`.

        >>> tree = TokenTree()
        >>> tree.add([5, 6, 7]), tree.add([5, 6, 8])
        ([0, 1, 2], [0, 1, 3])
        """
        nodes = []
        for token in tokens:
            if (below, token) not in self._children:
                self._children[below, token] = len(self.tokens)
                self.tokens.append(token)
                self.depths.append(0 if below == ROOT else self.depths[below] + 1)
                self._parents.append(below)
            below = self._children[below, token]
            nodes.append(below)
        return nodes

    def ancestors(self, *, since: int = 0) -> NDArray[np.bool_]:
        """Whether the node of the row may see that of the column: itself, and those on the way to
        it.

        Rows are the nodes from `since` on, `(nodes - since, nodes)`; those before have to be one
        sequence.
        """
        sees = np.eye(len(self) - since, len(self), since, dtype=np.bool_)
        for row, parent in enumerate(self._parents[since:]):
            if parent >= since:
                sees[row] |= sees[parent - since]
            else:
                sees[row, : parent + 1] = True
        return sees
