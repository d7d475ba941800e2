"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from types import TracebackType
from typing import Self

from audiorouter.batch.reasoner_stage import ReasoningCounters
from audiorouter.text import counted, visible
from audiorouter.toolbox.toolbox import Counters

_LINE_SECONDS = 10.0


class Progress:
    """Counts finished questions; this one shows nothing."""

    def __init__(self, total: int):
        self.total = total
        self.done = 0
        self.failed = 0

    def update(self, tools: Counters, reasoning: ReasoningCounters, *, failed: bool) -> None:
        """One more question is done."""
        self.done += 1
        self.failed += failed
        self.show(tools, reasoning)

    def show(self, tools: Counters, reasoning: ReasoningCounters) -> None:
        """Show how far things are."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


silent = Progress


class LineProgress(Progress):
    """A line on stderr every ten seconds, for logs."""

    def __init__(self, total: int):
        super().__init__(total)
        self._started = self._shown = time.monotonic()

    def show(self, tools: Counters, reasoning: ReasoningCounters) -> None:
        """Print a line if the last one is ten seconds old."""
        now = time.monotonic()
        if now - self._shown < _LINE_SECONDS:
            return
        self._shown = now
        rate = self.done / (now - self._started)
        left = (self.total - self.done) / rate
        print(
            f"{self.done}/{self.total} questions, {rate:.1f}/s, {left:.0f} s left; "
            f"{_activity(tools, reasoning, self.failed)}",
            file=sys.stderr,
            flush=True,
        )


class BarProgress(Progress):
    """A bar on stderr with rate and time left."""

    def __init__(self, total: int):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        super().__init__(total)
        self._beside = ExitStack()
        self._bar = RichProgress(
            TextColumn("answering"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[activity]}"),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("", total=total, rate="", activity="")
        self._started = time.monotonic()

    def show(self, tools: Counters, reasoning: ReasoningCounters) -> None:
        """Move the bar."""
        rate = self.done / max(1e-6, time.monotonic() - self._started)
        self._bar.update(
            self._task,
            completed=self.done,
            rate=f"{rate:.1f}/s",
            activity=_activity(tools, reasoning, self.failed),
        )

    def __enter__(self) -> Self:
        from rich.file_proxy import FileProxy

        class Above(FileProxy):
            """Prints above the bar, and control characters as they are shown elsewhere."""

            def write(self, text: str) -> int:
                return super().write(visible(text))

        self._bar.start()
        for redirected, stream in ((redirect_stdout, sys.stdout), (redirect_stderr, sys.stderr)):
            self._beside.enter_context(redirected(Above(self._bar.console, stream)))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._beside.close()
        self._bar.stop()


def on_stderr(total: int) -> Progress:
    """A bar where stderr is a terminal, else lines."""
    return BarProgress(total) if sys.stderr.isatty() else LineProgress(total)


def _activity(tools: Counters, reasoning: ReasoningCounters, failed: int) -> str:
    text = f"{counted(tools.calls_run, 'tool call')} ({tools.calls_cached} cached), "
    text += f"{counted(reasoning.answers_made, 'answer')} ({reasoning.answers_cached} cached)"
    return f"{text}, {failed} failed" if failed else text
