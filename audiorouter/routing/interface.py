"""What a router is: it reads questions and picks a route, a few tool calls or none, for each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from audiorouter.errors import UsageError
from audiorouter.providers.interface import Answer, Evidence, Request
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.clips import ClipFacts
    from audiorouter.toolbox.interface import Tool


@dataclass(frozen=True)
class Route:
    """The tool calls to make for a question, and in a few words why."""

    calls: tuple[ToolCall, ...] = ()
    reason: str = ""
    instead: tuple[ToolCall, ...] = ()
    """Made in their order, one for each call that failed or measured nothing of the clip."""


@dataclass(frozen=True)
class HelpEstimate:
    """How likely (0…1) the answer is wrong without tools and right with `calls`, to a router.

    They are those that it would make if it had to make some, whether it makes any or not.
    """

    calls: tuple[ToolCall, ...]
    probability: float


@dataclass(frozen=True)
class RouteRequest:
    """What a router may look at: the question, its choices, and what is known of the clip.

    `heard` are the findings of the router's own `listening_calls`, as far as there are any yet;
    `margin` is by how much the reasoner's direct answer is likelier (0…1) than its second choice,
    for routers that want it.
    """

    question: str
    choices: tuple[str, ...]
    facts: ClipFacts
    heard: tuple[Evidence, ...] = ()
    margin: float | None = None


class Router(ABC):
    """Picks a route for each question."""

    name: str
    """As on the command line."""
    identity: str
    """Everything that decides its routes, for cache keys."""
    listening_calls: tuple[ToolCall, ...] = ()
    """Cheap calls that it wants to see before it decides; they are not part of its routes."""
    wants_margin: bool = False
    """Whether the reasoner is to answer without tools first; what is then kept serves `none`."""
    cacheable: bool = False
    """Whether its decisions are worth keeping in the store, as those of a model are."""
    remarks: tuple[str, ...] = ()
    """What a user should know of it before it is used."""

    @abstractmethod
    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """One route for each request, in order."""

    def load(self) -> None:
        """Load what the first decision needs; called ahead of it while tools are at work.

        What it raises is not heard: the first decision raises it again.
        """
        return

    def help_estimates(self, requests: Sequence[RouteRequest]) -> list[HelpEstimate] | None:
        """How likely calling helps, for each request; None from a router that estimates nothing."""
        return None


Ask = Callable[[Request], Awaitable[Answer]]
"""Asks the reasoner; what it has answered before comes from the store."""


class AskingRouter(Router):
    """A router that asks the reasoner itself, and may look at findings before it goes on.

    It works where there is a reasoner to ask, in a batch and in an evaluation.
    """

    rounds: int = 1
    """How often it is asked for calls about one question, unless it wants no more."""

    @abstractmethod
    async def decide(self, request: Request, ask: Ask, *, max_calls: int) -> Route:
        """The calls to make next, `max_calls` at most; `request` has the findings so far."""

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """Not without the reasoner.

        Raises:
            UsageError: always.
        """
        raise UsageError(f"the router {self.name} asks the reasoner on its way (not in --plan)")


class RouterFactory(ABC):
    """Opens routers of one kind; `name` is the part of a router's name before the colon."""

    name: ClassVar[str]
    description: ClassVar[str]

    @abstractmethod
    def open(self, argument: str, tools: Mapping[str, Tool[Any]]) -> Router:
        """A router over the usable `tools`; `argument` is what follows the colon, or empty.

        Raises:
            UsageError: the argument makes no sense.
        """
