"""What pydantic complains of, in a few words."""

from __future__ import annotations

from pydantic import ValidationError


def first_problem(error: ValidationError, *, whole: str) -> str:
    """Where the first problem is and what it is; `whole` names what is checked."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or whole
    return f"{where}: {first['msg']}"
