"""The data of a page as scripts, which load from a disk as from a server, and hold no markup."""

from __future__ import annotations

import json
from typing import Any

from audiorouter.text import encodable

_UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
"""What could end a script or a line of it; all of them stand in texts only."""

HANDED = "(window.audiorouter=window.audiorouter||{queue:[]}).queue.push("
"""How every script of data begins."""


def script(kind: str, *values: Any) -> str:
    """A script that hands the page `values` of JSON.

    >>> script("clip", "abc", {"missing": "</script>"})
    '(window.audiorouter=window.audiorouter||{queue:[]}).queue.push(["clip","abc",{"missing":"\\\\u003c/script\\\\u003e"}]);\\n'
    """
    told = json.dumps([kind, *values], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    handed = encodable(told.translate(_UNSAFE))
    return f"{HANDED}{handed});\n"


def index_name() -> str:
    """Where the page asks for the index."""
    return "data/index.js"


def part_name(number: int) -> str:
    """Where it asks for a part of the rows."""
    return f"data/rows-{number:04d}.js"


def clip_name(clip: str) -> str:
    """Where it asks for a clip."""
    return f"data/clips/{clip}.js"
