"""The pipeline under schedules drawn at random: an event loop that runs what is ready in any order,
worker processes that take their turns at random, and everything that can be slow, fail or hang up.

    python tests/schedules.py 2000        # so many schedules; prints the seed of one that fails
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import soundfile
from schedule_tools import Steady, Weak

from audiorouter import Answer, AsyncReasoner, Reasoner, ReasonerError, Route, Router, ToolCall
from audiorouter.batch.engine import Engine
from audiorouter.batch.options import EngineOptions
from audiorouter.batch.pipeline import Pipeline
from audiorouter.batch.rows import Row
from audiorouter.clips import Clip, ClipFacts
from audiorouter.errors import ClipError, ToolError
from audiorouter.plugins import Registry
from audiorouter.questions import Question
from audiorouter.routing.prompted import PromptedRouter
from audiorouter.stopwatch import CallSeconds
from audiorouter.store import Store
from audiorouter.toolbox import isolation, toolbox

SECONDS = 20.0
"""A schedule takes some hundredths of a second; one that takes so long hangs."""
TOOLS = {tool.name: tool for tool in (*(Steady(f"steady_{n}") for n in range(3)), Weak("weak"))}


class ShuffledLoop(asyncio.SelectorEventLoop):
    """Runs what is ready in any order, as no program may rely on another one."""

    def __init__(self, draw: random.Random):
        super().__init__()
        self._draw = draw

    def _run_once(self) -> None:
        # Other threads may add to its end at any moment: nothing of theirs may be dropped.
        ready = [self._ready.popleft() for _ in range(len(self._ready))]
        self._draw.shuffle(ready)
        self._ready.extendleft(ready)
        super()._run_once()


@dataclass
class World:
    """What a schedule is made of, drawn from one seed, and what happened in it."""

    seed: int
    draw: random.Random = field(init=False)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Finished calls by the clip's audio and the tool."""
    answers: Counter[str] = field(default_factory=Counter)
    busy: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    async def pause(self) -> None:
        for _ in range(self.draw.choice([0, 0, 1, 2, 5])):
            await asyncio.sleep(0)


class ScheduledWorker:
    """A worker without a process; what it does is what a process would."""

    def __init__(self, world: World, faults: float):
        self._world = world
        self._faults = faults
        self._turn = asyncio.Lock()

    async def open(self, path: Path, timeout: float, *, fresh: bool = False) -> ClipFacts:
        async with self._turn:
            await self._world.pause()
            if "broken" in path.name:
                raise ClipError(f"{path}: broken")
            return Clip(path).facts

    async def run(self, tool, path: Path, arguments: Mapping, timeout: float, *, stamp=None):
        async with self._turn:
            assert id(self) not in self._world.busy, "two calls on one worker"
            self._world.busy.add(id(self))
            try:
                await self._world.pause()
                if tool.name == "weak" or self._world.chance(self._faults):
                    raise self._world.draw.choice(
                        [
                            ToolError(f"{tool.name}: not of this clip", lasting=True),
                            ToolError(f"{tool.name} crashed"),
                            isolation.LoadError(f"{tool.name}: no model"),
                            RuntimeError("a fault of ours"),
                        ]
                    )
                self._world.calls[Clip(path).audio_hash, tool.name] += 1
                heard = f"{tool.name} heard it."
                return isolation.FinishedCall("{}", heard, CallSeconds(0.01, 0.01, {}))
            finally:
                self._world.busy.discard(id(self))

    def take_load_seconds(self) -> float:
        return 0.0

    async def close(self) -> None:
        await self._world.pause()


class Wayward(Router):
    """Calls some tools, and sometimes fails."""

    name = identity = "wayward"

    def __init__(self, world: World, faults: float):
        self._world, self._faults = world, faults
        self.cacheable = world.chance(0.5)
        self.listening_calls = (ToolCall("steady_0"),) if world.chance(0.3) else ()
        self.wants_margin = world.chance(0.3)

    def route(self, requests: Sequence) -> list[Route]:
        if self._world.chance(self._faults):
            raise SystemExit("wayward")
        names = [
            self._world.draw.sample(list(TOOLS), self._world.draw.randrange(4)) for _ in requests
        ]
        return [Route(tuple(map(ToolCall, chosen)), "drawn") for chosen in names]


class _Thinker:
    name = identity = "thinker"
    batch_size = 3

    def __init__(self, world: World, faults: float):
        self._world, self._faults = world, faults
        self.listening_calls = (ToolCall("steady_1"),) if world.chance(0.3) else ()

    def _one(self, request) -> Answer:
        if self._world.chance(self._faults):
            raise self._world.draw.choice([ReasonerError("no idea"), KeyboardInterrupt()])
        if request.tools:
            chosen = self._world.draw.sample(list(TOOLS), self._world.draw.randrange(1, 3))
            return Answer(
                str([{"tool": name, "arguments": {}} for name in chosen]).replace("'", '"')
            )
        return Answer(request.choices[0], 0, (0.6, 0.4), 0.01)

    def _finish(self, requests: Sequence, answers: list[Answer]) -> list[Answer]:
        for request in requests:
            self._world.answers[repr(replace(request, clip=Path("-")))] += 1
        return answers


class Thinker(_Thinker, Reasoner):
    """Answers in batches."""

    def answer(self, requests):
        return self._finish(requests, [self._one(request) for request in requests])


class RemoteThinker(_Thinker, AsyncReasoner):
    """Answers each for itself, in its own time."""

    async def reply(self, request):
        await asyncio.sleep(0)
        return self._finish([request], [self._one(request)])[0]

    async def close(self):
        pass


def clips_in(folder: Path) -> list[Path]:
    """Five clips, of which one is a copy of another and one is broken."""
    rng = np.random.default_rng(0)
    for name in ("a", "b", "c"):
        soundfile.write(folder / f"{name}.wav", rng.normal(0, 0.1, 800), 8_000)
    shutil.copy(folder / "a.wav", folder / "copy.wav")
    (folder / "broken.wav").write_bytes(b"RIFF")
    return sorted(folder.glob("*.wav"))


def play(seed: int, clips: Sequence[Path], database: Path) -> list[Row]:
    """One schedule; what must hold whatever happens is asserted."""
    world = World(seed)
    faults = world.draw.choice([0.0, 0.1, 0.4])
    kinds = world.draw.randint(1, 6)
    questions = [
        Question(str(n), n, clip.name, clip, f"Question {n % kinds}?", ("x", "y"), "x", 0)
        for n, clip in enumerate(world.draw.choices(clips, k=world.draw.randint(1, 14)))
    ]
    options = EngineOptions(
        workers=world.draw.randint(1, 3),
        batch_size=world.draw.choice([None, 1, 2]),
        shuffle_choices=world.draw.choice([1, 1, 2]),
    )
    thinker = world.draw.choice([Thinker, RemoteThinker])(world, faults)
    router = world.draw.choice(
        [Wayward(world, faults), PromptedRouter(TOOLS), PromptedRouter(TOOLS)]
    )
    rows = [Row(question) for question in questions]
    finished: Counter[int] = Counter()

    async def done(position: int, _row: Row) -> None:
        await world.pause()
        finished[position] += 1

    async def work(store: Store) -> None:
        registry = Registry(tools=dict(TOOLS))
        async with Engine(registry, store, thinker, options) as engine:
            await Pipeline(engine, router, done, max_calls=2).run(rows)

    with Store(database) as store, workers_of(world, faults):
        kept, failed = known_calls(store, "ok"), known_calls(store, "failed")
        with contextlib.closing(ShuffledLoop(world.draw)) as loop:
            asyncio.set_event_loop(loop)
            loop.run_until_complete(asyncio.wait_for(work(store), SECONDS))
    assert finished == Counter(range(len(rows))), "a row was lost, or finished twice"
    assert all(row.answer is not None or row.error is not None for row in rows)
    assert all(row.error for row in rows if row.question.path.name == "broken.wav")
    if not faults:
        listens = {call.tool for call in thinker.listening_calls}
        unheard = {clip for clip, tool in failed if tool in listens}
        assert all(
            row.answer or Clip(row.question.path).audio_hash in unheard
            for row in rows
            if row.question.path.name != "broken.wav"
        )
    assert all(count == 1 for count in world.calls.values()), "a finished call was run twice"
    assert not kept & set(world.calls), "a call that the store had was run again"
    assert all(count == 1 for count in world.answers.values()), "a question was answered twice"
    return rows


@contextlib.contextmanager
def workers_of(world: World, faults: float) -> Iterator[None]:
    """Toolboxes get workers without processes."""
    with patch.object(toolbox, "IsolatedWorker", lambda **_options: ScheduledWorker(world, faults)):
        yield


def known_calls(store: Store, status: str) -> set[tuple[str, str]]:
    """Calls that ended so already, on an earlier schedule's store."""
    return {
        (row["clip"], row["tool"]) for row in store.export("tool_calls") if row["status"] == status
    }


def play_many(seeds: Sequence[int]) -> None:
    """Schedules one after the other, some on a store that an earlier one has filled."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "clips").mkdir()
        clips = clips_in(folder / "clips")
        with Store(folder / "empty.db"):
            pass
        for seed in seeds:
            database = folder / "store.db"
            if seed % 4 == 0 or not database.exists():
                for old in folder.glob("store.db*"):
                    old.unlink()
                shutil.copy(folder / "empty.db", database)
            faulthandler.dump_traceback_later(2 * SECONDS, exit=True)
            try:
                play(seed, clips, database)
            except BaseException:
                print(f"seed {seed}", file=sys.stderr)
                raise
            finally:
                faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    started = time.monotonic()
    play_many(range(int(sys.argv[1])))
    print(f"{sys.argv[1]} schedules in {time.monotonic() - started:.0f} s")
