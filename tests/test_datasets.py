"""Data sets as they are had: folders of `datasets` and of the Hub, and on the Hub itself."""

import errno
import io
import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from commands import run_in
from hub_server import running_hub

from audiorouter.batch.options import BatchOptions
from audiorouter.batch.question_source import asked_questions
from audiorouter.clips import NO_SOURCES, Clip
from audiorouter.errors import QuestionFileError, UsageError
from audiorouter.machine.bounded_cache import BoundedCache
from audiorouter.questions import QuestionSet
from audiorouter.questions.files.dataset_splits import find_splits
from audiorouter.questions.hub_datasets import HubDataset

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_CACHE", str(tmp_path / "cache"))


def wav(seconds: float) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, np.zeros(round(8000 * seconds)), 8000, format="WAV")
    return stream.getvalue()


def table(*seconds: float) -> "pyarrow.Table":
    """Rows with audio in them, as the Hub's `Audio` column is stored."""
    return pyarrow.Table.from_pylist([
        {
            "audio": {"bytes": wav(length), "path": f"{length}.wav"},
            "question": f"Is it {length} s?",
            "choices": ["yes", "no"],
            "answer": "yes",
        }
        for length in seconds
    ])  # fmt: skip


def put_arrow(path: Path, rows: "pyarrow.Table", form=None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    form = form or pyarrow.ipc.new_stream
    with pyarrow.OSFile(str(path), "wb") as file, form(file, rows.schema) as writer:
        writer.write_table(rows, max_chunksize=1)


def put_parquet(path: Path, rows: "pyarrow.Table") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(rows, path)


def put_text(path: Path, text: str = "{}") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read(clips, questions=None) -> QuestionSet:
    return asked_questions(questions, clips).read(BatchOptions(), NO_SOURCES)


def lengths(found: QuestionSet) -> list[float]:
    assert [q.problem for q in found.questions] == [None] * len(found.questions)
    return [round(Clip(q.path).duration, 2) for q in found.questions]


def save_to_disk(folder: Path, **splits: list[list[float]]) -> None:
    put_text(folder / "dataset_dict.json", json.dumps({"splits": list(splits)}))
    for name, shards in splits.items():
        put_text(folder / name / "state.json")
        put_text(folder / name / "dataset_info.json")
        # What `map` leaves behind in such a folder.
        put_arrow(folder / name / "cache-0123456789abcdef.arrow", table(9.0))
        for number, seconds in enumerate(shards):
            shard = f"data-{number:05}-of-{len(shards):05}.arrow"
            put_arrow(folder / name / shard, table(*seconds))


def test_a_set_that_was_saved_by_splits(tmp_path, clips):
    save_to_disk(tmp_path / "set", fold_a=[[0.1, 0.2], [0.3]], test=[[0.4]])
    assert lengths(read(f"{tmp_path}/set:fold_a")) == [0.1, 0.2, 0.3]
    assert lengths(read(tmp_path / "set" / "test")) == [0.4]
    found = read(clips, f"{tmp_path}/set:fold_a")  # clips beside are of no matter
    assert [q.place for q in found.questions] == ["row 1", "row 2", "row 3"]
    assert [q.gold_index for q in found.questions] == [0, 0, 0]
    with pytest.raises(QuestionFileError, match=r"splits fold_a, test: name one, as in .*set:fold"):
        read(tmp_path / "set")
    with pytest.raises(QuestionFileError, match=r"no split 'dev' in it \(known: fold_a, test\)"):
        read(f"{tmp_path}/set:dev")


def test_both_forms_of_arrow_and_damage(tmp_path):
    path = tmp_path / "q.arrow"
    for form in (pyarrow.ipc.new_stream, pyarrow.ipc.new_file):
        put_arrow(path, table(0.1, 0.2), form)
        assert lengths(read(path)) == [0.1, 0.2]
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(QuestionFileError, match="damaged Arrow file"):
        read(path)


def test_a_folder_of_audio_with_its_table(tmp_path):
    for split, seconds in (("train", 0.1), ("test", 0.2)):
        folder = tmp_path / "audiofolder" / split
        folder.mkdir(parents=True)
        (folder / "a.wav").write_bytes(wav(seconds))
        (folder / "metadata.csv").write_text("file_name,question\na.wav,What?\n")
    assert lengths(read(f"{tmp_path}/audiofolder:train")) == [0.1]
    assert lengths(read(f"{tmp_path}/audiofolder:test")) == [0.2]
    (tmp_path / "lone").mkdir()
    (tmp_path / "lone" / "a.wav").write_bytes(wav(0.1))
    with pytest.raises(QuestionFileError, match="no table of questions is in this folder"):
        read(tmp_path / "lone")
    with pytest.raises(UsageError, match="no such file or folder"):
        read(tmp_path / "nowhere")


def test_tables_of_a_set_are_found_by_the_names_that_the_hub_gives():
    hub = ["README.md", ".gitattributes", "data/train-00000-of-00002.parquet",
           "data/train-00001-of-00002.parquet", "data/test_hard-00000-of-00001.parquet",
           "dataset_infos.json", "audio/a.wav"]  # fmt: skip
    assert find_splits(hub) == {
        "test_hard": ("data/test_hard-00000-of-00001.parquet",),
        "train": ("data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"),
    }
    assert find_splits(["default/validation/0000.parquet"]) == {
        "validation": ("default/validation/0000.parquet",)
    }
    assert find_splits(["questions.csv", "a.wav"]) == {"": ("questions.csv",)}
    assert find_splits(["x.csv.gz", "dev.jsonl"]) == {"": ("x.csv.gz",)}


def test_sets_of_different_folders_are_not_put_together(tmp_path):
    for name in ("speech", "music"):
        put_parquet(tmp_path / "set" / name / "test-00000-of-00001.parquet", table(0.1))
    with pytest.raises(QuestionFileError, match=r"may not belong together .*music/test.*speech"):
        read(tmp_path / "set")
    assert lengths(read(tmp_path / "set" / "music")) == [0.1]


def test_tables_are_put_together_only_where_they_are_numbered(tmp_path):
    for first, second, count in (
        ("questions.csv", "questions2.csv", None),
        ("test.csv", "test_answers.csv", None),
        ("questions_v1.csv", "questions_v2.csv", None),
        ("test_2023.csv", "test_2024.csv", None),
        ("q001.jsonl", "q002.jsonl", 2),
        ("mmau_2024_000.jsonl", "mmau_2024_001.jsonl", 2),
        ("dev-00000-of-00002-ab1.csv", "dev-00001-of-00002-cd2.csv", 2),
    ):
        folder = tmp_path / first.partition(".")[0]
        put_text(folder / "a.wav", "")
        for name in (first, second):
            as_json = '{"audio": "a.wav", "question": "q"}'
            put_text(folder / name, "audio,question\na,q\n" if "csv" in name else as_json)
        if count is None:
            with pytest.raises(QuestionFileError, match="may not belong together"):
                read(folder)
        else:
            assert len(read(folder).questions) == count


def test_the_split_of_the_folder_one_is_in_may_be_named(tmp_path, monkeypatch):
    put_text(tmp_path / "set" / "test.csv", "audio,question\na.wav,q\n")
    put_text(tmp_path / "set" / "a.wav", "")
    monkeypatch.chdir(tmp_path / "set")
    for named in (".:test", ":test", f"{tmp_path}/set/:test"):
        assert len(read(named).questions) == 1


def test_a_set_of_which_a_part_is_missing_is_not_taken_for_the_whole(tmp_path):
    save_to_disk(tmp_path / "set", test=[[0.1], [0.2], [0.3]])
    (tmp_path / "set" / "test" / "data-00001-of-00003.arrow").unlink()
    with pytest.raises(QuestionFileError, match="2 of the 3 files of which its rows are"):
        read(tmp_path / "set")


def test_a_part_that_is_there_twice_is_not_taken_for_another(tmp_path):
    for name in ("test-00000-of-00002.csv", "test-00000-of-00002 (1).csv"):
        put_text(tmp_path / name, "audio,question\na.wav,q\n")
    with pytest.raises(QuestionFileError, match="1 of the 2 files of which its rows are"):
        read(tmp_path)
    put_text(tmp_path / "test-00001-of-00002.csv", "audio,question\na.wav,q\n")
    with pytest.raises(QuestionFileError, match="a part of it is there twice"):
        read(tmp_path)


def test_clips_of_other_sets_make_room_in_the_cache(tmp_path):
    cache = BoundedCache(tmp_path / "c", most=250, kept_seconds=3600)
    for hours, name in enumerate("abc"):
        path = cache.keep(name, b"x" * 100)
        used = time.time() - 7200 + 60 * hours
        os.utime(path, (used, used))
    changed = (tmp_path / "c" / "a").stat().st_mtime_ns
    assert cache.find("a") == tmp_path / "c" / "a" and cache.find("z") is None
    cache.trim()
    # The longest unused goes; what was used lately stays, and is by its stamp the same file.
    assert sorted(path.name for path in (tmp_path / "c").iterdir()) == ["a", "c"]
    assert (tmp_path / "c" / "a").stat().st_mtime_ns == changed
    BoundedCache(tmp_path / "c", most=0, kept_seconds=3600).trim()
    assert [path.name for path in (tmp_path / "c").iterdir()] == ["a"]


def test_a_cache_that_nobody_may_change_is_read(tmp_path, monkeypatch):
    def read_only(*_arguments, **_options):
        raise OSError(errno.EROFS, "Read-only file system")

    cache = BoundedCache(tmp_path)
    path = cache.keep("a", b"x")
    monkeypatch.setattr(os, "utime", read_only)
    assert cache.find("a") == path


def test_addresses_of_the_hub():
    assert HubDataset.named(Path("hf://datasets/o/n:test")) == ("o/n", None, "", "test")
    assert HubDataset.named("hf://datasets/o/n@v1/mcq/x.parquet") == (
        "o/n", "v1", "mcq/x.parquet", None,
    )  # fmt: skip
    assert HubDataset.named("clips") is None
    for wrong in ("hf://datasets/o", "hf://o/n", "hf://datasets/o/n/../../x"):
        with pytest.raises(UsageError, match="write hf://datasets/OWNER/NAME"):
            HubDataset.named(wrong)


@pytest.mark.slow
def test_a_set_of_the_hub_runs_and_runs_again_without_a_network(tmp_path):
    pushed = tmp_path / "pushed"
    put_parquet(pushed / "data" / "test-00000-of-00002.parquet", table(0.1, 0.2))
    put_parquet(pushed / "data" / "test-00001-of-00002.parquet", table(0.3))
    put_parquet(pushed / "data" / "train-00000-of-00001.parquet", table(0.4))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.wav").write_bytes(wav(0.5))
    (folder / "metadata.jsonl").write_text('{"file_name": "a.wav", "question": "What?"}')
    script = tmp_path / "instant.py"
    script.write_text(INSTANT)
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_TOKEN": "hf_secret"}
    with running_hub() as hub:
        online = environment | {"HF_ENDPOINT": hub.address}
        commit = hub.push("datasets/somebody/set", pushed)
        hub.push("datasets/somebody/folder", folder)

        def batch(environment, name, *, code=0):
            asked = ("batch", name, "--router", "none", "--provider", "instant")
            return run_in(environment, "--plugin", script, *asked, code=code)

        done = batch(online, "hf://datasets/somebody/set:test")
        assert f"hf://datasets/somebody/set@{commit}" in done.stderr
        assert [line.split(",")[1] for line in done.stdout.splitlines()[1:]] == [
            "0.1.wav", "0.2.wav", "0.3.wav",
        ]  # fmt: skip
        assert not any("train" in path for path in hub.asked if "/resolve/" in path)
        assert "a.wav" in batch(online, "hf://datasets/somebody/folder").stdout
        several = batch(online, "hf://datasets/somebody/set", code=2)
        assert "the splits test, train: name one, as in hf://datasets" in several.stderr
        missing = batch(online, "hf://datasets/somebody/other", code=2)
        assert "cannot be fetched from the hub" in missing.stderr
        offline = environment | {"HF_HUB_OFFLINE": "1"}
        again = batch(offline, "hf://datasets/somebody/set:test")
        assert again.stdout == done.stdout.replace(",false,,", ",true,,")


INSTANT = """
from audiorouter import hookimpl
from audiorouter.providers.interface import Answer, NoOptions, Provider, Reasoner

class Instant(Reasoner):
    name = "instant"
    identity = "instant 1"
    def answer(self, requests):
        return [Answer(r.choices[0], 0) if r.choices else Answer("x") for r in requests]

class InstantProvider(Provider):
    name = "instant"
    description = "Says the first choice."
    Options = NoOptions
    def open(self, model, options):
        return Instant()

@hookimpl
def register_providers(register):
    register(InstantProvider())
"""
