"""A batch in shards: every question in one of them, and all of a clip's in the same."""

import csv
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from commands import run
from conftest import EXAMPLES

from audiorouter.batch import BatchOptions
from audiorouter.batch.question_shard import QuestionShard
from audiorouter.errors import UsageError
from audiorouter.machine import mounts
from audiorouter.questions import Layout, Question, QuestionSet

CLIPS = Path("/clips")


def question(number, clip, **more):
    return Question(str(number), number, clip, CLIPS / clip, "Which?", **more)


def asked(*clips):
    questions = tuple(question(i, clip) for i, clip in enumerate(clips))
    return QuestionSet(Path("q.csv"), Layout.OURS, questions)


def ids(questions):
    return [each.id for each in questions.questions]


NAMES = [f"{number % 40}.wav" for number in range(100)]


@pytest.mark.parametrize("first", [0, 1])
def test_arrays_that_count_from_0_or_from_1_answer_every_question_once(first):
    shards = [QuestionShard.read(f"{i + first}/7").of(asked(*NAMES), CLIPS) for i in range(7)]
    everything = [name for each in shards for name in ids(each)]
    assert sorted(everything) == sorted(ids(asked(*NAMES)))
    assert all(ids(each) == sorted(ids(each), key=int) for each in shards)
    assert min(len(each.questions) for each in shards) > 0


def test_the_questions_about_a_clip_are_in_one_shard_whatever_else_the_file_has():
    def clips(questions):
        return {each.audio for each in questions.questions}

    shard = QuestionShard.read("2/3")
    before = clips(shard.of(asked(*NAMES), CLIPS))
    after = clips(shard.of(asked("new.wav", *reversed(NAMES), "other.wav"), CLIPS))
    assert before == after - {"new.wav", "other.wav"}


def test_the_cache_of_clips_may_lie_elsewhere_on_another_machine(monkeypatch, tmp_path):
    def held(cache):
        monkeypatch.setenv("AUDIOROUTER_CACHE", str(cache))
        places = [Path(cache, "remote", f"{number}.wav") for number in range(40)]
        questions = [Question(p.name, 1, "u", p, "Which?", url="https://x/y") for p in places]
        questions += [
            replace(question, id=f"again {question.id}", url=None) for question in questions
        ]
        return [each.id for each in questions if QuestionShard.read("1/3").holds(each, CLIPS)]

    here, there = held(tmp_path / "a"), held(tmp_path / "b")
    assert here == there and 0 < len(here) < 80
    assert [f"again {name}" for name in here[: len(here) // 2]] == here[len(here) // 2 :]


def test_the_folder_of_clips_may_lie_elsewhere_on_another_machine():
    here, there = question(1, "a/b.wav"), Question("1", 1, "b", Path("/mnt/a/b.wav"), "Which?")
    for number in range(5):
        shard = QuestionShard(number, 5)
        assert shard.holds(here, CLIPS) == shard.holds(there, Path("/mnt"))


def test_rows_with_a_problem_are_in_one_shard_as_well():
    broken = Question("1", 1, "absent.wav", None, "Which?", problem="there is no such clip")
    held = [number for number in range(4) if QuestionShard(number, 4).holds(broken, CLIPS)]
    assert len(held) == 1


@pytest.mark.parametrize("text", ["3", "4/3", "-1/3", "1/0", "0/0", "a/b", "1/2/3", "١/٣", "1 /3"])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(UsageError, match="write I/N"):
        BatchOptions(shard=text)


def test_a_store_that_several_machines_see_is_refused(tmp_path, monkeypatch):
    table = tmp_path / "mountinfo"
    table.write_text(f"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / {tmp_path} rw - nfs4 b rw\n")
    monkeypatch.setattr(mounts, "MOUNTS", table)
    done = run(
        *("--db", tmp_path / "s.db", "batch", EXAMPLES / "clips", EXAMPLES / "questions.csv"),
        *("--shard", "1/2"),
        code=2,
    )
    assert "its own disk (--db)" in done.stderr
    assert "store merge" in done.stderr


@pytest.fixture
def asked_twice(tmp_path, tone, use_plugins):
    """A file with two questions about each of five clips."""
    use_plugins(Path(__file__).parent / "hostile")
    rows = ["audio,question,choices"]
    for number in range(5):
        clip = tone(f"{number}.wav", frequency=200 + 50 * number)
        rows += [f"{clip.name},{text},a tone|a dog" for text in ("What?", "Which?")]
    questions = tmp_path / "questions.csv"
    questions.write_text("\n".join(rows))
    return clip.parent, questions


QUICK = ("--router", "tools:silences", "--provider", "hostile:steady", "--workers", "1")


@pytest.mark.slow
def test_shards_that_are_merged_are_the_whole(tmp_path, asked_twice):
    """Each with a store of its own; after the merge the whole is answered, and nothing computed."""
    line = ("batch", *asked_twice, *QUICK)
    for number in range(3):
        run("--db", tmp_path / f"{number}.db", *line, "--shard", f"{number}/3")
    stores = [tmp_path / f"{number}.db" for number in range(3)]
    run("--db", tmp_path / "all.db", "store", "merge", *stores)
    check_whole(tmp_path, line)


def check_whole(folder, line):
    done = run("--db", folder / "all.db", *line, "-o", folder / "a.csv")
    assert "tool calls 0 run, 5 from the store" in done.stderr
    with (folder / "a.csv").open() as stream:
        assert [row["error"] for row in csv.DictReader(stream)] == [""] * 10


@pytest.mark.slow
def test_the_script_for_slurm_answers_its_shards_and_goes_on(tmp_path, asked_twice, monkeypatch):
    """As docs/scale.md has it, run as Slurm runs it: job after job, one of them once more."""
    document = (Path(__file__).parents[1] / "docs/scale.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"^```bash\n(#!/bin/bash\n.*?)^```", document, re.M | re.S)
    clips, questions = asked_twice
    work = tmp_path / "work"
    work.mkdir()
    (work / "clips").symlink_to(clips)
    (work / "questions.csv").symlink_to(questions)
    (work / "batch.sbatch").write_text(script)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "audiorouter").write_text(f'#!/bin/sh\nexec {sys.executable} -m audiorouter "$@"\n')
    (programs / "audiorouter").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_SUBMIT_DIR", str(work))
    outputs = []
    for number in (*range(1, 9), 3):
        monkeypatch.setenv("SLURM_ARRAY_TASK_ID", str(number))
        done = subprocess.run(
            ["bash", "batch.sbatch", *QUICK], cwd=work, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        outputs.append(done.stderr)
    assert "tool calls 0 run" in outputs[-1]
    stores = sorted((work / "shards").glob("*.db"))
    assert len(stores) == 8
    run("--db", tmp_path / "all.db", "store", "merge", *stores)
    check_whole(tmp_path, ("batch", clips, questions, *QUICK))
