"""What a provider and a reasoner are: a frozen audio language model, opened by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from audiorouter.clips import Clip, Sources
from audiorouter.errors import ReasonerError, UsageError
from audiorouter.providers.prices import Prices
from audiorouter.toolbox.interface import ToolCall
from audiorouter.validation import first_problem


class Long(StrEnum):
    """What is done with a clip that is longer than a reasoner hears at once."""

    CUT = "cut"
    """It hears the beginning alone."""
    WINDOW = "window"
    """It is asked about each stretch by itself, and its answers are pooled."""


class Evidence(NamedTuple):
    """What one tool call found, in its own sentence. It is quoted data, not instruction."""

    call: ToolCall
    text: str


@dataclass(frozen=True)
class ToolSchema:
    """A tool as function calling describes it; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    not_for: str = ""
    """What it does not hear; apart, since models that compare meanings do not read a "not"."""

    def as_json(self) -> dict[str, Any]:
        """Name, description and parameters as values of JSON."""
        return {
            "name": self.name,
            "description": f"{self.description} {self.not_for}".rstrip(),
            "parameters": dict(self.parameters),
        }


@dataclass(frozen=True)
class Request:
    """One question as the reasoner gets it.

    `heard` are the findings of the reasoner's own `listening_calls`, `findings` those of the route.
    With `tools` it is not to answer yet, but to say which of them to call, `max_calls` at most: the
    answer's text is then a JSON list as `audiorouter.providers.parsing.parse_calls` reads it. With
    `text_only` it is about words alone, and the clip is not to be heard.
    """

    clip: Path
    audio_hash: str
    question: str
    choices: tuple[str, ...] = ()
    findings: tuple[Evidence, ...] = ()
    heard: tuple[Evidence, ...] = ()
    tools: tuple[ToolSchema, ...] = ()
    max_calls: int = 1
    text_only: bool = False
    part_of: str | None = None
    """Hash of the whole clip where it is about a window of it, which `audio_hash` stands for."""
    sources: Sources = field(default_factory=dict, repr=False, compare=False)
    opens: Callable[[], Clip] | None = field(default=None, repr=False, compare=False)

    def open_clip(self) -> Clip:
        """The clip, which is decoded when it is first asked for.

        In a batch a worker process decodes it, so that no file and no decoder harms this one; in a
        request that was made by hand it is done here, by `sources` where one fits.
        """
        return Clip(self.clip, sources=self.sources) if self.opens is None else self.opens()


@dataclass(frozen=True)
class Answer:
    """What the reasoner said.

    For multiple choice `index` is the chosen position (None where its words name no choice) and
    `probabilities` one number 0…1 a choice, where the reasoner gives any. `seconds` is its share
    of the time of its batch. `usage` is what a server says that it took: tokens by kind, and cost.
    `remark` is what the row should tell of how it was asked, such as findings that were cut.
    """

    text: str
    index: int | None = None
    probabilities: tuple[float, ...] | None = None
    seconds: float = 0.0
    usage: Mapping[str, float] | None = None
    remark: str | None = None


class Reasoner(ABC):
    """A frozen audio language model."""

    name: str
    """As on the command line."""
    identity: str
    """Everything that decides its answers (weights, prompt, decoding), for cache keys."""
    listening_calls: tuple[ToolCall, ...] = ()
    """Calls through which a reasoner without an audio encoder hears; never part of a route."""
    batch_size: int = 8
    """Requests it likes to get at once."""
    in_flight: int = 1
    """Most requests on their way at once; those beyond wait, and their time is not counted."""
    in_batches: bool = False
    """Whether it answers many requests together, so that what one costs is known when all are."""
    order_matters: bool = True
    """Whether the order of the choices can change the answer."""
    remarks: Sequence[str] = ()
    """What a user should know of how it was asked, once it was, such as what a server refused."""
    counts_tokens: bool = False
    """Whether somebody charges for its answers, so that plans and summaries count tokens."""
    prices: Prices | None = None
    """What a million tokens cost, where that is known; it changes no answer."""
    sends_audio: bool = True
    """Whether clips are among what is charged for."""
    most_tokens: int | None = None
    """Most tokens of an answer, where that is bounded."""
    longest: float | None = None
    """Seconds of a clip that it hears at once; None where no limit is known."""
    long: Long = Long.CUT
    """What is done with longer ones; it is a part of `identity`."""
    retries: int = 0
    """How often it has asked a server again that had not answered."""
    extra_requests: int = 0
    """How many requests it sent beside one an answer: those again, and to learn what is taken."""

    @abstractmethod
    def answer(self, requests: Sequence[Request]) -> Sequence[Answer | ReasonerError]:
        """Answer each request, in order; what a request gets does not depend on the others.

        An error in place of an answer is that of one request, such as a reply that was cut off.
        Neither an error nor an answer without words is kept.

        Raises:
            ReasonerError: it cannot answer any; the message says what to do.
        """

    def load(self) -> None:
        """Load what the first answer needs; called ahead of it while tools are at work.

        What it raises is not heard: the first answer raises it again.
        """
        return

    def use_threads(self, count: int) -> None:
        """Compute with `count` threads from now on; reasoners that run elsewhere need not care."""
        return


class AsyncReasoner(Reasoner):
    """A reasoner that waits for somebody else: each request is a coroutine of its own."""

    in_flight: int = 64
    longest_wait: float = 0.0
    """Seconds that an answer may take in any case, where it is known to take long."""

    @abstractmethod
    async def reply(self, request: Request) -> Answer:
        """Answer one request.

        Raises:
            ReasonerError: it cannot answer; the message says what to do.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close what belongs to the running event loop; a later `reply` opens it again."""

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Answer all requests at once."""
        import asyncio

        async def ask() -> list[Answer]:
            try:
                return list(await asyncio.gather(*map(self.reply, requests)))
            finally:
                await self.close()

        return asyncio.run(ask())


class NoOptions(BaseModel):
    """Options of a provider that takes none; base of the others: unknown names are refused.

    So are numbers that are infinite or none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, allow_inf_nan=False)


OptionsT = TypeVar("OptionsT", bound=NoOptions)


class Provider(ABC, Generic[OptionsT]):
    """Opens reasoners of one kind; `name` is the part of a model name before the colon."""

    name: ClassVar[str]
    description: ClassVar[str]
    Options: type[OptionsT]
    """What `-P NAME=VALUE` may set."""
    models: ClassVar[tuple[str, ...]] = ()
    """Patterns (`gpt-*`, in lower case) of names that its models have: whoever types such a name
    alone is told to put the provider before it."""

    @abstractmethod
    def open(self, model: str, options: OptionsT) -> Reasoner:
        """The reasoner for `model`, what follows the colon; cheap, models load when first used.

        Raises:
            UsageError: there is no such model.
        """

    def parse(self, options: Mapping[str, Any]) -> OptionsT:
        """Check options against the provider's model.

        Raises:
            UsageError: an unknown name or a value that does not fit.
        """
        try:
            return self.Options.model_validate(dict(options))
        except ValidationError as error:
            problem = first_problem(error, whole="options", names=("option", self.Options))
            raise UsageError(f"provider {self.name}: {problem}") from None

    def missing(self) -> str | None:
        """What has to be installed before it can be used, or None."""
        return None
