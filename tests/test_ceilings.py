"""What a batch may take at most, asked of a real server that counts its requests itself."""

import asyncio
import json
import time
from dataclasses import replace

import pytest
from audio_server import AudioServer, Behaviour
from commands import run
from few_tools import few_tools
from reasoners import Listens, Opens
from session_tools import TakesItsTime

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.cluster.run import run_batch_on_ray
from audiorouter.batch.reasoning.ceilings import Budget, CeilingReached, Ceilings, NotAskedError
from audiorouter.errors import UsageError
from audiorouter.plugins import load_registry
from audiorouter.providers.prices import Prices

REGISTRY = load_registry(third_party=False)
DEAR = Prices(prompt=1_000_000, answer=0)
"""Money is what the prompt has tokens."""


@pytest.fixture
def questions(tone, clips, tmp_path):
    """Twelve of one clip."""
    tone("a.wav", frequency=2000)
    lines = [f"a.wav,High or low in copy {n}?,high|low,high" for n in range(12)]
    path = tmp_path / "q.csv"
    path.write_text("\n".join(["audio,question,choices,answer", *lines]) + "\n")
    return path


@pytest.fixture
def batch(clips, questions, tmp_path):
    def ask(server, provider_options=(), **options):
        given = {"base_url": server.url, "in_flight": 4, "check_audio": False}
        return run_batch(
            clips,
            questions,
            BatchOptions(
                provider="openai:ears",
                provider_options=given | dict(provider_options),
                router="none",
                store=tmp_path / "s.db",
                **options,
            ),
            registry=REGISTRY,
        )

    return ask


@pytest.mark.slow
def test_a_batch_stops_before_more_requests_and_goes_on(batch):
    with AudioServer(Behaviour(latency=0.02)) as server:
        result = batch(server, max_requests=5)
        assert len(server.behaviour.requests) == 5
        # What was under way is waited for: it is paid for.
        assert [row.left for row in result.rows].count(False) == 5
        assert result.status == "interrupted" and result.ceiling == "--max-requests 5"
        left = next(row for row in result.rows if row.left)
        assert left.error == (
            "not answered: the batch reached --max-requests 5 (run it again to go on)"
        )
        second = batch(server, max_requests=7)
        assert second.status == "finished" and second.ceiling is None
        assert len(server.behaviour.requests) == 12
        assert all(row.correct for row in second.rows)


@pytest.mark.slow
def test_requests_that_are_sent_again_count(batch):
    with AudioServer(Behaviour(faults=0.5, hang=0.1, seed=3)) as server:
        options = {"in_flight": 1, "request_timeout": 5.0}
        result = batch(server, options, max_requests=6)
        sent = server.behaviour.answered + server.behaviour.faulty
        assert result.ceiling == "--max-requests 6"
        # The last one may have had to be sent again.
        assert 6 <= sent < 6 + 8
        assert sum(not row.left for row in result.rows) < 6


@pytest.mark.slow
def test_a_batch_stops_before_it_costs_more(batch):
    with AudioServer(
        Behaviour(usage={"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": 10})
    ) as server:
        prices = {"price_in": 1_000_000, "price_out": 0}
        result = batch(server, prices, max_cost=75)
        assert len(server.behaviour.requests) == 7 and result.cost == 70
        assert result.ceiling == "--max-cost 75, of which 70 is spent"
        assert batch(server, prices, max_cost=50).status == "finished"
    with AudioServer(Behaviour()) as server:
        unknown = batch(server, max_cost=75, fresh=True)
        assert len(server.behaviour.requests) == 1
        assert "cannot tell what openai:ears costs: give its prices" in (unknown.ceiling or "")


@pytest.mark.slow
def test_no_money_is_no_request_and_a_last_answer_that_ends_the_batch_finishes_it(batch):
    usage = {"prompt_tokens": 10, "completion_tokens": 0, "total_tokens": 10}
    prices = {"price_in": 1_000_000, "price_out": 0}
    with AudioServer(Behaviour(usage=usage)) as server:
        assert batch(server, prices, max_cost=0).ceiling == "--max-cost 0"
        assert not server.behaviour.requests
    with AudioServer(Behaviour(latency=2.0)) as server:
        result = batch(server, {"in_flight": 64}, max_seconds=1.5, fresh=True)
        assert result.status == "finished" and result.ceiling is None


@pytest.mark.slow
def test_a_batch_stops_when_its_time_is_up(batch):
    with AudioServer(Behaviour(latency=1.0)) as server:
        result = batch(server, {"in_flight": 1}, max_seconds=3)
        assert result.ceiling == "--max-seconds 3"
        assert len(server.behaviour.requests) < 12
        answered = sum(row.answer is not None for row in result.rows)
        assert answered == len(server.behaviour.requests)


class Slow(Listens):
    batch_size = 2

    def one(self, request):
        time.sleep(0.2)
        return super().one(request)


@pytest.mark.slow
def test_what_waits_for_a_model_of_this_machine_does_not_begin_when_the_time_is_up(
    clips, questions, tmp_path
):
    registry, slow = few_tools("loudness"), Slow()
    registry.providers["fake"] = Opens(slow)
    options = BatchOptions(
        provider="fake", router="none", store=tmp_path / "s.db", max_seconds=1, fresh=True
    )
    run_batch(clips, questions, replace(options, max_seconds=None, limit=1), registry=registry)
    before = slow.asked
    result = run_batch(clips, questions, options, registry=registry)
    assert result.ceiling == "--max-seconds 1"
    assert slow.asked - before == sum(row.answer is not None for row in result.rows) < 12


class Slowly(Slow):
    """Answers for longer than the rest of the batch would take."""

    batch_size = 1

    def one(self, request):
        time.sleep(4)
        return super().one(request)


@pytest.mark.slow
def test_no_tool_is_called_once_the_time_is_up(tone, clips, questions, tmp_path):
    for number in range(12):
        tone(f"{number}.wav", frequency=500 + number)
    lines = [f"{n}.wav,High or low?,high|low,high" for n in range(12)]
    questions.write_text("\n".join(["audio,question,choices,answer", *lines]) + "\n")
    registry = few_tools("loudness")
    registry.providers["fake"] = Opens(Slowly())
    registry.tools["slow"] = TakesItsTime()
    options = BatchOptions(
        provider="fake", router="tools:slow", store=tmp_path / "s.db", max_seconds=3, workers=1
    )
    result = run_batch(clips, questions, options, registry=registry)
    assert result.ceiling == "--max-seconds 3"
    assert result.tools.calls_run < 12, "an answer was waited for, and tools called meanwhile"


@pytest.mark.parametrize("batch_size", [1, 4])
def test_so_many_requests_to_a_model_of_this_machine_are_answered(
    clips, questions, tmp_path, batch_size
):
    registry, model = few_tools("loudness"), Listens()
    registry.providers["fake"] = Opens(model)
    options = BatchOptions(
        provider="fake", router="none", store=tmp_path / "s.db", max_requests=5,
        batch_size=batch_size,
    )  # fmt: skip
    for answered in (5, 10):
        result = run_batch(clips, questions, options, registry=registry)
        assert result.ceiling == "--max-requests 5" and model.asked == answered
    assert run_batch(clips, questions, options, registry=registry).status == "finished"


@pytest.mark.slow
def test_the_command_says_what_is_left_and_how_to_go_on(questions, clips, own_store, tmp_path):
    with AudioServer(Behaviour()) as server:
        asked = ("batch", clips, questions, "--router", "none", "--provider", "openai:ears",
                 "--base-url", server.url, "-P", "check_audio=false",
                 "-o", tmp_path / "a.csv")  # fmt: skip
        first = run(*asked, "--max-requests", "5", code=1)
        assert (
            "the batch reached --max-requests 5: 7 of 12 questions are left, and the same command "
            "goes on with them"
        ) in first.stderr
        assert not (tmp_path / "a.csv").exists() and (tmp_path / "a.part.csv").exists()
        run(*asked)
        assert len(server.behaviour.requests) == 12
        assert not (tmp_path / "a.part.csv").exists()
        idle = run("batch", clips, questions, "--router", "none", "--max-cost", "1", "--plan")
        assert idle.returncode == 0


def test_where_all_that_was_paid_for_failed_it_is_said_that_it_fails_again(
    questions, clips, own_store
):
    refused = json.dumps({"error": {"message": "no such sound"}})
    with AudioServer(Behaviour(sends=(400, "application/json", refused))) as server:
        asked = ("batch", clips, questions, "--router", "none", "--provider", "openai:ears")
        done = run(*asked, "--base-url", server.url, "--max-requests", "3", code=1)
    assert "none was answered, and the same command asks those that failed once" in done.stderr


class Counted:
    name = "counted"
    counts_tokens = True
    prices = DEAR
    extra_requests = 0


@pytest.mark.parametrize(
    ("prices", "way_on"), [(None, "give its prices"), (DEAR, "give --max-requests")]
)
def test_what_cannot_be_told_ends_the_batch_and_says_what_would_help(prices, way_on):
    class Silent(Counted):
        pass

    Silent.prices = prices

    async def spend():
        budget = Budget(Ceilings(cost=5))
        account = budget.account(Silent())

        async def ask():
            await account.admit()
            account.settle(None, answered=True)
            await asyncio.sleep(60)

        with pytest.raises(CeilingReached, match=way_on):
            await budget.keep(ask())

    asyncio.run(asyncio.wait_for(spend(), 5))


def test_what_failed_says_nothing_of_what_an_answer_costs():
    """Else many at once would be let begin, of which nobody knows the price."""

    async def spend():
        account = Budget(Ceilings(cost=2.5)).account(Counted())
        for _ in range(10):
            await account.admit()
            account.settle(None, answered=False)
        asking = [asyncio.create_task(account.admit()) for _ in range(5)]
        await asyncio.sleep(0.01)
        begun = sum(task.done() for task in asking)
        account.settle({"prompt_tokens": 1, "completion_tokens": 0}, answered=True)
        await asyncio.sleep(0.01)
        begun_then = sum(task.done() for task in asking)
        for task in asking:
            task.cancel()
        return begun, begun_then

    assert asyncio.run(spend()) == (1, 2)


def test_who_waits_for_an_answer_of_a_batch_that_ended_is_told():
    """A session's other batch may want the same answer: it must not wait for ever."""

    async def both():
        budget = Budget(Ceilings(requests=1))
        account = budget.account(Counted())
        await account.admit()
        other = asyncio.create_task(account.admit())
        working = asyncio.create_task(budget.keep(asyncio.sleep(60)))
        await asyncio.sleep(0.01)
        account.settle({"prompt_tokens": 1, "completion_tokens": 0}, answered=True)
        with pytest.raises(CeilingReached):
            await working
        with pytest.raises(NotAskedError):
            await other

    asyncio.run(asyncio.wait_for(both(), 5))


@pytest.mark.parametrize("ceiling", ["max-cost", "max-requests", "max-seconds"])
def test_ceilings_are_refused_on_many_machines_before_anything_is_asked(clips, questions, ceiling):
    """Each node would take as much as the whole batch may."""
    options = BatchOptions(store=clips / "s.db", **{ceiling.replace("-", "_"): 5})
    with pytest.raises(UsageError, match=f"--{ceiling} with --engine ray: .*--limit or --shard"):
        run_batch_on_ray(clips, questions, options, registry=REGISTRY)
    assert not (clips / "s.db").exists()
