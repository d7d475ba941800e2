"""How the embedded reasoner weighs its two readers; see `reasoner`. All of it is in cache keys.

Chosen on the benchmark's training and validation questions, with the tool that fits each.
"""

PRIOR_WEIGHT = 0.8
"""Of a choice's log-likelihood without findings, taken from the one after them."""
LIKENESS_WEIGHT = 20.0
"""Nats a unit of cosine between a choice and the nearest sentence of what was heard."""
FEW = 3
"""Findings that are read whole; of more, those that bear on the question."""
BEARS = 0.35
"""Cosine with question and choices from which one of many findings is read."""
SENTENCES = 3
"""Sentences of the findings that the language model reads."""

IDENTITY = (
    f"prior {PRIOR_WEIGHT} likeness {LIKENESS_WEIGHT} few {FEW} bears {BEARS} sentences {SENTENCES}"
)
