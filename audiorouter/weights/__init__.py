"""Model weights by name: what they are, where they come from, and whether they are intact.

Who fetches imports archives, subprocesses and the rest: `pull` is imported when first used.
"""

from typing import TYPE_CHECKING, Any

from audiorouter.weights.catalogue import CATALOGUE, find
from audiorouter.weights.interface import HubFile, State, WeightFile, Weights, WheelMember
from audiorouter.weights.local import fingerprint, locate, state

if TYPE_CHECKING:
    from audiorouter.weights.fetch import pull

__all__ = [
    "CATALOGUE",
    "HubFile",
    "State",
    "WeightFile",
    "Weights",
    "WheelMember",
    "find",
    "fingerprint",
    "locate",
    "pull",
    "state",
]


def __getattr__(name: str) -> Any:
    if name == "pull":
        from audiorouter.weights.fetch import pull

        return pull
    raise AttributeError(f"module 'audiorouter.weights' has no attribute {name!r}")
