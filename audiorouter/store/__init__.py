"""The store: one SQLite file with every clip, tool call, answer, route and run."""

from audiorouter.store.database import (
    Store,
    StoredAnswer,
    StoredCall,
    StoredOutcome,
    StoredRoute,
    StoreStats,
)
from audiorouter.store.keys import cache_key, canonical_json

__all__ = [
    "Store",
    "StoreStats",
    "StoredAnswer",
    "StoredCall",
    "StoredOutcome",
    "StoredRoute",
    "cache_key",
    "canonical_json",
]
