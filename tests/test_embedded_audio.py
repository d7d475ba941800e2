"""Audio files that stand in the questions file itself, as the Hub keeps them."""

import base64
import io
import json

import numpy as np
import pytest
import soundfile
from answers_text import render

from audiorouter.batch.answers_file.answer_files import SUFFIXES
from audiorouter.batch.rows import Row
from audiorouter.clips import Clip
from audiorouter.errors import QuestionFileError
from audiorouter.questions import read_questions


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))


def encoded(seconds: float, form: str = "WAV") -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros(round(8000 * seconds)), 8000, format=form)
    return stream.getvalue()


def rows(**audio) -> list[dict]:
    return [{"id": name, "audio": value, "question": "Q?"} for name, value in audio.items()]


def duration(question) -> float:
    return Clip(question.path).duration


def test_of_a_file_in_json_the_name_or_else_the_bytes(clips, tone, tmp_path):
    tone("here.wav", seconds=0.25)
    data = base64.b64encode(encoded(0.5)).decode()
    path = tmp_path / "q.json"
    wave = [0.0, 0.5] * 4000
    path.write_text(
        json.dumps(
            rows(
                here={"path": "here.wav", "bytes": data},
                nowhere={"path": "/root/.cache/nowhere.wav", "bytes": data},
                nameless={"path": None, "bytes": [*encoded(0.75, "FLAC")]},
                decoded={"path": "gone.wav", "array": wave, "sampling_rate": 8000},
                stereo={"path": None, "array": [wave, wave], "sampling_rate": 16000},
                named={"path": "here.wav", "bytes": None},
                listed=["here.wav"],
                within={"audio": {"path": "x.wav", "bytes": data}},
                alone=[{"path": None, "bytes": data}],
                broken={"path": None, "bytes": "%%%"},
            )
        )
    )
    *found, broken = read_questions(path, clips).questions
    assert [q.problem for q in found] == [None] * len(found)
    assert [duration(q) for q in found] == [0.25, 0.5, 0.75, 1.0, 0.5, 0.25, 0.25, 0.5, 0.5]
    assert found[1].audio == "/root/.cache/nowhere.wav" and found[0].path == clips / "here.wav"
    assert broken.problem is not None
    # The bytes are printed nowhere, and a second reading writes no second copy.
    for suffix in SUFFIXES:
        text = render(suffix, read_questions(path, clips).layout, [Row(q) for q in found])
        assert len(text) < 4000
    assert len([*(tmp_path / "cache" / "clips").iterdir()]) == 4


def test_parquet(clips, tone, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    tone("here.wav", seconds=0.25)
    audio = [
        {"path": "here.wav", "bytes": encoded(0.5)},
        {"path": "x.wav", "bytes": encoded(0.5)},
        {"path": None, "bytes": encoded(0.75)},
    ]
    columns = {
        "audio": audio,
        "question": ["Q?"] * 3,
        "choices": [["x", "y"]] * 3,
        "answer": ["y", None, "x"],
        "score": [1.5, float("nan"), 2.0],
        "image": [b"\x89PNG" * 100] * 3,
        "more": [[{"path": None, "bytes": encoded(0.25)}] * 2] * 3,
        "note": [b"caf\xc3\xa9"] * 3,
    }
    path = tmp_path / "train-00000-of-00001.parquet"
    parquet.write_table(pyarrow.table(columns), path, row_group_size=1)
    first, second, third = found = read_questions(path, clips).questions
    assert [duration(q) for q in found] == [0.25, 0.5, 0.75]
    assert [q.gold_index for q in found] == [1, None, 0]
    assert first.choices == ("x", "y") and second.record["score"] is None
    assert third.record["image"] == "(400 bytes)" and third.place == "row 3"
    assert first.record["note"] == "café"
    assert len(render(".json", read_questions(path, clips).layout, [Row(first)])) < 1000
    whole = {"audio": [encoded(0.5), encoded(0.75)], "question": ["Q?"] * 2}
    parquet.write_table(pyarrow.table(whole), path)
    assert [duration(q) for q in read_questions(path, clips).questions] == [0.5, 0.75]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(QuestionFileError, match="damaged parquet"):
        read_questions(path, clips)


def test_without_pyarrow_the_error_says_how_to_get_it(clips, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    path = tmp_path / "q.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(QuestionFileError, match=r"audiorouter\[parquet\]"):
        read_questions(path, clips)
