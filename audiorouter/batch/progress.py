"""Progress on stderr: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any, Self, TextIO

from audiorouter.batch.activity import Activity
from audiorouter.machine.shown_text import as_it_is
from audiorouter.text import visible

if TYPE_CHECKING:
    from rich.console import RenderableType

_LINES_AT = (1.0, 10.0, 20.0, 40.0)
"""Seconds after the beginning; then a line follows each minute."""
_LINE_SECONDS = 60.0
_LOOK_SECONDS = 0.2


class Progress:
    """Shows how far things are, as long as it is entered; this one shows nothing."""

    def __init__(self, activity: Activity):
        self.activity = activity

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        return None


Shown = Callable[[Activity], Progress]
"""Makes what shows an activity."""
silent: Shown = Progress


class LineProgress(Progress):
    """Lines on stderr, for logs: after a second, a few more, one a minute, and when it is stopped.

    They come from a thread of their own, so that work that takes long does not look dead.
    """

    def __init__(self, activity: Activity):
        super().__init__(activity)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="progress", daemon=True)

    def _watch(self) -> None:
        began = time.monotonic()
        due, *later = (began + seconds for seconds in _LINES_AT)
        stopped: str | None = None
        while not self._ended.wait(_LOOK_SECONDS):
            now = time.monotonic()
            self.activity.note()
            if now >= due or self.activity.stopping != stopped:
                stopped = self.activity.stopping
                due = later.pop(0) if later else now + _LINE_SECONDS
                print(f"audiorouter: {line_of(self.activity)}", file=sys.stderr, flush=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._ended.set()
        self._thread.join()


class BarProgress(Progress):
    """A bar on stderr with the time left, and below it what is going on."""

    def __init__(self, activity: Activity):
        from rich.console import Console
        from rich.live import Live

        super().__init__(activity)
        self._live = Live(
            get_renderable=self._render,
            # Not by way of `sys.stderr`, where what is drawn would be shown instead.
            console=Console(file=as_it_is(sys.stderr)),
            transient=True,
            refresh_per_second=1 / _LOOK_SECONDS,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._above = ExitStack()

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        activity = self.activity
        bar = Table.grid(padding=(0, 1))
        begun = activity.preparing is None
        bar.add_row(
            activity.doing,
            ProgressBar(activity.questions, activity.done, width=40, pulse=not begun),
            f"{activity.done}/{activity.questions}",
            _throughput(activity),
            _left(activity),
        )
        return Group(
            bar, Text(visible(activity.phase), style="dim", overflow="ellipsis", no_wrap=True)
        )

    def __enter__(self) -> Self:
        from rich.file_proxy import FileProxy

        live = self._live

        class Above(FileProxy):
            """Prints above the bar, and control characters as they are shown elsewhere.

            Handlers of logs that are made meanwhile keep it: without a bar it is what took its
            place.
            """

            def __init__(self, stream: TextIO, name: str):
                super().__init__(live.console, stream)
                self._name = name

            def _instead(self) -> Any:
                now = getattr(sys, self._name)
                return self.rich_proxied_file if now is self else now

            def write(self, text: str) -> int:
                if live.is_started:
                    return super().write(visible(text))
                return int(self._instead().write(text))

            def flush(self) -> None:
                if live.is_started:
                    super().flush()
                else:
                    self._instead().flush()

        live.start()
        for redirected, name in ((redirect_stdout, "stdout"), (redirect_stderr, "stderr")):
            self._above.enter_context(redirected(Above(getattr(sys, name), name)))
        return self

    def __exit__(self, *_exception: object) -> None:
        self._above.close()
        self._live.stop()


def on_stderr(activity: Activity) -> Progress:
    """A bar where stderr is a terminal, else lines."""
    return BarProgress(activity) if sys.stderr.isatty() else LineProgress(activity)


def line_of(activity: Activity) -> str:
    """How far it is, in a line."""
    if activity.stopping or activity.preparing is not None:
        return activity.phase
    done = f"{activity.done}/{activity.questions} {activity.kind}"
    said = filter(None, (done, _throughput(activity), _left(activity)))
    return f"{', '.join(said)}; {activity.phase}"


def _throughput(activity: Activity) -> str:
    """How many questions are done in some time, in words; nothing while it is not known."""
    each = activity.questions_a_second()
    if not each or activity.stopping:
        return ""
    scale = next((s for s in (1, 60) if each * s >= 1), 3600)
    unit = {1: "a second", 60: "a minute", 3600: "an hour"}[scale]
    many = each * scale
    return f"{many:,.0f} {unit}" if many >= 10 else f"{many:.1f} {unit}"


def _left(activity: Activity) -> str:
    """The time left in words; nothing while it is not known."""
    seconds = activity.seconds_left()
    if seconds is None or activity.stopping:
        return ""
    if seconds < 90:
        return f"about {seconds:.0f} s left"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"
