"""What a tool is: it hears one thing in a clip and says it as data and as one plain sentence."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from audiorouter.border import crossing
from audiorouter.border.values import json_text
from audiorouter.clips import Clip
from audiorouter.errors import ClipError, ToolError, ToolUnavailableError
from audiorouter.machine.installed import absent, installed_version
from audiorouter.machine.source_code import with_source
from audiorouter.store.cache_keys import cache_key, canonical_json
from audiorouter.toolbox import calibration
from audiorouter.toolbox.calibration import Curve
from audiorouter.toolbox.licences import allowed_weights, commercial_doubt
from audiorouter.toolbox.pickling import values_hash
from audiorouter.toolbox.spans import from_beginning, span_in
from audiorouter.validation import first_problem
from audiorouter.weights import State, Weights, find, fingerprint, state
from audiorouter.weights.local import remedy

A_GUESS = 0.5
"""What a finding that says of itself that it is unsure is sure of at most."""


class Domain(StrEnum):
    """Which kind of audio a tool is for."""

    SPEECH = "speech"
    SOUND = "sound"
    MUSIC = "music"


class NoArguments(BaseModel):
    """Arguments of a tool that takes none; base of the others: unknown names are refused."""

    # Validators are built when they are first used: listing tools needs none of them.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class SpanArguments(NoArguments):
    """Which part of the clip to listen to; base of the arguments of tools that may hear a part."""

    start: float | None = Field(
        default=None, description="Listen from here on, in s; a negative one counts from the end."
    )
    end: float | None = Field(default=None, gt=0, description="Listen up to here, in s.")


ArgumentsT = TypeVar("ArgumentsT", bound=NoArguments)


@dataclass(frozen=True)
class ToolCall:
    """One use of a tool: its name and its arguments.

    >>> ToolCall("transcribe", {"language": "en"}).label
    'transcribe(language=en)'
    """

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name and arguments in one short text."""
        inside = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.tool}({inside})" if inside else self.tool

    def as_json(self) -> dict[str, Any]:
        """The form in which files and the store hold it."""
        return {"tool": self.tool, "arguments": dict(self.arguments)}

    def __hash__(self) -> int:
        arguments = dict(self.arguments)
        return hash((self.tool, canonical_json(arguments) if arguments else "{}"))


@dataclass(frozen=True)
class Finding:
    """What a tool found.

    `data` is JSON with units in its names or values; `text` is one or a few plain sentences for the
    reasoner, which say so where the evidence is weak. `confidence` (0…1) is how likely the sentence
    is right: the share of findings like it that were, on recordings it was calibrated on; None
    where the tool has not been calibrated.
    """

    data: Mapping[str, Any]
    text: str
    confidence: float | None = None

    @property
    def measured(self) -> bool:
        """Whether the clip had anything of what the tool hears; see `not_measured`."""
        return "not_measured" not in self.data

    def __str__(self) -> str:
        """The sentence as people are shown it.

        >>> str(Finding({}, "It is in C major.", confidence=0.83))
        'It is in C major. (83% sure)'
        """
        return f"{self.text} ({self.confidence:.0%} sure)" if self.confidence else self.text

    @classmethod
    def not_measured(cls, why: str, **data: Any) -> Finding:
        """That the clip has nothing of what the tool hears: no number, and nothing to rely on.

        >>> Finding.not_measured("no music is heard").text
        'Not measured: no music is heard.'
        """
        return cls({"not_measured": why, **data}, f"Not measured: {why}.", confidence=0.0)


class Tool(ABC, Generic[ArgumentsT]):
    """An external audio analyser.

    A subclass sets the class attributes, puts what is expensive into `load`, and hears in `run`.
    Instances are cheap and may be listed without importing anything heavy: heavy imports belong
    inside `load` and `run`, which are called in a worker process only.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    """What it hears and when that helps, in one or two sentences; routers read this."""
    not_for: ClassVar[str] = ""
    """What it is mistaken for and does not hear, in a sentence; readers and models are told."""
    examples: ClassVar[tuple[str, ...]] = ()
    """Questions that it helps with, as users ask them; routers read these as well."""
    version: ClassVar[str]
    """Changes whenever the same audio may give another finding. What is no release, such as a file
    or an editable project, is known by its source besides: an edit is computed anew."""
    licence: ClassVar[str]
    """Licence of the code it calls; weights say their own."""
    domain: ClassVar[Domain]
    Arguments: type[ArgumentsT]
    weights: ClassVar[tuple[str | Weights, ...]] = ()
    """Names in the catalogue, or weights of its own, which `models pull` then knows as well."""
    packages: ClassVar[tuple[str, ...]] = ()
    """Distributions it imports beyond the core; their versions are part of the cache key."""
    extra: ClassVar[str | None] = None
    """The extra of this package that installs them."""
    experimental: ClassVar[bool] = False
    """Whether it is left to those who name it: routers do not consider it."""
    reads_file: ClassVar[bool] = False
    """Whether it reads more of the file than its samples, such as tags: a finding then belongs to
    the bytes of the file at `clip.path`, not to the audio alone."""
    stands_in_for: ClassVar[str | None] = None
    """Name of the tool whose place it takes where that one is not installed, or not allowed."""

    @property
    def is_built_in(self) -> bool:
        """Whether it is one of ours, which need not be kept apart."""
        return type(self).__module__.partition(".")[0] == "audiorouter"

    @property
    def arguments_version(self) -> str | None:
        """The version of how one of ours reads arguments off a question, by which routers may go;
        None of others, which are not asked while routing."""
        return self.version if self.is_built_in else None

    def load(self) -> None:
        """Load models; called once a worker before the first `run`."""

    @abstractmethod
    def run(self, clip: Clip, arguments: ArgumentsT) -> Finding:
        """Analyse `clip`.

        Raises:
            ToolError: the clip cannot be analysed by this tool; the message says why.
        """

    def hear(self, clip: Clip, arguments: ArgumentsT) -> Finding:
        """`run` on the clip, or on the part of it that the arguments name.

        Raises:
            ToolError: as `run`, or nothing of the clip lies in that part.
        """
        start, end = getattr(arguments, "start", None), getattr(arguments, "end", None)
        if not isinstance(arguments, SpanArguments) or (start is None and end is None):
            return self.run(clip, arguments)
        start = from_beginning(start or 0.0, clip.duration)
        end = min(clip.duration, end or clip.duration)
        try:
            finding = self.run(clip.part(start, end), arguments)
        except ClipError as error:
            raise ToolError(str(error)) from None
        data = {"part": {"start_s": round(start, 2), "end_s": round(end, 2)}, **finding.data}
        return replace(
            finding,
            data=data,
            text=f"Between {start:.1f} and {end:.1f} s (times count from there): {finding.text}",
        )

    def arguments_in(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """Arguments that a question names, such as a time span; what a router's call is given.

        `choices` are those of the question, for tools that are told what to look for by them.
        """
        if not issubclass(self.Arguments, SpanArguments):
            return {}
        return {name: value for name, value in span_in(question)._asdict().items() if value}

    def call_for(self, call: ToolCall, question: str, choices: tuple[str, ...]) -> ToolCall:
        """The call with its arguments checked; one without any takes those the question names.

        Raises:
            ToolError: the call's own arguments do not fit.
        """
        if not call.arguments and (named := self.arguments_named(question, choices)):
            return ToolCall(self.name, named)
        return ToolCall(self.name, self.normalised(call.arguments))

    def arguments_named(self, question: str, choices: tuple[str, ...]) -> dict[str, Any]:
        """The arguments that a question names, checked.

        What is read from a question is a guess: where it does not fit, nothing was named.
        """
        with contextlib.suppress(ToolError), crossing(self.name, ToolError):
            if named := self.arguments_in(question, choices):
                return self.normalised(named)
        return {}

    @cached_property
    def identity(self) -> str:
        """Everything but clip and arguments that decides a finding, as one line of text."""
        versions = [f"{package}={installed_version(package)}" for package in self.packages]
        weights = [fingerprint(one) for one in self.weights]
        curve = self._curve()
        sure = [] if curve is None else [f"calibration={curve.slope:g},{curve.intercept:g}"]
        values = values_hash(self)
        held = [] if values is None else [f"values={values}"]
        named = " ".join([f"{self.name}/{self.version}", *versions, *weights, *sure, *held])
        return with_source(named, type(self))

    def confidence(self, evidence: float, *, unsure: bool = False) -> float | None:
        """How likely a finding with that evidence is right, where the tool was calibrated.

        `unsure` is whether its sentence says that it is: then it is `A_GUESS` at most.
        """
        curve = self._curve()
        if curve is None:
            return None
        return min(curve.at(evidence), A_GUESS) if unsure else curve.at(evidence)

    def _curve(self) -> Curve | None:
        return calibration.curve(type(self).__name__) if self.is_built_in else None

    def key(
        self, audio_hash: str, arguments: Mapping[str, Any], *, file_hash: str | None = None
    ) -> str:
        """Cache key of a call; `file_hash` is read where the tool reads the file."""
        file = {"file": file_hash} if self.reads_file else {}
        return cache_key(
            "tool_call",
            {"clip": audio_hash, "tool": self.identity, "arguments": dict(arguments), **file},
        )

    def parse(self, arguments: Mapping[str, Any]) -> ArgumentsT:
        """Check arguments against the tool's model.

        Raises:
            ToolError: an unknown name or a value that does not fit.
        """
        try:
            return self.Arguments.model_validate(dict(arguments))
        except ValidationError as error:
            names = ("argument", self.Arguments)
            problem = first_problem(error, whole="arguments", names=names)
            raise ToolError(f"{self.name}: {problem}") from None

    def normalised(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments with their defaults left out, so that equal calls look equal.

        Raises:
            ToolError: an unknown name, a value that does not fit, or one that JSON cannot hold.
        """
        given = self.parse(arguments).model_dump(mode="json", exclude_defaults=True)
        try:
            json_text(given)
        except ValueError as error:
            raise ToolError(f"{self.name}: arguments: {error}") from None
        return given

    def missing(self) -> str | None:
        """What has to be installed before it can run, or None."""
        if lacking := absent(self.packages):
            source = f"audiorouter[{self.extra}]" if self.extra else " ".join(lacking)
            return f"needs {', '.join(lacking)}: pip install '{source}'"
        for weights in map(find, self.weights):
            condition = state(weights)
            if condition is not State.READY:
                return f"weights {weights.name} are {condition}: {remedy(weights)}"
        return None

    def require(self) -> None:
        """Raise `ToolUnavailableError` where something has to be installed first."""
        if reason := self.missing():
            raise ToolUnavailableError(f"{self.name} {reason}")

    def licences(self) -> dict[str, str]:
        """Licence of the code and of each set of weights."""
        weights = map(find, self.weights)
        return {"code": self.licence} | {one.name: one.licence for one in weights}

    def not_commercial(self) -> str | None:
        """Which of its licences is not known to allow commercial use, in a few words, or None.

        Weights that the user vouches for are allowed whatever they say, see `licences`.
        """
        allowed = allowed_weights()
        for part, licence in self.licences().items():
            if part not in allowed and (doubt := commercial_doubt(licence)):
                return f"the {'code' if part == 'code' else f'weights {part}'} {doubt}"
        return None
