"""Cache keys: a hash over everything that changes a result, see docs/design/cache-keys.md."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
)
"""Made once: `json.dumps` makes one for each value."""


def canonical_json(value: Any) -> str:
    """JSON in one spelling: sorted keys, no spaces, UTF-8 kept.

    Raises:
        ValueError: the value holds NaN or infinity.
    """
    return _CANONICAL.encode(value)


def cache_key(kind: str, parts: Mapping[str, Any]) -> str:
    """BLAKE2b-160 (hex) over the kind of result and all that decides it."""
    text = f"{kind}\n{canonical_json(parts)}"
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
