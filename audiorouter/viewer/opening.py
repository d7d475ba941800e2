"""From what was typed to what is looked at: runs by number, answers files by path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from audiorouter.batch.past.answer_sets import answers_path, is_run
from audiorouter.batch.past.past_runs import find_run
from audiorouter.clips import Sources
from audiorouter.errors import UsageError
from audiorouter.store import Store
from audiorouter.viewer.viewed import Viewed
from audiorouter.viewer.viewed_answers import ViewedAnswers
from audiorouter.viewer.viewed_file import ViewedFile
from audiorouter.viewer.viewed_run import ViewedRun


@contextmanager
def open_viewed(
    names: Sequence[str],
    clips: Path | None,
    *,
    open_store: Callable[[], Store],
    sources: Sources,
) -> Iterator[Viewed]:
    """One or two sets of answers by their names, as long as they are looked at.

    The store is opened where a run is named; `clips` is where those of answers files are.

    Raises:
        UsageError: there is no such run, answers file or folder, or `clips` for runs alone.
        StoreError: the store cannot be used.
    """
    if clips is not None and all(map(is_run, names)):
        raise UsageError(
            "--clips: the store knows where the clips of a run are; it is for answers files"
        )
    with ExitStack() as opened:
        store = opened.enter_context(open_store()) if any(map(is_run, names)) else None
        sides: list[ViewedAnswers] = []
        for name in names:
            if store is not None and is_run(name):
                sides.append(ViewedRun(store, find_run(store, name), sources=sources))
            else:
                sides.append(ViewedFile(answers_path(name), clips, sources=sources))
            opened.callback(sides[-1].close)
        yield Viewed(*sides)
