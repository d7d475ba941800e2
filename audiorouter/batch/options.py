"""How a batch is run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from audiorouter.selection import DEFAULT_PROVIDER
from audiorouter.toolbox.toolbox import DEFAULT_TIMEOUT


@dataclass(frozen=True)
class BatchOptions:
    """How a batch is run. `router` None means the default for the provider."""

    provider: str = DEFAULT_PROVIDER
    router: str | None = None
    output: Path | None = None
    limit: int | None = None
    workers: int | None = None
    batch_size: int | None = None
    timeout: float = DEFAULT_TIMEOUT
    retry_failed: bool = False
    allow_outside: bool = False
    store: Path | None = None
    plugins: bool = True
    verbose: bool = False
