"""Many rows: read as they are needed, written as they come, and none of them kept."""

import asyncio
import csv
import json
import signal
import subprocess
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import command
from reasoners import AlwaysRight, Opens

from audiorouter import Answer, BatchOptions, Route, Router, run_batch
from audiorouter.batch import pipeline
from audiorouter.batch.answers_file.answer_files import unfinished
from audiorouter.batch.answers_file.growing_answers import GrowingAnswers
from audiorouter.batch.answers_file.part_file import part_file
from audiorouter.batch.answers_file.saved_answers import read_answers
from audiorouter.batch.given import Given
from audiorouter.batch.past.past_rows import asked_of
from audiorouter.batch.routing_stage import RoutingStage
from audiorouter.batch.rows import Row
from audiorouter.batch.run import run_given_batch
from audiorouter.batch.summary import summarise
from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.machine.spool import ITEMS_AT_ONCE, Spool
from audiorouter.plugins import load_registry
from audiorouter.providers.interface import AsyncReasoner
from audiorouter.questions import Layout, Question, QuestionSet, open_questions
from audiorouter.questions.files.embedded import keep_none
from audiorouter.questions.files.json_records import parse_json
from audiorouter.questions.files.record import RecordMaker
from audiorouter.questions.files.table import parse_table
from audiorouter.questions.files.text_window import TextWindow
from audiorouter.questions.repeated import repeated_texts
from audiorouter.routing.interface import RouteRequest
from audiorouter.store import Store

TABLE = (
    "audio,question,answer\r\n"
    'a.wav,"What, in ""two""\nlines?",x\r\n'
    "b.wav,short\n"
    'c.wav,"never closed,y\r'
    "d.wav,Why?,z,more\r\n"
    "e.wav,Last?,é"
)
LINES = '\n{"audio": "a.wav", "question": "One?"}\n\n{"audio": broken}\n{"audio": "b.wav"},\n'


@pytest.mark.parametrize(
    ("parse", "text"),
    [(lambda p, w, m: parse_table(p, w, m, ","), TABLE), (parse_json, LINES)],
)
@pytest.mark.parametrize("size", [1, 2, 7])
def test_a_file_read_in_pieces_has_the_same_records_as_the_whole(parse, text, size):
    make = RecordMaker("UTF-8", keep_none)
    pieces = (text[start : start + size] for start in range(0, len(text), size))
    whole = list(parse(Path("q"), TextWindow(iter([text])), make))
    assert list(parse(Path("q"), TextWindow(pieces), make)) == whole
    assert len(whole) >= 3 and any(record.error for record in whole)


@pytest.mark.slow
def test_a_long_table_is_not_held_in_memory(tmp_path, clips, tone):
    tone("a.wav", seconds=0.1)
    path = tmp_path / "q.csv"
    with path.open("w") as stream:
        stream.write("id,audio,question,answer\n")
        for number in range(8_000):
            stream.write(f"{number},a.wav,Question {number}: {'what is it ' * 300}?,dog\n")
    tracemalloc.start()
    questions = open_questions(path, clips).questions
    texts = sum(len(question.text) for question in questions)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 << 20 < texts
    assert len(questions) == 8_000
    assert questions[-1].id == "7999" and [q.line for q in questions[1:3]] == [3, 4]


def test_a_spool_gives_back_what_was_put_in_also_from_the_disk(monkeypatch):
    monkeypatch.setattr("audiorouter.machine.spool.MOST_IN_MEMORY", 100)
    items = [{"n": number, "half": "\ud800"} for number in range(3 * ITEMS_AT_ONCE + 5)]
    spool = Spool(items)
    assert list(spool) == items and list(spool) == items
    assert spool[-1] == items[-1] and spool[ITEMS_AT_ONCE] == items[ITEMS_AT_ONCE]
    assert spool[250:520] == items[250:520] and spool[:3] == items[:3]


def test_what_is_there_twice_is_found_by_its_first_appearance():
    assert repeated_texts(lambda: map(str, range(1_000))) is None
    assert repeated_texts(lambda: ["c", "a", "b", "a", "c", "a"]) == (2, "c")


@pytest.fixture
def many(tone, clips, tmp_path) -> tuple[Path, Path]:
    """Sixty questions about three clips, in an order in which they change."""
    for name in "abc":
        tone(f"{name}.wav", frequency=300 + 100 * "abc".index(name), seconds=0.2)
    rows = [
        f"q{n},{'abc'[n % 3]}.wav,Question {n}?,first|second,{'first' if n % 4 else 'second'},"
        f"kind {n % 7}"
        for n in range(60)
    ]
    path = tmp_path / "q.csv"
    path.write_text("\n".join(["id,audio,question,choices,answer,category", *rows]))
    return clips, path


def registry():
    found = load_registry(third_party=False)
    found.providers["fake"] = Opens(AlwaysRight())
    return found


@pytest.mark.usefixtures("own_store")
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_rows_that_are_not_kept_are_counted_and_written_all_the_same(
    many, tmp_path, suffix, monkeypatch
):
    monkeypatch.setattr(pipeline, "ROWS_TOGETHER", 7)
    clips, questions = many
    files = tmp_path / f"kept{suffix}", tmp_path / f"not{suffix}"
    results = [
        run_given_batch(
            clips,
            questions,
            BatchOptions(provider="fake", router="none", output=file, fields="domain"),
            Given(registry(), keep_rows=keep),
        )
        for file, keep in zip(files, (None, 0), strict=True)
    ]
    kept, counted = results
    assert len(kept.rows) == 60 and counted.rows == []
    first, second = (summarise(result).as_json() for result in results)
    for same in ("questions", "answered", "accuracy", "by_category", "failures", "string_match"):
        assert first[same] == second[same]
    assert first["accuracy"]["right"] == 45 and len(first["by_category"]) == 7
    written = [[(r.id, r.prediction, r.correct) for r in read_answers(f)[0]] for f in files]
    assert written[0] == written[1] == [(r.question.id, r.prediction, r.correct) for r in kept.rows]
    assert not any(unfinished(file).exists() for file in files)


@pytest.mark.usefixtures("own_store")
def test_unordered_answers_are_all_there(many, tmp_path):
    clips, questions = many
    output = tmp_path / "a.jsonl"
    options = BatchOptions(provider="fake", router="none", output=output, unordered=True)
    run_batch(clips, questions, options, registry=registry())
    ids = [json.loads(line)["id"] for line in output.read_text().splitlines()]
    assert sorted(ids) == sorted(f"q{n}" for n in range(60))


KILLED = """
import os, signal, time
from audiorouter import Answer, NoOptions, Provider, Reasoner, hookimpl

class Mortal(Reasoner):
    name = identity = "mortal"
    batch_size = 1
    asked = 0

    def answer(self, requests):
        self.asked += 1
        if self.asked == 21:
            time.sleep(1.2)  # the next row is written with those before it
        if self.asked == 30 and "KILLED" in os.environ:
            time.sleep(2)  # until what came before is written
            os.kill(os.getpid(), signal.SIGKILL)
        return [Answer(request.choices[0], 0) for request in requests]

class Opens(Provider[NoOptions]):
    name, description, Options = "mortal", "for kills", NoOptions

    def open(self, model, options):
        return Mortal()

@hookimpl
def register_providers(register):
    register(Opens())
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_a_kill_leaves_whole_answers_of_what_is_finished(
    many, tmp_path, own_store, monkeypatch, suffix
):
    clips, questions = many
    (tmp_path / "mortal.py").write_text(KILLED)
    output = tmp_path / f"a{suffix}"
    line = command("--plugin", tmp_path / "mortal.py", "batch", clips, questions)
    line += ["--provider", "mortal", "--router", "none", "-o", str(output), "--json"]
    monkeypatch.setenv("KILLED", "1")
    killed = subprocess.run(line, capture_output=True)
    assert killed.returncode == -signal.SIGKILL and not output.exists()
    rows, problems = read_answers(unfinished(output))
    assert not problems and rows[-1].left
    done = asked_of(rows)
    # All that were finished, also those that wait for others above them.
    assert 20 <= len(done) < 30 and all(row.prediction == "first" for row in done)
    assert len({row.id for row in done}) == len(done)
    monkeypatch.delenv("KILLED")
    again = subprocess.run(line, capture_output=True, check=True)
    assert 60 - 29 <= json.loads(again.stdout)["answers"] <= 60 - len(done)
    assert len(read_answers(output)[0]) == 60 and not unfinished(output).exists()


def test_rows_wait_for_those_above_them_and_the_file_is_always_whole(tmp_path):
    output = tmp_path / "a.csv"
    questions = [Question(str(n), n, "a.wav", None, "What?") for n in range(3)]
    answers = GrowingAnswers(".csv", QuestionSet(tmp_path, Layout.OURS, tuple(questions)), ())

    def ids() -> Iterator[str]:
        with unfinished(output).open() as stream:
            return [row["id"] for row in csv.DictReader(stream)]

    with part_file(output) as part:
        answers.write_to(part)
        answers.add(1, Row(questions[1], error="no"))
        answers.flush(more=True)
        assert ids() == ["1", ""] and answers.waiting == 1
        answers.add(0, Row(questions[0], error="no"))
        answers.flush(more=True)
        assert ids() == ["0", "1", ""]
        answers.add(2, Row(questions[2], error="no"))
        answers.flush(more=False)
        assert ids() == ["0", "1", "2"] and not output.exists()
        answers.close(in_place=True)
    assert [*tmp_path.iterdir()] == [output]


class CountsRoutes(Router):
    name = identity = "counts"
    cacheable = True

    def __init__(self):
        self.asked = []

    def route(self, requests):
        self.asked.append(len(requests))
        return [Route(reason=request.question) for request in requests]


def test_questions_of_many_clips_are_routed_together(tmp_path):
    router = CountsRoutes()
    facts = [ClipFacts(f"{clip:040x}", 1.0, 16_000, 1, -20.0, -3.0) for clip in range(50)]

    async def route(store: Store) -> list[str]:
        stage = RoutingStage(router, store, [])
        requests = [RouteRequest(f"Question {n}?", (), clip) for n, clip in enumerate(facts)]
        together = await asyncio.gather(*(stage.route([request]) for request in requests))
        stage.close()
        return [decision.reason for (decision,) in together]

    with Store(tmp_path / "store.db") as store:
        for number, clip in enumerate(facts):
            store.save_clip(Path(f"/{number}.wav"), FileStamp(1, 1, number), clip)
        assert asyncio.run(route(store)) == [f"Question {n}?" for n in range(50)]
    assert router.asked == [32, 18]  # the first ones tell how fast it is


class Slow(CountsRoutes):
    def route(self, requests):
        time.sleep(0.01 * len(requests))
        return super().route(requests)


@pytest.mark.slow
def test_time_is_for_a_decision_however_many_are_asked_together(tmp_path):
    async def route(store: Store) -> list[Route]:
        stage = RoutingStage(Slow(), store, [], seconds=0.2)
        facts = ClipFacts("0" * 40, 1.0, 16_000, 1, -20.0, -3.0)
        routes = await stage.route([RouteRequest(f"Is it {n}?", (), facts) for n in range(100)])
        stage.close()
        return routes

    with Store(tmp_path / "store.db") as store:
        store.save_clip(Path("/0.wav"), FileStamp(1, 1, 0), ClipFacts("0" * 40, 1, 1, 1, 0, 0))
        routes = asyncio.run(route(store))
    assert [route.reason for route in routes] == [f"Is it {n}?" for n in range(100)]


class WaitsForAll(AsyncReasoner):
    """Answers when nine have come, as a server's batch does."""

    name = identity = "waits"
    in_flight = 9

    def __init__(self):
        self.waiting = 0

    async def reply(self, request):
        self.waiting += 1
        while self.waiting < 9:
            await asyncio.sleep(0.01)
        return Answer(request.choices[0], 0)

    async def close(self):
        pass


def test_as_many_rows_wait_as_the_reasoner_takes(tone, clips, tmp_path, two_tools, monkeypatch):
    monkeypatch.setattr(pipeline, "ROWS_TOGETHER", 2)
    monkeypatch.setattr(pipeline, "ROWS_AT_ONCE", 4)
    two_tools.providers["fake"] = Opens(WaitsForAll())
    tone("a.wav")
    rows = "".join(f"a.wav,Is it {n}?,yes|no\n" for n in range(9))
    (tmp_path / "q.csv").write_text(f"audio,question,choices\n{rows}")
    options = BatchOptions(provider="fake", router="none", max_seconds=20)
    result = run_batch(clips, tmp_path / "q.csv", options, registry=two_tools)
    assert [row.prediction for row in result.rows] == ["yes"] * 9
