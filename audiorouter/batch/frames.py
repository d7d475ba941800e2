"""Records as a data frame, of whichever library is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

from audiorouter.errors import UsageError

FrameLibrary = Literal["pandas", "polars"]


def make_frame(
    records: Sequence[Mapping[str, Any]],
    *,
    columns: Sequence[str] = (),
    library: FrameLibrary | None = None,
) -> Any:
    """A `DataFrame` with a row a record; a name that a record lacks is null there.

    `columns` are there also where no record has them. Numbers, truth values and texts have columns
    of their kind; what else a column holds, or several kinds in one, is kept as objects.

    Raises:
        UsageError: the library is not installed; without one named, none is.
    """
    if library is not None and library not in get_args(FrameLibrary):
        raise UsageError(f"library {library!r}: pandas or polars")
    wanted = get_args(FrameLibrary) if library is None else (library,)
    found = next((name for name in wanted if importlib.util.find_spec(name)), None)
    if found is None:
        raise UsageError(
            f"a data frame needs {' or '.join(wanted)}: pip install {wanted[0]} "
            "(without: `-o answers.csv`, or `row.fields()` of each row)"
        )
    names = list(dict.fromkeys([*(name for record in records for name in record), *columns]))
    values = {name: [record.get(name) for record in records] for name in names}
    return _pandas(values) if found == "pandas" else _polars(values)


def _pandas(values: Mapping[str, list[Any]]) -> Any:
    import pandas

    kinds = {bool: "boolean", int: "Int64", float: "float64"}
    return pandas.DataFrame(
        {
            name: pandas.Series(column, dtype=kinds.get(_kind(column) or object, "object"))
            for name, column in values.items()
        }
    )


def _polars(values: Mapping[str, list[Any]]) -> Any:
    import polars

    kinds = {
        bool: polars.Boolean,
        int: polars.Int64,
        float: polars.Float64,
        str: polars.String,
    }
    series = []
    for name, column in values.items():
        kind = _kind(column)
        if kind is list and all(isinstance(part, str) for item in column for part in item or ()):
            series.append(polars.Series(name, column, dtype=polars.List(polars.String)))
        elif kind in kinds:
            series.append(polars.Series(name, column, dtype=kinds[kind]))
        elif kind is None and not any(value is not None for value in column):
            series.append(polars.Series(name, column, dtype=polars.Null))
        else:
            series.append(polars.Series(name, column, dtype=polars.Object))
    return polars.DataFrame(series)


def _kind(column: Sequence[Any]) -> type | None:
    """The one type of all values that are there; int and float together are float."""
    kinds = {type(value) for value in column if value is not None}
    if kinds == {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 else None
