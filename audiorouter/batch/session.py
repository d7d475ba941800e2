"""A session: many questions by one reasoner, which is loaded once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Self, TypedDict, Unpack

from audiorouter.batch.ask import answer_one, one_question
from audiorouter.batch.engine import RunningEngine
from audiorouter.batch.given import Given
from audiorouter.batch.options import BatchOptions, EngineOptions
from audiorouter.batch.pipeline import Pipeline
from audiorouter.batch.progress import Shown, silent
from audiorouter.batch.result import BatchResult
from audiorouter.batch.rows import Row
from audiorouter.batch.run import run_given_batch
from audiorouter.errors import UsageError
from audiorouter.machine.loop_thread import on_thread
from audiorouter.machine.paths import StrPath
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry, with_tools
from audiorouter.toolbox.availability import Licence
from audiorouter.toolbox.interface import Tool
from audiorouter.toolbox.run_tool import ClipResult, call_on_clips


class RouteKeywords(TypedDict, total=False):
    """By what the calls for a question are chosen, see `BatchOptions`."""

    router: str | None
    cost_weight: float | None
    max_calls: int


class BatchKeywords(RouteKeywords, total=False):
    """What a batch is told beside its session's options, see `BatchOptions`."""

    limit: int | None
    shard: str | None
    allow_outside: bool
    every_clip: bool
    remote: Sequence[str]
    max_cost: float | None
    max_requests: int | None
    max_seconds: float | None
    output: StrPath | None
    fields: tuple[str, ...]
    unordered: bool
    verbatim: bool
    measure: str
    judge: str | None
    judge_options: Mapping[str, Any]


class Session:
    """A reasoner, the tools' workers and the store, open until it is closed.

    The model is loaded with the first question and stays, and so do tools in their workers, as many
    as `EngineOptions.workers`. `tools` are called beside the registered ones, also tools that are
    defined in a script or in a notebook's cell. A `fresh` session takes nothing from the store but
    what it put there.

    It may be used from several threads and event loops at once: the questions share the reasoner's
    batches. Ctrl-C, or cancelling `aask` and `arun_batch`, ends the question or the batch; the
    session stays open.

    >>> with Session() as session:                                           # doctest: +SKIP
    ...     session.ask("a.wav", "Which animal?", ["dog", "cat"]).prediction
    ...     session.run_batch("clips", "questions.csv", router="rules").frame()

    Raises:
        UsageError: there is no such provider, model or option, something is not installed, or a
            tool cannot be used or has the name of another one.
        StoreError: the store cannot be used.
    """

    def __init__(
        self,
        options: EngineOptions | None = None,
        *,
        tools: Iterable[Tool[Any]] = (),
        fresh: bool = False,
        registry: Registry | None = None,
    ):
        if isinstance(options, BatchOptions):
            raise UsageError("options: give EngineOptions, and those of a batch to `run_batch`")
        self.options = options or EngineOptions()
        registry = registry or self.options.load_registry()
        licence = self.options.licence or Licence.of_environment()
        self.registry = with_tools(registry, tools, licence)
        self._running = RunningEngine(self.registry, self.options, fresh=fresh)

    def ask(
        self,
        clip: StrPath,
        question: str,
        choices: Sequence[str] = (),
        **route: Unpack[RouteKeywords],
    ) -> Row:
        """Answer one question, see `audiorouter.ask`.

        Raises:
            UsageError: no such file or router, an empty question, a single choice.
        """
        return self._ask(clip, question, choices, route, None)

    async def aask(
        self,
        clip: StrPath,
        question: str,
        choices: Sequence[str] = (),
        **route: Unpack[RouteKeywords],
    ) -> Row:
        """`ask` while the event loop goes on.

        Raises:
            UsageError: as `ask`.
        """
        stop = StopSignals()
        return await on_thread(
            lambda: self._ask(clip, question, choices, route, stop), stop=stop.stop
        )

    def listen(
        self,
        clip: StrPath,
        question: str,
        choices: Sequence[str] = (),
        **route: Unpack[RouteKeywords],
    ) -> Row:
        """What tools find for a question, which somebody else answers.

        The row has its route and findings, or an error, and no answer; no run is kept. The reasoner
        is loaded where the router asks it.

        >>> row = session.listen("a.wav", "How fast is it?", router="rules")    # doctest: +SKIP
        >>> [result.finding for result in row.results]                          # doctest: +SKIP

        Raises:
            UsageError: as `ask`.
        """
        return self._listen(clip, question, choices, route, StopSignals())

    async def alisten(
        self,
        clip: StrPath,
        question: str,
        choices: Sequence[str] = (),
        **route: Unpack[RouteKeywords],
    ) -> Row:
        """`listen` while the event loop goes on.

        Raises:
            UsageError: as `ask`.
        """
        stop = StopSignals()
        return await on_thread(
            lambda: self._listen(clip, question, choices, route, stop), stop=stop.stop
        )

    def run_batch(
        self,
        clips: StrPath,
        questions: StrPath | None = None,
        *,
        progress: Shown = silent,
        say: Callable[[str], None] = lambda _line: None,
        **batch: Unpack[BatchKeywords],
    ) -> BatchResult:
        """Answer the questions of a file, see `audiorouter.run_batch`.

        Raises:
            UsageError: the files or options make no sense.
            StoreError: the store cannot be used.
        """
        return self._run_batch(clips, questions, batch, self._given(None, progress, say))

    async def arun_batch(
        self,
        clips: StrPath,
        questions: StrPath | None = None,
        *,
        progress: Shown = silent,
        say: Callable[[str], None] = lambda _line: None,
        **batch: Unpack[BatchKeywords],
    ) -> BatchResult:
        """`run_batch` while the event loop goes on, see `audiorouter.arun_batch`.

        Raises:
            UsageError, StoreError: as `run_batch`.
        """
        stop = StopSignals()
        given = self._given(stop, progress, say)
        return await on_thread(
            lambda: self._run_batch(clips, questions, batch, given), stop=stop.stop
        )

    def run_tool(self, tool: str, *clips: StrPath, **arguments: Any) -> list[ClipResult]:
        """What a tool finds in clips, without any model; a folder stands for those in it.

        >>> session.run_tool("find_word", "clips", word="please")            # doctest: +SKIP

        Raises:
            ToolError: the arguments do not fit, or something has to be installed first.
            UsageError: there is no such tool, file or clip.
        """
        found, sources, stop = self.registry.tool(tool), self.registry.sources, StopSignals()
        with self._running.at_work(stop), stop:
            toolbox = self._running.engine.toolbox
            work = call_on_clips(toolbox, found, arguments, clips, sources)
            return stop.run(work, on=self._running.loop)

    def close(self) -> None:
        """End what is under way, stop the workers, forget the model and close the store."""
        self._running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _ask(
        self,
        clip: StrPath,
        question: str,
        choices: Sequence[str],
        route: RouteKeywords,
        stop: StopSignals | None,
    ) -> Row:
        options = self._batch_options(route)
        return answer_one(one_question(clip, question, choices), options, self._given(stop))

    def _listen(
        self,
        clip: StrPath,
        question: str,
        choices: Sequence[str],
        route: RouteKeywords,
        stop: StopSignals,
    ) -> Row:
        (asked,) = one_question(clip, question, choices).questions
        # Checked as those of a batch are.
        options = self._batch_options(route)
        router = self._running.router(options.router, options.cost_weight)
        row = Row(asked)

        async def finished(_position: int, _row: Row) -> None:
            return

        async def work() -> None:
            engine, calls = self._running.engine, options.max_calls
            await Pipeline(engine, router, finished, max_calls=calls, answers=False).run([row])

        with self._running.at_work(stop), stop:
            stop.run(work(), on=self._running.loop)
        return row

    def _run_batch(
        self, clips: StrPath, questions: StrPath | None, batch: BatchKeywords, given: Given
    ) -> BatchResult:
        return run_given_batch(clips, questions, self._batch_options(batch), given)

    def _batch_options(self, given: RouteKeywords | BatchKeywords) -> BatchOptions:
        """The session's options with those of a question or a batch.

        Raises:
            UsageError: one of these is set when a session is opened.
        """
        own = vars(self.options)
        if taken := [name for name in given if name in own]:
            raise UsageError(f"{taken[0]} is an option of the session: EngineOptions({taken[0]}=…)")
        return BatchOptions(**own, fresh=self._running.fresh, **given)

    def _given(
        self,
        stop: StopSignals | None,
        progress: Shown = silent,
        say: Callable[[str], None] = lambda _line: None,
    ) -> Given:
        self._running.engine  # noqa: B018 - a closed session says so before any work
        return Given(self.registry, self._running, stop, progress, say)
