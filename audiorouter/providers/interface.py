"""What a provider and a reasoner are: a frozen audio language model, opened by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from audiorouter.toolbox.interface import ToolCall


class Evidence(NamedTuple):
    """What one tool call found, in its own sentence. It is quoted data, not instruction."""

    call: ToolCall
    text: str


@dataclass(frozen=True)
class Request:
    """One question as the reasoner gets it.

    `heard` are the findings of the reasoner's own `ears`, `findings` those of the route.
    """

    clip: Path
    audio_hash: str
    question: str
    choices: tuple[str, ...] = ()
    findings: tuple[Evidence, ...] = ()
    heard: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What the reasoner said.

    For multiple choice `index` is the chosen position (None where its words name no choice) and
    `probabilities` one number 0…1 a choice, where the reasoner gives any. `seconds` is its share
    of the time of its batch.
    """

    text: str
    index: int | None = None
    probabilities: tuple[float, ...] | None = None
    seconds: float = 0.0


class Reasoner(ABC):
    """A frozen audio language model."""

    name: str
    """As on the command line."""
    identity: str
    """Everything that decides its answers (weights, prompt, decoding), for cache keys."""
    ears: tuple[ToolCall, ...] = ()
    """Calls through which a reasoner without an audio encoder hears; never part of a route."""
    batch_size: int = 8
    """Requests it likes to get at once."""

    @abstractmethod
    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer each request, in order; what a request gets does not depend on the others.

        Raises:
            ReasonerError: it cannot answer; the message says what to do.
        """

    def use_threads(self, count: int) -> None:
        """Compute with `count` threads from now on; reasoners that run elsewhere need not care."""
        return


class Provider(ABC):
    """Opens reasoners of one kind; `name` is the part of a model name before the colon."""

    name: ClassVar[str]
    description: ClassVar[str]

    @abstractmethod
    def open(self, model: str) -> Reasoner:
        """The reasoner for `model`, what follows the colon; cheap, models load when first used.

        Raises:
            UsageError: there is no such model.
        """

    def missing(self) -> str | None:
        """What has to be installed before it can be used, or None."""
        return None
