import sqlite3

import numpy as np
import pytest

from audiorouter import kept_vectors
from audiorouter.kept_vectors import KeptVectors


def vectors(*texts):
    rng = np.random.default_rng(0)
    return {text: rng.normal(size=4).astype(np.float32) for text in texts}


def test_what_one_has_made_another_reads(tmp_path):
    made = vectors("Which?", "\ud800", "What?")
    KeptVectors(tmp_path, "e", 4).write(made)
    read = KeptVectors(tmp_path, "e", 4).read(["What?", "Which?", "\ud800", "Who?"])
    assert read.keys() == made.keys()
    assert all(np.array_equal(read[text], made[text]) for text in made)
    assert not KeptVectors(tmp_path, "another encoder", 4).read(["What?"])
    assert not KeptVectors(tmp_path, "e", 8).read(["What?"])  # no such number of dimensions
    assert b"Which?" not in (tmp_path / "sentence-vectors.db").read_bytes()


def test_the_oldest_go(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_vectors, "MOST", 3)
    kept = KeptVectors(tmp_path, "e", 4)
    for text in "abcde":
        kept.write(vectors(text))
    assert kept.read("abcde").keys() == {*"cde"}


@pytest.mark.parametrize("content", [b"", b"not a database, and longer than a header" * 9])
def test_without_a_file_that_can_be_used_there_is_nothing(tmp_path, content):
    (tmp_path / "sentence-vectors.db").write_bytes(content)
    kept = KeptVectors(tmp_path, "e", 4)
    assert kept.read(["a"]) == {}
    kept.write(vectors("a"))


def test_a_file_that_another_holds_is_not_waited_for_long(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_vectors, "_BUSY_SECONDS", 0.01)
    kept = KeptVectors(tmp_path, "e", 4)
    kept.write(vectors("a"))
    with sqlite3.connect(tmp_path / "sentence-vectors.db", isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert kept.read(["a"]) == {}
        kept.write(vectors("b"))
        other.execute("ROLLBACK")
    assert kept.read(["a", "b"]).keys() == {"a"}
