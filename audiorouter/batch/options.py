"""How questions are answered, and what a batch is told beside that."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.batch.answers_file.answer_files import check_fields
from audiorouter.batch.question_shard import QuestionShard
from audiorouter.batch.reasoning.ceilings import Ceilings
from audiorouter.batch.reasoning.reasoner_stage import DEFAULT_TIMEOUT as ANSWER_TIMEOUT
from audiorouter.bounds import check_numbers
from audiorouter.clips import Sources
from audiorouter.decoding.suffixes import READ
from audiorouter.errors import FaultError, UsageError
from audiorouter.machine.paths import StrPath, default_store_path
from audiorouter.machine.remote_files import RemotePlaces, check_installed
from audiorouter.plugins.opening import DEFAULT_PROVIDER, open_reasoner
from audiorouter.questions.remote_clips import RemoteClips
from audiorouter.scoring import Measure
from audiorouter.store import Store
from audiorouter.toolbox.availability import Licence
from audiorouter.toolbox.toolbox import DEFAULT_TIMEOUT, Toolbox

if TYPE_CHECKING:
    from audiorouter.plugins import Registry
    from audiorouter.providers.interface import Reasoner

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Which reasoner, tools and store answer questions, and within which limits.

    Batches, single questions, training and evaluation are all given these.

    Raises:
        UsageError: a number is out of its bounds, see `audiorouter.bounds`.
    """

    provider: str = DEFAULT_PROVIDER
    provider_options: Mapping[str, Any] = field(default_factory=dict)
    """What the provider lets one set, see its `Options`."""
    shuffle_choices: int = 1
    """Orders of the choices over which an answer is averaged."""
    workers: int | None = None
    """Tool processes; None is one a core."""
    batch_size: int | None = None
    """Questions that the reasoner gets at once; None is what it asks for."""
    timeout: float = DEFAULT_TIMEOUT
    """Seconds a tool call may take; on a clip of over ten minutes, for each ten of them."""
    answer_timeout: float = ANSWER_TIMEOUT
    """Seconds an answer may take, or a batch of them; the first one loads the model."""
    memory: float | None = None
    """GiB of memory that a tool process may use; None is three quarters of the machine's."""
    retry_failed: bool = False
    """Whether calls are run again of which the store knows that they failed, and questions asked
    again whose kept answers named no choice."""
    store: StrPath | None = None
    """File of the store; None is the user's own."""
    plugins: bool = True
    """Whether installed plugins are loaded, where no registry is given."""
    plugin_files: tuple[Path, ...] = ()
    """Files of Python, each of which is loaded as a plugin, where no registry is given."""
    licence: Licence | None = None
    """What tools have to allow, where no registry is given; None is what the environment says."""
    verbose: bool = False
    """Whether what tools print is shown."""
    command: str | None = None
    """The command line that this is for, without secrets; it is kept with the run."""
    settings: str | None = None
    """File and profile that options were taken from; kept with the run."""

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def store_path(self) -> Path:
        """Where the store is."""
        return Path(self.store) if self.store else default_store_path()

    def load_registry(self) -> Registry:
        """What is registered: with plugins or without, by licence. What fails of them is logged."""
        from audiorouter.plugins import load_registry

        registry = load_registry(
            third_party=self.plugins, files=self.plugin_files, licence=self.licence
        )
        for complaint in registry.complaints:
            _log.warning("%s", complaint)
        return registry

    def open_reasoner(self, registry: Registry) -> Reasoner:
        """The reasoner; its model is loaded when first used.

        Raises:
            UsageError: there is no such provider, model or option, something is not installed, or
                it hears by a tool that is left out.
        """
        reasoner = open_reasoner(registry, self.provider, self.provider_options)
        for call in reasoner.listening_calls:
            registry.tool(call.tool)
        return reasoner

    def open_store(self) -> Store:
        """The store; the caller closes it.

        Raises:
            StoreError: it cannot be used.
        """
        return Store(self.store_path)

    def toolbox(
        self,
        registry: Registry,
        store: Store,
        *,
        fresh: bool = False,
        computing: Callable[[type[FaultError]], None] = lambda _kind: None,
    ) -> Toolbox:
        """A toolbox within these limits, with the tools and audio sources of a registry.

        A `fresh` one takes nothing from the store that it did not put there itself; see `Toolbox`
        for `computing`.
        """
        return Toolbox(
            registry.tools,
            store,
            left_out=registry.left_out,
            sources=registry.sources,
            workers=self.workers,
            timeout=self.timeout,
            memory=self.memory,
            retry_failed=self.retry_failed,
            fresh=fresh,
            verbose=self.verbose,
            computing=computing,
        )


@dataclass(frozen=True, kw_only=True)
class BatchOptions(EngineOptions):
    """How a batch is run: by which router, which questions, and where its answers go."""

    router: str | None = None
    """None is the default router for the provider."""
    cost_weight: float | None = None
    """How many right answers calling every tool may cost, for a trained router; None leaves it to
    how the router was trained."""
    max_calls: int = 1
    """Most calls that the router `prompted` may ask for, one a round."""
    limit: int | None = None
    """Only the first so many questions."""
    shard: str | None = None
    """Only the questions about every Nth clip, as I/N, see `question_shard.QuestionShard`."""
    fresh: bool = False
    """Whether everything is computed anew, in the place of what the store has of it."""
    allow_outside: bool = False
    """Whether clips may lie outside the folder of clips."""
    every_clip: bool = False
    """Whether every question may be asked of every clip where that makes more than 10,000 rows."""
    remote: Sequence[str] = ()
    """Where clips may be that are named by URLs: `https://HOST`, `s3://BUCKET/FOLDER`, `gs://…`."""
    max_cost: float | None = None
    """Most money that answers may cost, in that of the reasoner's prices."""
    max_requests: int | None = None
    """Most requests that reasoner and judge may get."""
    max_seconds: float | None = None
    """Seconds after which nothing more is begun."""
    output: StrPath | None = None
    """File of the answers."""
    fields: str | Sequence[str] = ()
    """Which of `audiorouter.batch.rows.EXTRA_FIELDS` the answers have besides; a text has commas
    between them."""
    unordered: bool = False
    """Whether answers are written as they come, rather than in the order of the questions."""
    verbatim: bool = False
    """Whether CSV holds cells as they are that a spreadsheet would run as formulas."""
    measure: str = Measure.CONTAINS
    """How open-ended answers are scored, see `audiorouter.scoring.Measure`."""
    judge: str | None = None
    """A reasoner that scores them instead."""
    judge_options: Mapping[str, Any] = field(default_factory=dict)
    """What its provider lets one set; where it is the reasoner's, in addition to that one's."""

    def remote_clips(self, sources: Sources) -> RemoteClips | None:
        """What fetches clips that are named by URLs; None where none may be.

        Raises:
            UsageError: a place is no URL, or something is not installed.
        """
        if not self.remote:
            return None
        places = RemotePlaces.named(self.remote)
        check_installed(places)
        return RemoteClips(places, READ | sources.keys(), self.fresh)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shard is not None:
            QuestionShard.read(self.shard)

    @property
    def ceilings(self) -> Ceilings:
        """What the batch may take at most."""
        return Ceilings(self.max_cost, self.max_requests, self.max_seconds)

    @property
    def extra_fields(self) -> tuple[str, ...]:
        """The names of `fields`.

        Raises:
            UsageError: answers have no such field.
        """
        return check_fields(self.fields)

    def open_judge(self, registry: Registry) -> Reasoner | None:
        """The judge, if there is to be one; its model is loaded when first used.

        Raises:
            UsageError: there is no such provider, model or option, something is not installed, or
                a measure is asked for as well.
        """
        if self.judge is None:
            if self.judge_options:
                raise UsageError("options for a judge, but no judge: add --judge PROVIDER:MODEL")
            return None
        if self.measure != Measure.CONTAINS:
            raise UsageError(
                f"open answers are scored by --judge or by {self.measure}, not by both"
            )
        alike = self.judge.partition(":")[0] == self.provider.partition(":")[0]
        inherited = self.provider_options if alike else {}
        return open_reasoner(registry, self.judge, {**inherited, **self.judge_options})
