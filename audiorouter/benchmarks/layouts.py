"""Layouts that `batch` cannot read as they are, made into rows that it can."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from audiorouter.clips import find_clips
from audiorouter.questions.files import Record
from audiorouter.text import path_text

Row = Mapping[str, Any]

SPOKEN_QUESTION = (
    "The recording asks a question and reads out choices, A to D. Which choice is right?"
)
_DISTRACTORS = ("distractor_1_answer", "distractor_2_answer", "distractor_3_answer")
_MUSICCAPS_NAME = re.compile(r"\[(?P<id>.+)\]-\[\d+-\d+\]")


def mmau_rows(records: Sequence[Record], folder: Path, _beside: Path) -> Iterator[Row]:
    """MMAU's rows of the Hub, which hold their clip, in the names of the authors' JSON file."""
    for record in records:
        fields = record.fields
        about = _object(fields.get("other_attributes"))
        category = about.get("category")
        if isinstance(category, list):
            about = about | {"category": ", ".join(map(str, category))}
        yield {
            "id": about.get("id", str(record.line)),
            "audio_id": _kept(record, "context", folder),
            "question": fields.get("instruction"),
            "choices": fields.get("choices"),
            "answer": fields.get("answer"),
        } | {name: value for name, value in about.items() if name != "id"}


def air_bench_rows(records: Sequence[Record], folder: Path, beside: Path) -> Iterator[Row]:
    """AIR-Bench's rows with the folder of each clip, and the FLAC files of one task."""
    above = beside.relative_to(folder)
    for record in records:
        fields = record.fields
        task, name = fields.get("task_name"), str(fields.get("path", ""))
        if task == "Audio_Grounding":
            name = f"{name.rpartition('.')[0] or name}.flac"
        choices = [fields.get(f"choice_{letter}") for letter in "abcd"]
        yield {
            "id": str(fields.get("uniq_id", record.line)),
            "audio": path_text((above / f"{task}_{fields.get('dataset_name')}" / name).as_posix()),
            "question": fields.get("question"),
            "choices": [choice for choice in choices if choice not in (None, "")],
            "answer": fields.get("answer_gt"),
            "task": task,
            "dataset": fields.get("dataset_name"),
        }


def muchomusic_rows(records: Sequence[Record], folder: Path, _beside: Path) -> Iterator[Row]:
    """MuChoMusic's rows with one list of choices, shuffled once and always alike."""
    there = _music_clips(folder)
    for record in records:
        fields = record.fields
        dataset = str(fields.get("dataset"))
        identifier = str(fields.get("dataset_identifier", "")).removesuffix(".json")
        if dataset == "musiccaps":
            identifier = identifier.rpartition("_")[0]
        choices = [fields.get(name) for name in ("correct_answer", *_DISTRACTORS)]
        random.Random(f"{identifier}\n{fields.get('question')}").shuffle(choices)
        kinds = [k for k in ("knowledge", "reasoning") if _listed(fields.get(f"music_{k}"))]
        yield {
            "id": str(fields.get("question_id") or record.line),
            "audio": there.get((dataset, identifier), f"{dataset}/{identifier}"),
            "question": fields.get("question"),
            "choices": choices,
            "answer": fields.get("correct_answer"),
            "category": " and ".join(kinds),
            "dataset": dataset,
            **{n: fields.get(n) for n in ("genre", "music_knowledge", "music_reasoning")},
        }


def voicebench_rows(records: Sequence[Record], folder: Path, _beside: Path) -> Iterator[Row]:
    """VoiceBench's rows: the question and its choices are spoken, and nothing else is asked."""
    for number, record in enumerate(records, start=1):
        fields = record.fields
        letter = str(fields.get("reference", "")).strip().strip("().").upper()
        yield {
            "id": str(number),
            "audio": _kept(record, "audio", folder),
            "question": SPOKEN_QUESTION,
            # Not letters alone: those would be called by numbers.
            "choices": [f"choice {name}" for name in "ABCD"],
            "answer": f"choice {letter}" if letter in set("ABCD") else fields.get("reference"),
            "spoken": fields.get("prompt"),
        }


def _kept(record: Record, column: str, folder: Path) -> Any:
    """The name, from the folder down, of the clip whose bytes stood in a row."""
    path = record.files.get(column)
    if path is None:
        return record.fields.get(column)
    return path_text(path.relative_to(folder).as_posix())


def _music_clips(folder: Path) -> dict[tuple[str, str], str]:
    """Clips by data set and identifier: `415600.2min.mp3`, `[ytid]-[30-40].wav`, `ytid.wav`."""
    found: dict[tuple[str, str], str] = {}
    for path in find_clips(folder):
        name = path_text(path.relative_to(folder).as_posix())
        named = _MUSICCAPS_NAME.fullmatch(path.stem)
        found["musiccaps", named["id"] if named else path.stem] = name
        found["sdd", path.stem.removesuffix(".2min")] = name
    return found


def _object(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return dict(value) if isinstance(value, Mapping) else {}


def _listed(value: Any) -> bool:
    """Whether a list, as Python prints it, has anything in it."""
    return value not in (None, "", "[]", []) and str(value).strip() not in ("", "[]", "nan")
