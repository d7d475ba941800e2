"""The reasoners by which routing is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audiorouter.errors import ReasonerError
from audiorouter.providers.interface import Answer, Reasoner, Request


@dataclass(frozen=True)
class Judged:
    """A reasoner by which routing is judged, and on how many test questions, at most."""

    provider: str
    options: Mapping[str, Any] = field(default_factory=dict)
    shuffle_choices: int = 1
    questions: int | None = None
    """As many facts, drawn by a hash of their ids; None is all."""
    after: int = 0
    """As many of those that would be drawn first are left out."""
    routers: Sequence[str] | None = None
    """Those of `strategies` that it is asked by, `none` among them; None is all."""
    parts: Sequence[str] | None = None
    """Those that are measured of it where none are named; None is all."""


REASONERS = {
    "cascade": Judged("cascade"),
    "cascade-reads-all": Judged(
        "cascade",
        {"reads": "all"},
        questions=300,
        # What 36 tools found takes it seconds a question.
        routers=("none", "all", "rules", "nearest 1", "nearest 3", "default"),
        parts=("strategies",),
    ),
    "qwen2.5-coder-1.5b": Judged(
        "cascade:qwen2.5-coder-1.5b",
        shuffle_choices=4,
        questions=300,
        # On a CPU it reads what all tools found for half a minute.
        routers=("none", "rules", "nearest 1", "nearest 3", "default"),
        parts=("strategies",),
    ),
}
"""By the names of their result files. `--server` adds a text model behind a server."""


def behind_server(model: str, base_url: str | None) -> Judged:
    """A text model that gets findings only, by the API of OpenAI."""
    options = {"audio": "none"} | ({} if base_url is None else {"base_url": base_url})
    return Judged(f"openai:{model}", options, questions=300, parts=("strategies",))


class Blind(Reasoner):
    """Another reasoner, which is told nothing of the clip: what the words alone give away."""

    listening_calls = ()

    def __init__(self, inner: Reasoner):
        self.name = f"{inner.name}, blind"
        self.identity = f"{inner.identity} blind"
        self.batch_size, self.order_matters = inner.batch_size, inner.order_matters
        self._inner = inner

    def answer(self, requests: Sequence[Request]) -> Sequence[Answer | ReasonerError]:
        """As the other one does; nothing was heard, since it asks for no listening calls."""
        return self._inner.answer(requests)
