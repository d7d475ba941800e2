"""How a batch is run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.batch.reasoner_stage import DEFAULT_TIMEOUT as ANSWER_TIMEOUT
from audiorouter.plugins.opening import DEFAULT_PROVIDER
from audiorouter.toolbox.availability import Licence
from audiorouter.toolbox.toolbox import DEFAULT_TIMEOUT, Toolbox

if TYPE_CHECKING:
    from audiorouter.plugins import Registry
    from audiorouter.store import Store


@dataclass(frozen=True)
class BatchOptions:
    """How a batch is run. `router` None means the default for the provider."""

    provider: str = DEFAULT_PROVIDER
    provider_options: Mapping[str, Any] = field(default_factory=dict)
    """What the provider lets one set, see its `Options`."""
    router: str | None = None
    max_calls: int = 1
    """Most calls that the router `prompted` may ask for, one a round."""
    shuffle_choices: int = 1
    """Orders of the choices over which an answer is averaged."""
    output: Path | None = None
    limit: int | None = None
    workers: int | None = None
    batch_size: int | None = None
    timeout: float = DEFAULT_TIMEOUT
    """Seconds a tool call may take."""
    answer_timeout: float = ANSWER_TIMEOUT
    """Seconds an answer may take, or a batch of them; the first one loads the model."""
    memory: float | None = None
    """GiB of memory that a tool process may use; None is three quarters of the machine's."""
    retry_failed: bool = False
    allow_outside: bool = False
    store: Path | None = None
    plugins: bool = True
    licence: Licence | None = None
    """What tools have to allow; None is what the environment says."""
    verbose: bool = False

    def load_registry(self) -> Registry:
        """What is registered for such a batch: with plugins or without, by licence."""
        from audiorouter.plugins import load_registry

        return load_registry(third_party=self.plugins, licence=self.licence)

    def toolbox(self, registry: Registry, store: Store) -> Toolbox:
        """A toolbox that works like this, with the tools and audio sources of a registry."""
        return Toolbox(
            registry.tools,
            store,
            sources=registry.sources,
            workers=self.workers,
            timeout=self.timeout,
            memory=None if self.memory is None else round(self.memory * 2**30),
            retry_failed=self.retry_failed,
            verbose=self.verbose,
        )
