"""Parquet, the form in which the Hub keeps data sets; read by row groups, through pyarrow."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from audiorouter.errors import QuestionFileError
from audiorouter.questions.files.embedded import holds_file, is_audio
from audiorouter.questions.files.record import Record, RecordMaker

_ROWS_AT_ONCE = 64


def parse_parquet(path: Path, raw: bytes | None, make: RecordMaker) -> Iterator[Record]:
    """The rows of the file at `path`, or of its content `raw` where that was unpacked.

    A record's line is the number of its row.

    Raises:
        QuestionFileError: pyarrow is missing, or the file is damaged.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise QuestionFileError(
            f"{path}: parquet is read by pyarrow: pip install 'audiorouter[parquet]'"
        ) from None
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path if raw is None else io.BytesIO(raw)) as file:
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE):
                for row in batch.to_pylist():
                    number += 1
                    yield make.make(number, {name: _plain(cell) for name, cell in row.items()})
    except FileNotFoundError as error:
        raise QuestionFileError(f"{path}: cannot be read ({error.strerror})") from None
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise QuestionFileError(
            f"{path}, row {number + 1}: damaged parquet ({str(error).splitlines()[0]})"
        ) from None


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
