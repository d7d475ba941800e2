"""Two batches at once by one store: little is asked, decoded or paid for twice."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from reasoners import AlwaysRight, Opens

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.reasoning.ceilings import (
    Budget,
    CeilingReached,
    Ceilings,
    NotAskedError,
    paid_by,
)
from audiorouter.batch.reasoning.reasoner_stage import ReasonerStage
from audiorouter.batch.reasoning.reasoning_counters import ReasoningCounters
from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.errors import ReasonerError
from audiorouter.plugins import load_registry
from audiorouter.providers.interface import Answer, AsyncReasoner, Request
from audiorouter.providers.prices import Prices
from audiorouter.store import Store
from audiorouter.toolbox.toolbox import Toolbox

CLIPS = 30
SECONDS = 0.04
"""What an answer takes."""
FACTS = ClipFacts(f"{0:040x}", 1.0, 16_000, 1, -20.0, -3.0)


class Slow(AlwaysRight):
    """Answers one after the other, and is counted wherever it is asked."""

    batch_size = 1

    def __init__(self):
        self.asked = []

    def answer(self, requests):
        time.sleep(SECONDS)
        self.asked += [request.question for request in requests]
        return super().answer(requests)


class SlowServer(Slow, AsyncReasoner):
    in_flight = 1

    async def reply(self, request):
        await asyncio.sleep(SECONDS)
        self.asked.append(request.question)
        return Answer(request.choices[0], 0)

    async def close(self):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Slow, SlowServer])
def test_what_one_batch_has_answered_the_other_does_not_ask(tmp_path, kind):
    rows = ["audio,question,choices,answer"]
    with Store(tmp_path / "s.db") as store:
        for number in range(CLIPS):
            clip = tmp_path / f"{number}.wav"
            clip.write_bytes(b"known")  # the store knows what it is: nothing is decoded
            facts = ClipFacts(f"{number:040x}", 1.0, 16_000, 1, -20.0, -3.0)
            store.save_clip(clip, FileStamp.of(clip), facts)
            rows.append(f"{clip.name},Question {number}?,first|second,first")
    (tmp_path / "q.csv").write_text("\n".join(rows))
    reasoner, start = kind(), threading.Barrier(2)

    def ask(_number):
        registry = load_registry(third_party=False)
        registry.providers["fake"] = Opens(reasoner)
        options = BatchOptions(provider="fake", router="none", store=tmp_path / "s.db")
        start.wait()
        return run_batch(tmp_path, tmp_path / "q.csv", options, registry=registry)

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(ask, range(2)))
    assert all(row.correct for result in results for row in result.rows)
    made = [result.reasoning.answers_made for result in results]
    assert sum(made) == len(reasoner.asked) and set(reasoner.asked) == {
        f"Question {number}?" for number in range(CLIPS)
    }
    assert len(reasoner.asked) - CLIPS < CLIPS / 2


def test_a_clip_is_not_decoded_that_another_batch_has_decoded_meanwhile(tmp_path):
    clip = tmp_path / "a.wav"
    clip.write_bytes(b"known")

    async def look(store: Store) -> ClipFacts:
        toolbox = Toolbox({}, store)

        async def take_worker():
            store.save_clip(clip, FileStamp.of(clip), FACTS)

        toolbox.take_worker = take_worker
        toolbox.give_back = lambda _worker: None
        async with toolbox.session(Path(clip)) as session:
            return await session.facts()

    with Store(tmp_path / "s.db") as store:
        assert asyncio.run(look(store)) == FACTS


def test_what_was_not_asked_after_all_is_no_request():
    async def made_elsewhere():
        raise NotAskedError

    async def asked() -> Answer:
        return Answer("yes", 0)

    async def spend() -> int:
        account = Budget(Ceilings(requests=1)).account(AlwaysRight())
        with pytest.raises(NotAskedError):
            await paid_by(account, made_elsewhere)
        await paid_by(account, asked)
        return account.requests

    assert asyncio.run(spend()) == 1


def test_who_waits_for_what_an_ended_batch_was_to_ask_asks_for_it(tmp_path):
    """Batches of one session share what is being asked for."""
    request = Request(tmp_path / "a.wav", FACTS.audio_hash, "Loud?", ("yes", "no"))

    async def both(store):
        reasoner = SlowServer()
        stage = ReasonerStage(reasoner, store, threads=lambda: 1)
        budget = Budget(Ceilings(requests=0))
        paid = ReasoningCounters(account=budget.account(reasoner))

        async def ask(counters) -> None:
            asked.append(await stage.ask(request, counters))

        asked = []
        ending = asyncio.create_task(budget.keep(ask(paid)))
        await asyncio.sleep(0)
        other = asyncio.create_task(ask(ReasoningCounters()))
        with pytest.raises(CeilingReached):
            await ending
        await asyncio.wait_for(other, 5)
        await stage.close()
        return len(reasoner.asked), len(asked)

    with Store(tmp_path / "s.db") as store:
        store.save_clip(request.clip, FileStamp(1, 1, 1), FACTS)
        assert asyncio.run(both(store)) == (1, 1)


def test_who_asks_on_for_a_batch_that_has_ended_is_refused(tmp_path):
    """And does not ask for ever: a router may go on although it was told to stop."""
    request = Request(tmp_path / "a.wav", FACTS.audio_hash, "Loud?", ("yes", "no"))

    async def ask(store):
        reasoner = SlowServer()
        stage = ReasonerStage(reasoner, store, threads=lambda: 1)
        budget = Budget(Ceilings(requests=0))
        counters = ReasoningCounters(account=budget.account(reasoner))
        with pytest.raises(CeilingReached):
            await budget.keep(stage.ask(request, counters))
        with pytest.raises(ReasonerError, match="its batch has ended"):
            await asyncio.wait_for(stage.ask(request, counters), 5)
        await stage.close()

    with Store(tmp_path / "s.db") as store:
        store.save_clip(request.clip, FileStamp(1, 1, 1), FACTS)
        asyncio.run(ask(store))


def test_what_was_not_asked_says_nothing_of_what_an_answer_costs():
    """Until one is known, one alone is under way: the first may be dear."""
    under_way = []

    async def made_elsewhere():
        raise NotAskedError

    async def asked() -> Answer:
        under_way.append(1)
        await asyncio.sleep(0)
        assert len(under_way) == 1
        under_way.pop()
        return Answer("yes", 0, usage={"prompt_tokens": 0.9})

    class Priced(AlwaysRight):
        counts_tokens = True
        prices = Prices(1_000_000.0, 0.0)

    async def spend() -> int:
        account = Budget(Ceilings(cost=1)).account(Priced())
        for _ in range(5):
            with pytest.raises(NotAskedError):
                await paid_by(account, made_elsewhere)
        asking = [asyncio.create_task(paid_by(account, asked)) for _ in range(5)]
        done, waiting = await asyncio.wait(asking, timeout=0.2)
        for task in waiting:
            task.cancel()
        assert all(task.exception() is None for task in done)
        return len(done)

    assert asyncio.run(spend()) == 1
