"""What became of tool calls, and how many there were."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from audiorouter.store import StoredCall
from audiorouter.toolbox.interface import Finding, ToolCall


@dataclass(frozen=True)
class CallResult:
    """What became of a call: a finding or an error, its key in the store, and its cost."""

    call: ToolCall
    key: str | None
    finding: Finding | None
    error: str | None
    seconds: float
    """What it takes by itself, with nothing shared."""
    cached: bool
    shared: Mapping[str, float] = field(default_factory=dict)
    """Seconds, of those, of each front end that it used."""

    @property
    def measured(self) -> bool:
        """Whether it found something."""
        return self.finding is not None and self.finding.measured

    @property
    def parts(self) -> tuple[float, Mapping[str, float]]:
        """Its own seconds, and those of each front end."""
        return max(0.0, self.seconds - sum(self.shared.values())), self.shared


@dataclass
class Counters:
    """What the toolbox did so far, and when it may do more."""

    clips_decoded: int = 0
    calls_run: int = 0
    calls_cached: int = 0
    calls_failed: int = 0
    tool_seconds: float = 0.0
    load_seconds: float = 0.0
    """Of loading tools, in each worker anew; no cost of a tool."""
    seconds_by_tool: dict[str, float] = field(default_factory=dict)
    runs_by_tool: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    """Calls that are to be made, by tool."""
    busy_workers: int = 0
    begin: Callable[[], None] = field(default=lambda: None, compare=False, repr=False)
    """Is called before anything begins, and cancels it where nothing may any more."""

    def mean_seconds(self, tool: str) -> float:
        """Of a tool's calls so far; of one that was not called, those of all calls."""
        if runs := self.runs_by_tool[tool]:
            return self.seconds_by_tool[tool] / runs
        return self.tool_seconds / max(1, self.calls_run)


def result_of(call: ToolCall, row: StoredCall, *, cached: bool) -> CallResult:
    """A call's result from its row in the store.

    Raises:
        ValueError: the row is damaged.
    """
    finding = None
    if row.status == "ok":
        if not isinstance(data := json.loads(row.data or "{}"), dict):
            raise ValueError(f"what was found is no object but {type(data).__name__}")
        finding = Finding(data, row.text or "", row.confidence)
    shared = json.loads(row.shared or "{}")
    return CallResult(call, row.key, finding, row.error, row.seconds, cached, shared)
