import dataclasses
import enum
from collections import deque
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch

from audiorouter.border import describe
from audiorouter.border.values import json_text


class MuteError(Exception):
    def __str__(self):
        raise SystemExit(3)


class NoTextError(Exception):
    def __str__(self):
        return 3


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("no such note"), "ValueError: no such note"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (RuntimeError("two\n\n lines"), "RuntimeError: two lines"),
        (MuteError("x"), "MuteError: (its text raises SystemExit)"),
        (NoTextError(), "NoTextError: (its text raises TypeError)"),
        (ValueError("lone \ud800"), "ValueError: lone \\ud800"),
    ],
)
def test_any_exception_is_one_line_that_can_be_written(error, said):
    assert describe(error) == said
    describe(error).encode("utf-8")


def test_a_long_text_is_cut():
    said = describe(ValueError("x" * 10_000_000))
    assert len(said) == 2_000 and said.endswith("x…")


class Loudness(enum.Enum):
    QUIET = 1


@dataclasses.dataclass
class Beat:
    at: float = 1.0


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1j, "complex: write abs(…), or its real and imag"),
        (np.complex64(1), "complex: write abs(…), or its real and imag"),
        (datetime(2026, 1, 1), "datetime: write .isoformat()"),
        (date(2026, 1, 1), "date: write .isoformat()"),
        (time(1), "time: write .isoformat()"),
        (timedelta(1), "timedelta: write .total_seconds()"),
        (np.datetime64("2026-01-01"), "date: write .isoformat()"),
        (pandas.Timestamp(0), "Timestamp: write .isoformat()"),
        (Decimal(1), "Decimal: write float(…)"),
        (Fraction(1), "Fraction: write float(…)"),
        (b"x", "bytes: write .hex(), or leave it out"),
        ({1}, "set: write sorted(…)"),
        (frozenset(), "frozenset: write sorted(…)"),
        (float("nan"), "NaN: write None, or leave it out"),
        (np.float32("-inf"), "infinite: write None, or leave it out"),
        (torch.tensor(float("nan")), "NaN: write None, or leave it out"),
        (pandas.NA, "NAType: write None, or leave it out"),
        (pandas.NaT, "NaTType: write None, or leave it out"),
        (torch.zeros(2), "Tensor: write .tolist()"),
        (np.zeros(2), "ndarray: write .tolist()"),
        (pandas.Series([1]), "Series: write .tolist()"),
        (pandas.DataFrame({"a": [1]}), "DataFrame: write .to_dict(…)"),
        (Loudness.QUIET, "Loudness: write .value"),
        (Beat(), "Beat: write dataclasses.asdict(…)"),
        (range(3), "range: write list(…)"),
        (deque(), "deque: write list(…)"),
        (Path("x"), "Path: leave it out, or write str(…)"),
        (Beat, "type: leave it out, or write str(…)"),
    ],
)
def test_what_is_no_json_is_told_where_it_stands_and_what_to_write(value, said):
    with pytest.raises(ValueError, match="is not JSON") as refused:
        json_text({"loudness": {"rates": [1, value]}})
    told = str(refused.value).replace("PosixPath", "Path")
    assert told == f"it is not JSON: `loudness.rates[1]` is {said}"


def test_a_way_out_is_one():
    ways = {
        "numbers": np.zeros(2).tolist(),
        "frame": pandas.DataFrame({"a": [1]}).to_dict("list"),
        "beat": dataclasses.asdict(Beat()),
        "of numpy": np.float32(0.5),
        "of torch": torch.tensor(2),
    }
    assert json_text(ways) == (
        '{"beat":{"at":1.0},"frame":{"a":[1]},"numbers":[0.0,0.0],"of numpy":0.5,"of torch":2}'
    )


def test_what_holds_itself_is_refused():
    value = {}
    value["self"] = [value]
    for other in (value, {"a": object(), **value}):
        with pytest.raises(ValueError, match=r"holds itself|`a` is object"):
            json_text(other)
