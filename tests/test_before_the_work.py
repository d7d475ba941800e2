"""What would stop a command, or harm what others made, is said before anything is asked."""

from __future__ import annotations

import pytest
from commands import run
from reasoners import Listens, Opens
from trainings import QUICK

from audiorouter import BatchOptions, EngineOptions, run_batch
from audiorouter.batch.past.past_runs import write_run
from audiorouter.batch.planning.plan import make_plan
from audiorouter.batch.rows import GO_ON
from audiorouter.errors import UsageError
from audiorouter.evaluation.evaluate import EvaluateRequest, evaluate
from audiorouter.learning import train as training
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.scorable import only_category
from audiorouter.learning.train import train
from audiorouter.questions import read_questions

HEAD = "audio,question,choices,answer\n"
FAKE = EngineOptions(provider="fake")


@pytest.fixture
def reasoner(two_tools):
    reasoner = Listens()
    two_tools.providers["fake"] = Opens(reasoner)
    return reasoner


@pytest.fixture
def written(tmp_path):
    def write(name, *rows):
        path = tmp_path / name
        path.write_text(HEAD + "".join(f"{row}\n" for row in rows))
        return path

    return write


@pytest.fixture
def trained(question_file, clips, tmp_path, two_tools, reasoner, monkeypatch):
    """Trains into a folder as far as to the first question that would be asked."""
    monkeypatch.setattr(training, "encoder_missing", lambda: None)

    def work(**options):
        given = {"questions": question_file, "clips": clips, "output": tmp_path / "router"}
        request = TrainRequest(**given | {"training": QUICK, "engine": FAKE} | options)
        said: list[str] = []
        try:
            train(request, registry=two_tools, say=said.append)
        finally:
            work.said = said

    return work


def test_a_file_of_somebody_else_is_no_unfinished_answers(question_file, clips, tmp_path, two_tools,
                                                          reasoner):  # fmt: skip
    mine = tmp_path / "a.part.csv"
    mine.write_text("my,own\ntable,of years\n")
    options = BatchOptions(provider="fake", router="none", output=tmp_path / "a.csv")
    with pytest.raises(UsageError, match=r"a\.part\.csv.*move it away"):
        run_batch(clips, question_file, options, registry=two_tools)
    assert mine.read_text() == "my,own\ntable,of years\n" and not reasoner.asked
    mine.write_text(f"id,error\n1,not answered: the batch was interrupted {GO_ON}\n")
    run_batch(clips, question_file, options, registry=two_tools)
    assert not mine.exists() and reasoner.asked


def test_questions_are_not_taken_for_earlier_answers(question_file, clips, tmp_path, two_tools,
                                                     reasoner):  # fmt: skip
    questions = question_file.rename(tmp_path / "a.part.csv")
    options = BatchOptions(provider="fake", router="none", output=tmp_path / "a.csv")
    with pytest.raises(UsageError, match="also used for something else"):
        run_batch(clips, questions, options, registry=two_tools)
    assert questions.exists()


def test_answers_in_the_folder_of_a_data_set_are_no_questions(clips, question_file, two_tools,
                                                              reasoner):  # fmt: skip
    questions = question_file.rename(clips / "questions.csv").read_text()
    for name in ("answers.csv", "answers.jsonl", "answers.csv"):
        (clips / "late.part.csv").touch()
        options = BatchOptions(provider="fake", router="none", output=clips / name)
        assert run_batch(clips, None, options, registry=two_tools).tally.questions == 4
    assert (clips / "questions.csv").read_text() == questions


def test_nothing_is_written_over_a_table_of_a_data_set(clips, question_file, two_tools, reasoner):
    lines = question_file.read_text()
    tables = [clips / f"test-0000{number}-of-00002.csv" for number in range(2)]
    for table in tables:
        table.write_text(lines)
    options = BatchOptions(provider="fake", router="none", output=tables[1])
    for work in (run_batch, make_plan):
        with pytest.raises(UsageError, match="also used for something else"):
            work(clips, None, options, registry=two_tools)
    table = clips / "test.json"
    table.write_text("[]")
    for path in tables:
        path.unlink()
    line = ["evaluate", clips, "--clips", clips, "--json", table]
    assert "also used for something else" in run(*line, code=2).stderr
    assert table.read_text() == "[]" and not reasoner.asked


def test_answers_take_the_place_of_no_other_questions(clips, question_file, two_tools, reasoner):
    for name, lines in (
        ("train.csv", question_file.read_text()),
        ("other.json", '[{"audio": "a.wav", "Question": "What is it?"}]'),
        ("parts.json", '{"train": [{"question": "What?"}], "test": [{"question": "Who?"}]}'),
        ("cut.jsonl", '{"audio": \n{"audio": "a.wav", "question": "What is it?"}\n'),
    ):
        (other := question_file.with_name(name)).write_text(lines)
        options = BatchOptions(provider="fake", router="none", output=other)
        for work in (run_batch, make_plan):
            with pytest.raises(UsageError, match="it holds questions"):
                work(clips, question_file, options, registry=two_tools)
        with pytest.raises(UsageError, match="it holds questions"):
            write_run(other, [])
        assert other.read_text() == lines and not reasoner.asked


def test_a_report_is_not_written_over_what_is_read_or_written(question_file, clips, tmp_path,
                                                              own_store):  # fmt: skip
    answers = tmp_path / "a.csv"
    answers.write_text("")
    new = tmp_path / "new.csv"
    for output, report in ((answers, answers), (new, new), (answers, question_file)):
        line = ["batch", clips, question_file, "-o", output, "--report", report]
        assert f"{report}: is also used for something else" in run(*line, code=2).stderr
    assert not own_store.exists()


def test_a_folder_that_is_a_file_is_told_so(trained, question_file, reasoner):
    with pytest.raises(UsageError, match=r"q\.csv is a file, not a folder"):
        trained(output=question_file / "router")
    assert reasoner.asked == 0


@pytest.mark.weights
def test_a_folder_without_audio_is_told_at_once(question_file, tmp_path, own_store):
    (tmp_path / "empty").mkdir()
    for line in (
        ["batch", tmp_path / "empty", question_file],
        ["evaluate", question_file, "--clips", tmp_path / "empty"],
        ["train", question_file, "--clips", tmp_path / "empty", "-o", tmp_path / "router"],
    ):
        assert "there are no audio files" in run(*line, code=2).stderr
    assert not (tmp_path / "router").exists()


def test_one_clip_is_too_few_before_anything_is_asked(trained, written, clips, reasoner, tmp_path):
    one = written("one.csv", *["0.wav,Is it loud?,yes|no,yes", "0.wav,Is it soft?,no|yes,no"])
    with pytest.raises(UsageError, match=r"one\.csv: questions about 1 clip are too few"):
        trained(questions=one)
    (clips / "copy.wav").write_bytes((clips / "0.wav").read_bytes())
    twice = written("twice.csv", "0.wav,Is it loud?,yes|no,yes", "copy.wav,Loud?,yes|no,yes")
    with pytest.raises(UsageError, match="questions about 1 clip are too few"):
        trained(questions=twice)
    with pytest.raises(UsageError, match="too few to validate on"):
        trained(validation=written("val.csv", "0.wav,Is it loud?,yes|no,yes"))
    assert reasoner.asked == 0


def test_questions_of_one_category_are_said(trained, tmp_path):
    path = tmp_path / "one.csv"
    path.write_text(
        "audio,question,choices,answer,skill\n0.wav,Loud?,yes|no,yes,level\n0.wav,Soft?,no|yes,no,"
        "level\n"
    )
    with pytest.raises(UsageError):
        trained(questions=path)
    path.write_text(path.read_text() + "1.wav,Loud?,yes|no,yes,level\n")

    questions = read_questions(path, tmp_path / "clips").questions
    assert "all questions are of one skill (level)" in (only_category(questions) or "")


@pytest.mark.weights
def test_right_answers_are_asked_for_before_the_work(trained, written, question_file, clips,
                                                     two_tools, reasoner):  # fmt: skip
    without = written("open.csv", "0.wav,Is it loud?,yes|no,", "1.wav,Is it loud?,yes|no,")
    complaint = r"open\.csv: no question can be scored"
    with pytest.raises(UsageError, match=complaint):
        trained(validation=without)
    for files in ({"questions": without}, {"questions": question_file, "training": without}):
        request = EvaluateRequest(**files, clips=clips, routers=["none"], engine=FAKE)
        with pytest.raises(UsageError, match=complaint):
            evaluate(request, registry=two_tools)
    assert reasoner.asked == 0


@pytest.mark.slow
@pytest.mark.weights
def test_a_router_is_replaced_only_where_that_is_meant(trained, tmp_path, reasoner):
    trained()
    card = tmp_path / "router" / "router.json"
    before, asked = card.read_text(), reasoner.asked
    trained()
    assert card.read_text() == before and reasoner.asked == asked
    with pytest.raises(UsageError, match=r"holds a router already.*--replace"):
        trained(cost_weight=0.5)
    assert card.read_text() == before
    trained(cost_weight=0.5, replace=True)
    assert card.read_text() != before


def test_a_router_of_an_earlier_version_is_not_replaced(trained, tmp_path, reasoner):
    (tmp_path / "router").mkdir()
    (tmp_path / "router" / "router.json").write_text('{"format": 1}')
    with pytest.raises(UsageError, match="holds a router already"):
        trained()
    assert reasoner.asked == 0


@pytest.mark.slow
@pytest.mark.weights
def test_what_is_not_ours_stays_in_the_folder_of_a_router(trained, tmp_path):
    own = tmp_path / "router" / "training" / "recordings" / "a.txt"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    trained()
    assert own.read_text() == "mine"
    assert [path.name for path in (tmp_path / "router" / "training").iterdir()] == ["recordings"]


def test_files_of_a_router_that_cannot_be_written_are_told_first(trained, tmp_path, reasoner):
    (tmp_path / "router" / "policy.safetensors").mkdir(parents=True)
    with pytest.raises(UsageError, match=r"policy\.safetensors: is a folder"):
        trained()
    assert reasoner.asked == 0


def test_what_evaluation_needs_of_others_is_told_first(question_file, clips, two_tools, reasoner,
                                                       monkeypatch):  # fmt: skip
    monkeypatch.setattr("audiorouter.evaluation.evaluate.encoder_missing", lambda: "pull it")
    request = EvaluateRequest(questions=question_file, clips=clips, routers=["none"], engine=FAKE)
    with pytest.raises(UsageError, match="pull it"):
        evaluate(request, registry=two_tools)
    assert reasoner.asked == 0


@pytest.mark.parametrize(
    ("name", "said"), [("questions", "holds something else than a report"), ("r.csv", "NAME.html")]
)
def test_a_report_that_cannot_be_written_is_refused_before_the_work(
    question_file, clips, tmp_path, own_store, name, said
):
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "mine.txt").write_text("keep")
    line = ["evaluate", question_file, "--clips", clips, "--report", tmp_path / name]
    assert said in run(*line, code=2).stderr
    assert not own_store.exists()
