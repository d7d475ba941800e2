"""A fixture that runs built-in tools in the process of the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import EXAMPLES

from audiorouter import Clip, Finding
from audiorouter.plugins import load_registry


@pytest.fixture(scope="session")
def hear() -> Callable[..., Finding]:
    """Runs a tool in this process on an example clip, or on a path.

    Tools share an example clip, and so what they hear it through, as they do in a worker.
    """
    tools = load_registry(third_party=False).tools
    loaded: set[str] = set()
    decoded: dict[str, Clip] = {}

    def run(name: str, clip: str | Path | Clip, **arguments: object) -> Finding:
        tool = tools[name]
        if name not in loaded:
            tool.load()
            loaded.add(name)
        if isinstance(clip, str):
            clip = decoded.setdefault(clip, Clip(EXAMPLES / "clips" / f"{clip}.flac"))
        return tool.run(clip if isinstance(clip, Clip) else Clip(clip), tool.parse(arguments))

    return run
