"""How long answers that are to be made will take."""

from __future__ import annotations

from audiorouter.providers.interface import Reasoner
from audiorouter.store import Store

GUESSED_ANSWER_SECONDS = 0.7
"""Seconds an answer, for a reasoner that never answered on this machine."""


def answer_seconds(store: Store, reasoner: Reasoner, count: int) -> tuple[float, bool]:
    """Seconds of computing of so many answers, and whether that was measured.

    Of a server's batches none are known, however long those take.
    """
    if reasoner.in_batches:
        return 0.0, not count
    each = store.seconds_per_answer(reasoner.name)
    return count * (GUESSED_ANSWER_SECONDS if each is None else each), each is not None
