"""Data that somebody else may have written, checked by pydantic; what is wrong in a few words."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from audiorouter.errors import UsageError
from audiorouter.text import unknown

T = TypeVar("T")

_LARGEST = 4 << 20


def first_problem(
    error: ValidationError, *, whole: str, names: tuple[str, type[BaseModel]] | None = None
) -> str:
    """Where the first problem is and what it is; `whole` names what is checked.

    With `names`, what a field is called and of which model, an unknown one is told in the words of
    all others, with the one that may be meant.
    """
    first = error.errors()[0]
    if names is not None and first["type"] == "extra_forbidden" and len(first["loc"]) == 1:
        what, model = names
        return unknown(what, str(first["loc"][0]), model.model_fields)
    where = ".".join(str(part) for part in first["loc"]) or whole
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"


def read_json(path: Path, kind: type[T]) -> T:
    """The value of type `kind` in a JSON file of at most 4 MiB.

    Raises:
        FileNotFoundError: there is no such file.
        UsageError: it cannot be read, or holds something else; the message names it.
    """
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path}: is no file")
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(path) from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > _LARGEST:
        raise UsageError(f"{path}: is larger than {_LARGEST >> 20} MiB")
    try:
        return TypeAdapter(kind).validate_json(content, strict=True)
    except ValidationError as error:
        raise UsageError(f"{path}: {first_problem(error, whole='the file')}") from None
