"""What is registered is checked first: what is wrong with it, and what to write instead."""

from __future__ import annotations

import pickle
import reprlib
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    InstanceOf,
    TypeAdapter,
    ValidationError,
)

from audiorouter.benchmarks.description import Benchmark, Source
from audiorouter.border import describe
from audiorouter.clips import AudioSource
from audiorouter.errors import UsageError, WeightsError
from audiorouter.machine.urls import check_url
from audiorouter.providers.interface import NoOptions, Provider
from audiorouter.routing.interface import RouterFactory
from audiorouter.scoring import AuthorsRule
from audiorouter.toolbox.interface import Domain, NoArguments, Tool
from audiorouter.toolbox.pickling import pickled
from audiorouter.weights import Weights, find

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
"""What can be typed on a command line and called as a function by a model."""
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]
"""A tuple or list of texts, but no bare text."""


def check_tool(tool: object) -> None:
    """Make sure that `tool` is one, can be listed, and can be sent to a worker process.

    Raises:
        UsageError: it cannot; the message names the class, the attributes, and what to write.
    """
    _check(tool, Tool, _ToolFacts)
    assert isinstance(tool, Tool)
    for weights in tool.weights:
        try:
            check_weights(find(weights))
        except (WeightsError, UsageError) as error:
            raise UsageError(f"{_called(type(tool))}: `weights`: {error}") from None
    _check_calls(
        tool,
        {
            "missing()": (tool.missing, str | None),
            "licences()": (tool.licences, dict[str, str]),
            "identity": (lambda: tool.identity, str),
            "Arguments.model_json_schema()": (tool.Arguments.model_json_schema, dict[str, Any]),
        },
    )
    _check_travels(tool)


def check_provider(provider: object) -> None:
    """Make sure that `provider` is one and can be listed.

    Raises:
        UsageError: as `check_tool`.
    """
    _check(provider, Provider, _ProviderFacts)
    assert isinstance(provider, Provider)
    schema = provider.Options.model_json_schema
    _check_calls(
        provider,
        {
            "missing()": (provider.missing, str | None),
            "Options.model_json_schema()": (schema, dict[str, Any]),
        },
    )


def check_router(factory: object) -> None:
    """Make sure that `factory` opens routers and can be listed.

    Raises:
        UsageError: as `check_tool`.
    """
    _check(factory, RouterFactory, _RouterFacts)


def check_source(source: object) -> None:
    """Make sure that `source` decodes files and can be sent to a worker process.

    Raises:
        UsageError: as `check_tool`.
    """
    _check(source, AudioSource, _SourceFacts)
    _check_travels(source)


def check_weights(weights: object) -> None:
    """Make sure that `weights` can be listed, fetched and told from others.

    Raises:
        UsageError: as `check_tool`.
    """
    _check(weights, Weights, _WeightsFacts, lambda item: f"weights {_shown(item.name)}")
    assert isinstance(weights, Weights)
    if (weights.module is None) != (weights.distribution is None):
        raise UsageError(
            f"weights {weights.name}: files inside a package need both its `module` and its "
            "`distribution`, others neither"
        )


def check_benchmark(benchmark: object) -> None:
    """Make sure that `benchmark` can be listed, found in a folder and prepared.

    Raises:
        UsageError: as `check_tool`.
    """
    _check(benchmark, Benchmark, _BenchmarkFacts, lambda item: f"benchmark {_shown(item.name)}")
    assert isinstance(benchmark, Benchmark)
    if not all(type(item) in (Benchmark, Source) for item in (benchmark, *benchmark.sources)):
        raise UsageError("a benchmark is a Benchmark with Sources, and of no class of its own")


CHECKS: dict[str, Callable[[object], None]] = {
    "register_tools": check_tool,
    "register_providers": check_provider,
    "register_routers": check_router,
    "register_audio_sources": check_source,
    "register_weights": check_weights,
    "register_benchmarks": check_benchmark,
}
"""What checks the things that a hook registers."""


class _Facts(BaseModel):
    """Attributes of what is registered; a field's description is an example of what to write."""

    model_config = ConfigDict(strict=True, from_attributes=True, arbitrary_types_allowed=True)


class _ToolFacts(_Facts):
    name: Name = Field(description='name = "my_tool"')
    description: Text = Field(description='description = "Tells whether …"')
    examples: Texts = Field(description='examples = ("Is it …?",)')
    not_for: str = Field(description='not_for = "Not for speech."')
    version: Text = Field(description='version = "1"')
    licence: Text = Field(description='licence = "MIT"')
    domain: Domain = Field(description="domain = Domain.SOUND")
    Arguments: type[NoArguments] = Field(description="Arguments = NoArguments")
    weights: Annotated[tuple[Text | InstanceOf[Weights], ...], Field(strict=False)] = Field(
        description="weights = (MY_WEIGHTS,)"
    )
    packages: Texts = Field(description='packages = ("my-package",)')
    extra: str | None = Field(description="extra = None")
    experimental: bool = Field(description="experimental = False")
    reads_file: bool = Field(description="reads_file = True")
    stands_in_for: str | None = Field(description="stands_in_for = None")


class _ProviderFacts(_Facts):
    name: Name = Field(description='name = "my-provider"')
    description: Text = Field(description='description = "asks …"')
    Options: type[NoOptions] = Field(description="Options = NoOptions")
    models: Texts = Field(description='models = ("gpt-*",)')


class _RouterFacts(_Facts):
    name: Name = Field(description='name = "my-router"')
    description: Text = Field(description='description = "calls …"')


class _SourceFacts(_Facts):
    suffixes: Annotated[
        tuple[Annotated[str, Field(pattern=r"^(\.[^./A-Z\s]+)+$")], ...],
        Field(strict=False, min_length=1),
    ] = Field(description='suffixes = (".raw",), in lower case')


class _WheelFacts(_Facts):
    distribution: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Annotated[str, Field(pattern=r"^[0-9][A-Za-z0-9.!+_-]*$")]
    member: Text
    inner: Text | None


class _HubFacts(_Facts):
    repo: Annotated[str, Field(pattern=r"^[\w.-]+(/[\w.-]+)?$")]
    revision: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    filename: Text


def _without_secrets(url: str) -> str:
    return check_url(url, "the address of a file", schemes=("http", "https", "file"))


class _FileFacts(_Facts):
    # Below its folder, and not where conversions go.
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][\w.-]*(/[A-Za-z0-9_][\w.-]*)*$")]
    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    wheel: Annotated[tuple[_WheelFacts, ...], Field(strict=False)]
    hub: _HubFacts | None
    url: (
        Annotated[str, Field(pattern=r"^(https?|file)://\S+$"), AfterValidator(_without_secrets)]
        | None
    )


class _WeightsFacts(_Facts):
    name: Name = Field(description='name="my-weights"')
    description: Text = Field(description='description="a network for …"')
    licence: Text = Field(description='licence="MIT"')
    files: Annotated[tuple[_FileFacts, ...], Field(strict=False, min_length=1)] = Field(
        description='files=(WeightFile("net.onnx", 1234, "its SHA-256", url="https://…"),)'
    )
    module: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")] | None = Field(
        description='module="my_package"'
    )
    distribution: Text | None = Field(description='distribution="my-package"')
    convert: Annotated[str, Field(pattern=r"^[\w.]+:\w+$")] | None = Field(
        description='convert="my_module:my_function"'
    )


_PART = r"[^/\\.\x00][^/\\\x00]*"
"""Of a path below a folder; hidden files are not looked at."""


class _LayoutFacts(_Facts):
    files: Annotated[
        tuple[Annotated[str, Field(pattern=rf"^{_PART}(/{_PART})*$")], ...],
        Field(strict=False, min_length=1),
    ]
    columns: Annotated[frozenset[Text], Field(strict=False, min_length=1)]
    convert: Callable[..., Any] | None
    parts: bool
    version: Text | None


class _BenchmarkFacts(_Facts):
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}(:[a-z0-9][a-z0-9_-]{0,63})?$")] = (
        Field(description='name="my-benchmark:test", in lower case')
    )
    title: Text = Field(description='title="My benchmark, its test part"')
    questions: Annotated[int, Field(ge=1)] | None = Field(description="questions=1_000")
    size: Text = Field(description='size="1,000"')
    paper: Text = Field(description='paper="https://arxiv.org/abs/…"')
    licence: Text = Field(description='licence="CC BY 4.0"')
    fetch: Annotated[tuple[Text, ...], Field(strict=False, min_length=1)] = Field(
        description='fetch=("test.json from https://…",)'
    )
    layout: Text = Field(description='layout="test.json, clips in audio/"')
    prompt: Text = Field(description='prompt="the question and its choices"')
    rule: AuthorsRule = Field(description="rule=AuthorsRule.CHOICE")
    scorer: Text = Field(description='scorer="score.py of the repository"')
    published: Text = Field(description='published="paper, table 2"')
    sources: Annotated[tuple[_LayoutFacts, ...], Field(strict=False, min_length=1)] = Field(
        description='sources=(Source(("test.json",), frozenset({"question", "choices"})),)'
    )
    notes: Texts = Field(description='notes=("…",)')


def _check(
    item: object,
    wanted: type[Any],
    facts: type[_Facts],
    called: Callable[[Any], str] = lambda item: _called(type(item)),
) -> None:
    if isinstance(item, type):
        raise UsageError(f"{_called(item)} is a class: register an instance, {item.__name__}()")
    if not isinstance(item, wanted):
        raise UsageError(
            f"{_shown(item)} is no {wanted.__name__}: derive its class from "
            f"audiorouter.{wanted.__name__}"
        )
    try:
        facts.model_validate(item)
    except ValidationError as error:
        raise UsageError(f"{called(item)}: {_problems(error, facts)}") from None


def _problems(error: ValidationError, facts: type[_Facts]) -> str:
    """Each attribute that is wrong, how, and an example of what is right."""
    problems: dict[str, str] = {}
    for problem in error.errors(include_url=False):
        attribute = str(problem["loc"][0])
        example = facts.model_fields[attribute].description
        is_missing = problem["type"] == "missing"
        how = "is missing" if is_missing else f"is {_shown(problem['input'])} ({problem['msg']})"
        problems.setdefault(attribute, f"`{attribute}` {how}: write `{example}`")
    return "; ".join(problems.values())


def _check_calls(item: object, calls: Mapping[str, tuple[Callable[[], object], Any]]) -> None:
    """Make sure that what lists and cache keys ask of it gives what it should."""
    for name, (call, kind) in calls.items():
        try:
            given = call()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
            raise UsageError(f"{_called(type(item))}: `{name}` fails: {describe(error)}") from None
        try:
            TypeAdapter(kind).validate_python(given, strict=True)
        except ValidationError:
            raise UsageError(f"{_called(type(item))}: `{name}` gives {_shown(given)}") from None


def _check_travels(item: object) -> None:
    try:
        pickle.loads(pickled(item))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a plugin may raise anything
        raise UsageError(
            f"{_called(type(item))}: cannot be sent to a worker process ({describe(error)}): "
            "define its class at the top of a module, and make in `load` what cannot be pickled"
        ) from None


def _called(kind: type[Any]) -> str:
    return f"class {kind.__module__}.{kind.__qualname__}"


def _shown(value: object) -> str:
    """A value in a few characters, whatever its `__repr__` does."""
    try:
        return reprlib.repr(value).encode("utf-8", "replace").decode("utf-8")
    except BaseException as error:  # noqa: BLE001 - its repr is code that is not ours
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
