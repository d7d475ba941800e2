"""Parquet, the form in which the Hub keeps data sets, and Arrow's own, that of `save_to_disk`.

Both are read in parts, through pyarrow.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from audiorouter.errors import QuestionFileError
from audiorouter.questions.files.embedded import holds_file, is_audio
from audiorouter.questions.files.record import Record, RecordMaker
from audiorouter.text import first_line

_ROWS_AT_ONCE = 64
_ARROW_FILE = b"ARROW1"
"""How the one form begins that has an index at its end; `datasets` writes the other."""
_BYTES_AT_ONCE = 64 << 20
MOST_IN_ROW = 2 << 30
"""Bytes of a row, its audio with it: an hour of stereo at 48 kHz is 1.4 GB of samples."""
_NUMBER_BYTES = 32
"""Bytes of memory of a number in a list."""


def parse_parquet(path: Path, raw: bytes | None, make: RecordMaker) -> Iterator[Record]:
    """The rows of the file at `path`, or of its content `raw` where that was unpacked.

    A record's line is the number of its row.

    Raises:
        QuestionFileError: pyarrow is missing, or the file is damaged.
    """
    yield from _parse(path, raw, make, "parquet", _parquet_batches)


def parse_arrow(path: Path, raw: bytes | None, make: RecordMaker) -> Iterator[Record]:
    """The rows of an Arrow file, of either of its two forms; else as `parse_parquet`.

    Raises:
        QuestionFileError: pyarrow is missing, or the file is damaged.
    """
    yield from _parse(path, raw, make, "Arrow file", _arrow_batches)


def _parse(
    path: Path,
    raw: bytes | None,
    make: RecordMaker,
    kind: str,
    batches: Callable[[Path | io.BytesIO], Iterator[Any]],
) -> Iterator[Record]:
    pyarrow = _pyarrow(path)
    number = 0
    try:
        for batch in batches(path if raw is None else io.BytesIO(raw)):
            for part, error in _parts(batch):
                for row in [{}] if error else part.to_pylist():
                    number += 1
                    fields = {name: _plain(cell) for name, cell in row.items()}
                    yield make.make(number, fields, error)
    except MemoryError:  # also one of pyarrow's own, of both kinds
        raise
    except FileNotFoundError as error:
        raise QuestionFileError(f"{path}: cannot be read ({error.strerror})") from None
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise QuestionFileError(
            f"{path}, row {number + 1}: damaged {kind} ({first_line(error)})"
        ) from None


def _parquet_batches(source: Path | io.BytesIO) -> Iterator[Any]:
    from pyarrow.parquet import ParquetFile

    with ParquetFile(source) as file:
        yield from file.iter_batches(batch_size=_ROWS_AT_ONCE)


def _arrow_batches(source: Path | io.BytesIO) -> Iterator[Any]:
    import pyarrow

    opened = pyarrow.memory_map(str(source)) if isinstance(source, Path) else source
    with opened as stream:
        begins = stream.read(len(_ARROW_FILE))
        stream.seek(0)
        if begins == _ARROW_FILE:
            with pyarrow.ipc.open_file(stream) as file:
                yield from map(file.get_batch, range(file.num_record_batches))
        else:
            with pyarrow.ipc.open_stream(stream) as batches:
                yield from batches


def parquet_columns(path: Path) -> tuple[str, ...]:
    """The names of the columns of the file at `path`.

    Raises:
        QuestionFileError: pyarrow is missing, or the file is damaged.
    """
    pyarrow = _pyarrow(path)
    try:
        return tuple(pyarrow.parquet.read_schema(path).names)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise QuestionFileError(f"{path}: damaged parquet ({first_line(error)})") from None


def _pyarrow(path: Path) -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise QuestionFileError(
            f"{path}: such files are read by pyarrow: pip install 'audiorouter[parquet]'"
        ) from None
    return pyarrow


def _parts(batch: Any) -> Iterator[tuple[Any, str | None]]:
    """A batch in parts that fit into memory, and what is wrong with those that are one row."""
    sizes = sum(_sizes(column) for column in batch.columns)
    start = held = 0
    for row in range(batch.num_rows):
        size = int(sizes[row])
        if row > start and held + size > _BYTES_AT_ONCE:
            yield batch.slice(start, row - start), None
            start, held = row, 0
        held += size
        if held > MOST_IN_ROW:  # it stands alone
            yield batch.slice(row, 1), f"it takes {size:,} bytes, more than {MOST_IN_ROW:,}"
            start, held = row + 1, 0
    if start < batch.num_rows:
        yield batch.slice(start), None


def _sizes(array: Any) -> Any:
    """Bytes of each value of an Arrow array once it is written out, int64 `(values,)`.

    In the array itself a value of a dictionary stands once, whatever number of cells have it.
    """
    import numpy as np
    import pyarrow.compute
    from pyarrow import types

    kind = array.type
    if isinstance(kind, pyarrow.BaseExtensionType):
        return _sizes(array.storage)
    if types.is_dictionary(kind):
        values = np.append(_sizes(array.dictionary), 0)
        return values[array.indices.fill_null(len(values) - 1).to_numpy(zero_copy_only=False)]
    if types.is_struct(kind):
        return sum(map(_sizes, array.flatten()), np.full(len(array), _NUMBER_BYTES, np.int64))
    if types.is_fixed_size_list(kind):
        most = _sizes(array.flatten()).max(initial=_NUMBER_BYTES)
        return np.full(len(array), kind.list_size * most)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_map(kind):
        items = array.values if not types.is_map(kind) else array.keys
        each = _sizes(items) + (_sizes(array.items) if types.is_map(kind) else 0)
        ends = np.append(0, np.cumsum(each))[array.offsets.to_numpy()]
        return _NUMBER_BYTES + np.diff(ends)
    if types.is_string_view(kind) or types.is_binary_view(kind):
        return _sizes(array.cast(pyarrow.large_binary()))
    if kind in (pyarrow.string(), pyarrow.large_string(), pyarrow.binary(), pyarrow.large_binary()):
        lengths = pyarrow.compute.binary_length(array).fill_null(0)
        return lengths.to_numpy(zero_copy_only=False).astype(np.int64)
    return np.full(len(array), _NUMBER_BYTES, np.int64)


def _of_bytes(value: bytes) -> Any:
    """What a binary column holds: a whole audio file, or text, as some databases write theirs."""
    if is_audio(value):
        return {"path": None, "bytes": value}
    with contextlib.suppress(UnicodeDecodeError):
        if (text := value.decode()).isprintable():
            return text
    return f"({len(value):,} bytes)"


def _plain(value: Any) -> Any:
    """A value of the kinds that JSON has; NaN, which pandas writes for nothing, is nothing."""
    if holds_file(value):
        return value
    if isinstance(value, bytes):
        return _of_bytes(value)
    if isinstance(value, float):
        return None if value != value else value
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal | timedelta):
        return str(value)
    return value
