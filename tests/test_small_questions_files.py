"""A small questions file that describes a large one is refused before it takes all memory."""

import bz2
import gzip
import json
import lzma

import pytest

from audiorouter.errors import QuestionFileError
from audiorouter.questions import read_questions
from audiorouter.questions.files import parquet, read

ROW = {"id": "a", "audio": "a.wav", "question": "What?"}


@pytest.fixture
def few_bytes(monkeypatch):
    monkeypatch.setattr(read, "MOST_UNPACKED", 1 << 20)
    monkeypatch.setattr(read, "MOST_KEPT", 1 << 20)


@pytest.mark.parametrize(("end", "pack"), [(".gz", gzip), (".bz2", bz2), (".xz", lzma)])
def test_a_packed_file_that_unpacks_to_far_more_is_refused(end, pack, few_bytes, clips):
    path = clips / f"q.jsonl{end}"
    path.write_bytes(pack.compress(json.dumps(ROW).encode() + b"\n" * (2 << 20)))
    with pytest.raises(QuestionFileError, match=f"q.jsonl{end}: its .* bytes unpack to more than"):
        read_questions(path, clips)


def test_one_of_several_parts_is_read_to_its_end(clips, tone):
    tone("a.wav")
    line = (json.dumps(ROW) + "\n").encode()
    for end, pack in ((".gz", gzip), (".bz2", bz2), (".xz", lzma)):
        path = clips / f"q.jsonl{end}"
        path.write_bytes(pack.compress(line) + pack.compress(line.replace(b'"a"', b'"b"')))
        assert [question.id for question in read_questions(path, clips).questions] == ["a", "b"]
        path.write_bytes(path.read_bytes()[:-6])
        with pytest.raises(QuestionFileError, match="damaged"):
            read_questions(path, clips)


def test_rows_of_a_packed_file_that_take_too_much_memory_are_refused(few_bytes, clips):
    path = clips / "q.csv"  # a download may leave the ending out
    path.write_bytes(gzip.compress(b"audio,question\n" + b"a,b\n" * 10_000))
    with pytest.raises(QuestionFileError, match=r"q.csv: the rows up to row .* of memory"):
        read_questions(path, clips)


def write(path, columns, **settings):
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table(columns), path, compression="zstd", **settings)


def shared(value, count):
    """A column whose cells all have one value, which stands in it once."""
    pa = pytest.importorskip("pyarrow")
    return pa.DictionaryArray.from_arrays(pa.array([0] * count, pa.int32()), pa.array([value]))


def test_a_value_that_stands_once_and_counts_often_is_counted_often(few_bytes, clips):
    path = clips / "q.parquet"
    count = 20_000
    write(path, {"audio": shared("a.wav", count), "question": shared("w" * 100_000, count)})
    assert path.stat().st_size < 10_000
    with pytest.raises(QuestionFileError, match=r"q.parquet: the rows up to row .* of memory"):
        read_questions(path, clips)


@pytest.mark.parametrize("nested", [False, True])
def test_a_row_that_is_too_large_costs_itself(nested, clips, tone, monkeypatch):
    pa = pytest.importorskip("pyarrow")
    tone("a.wav")
    monkeypatch.setattr(parquet, "MOST_IN_ROW", 100_000)
    monkeypatch.setattr(parquet, "_BYTES_AT_ONCE", 50_000)
    column = pa.array(["why?", "w" * 200_000, "what?"])
    if nested:
        column = pa.ListArray.from_arrays([0, 1, 2, 3], column.dictionary_encode())
    path = clips / "q.parquet"
    write(
        path, {"id": ["a", "b", "c"], "audio": ["a.wav"] * 3, "question": ["Q?"] * 3, "x": column}
    )
    first, large, last = read_questions(path, clips).questions
    assert (first.id, first.problem, last.id, last.problem) == ("a", None, "c", None)
    assert "more than 100,000" in large.problem


def test_where_memory_runs_out_the_file_is_named(clips, monkeypatch):
    def greedy(*_):
        raise MemoryError

    monkeypatch.setitem(read._PARSERS, ".csv", greedy)
    path = clips / "q.csv"
    path.write_text("audio,question\na.wav,What?\n")
    with pytest.raises(QuestionFileError, match=r"q.csv: there is not enough memory"):
        read_questions(path, clips)
