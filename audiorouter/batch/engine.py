"""What answers questions, open: a reasoner, the tools' workers and the store."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from audiorouter.batch.options import EngineOptions
from audiorouter.batch.reasoning.reasoner_stage import ReasonerStage
from audiorouter.batch.routing_stage import RoutingStage
from audiorouter.errors import FaultError, ReasonerError, UsageError
from audiorouter.machine.loop_thread import LoopThread
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.plugins.hooks import HookRunner
from audiorouter.plugins.opening import open_router
from audiorouter.providers.interface import Reasoner
from audiorouter.routing.interface import Router
from audiorouter.store import Store
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.toolbox import default_workers


class Engine:
    """A reasoner, tools, routers and hooks that any number of pipelines may use at the same time.

    Each of them is asked one thing at a time, whoever asks. It is an asynchronous context, to be
    used within one event loop: leaving it stops all of them. A `fresh` one takes nothing from the
    store but what it put there. Before anything is decoded, run or asked `computing` is called with
    the kind of error that it may raise instead.
    """

    def __init__(
        self,
        registry: Registry,
        store: Store,
        reasoner: Reasoner,
        options: EngineOptions,
        *,
        fresh: bool = False,
        computing: Callable[[type[FaultError]], None] = lambda _kind: None,
    ):
        self.registry = registry
        self.store = store
        self.reasoner = reasoner
        self._fresh = fresh
        self.toolbox = options.toolbox(registry, store, fresh=fresh, computing=computing)
        cores = default_workers()
        self.stage = ReasonerStage(
            reasoner,
            store,
            batch_size=options.batch_size,
            orders=options.shuffle_choices,
            timeout=options.answer_timeout,
            retry_failed=options.retry_failed,
            fresh=fresh,
            computing=computing,
            threads=lambda: max(1, cores - self.toolbox.busy_workers),
        )
        self._computing = computing
        self.hooks = HookRunner(registry.hooks)
        self._routing: dict[int, RoutingStage] = {}
        self._loading: dict[int, asyncio.Task[None]] = {}

    def routing(self, router: Router) -> RoutingStage:
        """The stage in which that router decides."""
        stage = self._routing.get(id(router))
        if stage is None:
            stage = RoutingStage(router, self.store, self.toolbox.tools, fresh=self._fresh)
            self._routing[id(router)] = stage  # which keeps the router, and so its id
        return stage

    def load_ahead(self, stage: RoutingStage | ReasonerStage) -> None:
        """Have a stage load its models while others work, after those that do so already: threads
        that import at the same time only hold each other up."""
        if id(stage) in self._loading:
            return
        try:
            self._computing(ReasonerError)
        except FaultError:
            return  # nobody will ask it
        before = list(self._loading.values())

        async def load() -> None:
            await asyncio.gather(*before)
            await stage.load()

        self._loading[id(stage)] = asyncio.create_task(load())

    def normalised(self, calls: Sequence[ToolCall]) -> tuple[ToolCall, ...]:
        """The calls as the toolbox makes them."""
        return tuple(self.toolbox.normalised(call) for call in calls)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self.hooks.close()
        for loading in self._loading.values():
            loading.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        for routing in self._routing.values():
            routing.close()
        await asyncio.gather(self.toolbox.close(), self.stage.close())


class RunningEngine:
    """An engine on an event loop of its own, by which any thread may have work done.

    Raises:
        UsageError: there is no such provider, model or option, or something is not installed.
        StoreError: the store cannot be used.
    """

    def __init__(
        self,
        registry: Registry,
        options: EngineOptions,
        *,
        fresh: bool = False,
        computing: Callable[[type[FaultError]], None] = lambda _kind: None,
    ):
        self.registry = registry
        self._computing = computing
        self.options = options
        self.fresh = fresh
        self.reasoner = options.open_reasoner(registry)
        self.store = options.open_store()
        self.loop = LoopThread("session")
        self._routers: dict[tuple[str | None, float | None], Router] = {}
        self._under_way: list[StopSignals] = []
        self._changed = threading.Condition()
        self._engine: Engine | None = self.loop.run(self._started())

    @property
    def engine(self) -> Engine:
        """The engine, for work on the loop.

        Raises:
            UsageError: it is closed.
        """
        if self._engine is None:
            raise UsageError("the session is closed: open another one")
        return self._engine

    def router(self, name: str | None, cost_weight: float | None) -> Router:
        """The router that is called so; it is opened once.

        Raises:
            UsageError: there is no such router, or it cannot weigh costs.
        """
        key = name, cost_weight
        if key not in self._routers:
            self._routers[key] = open_router(
                self.registry, name, provider=self.options.provider, cost_weight=cost_weight
            )
        return self._routers[key]

    @contextmanager
    def at_work(self, stop: StopSignals) -> Iterator[Store]:
        """The store for a piece of work, which `close` ends by `stop` and waits for.

        Raises:
            UsageError: it is closed.
        """
        with self._changed:
            self.engine  # noqa: B018 - raises where there is none
            self._under_way.append(stop)
        try:
            yield self.store
        finally:
            with self._changed:
                self._under_way.remove(stop)
                self._changed.notify_all()

    def close(self) -> None:
        """End what is under way, then the workers, the loop and the store."""
        with self._changed:
            engine, self._engine = self._engine, None
            for stop in self._under_way:
                stop.stop()
            self._changed.wait_for(lambda: not self._under_way)
        if engine is not None:
            self.loop.run(engine.__aexit__())
            self.loop.close()
            self.store.close()

    async def _started(self) -> Engine:
        return Engine(
            self.registry,
            self.store,
            self.reasoner,
            self.options,
            fresh=self.fresh,
            computing=self._computing,
        )
