"""Python's search for garbage, held back while very many small things are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_NEW_THINGS = 10_000
"""More lists, dictionaries and the like than before until the new ones are looked through."""


@contextmanager
def looked_for_rarely() -> Iterator[None]:
    """While it lasts, what is there at its beginning is not looked through, and new things rarely.

    It took a good part of what the rows of a batch take: again and again all that Python has
    imported was gone through, for a few rows each time. Memory is given back as ever, but for rings
    of things that hold each other. Where a program has `gc.freeze`d or disabled it, nothing
    changes.
    """
    before = gc.get_threshold()
    often = gc.isenabled() and 0 < before[0] < _NEW_THINGS
    if not often or gc.get_freeze_count():  # which counts what may be millions of things
        yield
        return
    gc.collect()  # what is garbage already would stay for as long as this lasts
    gc.freeze()
    gc.set_threshold(_NEW_THINGS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
