"""What a shell may complete after an option or in the place of an argument.

Nothing heavy is imported and no plugin run for it, and whatever fails completes nothing.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import typer

VARIABLE = "_AUDIOROUTER_COMPLETE"
"""Set by the shell that asks; see `only_completions`."""
_PLAIN = re.compile(r"[\w.:/@+-]+")
"""Zsh evaluates what is printed for it: names with anything else in them are not completed."""

Completer = Callable[[typer.Context, str], list[str]]


def _completer(
    names: Callable[[typer.Context], Iterable[object]], *, lists: bool = False
) -> Completer:
    """What completes one of these names, or in `lists` the last one behind commas."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        before = incomplete[: incomplete.rfind(",") + 1] if lists else ""
        nowhere = io.StringIO()
        try:
            with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
                found = [*map(str, names(ctx))]
        except (Exception, SystemExit):  # noqa: BLE001 - a shell cannot be told
            return []
        return [f"{before}{name}" for name in found if _PLAIN.fullmatch(name)]

    return complete


def _offered(kind: str, *, lists: bool = False) -> Completer:
    def names(_ctx: typer.Context) -> list[str]:
        from audiorouter.plugins.names import names_of

        return names_of(kind)

    return _completer(names, lists=lists)


def _runs(ctx: typer.Context) -> list[object]:
    from audiorouter.batch.past.past_runs import LAST
    from audiorouter.machine.paths import default_store_path
    from audiorouter.store import Store

    path = ctx.find_root().params.get("db") or default_store_path()
    with Store(Path(path), read_only=True) as store:
        return [LAST, *(run.number for run in store.runs(limit=20))]


def _profiles(ctx: typer.Context) -> Iterable[str]:
    from audiorouter.cli.project_settings import find_project

    root: Any = ctx.find_root()
    file, _ = find_project(root.command, ctx.params.get("settings") or root.params.get("settings"))
    return file.profiles if file is not None else []


def _keys(_ctx: typer.Context) -> Iterable[str]:
    from audiorouter.machine.credentials import HOSTS, known_keys

    return dict.fromkeys([*HOSTS.values(), *(key.name for key in known_keys())])


def _plugins(_ctx: typer.Context) -> list[str]:
    from audiorouter.plugins.names import plugin_names

    return plugin_names()


def _benchmarks(_ctx: typer.Context) -> list[str]:
    from audiorouter.benchmarks import BENCHMARKS
    from audiorouter.plugins.names import names_of

    return [*(benchmark.name for benchmark in BENCHMARKS), *names_of("benchmark")]


tools = _offered("tool")
tool_lists = _offered("tool", lists=True)
providers = _offered("provider")
routers = _offered("router")
weights = _offered("weights")
runs = _completer(_runs)
profiles = _completer(_profiles)
keys = _completer(_keys)
benchmarks = _completer(_benchmarks)
plugins = _completer(_plugins)


def only_completions() -> None:
    """Where a shell asks for completions, let nothing else reach the terminal from now on.

    Whatever is printed besides, from Python or C, and whatever goes wrong, is dropped.
    """
    if VARIABLE not in os.environ:
        return
    asked = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    sys.stdout = os.fdopen(asked, "w", encoding="utf-8", errors="replace")
