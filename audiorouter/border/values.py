"""What code that is not ours gives, checked: types, ranges, finite numbers, text, sizes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from audiorouter.border.faults import crossing
from audiorouter.border.json_advice import no_json, plain
from audiorouter.errors import FaultError, UsageError

MAX_TEXT = 1_000_000
"""Characters of a sentence, an answer or a reason."""
MAX_JSON = 32 << 20
"""Bytes of data as JSON."""
TOLERANCE = 1e-3
"""How far beyond 0…1 a probability may lie by rounding."""

T = TypeVar("T")
ModelT = TypeVar("ModelT", bound=BaseModel)


def json_text(value: Any) -> str:
    """The value as canonical JSON text; numbers of NumPy and the like are those of Python.

    >>> json_text({"rates": [plain]})
    Traceback (most recent call last):
    ValueError: it is not JSON: `rates[0]` is function: leave it out, or write str(…)

    Raises:
        ValueError: it is no JSON, holds NaN, infinity or text that cannot be encoded, or is too
            large; the message says which.
    """
    try:
        text = json.dumps(
            value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False,
            default=_as_json,
        )  # fmt: skip
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(no_json(value, error)) from None
    encodable_text(text)
    if (size := len(text.encode())) > MAX_JSON:
        raise ValueError(f"it is too large ({size:,} bytes of JSON)")
    return text


def encodable_text(text: str) -> str:
    """The text as it is.

    Raises:
        ValueError: it cannot be encoded.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"it holds a character that cannot be encoded (U+{ord(text[error.start]):04X})"
        ) from None
    return str(text)


def _as_json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    number = plain(value)
    if number is value:
        raise TypeError(f"{type(value).__name__} is none of its types")
    return number


def _probability(value: float) -> float:
    if not -TOLERANCE <= value <= 1 + TOLERANCE:
        raise ValueError("a probability lies from 0 to 1")
    return min(1.0, max(0.0, value))


Text = Annotated[str, Field(strict=True, max_length=MAX_TEXT), AfterValidator(encodable_text)]
Index = Annotated[int, Field(strict=True, ge=0), BeforeValidator(plain)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False), BeforeValidator(plain)]
Seconds = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False), BeforeValidator(plain)]
Probability = Annotated[
    float,
    Field(strict=True, allow_inf_nan=False),
    BeforeValidator(plain),
    AfterValidator(_probability),
]


def _object_text(value: Any) -> str:
    if not isinstance(value, Mapping):
        raise ValueError(f"{type(value).__name__} is no mapping of names to values")
    return json_text(dict(value))


def _numbers_alone(value: Any) -> Any:
    """Servers put objects and nothing among the numbers of what they used."""
    if not isinstance(value, Mapping):
        return value
    items = {name: plain(number) for name, number in value.items()}
    return {
        name: number
        for name, number in items.items()
        if isinstance(number, int | float) and not isinstance(number, bool)
    }


JsonObject = Annotated[str, BeforeValidator(_object_text)]
"""An object of JSON, as its text."""
Usage = Annotated[dict[Text, Number], BeforeValidator(_numbers_alone), Field(max_length=100)]
"""What a server says that an answer took."""


class Given(BaseModel):
    """Base of the models of what code that is not ours gives; read by attribute or key."""

    model_config = ConfigDict(frozen=True, from_attributes=True, defer_build=True)


def checked_part(given: object, model: type[BaseModel], base: type[T], *, whose: str) -> T:
    """What a plugin opened, if it is a `base` that is as the model says.

    Raises:
        UsageError: it is none, or lacks what must be known of it before it is used.
    """
    if not isinstance(given, base):
        raise UsageError(f"{whose}: what was opened is {type(given).__name__}, no {base.__name__}")
    try:
        checked(model, given, whose=whose, kind=FaultError)
    except FaultError as error:
        raise UsageError(str(error)) from None
    return given


def checked(model: type[ModelT], value: object, *, whose: str, kind: type[FaultError]) -> ModelT:
    """`value` as the model says it must be.

    Raises:
        FaultError: (of that `kind`) it is not so; the message says whose it is, where, and why.
    """
    with crossing(whose, kind):
        try:
            return model.model_validate(value)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            message = first["msg"].removeprefix("Value error, ")
            raise kind(f"{whose} gave {f'{where}: ' if where else ''}{message}".strip()) from None
