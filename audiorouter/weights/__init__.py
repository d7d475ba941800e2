"""Model weights by name: what they are, where they come from, and whether they are intact."""

from audiorouter.weights.catalogue import CATALOGUE, find
from audiorouter.weights.fetch import pull
from audiorouter.weights.interface import HubFile, State, WeightFile, Weights, WheelMember
from audiorouter.weights.local import fingerprint, locate, state

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
