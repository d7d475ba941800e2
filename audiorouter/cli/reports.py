"""Writing a report with a line on how far it is."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from audiorouter.viewer.report import Viewable

_QUIET_SECONDS = 2.0
"""After which it says how far it is, and again after each time as long."""


def write_report_of(path: Path, run: Viewable) -> None:
    """Write the report of a run or an evaluation, and say where it is."""
    from audiorouter.viewer.report import page_of, write_report

    last = time.monotonic()

    def shown(done: int, count: int) -> None:
        nonlocal last
        if time.monotonic() - last > _QUIET_SECONDS:
            last = time.monotonic()
            print(f"audiorouter: {path}: {done} of {count} clips", file=sys.stderr)

    write_report(path, run, shown=shown)
    print(f"audiorouter: the report is {page_of(path)}", file=sys.stderr)
