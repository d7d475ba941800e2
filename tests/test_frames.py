"""Answers as data frames of pandas or polars."""

from __future__ import annotations

import pytest
from few_tools import few_tools
from reasoners import Listens, Opens

from audiorouter import BatchOptions, UsageError, run_batch
from audiorouter.batch.frames import make_frame

LIBRARIES = ("pandas", "polars")
RECORDS = [
    {"id": "1", "correct": True, "place": 1, "sure": 1, "choices": ["a", "b"], "any": 1},
    {"id": None, "correct": None, "place": None, "sure": 0.5, "choices": [], "any": "x", "late": 2},
]


@pytest.fixture(params=LIBRARIES)
def library(request):
    pytest.importorskip(request.param)
    return request.param


def test_columns_have_kinds_and_what_is_not_there_is_null(library):
    frame = make_frame(RECORDS, columns=("id", "never"), library=library)
    assert type(frame).__module__.partition(".")[0] == library
    assert list(frame.columns) == [
        "id", "correct", "place", "sure", "choices", "any", "late", "never",
    ]  # fmt: skip
    assert frame["correct"].sum() == 1 and frame["place"].sum() == 1
    assert frame["sure"].mean() == 0.75 and frame["late"].max() == 2
    assert [list(value) for value in frame["choices"]] == [["a", "b"], []]
    assert list(frame["any"]) == [1, "x"]
    nulls = frame["late"].is_null() if library == "polars" else frame["late"].isna()
    assert list(nulls) == [True, False]


def test_no_rows_are_a_frame_with_columns(library):
    assert list(make_frame([], columns=("a", "b"), library=library).columns) == ["a", "b"]


@pytest.mark.parametrize(
    ("there", "used"), [(LIBRARIES, "pandas"), (("polars",), "polars"), ((), None)]
)
def test_whichever_is_installed_is_used(monkeypatch, there, used):
    def find(name):
        return object() if name in there else None

    for name in there:
        pytest.importorskip(name)
    monkeypatch.setattr("audiorouter.batch.frames.importlib.util.find_spec", find)
    if used is None:
        with pytest.raises(UsageError, match="needs pandas or polars: pip install pandas"):
            make_frame(RECORDS)
        with pytest.raises(UsageError, match="needs polars: pip install polars"):
            make_frame(RECORDS, library="polars")
    else:
        assert type(make_frame(RECORDS)).__module__.partition(".")[0] == used


def test_another_library_is_refused():
    with pytest.raises(UsageError, match="pandas or polars"):
        make_frame(RECORDS, library="numpy")


def test_a_batch_is_a_frame_of_its_answers_file(clips, question_file, library):
    text = (
        question_file.read_text()
        .replace("answer", "answer,kind")
        .replace(",yes|no,yes", ",yes|no,yes,sine")
    )
    question_file.write_text(text)
    registry = few_tools("loudness", "silences")
    registry.providers["fake"] = Opens(Listens())
    options = BatchOptions(provider="fake", router="tools:silences,loudness", workers=1)
    frame = run_batch(clips, question_file, options, registry=registry).frame(library)
    assert frame["correct"].mean() == 1.0 and len(frame) == 4
    assert set(frame["kind"]) == {"sine"}
    assert [list(calls) for calls in frame["route"]] == [["silences", "loudness"]] * 4
    assert all(0 < sure <= 1 for sure in frame["confidence"])
