"""Small made files in the layout of each benchmark."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile


def sound(level: float = 0.1, kind: str = "WAV") -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, np.full(800, level), 8000, format=kind)
    return stream.getvalue()


def put(path: Path, content: bytes | str | list | None = None) -> Path:
    """A file: bytes or text as they are, rows as JSON or JSON Lines, audio where nothing is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if content is None:
        content = sound(kind="FLAC" if path.suffix == ".flac" else "WAV")
    if isinstance(content, list):
        lines = path.suffix == ".jsonl"
        content = "\n".join(map(json.dumps, content)) if lines else json.dumps(content)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def parquet(path: Path, rows: list[dict]) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    files = pytest.importorskip("pyarrow.parquet")
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


FOUR = ["Man", "Woman", "Child", "Robot"]


LETTERED = {f"choice_{letter}": text for letter, text in zip("abcd", FOUR, strict=True)}


def mmau(folder):
    row = {"question": "Who?", "choices": FOUR, "answer": "Woman", "task": "sound", "category": "R"}
    names = {"id": "u1", "audio_id": "./test-mini-audios/u1.wav"}
    put(folder / "mmau-test-mini.json", [names | row])
    put(folder / "test-mini-audios/u1.wav")


def mmau_hub(folder):
    about = {"id": "u1", "task": "sound", "category": ["R"], "sub-category": "S"}
    row = {
        "context": {"bytes": sound(), "path": None},
        "instruction": "Who?",
        "choices": [f"({letter}) {text}" for letter, text in zip("ABCD", FOUR, strict=True)],
        "answer": "(B) Woman",
        "other_attributes": json.dumps(about),
    }
    parquet(folder / "data/test-00000-of-00001.parquet", [row])


def mmar(folder):
    row = {"id": "r1", "audio_path": "./audio/r1.wav", "question": "Who?", "choices": FOUR}
    put(folder / "MMAR-meta.json", [row | {"answer": "Woman", "modality": "speech"}])
    put(folder / "audio/r1.wav")


def mmsu(folder):
    row = {"id": "s1", "audio_path": "audio/s1.wav", "question": "Who?", "answer_gt": "Woman"}
    put(folder / "question/mmsu.jsonl", [row | LETTERED])
    put(folder / "audio/s1.wav")


def air_bench(folder):
    row = {"path": "x.wav", "question": "Who?", "answer_gt": "Woman", "dataset_name": "set"}
    two = {"choice_a": "Man", "choice_b": "Woman", "choice_c": None}
    rows = [
        row | LETTERED | {"task_name": "Speaker_Gender", "uniq_id": 1},
        row | two | {"task_name": "Audio_Grounding", "uniq_id": 2},
    ]
    put(folder / "Foundation/Foundation_meta.json", rows)
    put(folder / "Foundation/Speaker_Gender_set/x.wav")
    put(folder / "Foundation/Audio_Grounding_set/x.flac")


def muchomusic(folder):
    head = "question_id,question,correct_answer,distractor_1_answer,distractor_2_answer,"
    head += "distractor_3_answer,dataset,dataset_identifier,genre,music_knowledge,music_reasoning"
    rows = [
        "1,Who?,Woman,Man,Child,Robot,sdd,415600.json,Rock,\"['melody']\",[]",
        "2,Who sings?,Woman,Man,Child,Robot,musiccaps,-a_b_3.json,,,\"['mood']\"",
    ]
    put(folder / "data/muchomusic.csv", "\n".join([head, *rows]))
    put(folder / "data/sdd/audio/00/415600.2min.wav")
    put(folder / "data/musiccaps/audio/[-a_b]-[30-40].wav")


def clotho_aqa(folder):
    rows = [f"rain 1.wav,Is it raining?,{said},yes" for said in ("yes", "yes", "no")]
    head = "file_name,QuestionText,answer,confidence"
    put(folder / "clotho_aqa_test.csv", "\n".join([head, *rows]))
    put(folder / "audio_files/rain 1.wav")


def voicebench(folder, part="openbookqa"):
    spoken = "Who? A. Man B. Woman C. Child D. Robot"
    row = {"audio": {"bytes": sound(), "path": "1.wav"}, "prompt": spoken, "reference": "B"}
    parquet(folder / part / "test-00000-of-00001.parquet", [row])


LAYOUTS = {
    "mmau:test-mini": mmau,
    "mmau:test-mini (Hub)": mmau_hub,
    "mmar": mmar,
    "mmsu": mmsu,
    "air-bench:foundation": air_bench,
    "muchomusic": muchomusic,
    "clotho-aqa:test": clotho_aqa,
    "voicebench:openbookqa": voicebench,
    "voicebench:mmsu": lambda folder: voicebench(folder, "mmsu"),
}
