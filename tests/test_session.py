"""AudioRouter from Python: beside event loops, with what is opened once, and one's own tools."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

import pytest
from few_tools import few_tools
from reasoners import PATIENCE, Counts, Holds, HoldsOnItsLoop, Listens
from session_tools import NotCommercial, ProcessOf, Waits
from trainings import QUICK

from audiorouter import (
    BatchOptions,
    EngineOptions,
    EvaluateRequest,
    Session,
    TrainRequest,
    UsageError,
    aask,
    arun_batch,
    ask,
    evaluate,
    run_batch,
    train,
)
from audiorouter.batch.session import BatchKeywords
from audiorouter.store import Store
from audiorouter.toolbox.availability import Licence

FAKE = EngineOptions(provider="fake", workers=1)


@pytest.fixture
def registry_of():
    def registry(reasoner):
        found = few_tools("loudness", "silences")
        found.providers["fake"] = Counts(reasoner)
        return found

    return registry


@pytest.fixture
def files(clips, question_file):
    """The clips and the questions as users name them in Python: by text."""
    return str(clips), str(question_file)


def waiting(event: threading.Event):
    return asyncio.get_running_loop().run_in_executor(None, event.wait, PATIENCE)


def statuses(store: Path) -> list[str]:
    with Store(store) as opened:
        return [row["status"] for row in opened.export("runs")]


@pytest.mark.slow
def test_where_a_loop_runs_questions_are_answered_as_elsewhere(
    files, registry_of, tmp_path, own_store
):
    clips, questions = files
    answers = str(tmp_path / "answers.csv")

    async def cell():
        registry = registry_of(Listens())
        row = ask(f"{clips}/0.wav", "Is it loud?", ["yes", "no"], FAKE, router="rules",
                  registry=registry)  # fmt: skip
        options = BatchOptions(provider="fake", store=str(own_store), output=answers)
        return row, run_batch(clips, questions, options, registry=registry)

    row, result = asyncio.run(cell())
    assert row.prediction in ("yes", "no")
    assert [row.error for row in result.rows] == [None] * 4
    assert Path(answers).read_text().count("\n") == 5


@pytest.mark.slow
@pytest.mark.weights
def test_routers_are_trained_and_evaluated_where_a_loop_runs(files, registry_of, tmp_path):
    clips, questions = files
    router = str(tmp_path / "router")

    async def cell():
        registry = registry_of(Listens())
        trained = train(
            TrainRequest(questions, clips, router, training=QUICK, engine=FAKE), registry=registry
        )
        request = EvaluateRequest(questions=questions, clips=clips, routers=[router], engine=FAKE)
        return trained, evaluate(request, registry=registry)

    trained, evaluation = asyncio.run(cell())
    assert trained.card.questions["train"] + trained.card.questions["validation"] == 4
    frame = evaluation.frame("pandas").set_index("strategy")
    assert {"none", "all", router} <= set(frame.index)
    assert frame.loc["all", "accuracy"] == 1.0 and frame.loc["none", "accuracy"] == 0.0


def test_a_signal_ends_the_work_also_where_a_loop_runs(files, registry_of):
    reasoner = Holds()

    def interrupt():
        assert reasoner.reached.wait(PATIENCE)
        os.kill(os.getpid(), signal.SIGINT)

    async def cell():
        threading.Thread(target=interrupt).start()
        options = BatchOptions(provider="fake", router="none")
        return run_batch(*files, options, registry=registry_of(reasoner))

    result = asyncio.run(cell())
    reasoner.let_go.set()
    assert result.status == "interrupted"
    assert all("interrupted by SIGINT" in row.error for row in result.rows)


def test_an_asynchronous_ask_lets_the_loop_go_on(files, registry_of):
    reasoner = Holds()
    clips, _ = files

    async def program():
        asked = asyncio.create_task(
            aask(f"{clips}/0.wav", "Is it loud?", ["yes", "no"], FAKE, router="none",
                 registry=registry_of(reasoner))
        )  # fmt: skip
        await waiting(reasoner.reached)
        reasoner.let_go.set()
        return await asked

    assert asyncio.run(program()).prediction == "no"


@pytest.mark.parametrize("kept_open", [False, True])
def test_who_is_cancelled_ends_in_good_order(files, registry_of, own_store, kept_open):
    reasoner = Holds()
    registry = registry_of(reasoner)

    async def program():
        if kept_open:
            work = session.arun_batch(*files, router="none")
        else:
            options = BatchOptions(provider="fake", router="none")
            work = arun_batch(*files, options, registry=registry)
        batch = asyncio.create_task(work)
        await waiting(reasoner.reached)
        batch.cancel()
        with pytest.raises(asyncio.CancelledError):
            await batch

    with Session(FAKE, registry=registry) as session:
        asyncio.run(program())
        assert statuses(own_store) == ["interrupted"]
        reasoner.let_go.set()


@pytest.mark.parametrize("kind", [Holds, HoldsOnItsLoop])
def test_what_nobody_waits_for_any_more_is_not_asked(files, registry_of, kind):
    reasoner = kind()

    async def program():
        batch = asyncio.create_task(session.arun_batch(*files, router="none"))
        await waiting(reasoner.reached)
        batch.cancel()
        await asyncio.wait([batch])
        reasoner.let_go.set()
        return await session.aask(f"{files[0]}/0.wav", "Is it quiet?", ["no", "yes"], router="none")

    with Session(FAKE, registry=registry_of(reasoner)) as session:
        assert asyncio.run(program()).prediction is not None
    assert reasoner.asked == 2, "the one under way, and the last one"


def test_who_gives_up_a_call_takes_it_from_nobody_else(files, registry_of, tmp_path):
    clips, _ = files
    mark = tmp_path / "mark"

    async def program():
        first, second = (
            asyncio.create_task(
                session.aask(f"{clips}/0.wav", question, ["yes", "no"], router="tools:waits")
            )
            for question in ("Is it loud?", "Is it quiet?")
        )
        while not (mark.exists() and session._running.engine.toolbox.busy_workers == 2):
            await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.wait([first])
        mark.write_text("go on")
        return await second

    options, tools = replace(FAKE, workers=2), [Waits(mark)]
    with Session(options, tools=tools, registry=registry_of(Listens())) as session:
        session.run_tool("loudness", f"{clips}/0.wav")  # so that the clip is known
        row = asyncio.run(asyncio.wait_for(program(), PATIENCE))
    assert row.complaint is None and row.results[0].finding.text == "It waited."


@pytest.mark.parametrize("how", ["ask", "aask", "run_batch"])
def test_closing_a_session_ends_what_is_under_way(files, registry_of, own_store, how):
    reasoner = Holds()
    clips, questions = files
    session = Session(FAKE, registry=registry_of(reasoner))

    def work():
        if how == "run_batch":
            return session.run_batch(clips, questions, router="none").status
        asked = f"{clips}/0.wav", "Is it loud?", ["yes", "no"]
        if how == "ask":
            return session.ask(*asked, router="none")
        return asyncio.run(session.aask(*asked, router="none"))

    with ThreadPoolExecutor(1) as thread:
        future = thread.submit(work)
        assert reasoner.reached.wait(PATIENCE)
        session.close()
        reasoner.let_go.set()
        if how == "run_batch":
            assert future.result() == "interrupted"
        else:
            with pytest.raises(UsageError, match="session is closed"):
                future.result()
    session.close()
    assert statuses(own_store) == ["interrupted"]


@pytest.mark.slow
def test_a_session_opens_once_and_counts_each_batch_by_itself(files, registry_of):
    clips, questions = files
    registry = registry_of(Listens())
    with Session(FAKE, tools=[ProcessOf()], registry=registry) as session:
        rows = [
            session.ask(f"{clips}/{number}.wav", "Is it loud?", ["yes", "no"], router=router)
            for number, router in enumerate(["tools:process", "tools:process", "tools:loudness"])
        ]
        first = session.run_batch(clips, questions, router="tools:process", limit=3)
        again = session.run_batch(clips, questions, router="tools:process", limit=3)
        found = session.run_tool("process", f"{clips}/3.wav")
        processes = [row.results[0].finding.data["process"] for row in rows[:2]]
        processes += [result.finding.data["process"] for result in found]
        assert len(set(processes)) == 1 and processes[0] != os.getpid()
        assert "process" not in registry.tools, "it was another one's registry"
    assert registry.providers["fake"].opened == 1
    assert rows[2].prediction == "yes", "by the tool that the reasoner listens to"
    assert (first.tools.calls_run, first.tools.calls_cached) == (1, 2)
    assert (again.tools.calls_run, again.tools.calls_cached) == (0, 3)
    assert again.reasoning.answers_made == 0 and again.tools.clips_decoded == 0
    with pytest.raises(ProcessLookupError):
        os.kill(processes[0], 0)
    with pytest.raises(UsageError, match="session is closed"):
        session.ask(f"{clips}/0.wav", "Is it loud?")


def test_questions_that_are_asked_at_once_share_what_is_computed(files, registry_of):
    clips, _ = files
    reasoner = Listens()

    async def program():
        return await asyncio.gather(*(
            session.aask(f"{clips}/0.wav", "Is it loud?", choices, router="tools:loudness")
            for choices in (["yes", "no"], ["yes", "no"], ["yes", "hardly"])
        ))  # fmt: skip

    with Session(FAKE, registry=registry_of(reasoner)) as session:
        rows = asyncio.run(program())
    assert [row.prediction for row in rows] == ["yes"] * 3
    assert reasoner.asked == 2
    assert sum(not row.results[0].cached for row in rows) == 1


def test_the_options_of_a_batch_in_a_session_are_those_of_a_batch():
    own = {field.name for field in fields(BatchOptions)} - {
        field.name for field in fields(EngineOptions)
    }
    assert set(BatchKeywords.__annotations__) | {"router", "cost_weight", "max_calls"} == own - {
        "fresh"
    }


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (lambda: Session(BatchOptions()), "give EngineOptions"),
        (lambda: Session(FAKE, tools=[ProcessOf]), r"register an instance, ProcessOf\(\)"),
        (
            lambda: Session(FAKE, tools=[ProcessOf(), ProcessOf()]),
            "'process' of this tool is taken",
        ),
        (
            lambda: Session(
                EngineOptions(licence=Licence.COMMERCIAL),
                tools=[NotCommercial()],
            ),
            "not_commercial is not allowed: the code are CC-BY-NC-4.0",
        ),
        (lambda: ask("missing.wav", "What?"), "missing.wav: no such file"),
        (lambda: ask(__file__, "What?", "yes"), "choices: give a list"),
    ],
)
def test_what_makes_no_sense_is_said(wrong, complaint):
    with pytest.raises(UsageError, match=complaint):
        wrong()


def test_a_fresh_session_computes_once_what_the_store_has(files, registry_of):
    clips, questions = files
    made = []
    for fresh in (False, True):
        with Session(FAKE, fresh=fresh, registry=registry_of(Listens())) as session:
            results = [session.run_batch(clips, questions, router="tools:loudness") for _ in "12"]
            made.append([(r.tools.calls_run, r.reasoning.answers_made) for r in results])
    assert made == [[(4, 4), (0, 0)]] * 2


def test_an_option_of_the_session_is_refused_where_a_batch_is_run(registry_of, files, own_store):
    with (
        Session(FAKE, registry=registry_of(Listens())) as session,
        pytest.raises(UsageError, match=r"retry_failed is an option of the session"),
    ):
        session.run_batch(*files, retry_failed=True)
