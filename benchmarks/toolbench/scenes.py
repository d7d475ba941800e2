"""Recorded scenes, one of four: what their recordists called them."""

from __future__ import annotations

import random

import numpy as np
from audioqa.sources import silence
from recordings import names_of

from toolbench.measures import Benchmark

LABELS = {
    "Farm": "farm", "OrganicFarm": "farm", "TraficHigh": "busy street", "TraficLow": "street",
    "RailTrain": "railway", "School": "school", "SportsCroud": "sports stadium",
    "MarketFull": "market", "MarketMed": "market", "MarketLow": "market", "Fire": "burning fire",
    "Health": "hospital", "IndustryHigh": "factory", "IndustryLight": "factory",
    "Green": "woods", "ParklandLake": "lakeside park", "ParklandPlane": "airport",
    "Harbor": "harbour", "Blacksmith": "smithy", "MonumentConstruction": "construction site",
}  # fmt: skip
ALIKE = (
    {"busy street", "street"},
    {"woods", "lakeside park"},
    {"factory", "construction site", "smithy"},
    {"school", "sports stadium", "market"},
)
"""Labels that are no wrong choices for each other."""
ROUNDS = 3


def measure(bench: Benchmark) -> None:
    """Measure `scene`: each recording several times, beside three other labels."""
    rng = random.Random(f"scenes {bench.split}")
    right, said = [], []
    for name in names_of("scene", bench.split):
        label = LABELS.get(name.rstrip("0123456789"))
        if label is None:
            continue
        alike = next((group for group in ALIKE if label in group), {label})
        others = sorted(set(LABELS.values()) - alike)
        clip = bench.clip(np.concatenate([silence(0.1), bench.heard.scene(name)]))
        for _ in range(ROUNDS):
            choices = [label, *rng.sample(others, 3)]
            rng.shuffle(choices)
            found = bench.find("scene", clip, among=choices).data.get("scene")
            right.append(bench.judge("scene", found == label))
            said.append(found is not None)
    bench.share("scene", "which of four scenes a recording is of", right, 1 / 4)
    told = [is_right for is_right, is_said in zip(right, said, strict=True) if is_said]
    bench.share("scene", "the same, where it says one", told, 1 / 4)
