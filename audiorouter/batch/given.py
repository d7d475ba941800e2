"""What work on questions is given beside them and its options."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from audiorouter.batch.answers_file.part_file import PartFile
from audiorouter.batch.engine import RunningEngine
from audiorouter.batch.progress import Shown, silent
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import Registry
from audiorouter.routing.interface import Router
from audiorouter.toolbox.interface import ToolCall


@dataclass(frozen=True)
class Given:
    """What work on questions is given beside them and its options."""

    registry: Registry
    engine: RunningEngine | None = None
    """What is open already; None opens it for this work alone."""
    stop: StopSignals | None = None
    """By what it may be stopped; None for signals alone."""
    progress: Shown = silent
    say: Callable[[str], None] = lambda _line: None
    errors: Mapping[int, str] = field(default_factory=dict)
    """Why questions, by their places, cannot be answered, where that is known before."""
    routes: Mapping[int, Sequence[ToolCall]] = field(default_factory=dict)
    """By which calls questions, by their places, are asked, where that is decided already."""
    router: Router | None = None
    """What decides in place of the router of its options."""
    keep_rows: int | None = None
    """How many rows the result has, from the first on; None is all of them."""
    part: PartFile | None = None
    """Where its answers grow that are to stand in a file; None writes none."""
    csv: bool = False
    """Whether it has the answers as a CSV file without a name."""
