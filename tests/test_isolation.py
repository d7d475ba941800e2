import asyncio
import time
from pathlib import Path

import pytest
from broken_audio import broken_files
from hostile_tools import ALL

from audiorouter.clips import NO_SOURCES
from audiorouter.errors import ClipError, ToolError
from audiorouter.store import Store
from audiorouter.toolbox import ToolCall
from audiorouter.toolbox.isolation import IsolatedWorker
from audiorouter.toolbox.process import WorkerProcess
from audiorouter.toolbox.toolbox import Toolbox

TOOLS = {tool.name: tool for tool in ALL}


def run(store: Store, path: Path, *names: str, timeout: float = 60, **options):
    """Results by tool name, and the toolbox's counters."""

    async def work():
        toolbox = Toolbox(TOOLS, store, workers=1, timeout=timeout, **options)
        try:
            async with toolbox.session(path) as session:
                found = await session.run(await session.facts(), [ToolCall(name) for name in names])
            return {call.tool: result for call, result in found.items()}, toolbox.counters
        finally:
            await toolbox.close()

    return asyncio.run(work())


@pytest.fixture
def store(own_store):
    with Store(own_store) as opened:
        yield opened


@pytest.mark.slow
def test_misbehaviour_costs_one_call_and_never_the_next(store, tone, capfd):
    complaints = {
        "segfaults": "crashed (SIGSEGV)",
        "exits": "crashed (exit code 3)",
        "raises": "RuntimeError: no luck today",
        "fails_to_load": "OSError: no such model",
        "gives_nan": "NaN",
        "is_too_sure": "a probability lies from 0 to 1",
        "gives_array": "not JSON",
        "gives_nothing": "NoneType instead of a Finding",
        "calls_home": "without a network",
    }
    results, counters = run(store, tone(), *complaints, "prints")
    for name, complaint in complaints.items():
        assert complaint in results[name].error, name
    assert results["prints"].finding.text == "It is fine."
    assert counters.calls_failed == len(complaints)
    assert "noise" not in capfd.readouterr().out


@pytest.mark.slow
def test_a_hang_is_stopped_after_the_time_limit(store, tone):
    started = time.monotonic()
    results, _ = run(store, tone(), "hangs", "prints", timeout=2)
    assert "longer than 2 s" in results["hangs"].error
    assert results["prints"].error is None
    assert time.monotonic() - started < 30


def test_what_a_tool_says_of_a_clip_is_remembered_until_it_is_to_be_tried_again(store, tone):
    path = tone()
    run(store, path, "refuses")
    results, counters = run(store, path, "refuses")
    assert results["refuses"].error == "refuses: there is nothing in it"
    assert counters.calls_run == 0
    results, counters = run(store, path, "refuses", retry_failed=True)
    assert counters.calls_run == 1


def test_what_failed_is_tried_again_once_a_run(store, tone):
    path = tone()
    run(store, path, "refuses")

    async def twice():
        toolbox = Toolbox(TOOLS, store, workers=1, timeout=60, retry_failed=True)
        try:
            for _ in range(2):
                async with toolbox.session(path) as session:
                    (result,) = (
                        await session.run(await session.facts(), [ToolCall("refuses")])
                    ).values()
                    assert result.error == "refuses: there is nothing in it"
            return toolbox.counters.calls_run
        finally:
            await toolbox.close()

    assert asyncio.run(twice()) == 1


@pytest.mark.slow
def test_what_went_wrong_otherwise_is_tried_again(store, tone):
    path = tone()
    for _ in range(2):
        results, counters = run(store, path, "raises", "exits", "fails_to_load")
        assert all(result.error for result in results.values())
        assert counters.calls_run == 3
    run(store, path, "hangs", timeout=1)
    results, counters = run(store, path, "hangs", timeout=2)
    assert "longer than 2 s" in results["hangs"].error and counters.calls_run == 1


def test_findings_come_from_the_store_also_for_a_copy(store, tone, clips):
    path = tone()
    first, _ = run(store, path, "prints")
    copy = clips / "copy.wav"
    copy.write_bytes(path.read_bytes())
    second, counters = run(store, copy, "prints")
    assert counters.calls_run == 0 and second["prints"].cached
    assert second["prints"].finding == first["prints"].finding
    assert second["prints"].finding.confidence == 0.25


def test_a_changed_file_under_the_same_name_is_another_clip(store, tone):
    run(store, tone(), "prints")
    _, counters = run(store, tone(frequency=500), "prints")
    assert counters.calls_run == 1


def test_one_worker_serves_all_calls_of_a_clip(store, tone):
    _, counters = run(store, tone(), "prints", "raises")
    assert counters.clips_decoded == 1


@pytest.mark.slow
def test_broken_clips_are_refused_in_the_worker(store, clips):
    for name, path in broken_files(clips).items():
        with pytest.raises(ClipError, match=f"{name}.wav"):
            run(store, path, "prints")


def test_a_file_that_changes_under_a_tool_is_not_taken_for_the_one_before(store, tone):
    path = tone()

    async def work():
        toolbox = Toolbox(TOOLS, store, workers=1)
        try:
            async with toolbox.session(path) as session:
                facts = await session.facts()
                tone(frequency=880)
                return (await session.run(facts, [ToolCall("prints")]))[ToolCall("prints")]
        finally:
            await toolbox.close()

    result = asyncio.run(work())
    assert "was changed" in result.error and result.finding is None
    assert store.stats().tool_calls == 0


@pytest.mark.slow
def test_a_tool_that_cannot_be_loaded_is_not_tried_on_every_clip(store, tone):
    async def work():
        toolbox = Toolbox(TOOLS, store, workers=1)
        try:
            for number in range(3):
                async with toolbox.session(
                    tone(f"{number}.wav", frequency=300 + number)
                ) as session:
                    found = await session.run(await session.facts(), [ToolCall("fails_to_load")])
                    assert "no such model" in found[ToolCall("fails_to_load")].error
            return toolbox.counters
        finally:
            await toolbox.close()

    assert asyncio.run(work()).calls_run == 1


@pytest.mark.slow
def test_reading_arguments_is_bounded_and_given_up(store, monkeypatch):
    monkeypatch.setattr("audiorouter.toolbox.toolbox.ARGUMENT_SECONDS", 0.2)

    async def work():
        toolbox = Toolbox(TOOLS, store, workers=1)
        complaints = []
        for _ in range(4):
            try:
                await toolbox.calls_for([ToolCall("ponders")], "What?", ())
            except ToolError as error:
                complaints.append(str(error))
        calls = await toolbox.calls_for([ToolCall("prints")] * 2, "What?", ())
        await toolbox.close()
        return complaints, calls

    complaints, calls = asyncio.run(work())
    assert ["longer than" in text for text in complaints] == [True, True, True, False]
    assert "not asked again" in complaints[3] and calls == (ToolCall("prints"),)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ponders", "fussy"])
def test_reading_arguments_never_holds_up_the_loop(store, monkeypatch, name):
    """Neither what is read off a question nor the validator of what is given."""
    monkeypatch.setattr("audiorouter.toolbox.toolbox.ARGUMENT_SECONDS", 0.5)
    call = ToolCall(name, {"level": 1} if name == "fussy" else {})

    async def work():
        toolbox = Toolbox(TOOLS, store, workers=1)
        reading = asyncio.create_task(toolbox.calls_for([call], "What?", ()))
        beats = 0
        while not reading.done():
            await asyncio.sleep(0.01)
            beats += 1
        await toolbox.close()
        return beats, str(reading.exception())

    beats, complaint = asyncio.run(work())
    assert beats > 10 and f"{name}: reading its arguments took longer than 0.5 s" in complaint


def run_on_clips(store, tone, *routes):
    """What each route finds on a clip of its own, all in one worker; a result for each call."""

    async def work():
        toolbox = Toolbox(TOOLS, store, workers=1)
        try:
            found = []
            for number, names in enumerate(routes):
                async with toolbox.session(
                    tone(f"{number}.wav", frequency=300 + number)
                ) as session:
                    results = await session.run(await session.facts(), [ToolCall(n) for n in names])
                    found.append(list(results.values()))
            return found
        finally:
            await toolbox.close()

    return asyncio.run(work())


def test_what_one_tool_does_to_its_process_is_not_another_ones_failure(store, tone):
    """Without a crash: what comes after it fails otherwise, decoding the next clip as well."""
    routes = [("harms", "opens"), ("harms", "divides"), ("harms",), ("opens",)]
    for results in run_on_clips(store, tone, *routes):
        assert [result.error for result in results] == [None] * len(results)


def test_a_tool_that_fails_by_itself_is_given_a_fresh_worker_once(store, tone):
    found = run_on_clips(store, tone, *[("prints", "refuses")] * 4)
    assert all("nothing in it" in refused.error for _, refused in found)
    processes = [printed.finding.data["process"] for printed, _ in found]
    assert len(set(processes)) == 2 and len(set(processes[1:])) == 1


@pytest.mark.slow
def test_what_one_tool_leaks_is_not_another_ones_lack(store, tone):
    """With 480 MB: what leaks fits three times, and what needs memory fits beside none of it."""
    paths = [tone(f"{number}.wav", frequency=300 + number) for number in range(3)]

    async def work():
        toolbox = Toolbox(TOOLS, store, workers=1, memory=480 / 1024)
        found = []
        try:
            for path in paths:
                async with toolbox.session(path) as session:
                    calls = [ToolCall("leaks"), ToolCall("needs")]
                    results = await session.run(await session.facts(), calls)
                    found.append(results[ToolCall("needs")])
        finally:
            await toolbox.close()
        return found

    assert [result.error for result in asyncio.run(work())] == [None] * 3


def test_a_crash_where_there_is_little_memory_says_so(store, tone):
    results, _ = run(store, tone(), "segfaults", "raises", memory=480 / 1024)
    said = "crashed (SIGSEGV); 0.47 GiB of memory may be too little for it (--memory)"
    assert said in results["segfaults"].error and "--memory" not in results["raises"].error


@pytest.mark.parametrize("order", ["start", "open_clip"])
def test_after_a_cancelled_call_a_clip_is_never_answered_with_another_ones_reply(
    tone, monkeypatch, order
):
    short, long = tone("short.wav", seconds=1.0), tone("long.wav", seconds=2.0)
    exchange, sent = WorkerProcess._exchange, asyncio.Event()

    async def told(process, body):
        if order.encode() in body:
            asyncio.get_running_loop().call_soon(sent.set)
        return await exchange(process, body)

    async def main():
        worker = IsolatedWorker(sources=NO_SOURCES, verbose=False)
        monkeypatch.setattr(WorkerProcess, "_exchange", told)
        try:
            opening = asyncio.create_task(worker.open(short, 60))
            await sent.wait()
            opening.cancel()
            with pytest.raises(asyncio.CancelledError):
                await opening
            for clip, seconds in ((long, 2.0), (short, 1.0), (long, 2.0)):
                assert (await worker.open(clip, 60)).duration == pytest.approx(seconds)
        finally:
            await worker.close()

    asyncio.run(main())


def test_a_worker_that_was_closed_starts_no_process_again(tone):
    path = tone()

    async def main():
        worker = IsolatedWorker(sources=NO_SOURCES, verbose=False)
        await worker.open(path, 60)
        await worker.close()
        with pytest.raises(ClipError, match="the work is over"):
            await worker.open(path, 60)
        assert worker._process is None

    asyncio.run(main())


def test_a_worker_that_is_closed_while_it_starts_leaves_no_process(tone, monkeypatch):
    path, exchange = tone(), WorkerProcess._exchange
    started, ends = [], []

    async def main():
        worker = IsolatedWorker(sources=NO_SOURCES, verbose=False)
        loop = asyncio.get_running_loop()

        async def closing(process, body):
            started.append(process)
            reply = await exchange(process, body)
            ends.append(loop.create_task(worker.close()))
            return reply

        monkeypatch.setattr(WorkerProcess, "_exchange", closing)
        with pytest.raises(ClipError, match=r"found no worker: .*it was stopped"):
            await worker.open(path, 60)
        await worker.close()
        assert not started[0].alive

    asyncio.run(main())
