"""Model weights by name: what they are, where they come from, and whether they are intact."""

from audiorouter.weights.catalogue import CATALOGUE, Weights, find
from audiorouter.weights.fetch import pull
from audiorouter.weights.local import State, fingerprint, locate, state

__all__ = ["CATALOGUE", "State", "Weights", "find", "fingerprint", "locate", "pull", "state"]
