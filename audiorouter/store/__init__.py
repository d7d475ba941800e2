"""The store: one SQLite file with every clip, tool call, answer, route, outcome and run.

The database is imported when it is first used; cache keys need none of it. sqlite-utils is imported
for migrations alone: that takes a third of a second, which no start should wait for, and all that
it could spare `database` is the one statement that inserts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audiorouter.store.cache_keys import cache_key, canonical_json

if TYPE_CHECKING:
    from audiorouter.store.database import Store
    from audiorouter.store.stored import (
        MeasuredCost,
        StoredAnswer,
        StoredCall,
        StoredOutcome,
        StoredRoute,
        StoredRow,
        StoredRun,
    )

__all__ = [
    "MeasuredCost",
    "Store",
    "StoredAnswer",
    "StoredCall",
    "StoredOutcome",
    "StoredRoute",
    "StoredRow",
    "StoredRun",
    "cache_key",
    "canonical_json",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'audiorouter.store' has no attribute {name!r}")
    if name == "Store":
        from audiorouter.store.database import Store

        return Store
    from audiorouter.store import stored

    return getattr(stored, name)
