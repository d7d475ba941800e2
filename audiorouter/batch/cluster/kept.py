"""What the store has already: which clips lack something, and answers without computing any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from audiorouter.batch.cluster.chunks import ClipPlaces
from audiorouter.batch.engine import RunningEngine
from audiorouter.batch.options import BatchOptions, EngineOptions
from audiorouter.batch.pipeline import Pipeline
from audiorouter.batch.rows import Row
from audiorouter.errors import ClipError, FaultError, UnreachableError
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.questions import Question
from audiorouter.routing.interface import Route, Router
from audiorouter.routing.strategies import FixedRouter
from audiorouter.toolbox.interface import ToolCall

NOT_KEPT = "it could not be found out on any node (run it again to try once more)"


@dataclass(frozen=True)
class PlacedQuestions:
    """Questions by their places, with the calls by which they are asked where that is decided."""

    questions: Sequence[Question]
    routes: Sequence[tuple[ToolCall, ...]] = ()
    """One a question; none where a router decides."""
    heard: tuple[ToolCall, ...] = ()
    """Calls that are made on each clip besides, of which the reasoner is not told."""

    def row(self, place: int) -> Row:
        """The question at a place as a row that is to be answered."""
        route = Route(self.routes[place]) if self.routes else None
        return Row(self.questions[place], route=route)

    def at(self, places: Sequence[int]) -> PlacedQuestions:
        """Those at some places."""
        return PlacedQuestions(
            tuple(self.questions[place] for place in places),
            tuple(self.routes[place] for place in places) if self.routes else (),
            self.heard,
        )

    @property
    def router(self) -> Router | None:
        """What hears those calls, where routes are decided already; None where a router decides."""
        return _hearing(self.heard) if self.routes else None


@lru_cache(maxsize=8)
def _hearing(calls: tuple[ToolCall, ...]) -> Router:
    router = FixedRouter("none", [])
    router.listening_calls = calls
    return router


def never(_kind: type[FaultError]) -> None:
    """Nothing is computed here: the first thing that is lacking ends the work.

    Raises:
        UnreachableError: always.
    """
    raise UnreachableError(NOT_KEPT)


def only_decoding(kind: type[FaultError]) -> None:
    """What is lacking is an error of its row; what a clip is may be looked at here as well.

    Raises:
        FaultError: it is not about decoding.
    """
    if kind is not ClipError:
        raise kind(NOT_KEPT)


def ending(why: str) -> Callable[[type[FaultError]], None]:
    """What is lacking ends the batch, for this reason."""

    def computing(_kind: type[FaultError]) -> None:
        raise UnreachableError(why)

    return computing


def lacking(
    clips: Iterable[ClipPlaces],
    asked: PlacedQuestions,
    registry: Registry,
    options: BatchOptions,
    *,
    stop: StopSignals,
    seen: Callable[[int], None],
) -> list[ClipPlaces]:
    """The clips about which something is still to be computed.

    `seen` hears how many questions were looked at each time.

    Raises:
        KeyboardInterrupt: a signal came.
    """
    running = RunningEngine(registry, engine_options(options), computing=never)
    try:
        router = asked.router or running.router(options.router, options.cost_weight)

        async def is_lacking(clip: ClipPlaces) -> bool:
            async def finished(_place: int, _row: Row) -> None:
                pass

            rows = [asked.row(place) for place in clip.places]
            if rows[0].question.url is not None and not clip.path.exists():
                return True  # nodes fetch it; whether that can be done is not tried here
            pipeline = Pipeline(running.engine, router, finished, max_calls=options.max_calls)
            try:
                await pipeline.run(rows)
            except UnreachableError:
                return True
            return False

        async def look() -> list[ClipPlaces]:
            found = []
            for clip in clips:
                if await is_lacking(clip):
                    found.append(clip)
                seen(len(clip.places))
            return found

        return stop.run(look(), on=running.loop)
    finally:
        running.close()


def engine_options(options: BatchOptions) -> EngineOptions:
    """Those of a batch's options that are its engine's."""
    names = EngineOptions.__dataclass_fields__
    return EngineOptions(**{name: getattr(options, name) for name in names})
