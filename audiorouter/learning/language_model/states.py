"""States that a training which was killed goes on from: TRL's, and what was noted beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from audiorouter.learning.language_model.rewards import Place
from audiorouter.machine.files import make_folder, write_file
from audiorouter.toolbox.interface import ToolCall

STATES_FORM = 1
"""Raised where states of before cannot be gone on from."""
_NOTED = "noted.json"


class Noted(NamedTuple):
    """What all processes have noted of decisions when a state is saved."""

    asked: list[Place]
    """What was asked beside the table: rewards are known of these."""
    missing: list[Place]
    """What is to be asked at the end of the epoch."""
    decisions: dict[str, int]
    """How often each decision was drawn in the epoch."""

    def write(self, state: Path) -> None:
        """Keep it in the folder of a state, which is whole only when TRL has written its part."""
        make_folder(state)
        places = {"asked": _plain(self.asked), "missing": _plain(self.missing)}
        write_file(state / _NOTED, json.dumps(places | {"decisions": self.decisions}))

    @classmethod
    def read(cls, state: Path) -> Noted:
        """What was noted with a state."""
        kept = json.loads((state / _NOTED).read_text("utf-8"))
        return cls(_places(kept["asked"]), _places(kept["missing"]), kept["decisions"])


def last_state(folder: Path) -> Path | None:
    """Folder of the last whole state of a training that was killed, or None."""
    found = []
    for state in folder.glob("checkpoint-*/trainer_state.json"):  # written last
        try:
            step = int(json.loads(state.read_text("utf-8"))["global_step"])
        except (OSError, ValueError, KeyError):
            continue
        found.append((step, state.parent))
    return max(found)[1] if found else None


def _plain(places: Iterable[Place]) -> list[Any]:
    return [[row, [call.as_json() for call in calls]] for row, calls in places]


def _places(kept: Iterable[Any]) -> list[Place]:
    return [
        (row, tuple(ToolCall(call["tool"], call["arguments"]) for call in calls))
        for row, calls in kept
    ]
