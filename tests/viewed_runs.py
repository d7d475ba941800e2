"""Runs to look at: by a light tool on clips with a gap in them, and a reasoner that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from reasoners import Listens, Opens

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.past.past_runs import find_run
from audiorouter.plugins import load_registry
from audiorouter.store import Store
from audiorouter.viewer.viewed import Viewed
from audiorouter.viewer.viewed_run import ViewedRun

GAP = (1.0, 2.0)
"""Where a clip is silent, in s."""
NASTY = "</script><script>alert(1)</script>\u2028\u202e'\"<b>&amp;"


class Hears(Listens):
    """Is right where it is told of silences."""

    tool = "silences"


def write_clips(folder: Path, count: int = 2) -> None:
    """Tones of 3 s with a gap."""
    folder.mkdir(exist_ok=True)
    rate = 8_000
    for number in range(count):
        wave = 0.3 * np.sin(2 * np.pi * (300 + 40 * number) * np.arange(3 * rate) / rate)
        wave[int(GAP[0] * rate) : int(GAP[1] * rate)] = 0.0
        soundfile.write(folder / f"{number}.wav", wave, rate)


def make_run(folder: Path, *, router: str = "tools:silences", rows: int = 4) -> int:
    """Run a batch of questions on those clips, one of them with a nasty text; its number."""
    clips = folder / "clips"
    write_clips(clips)
    questions = folder / "questions.csv"
    lines = ["id,audio,question,choices,answer,domain,skill"]
    for number in range(rows):
        asked = NASTY.replace('"', '""') if number == 1 else f"Is there a gap {number}?"
        lines.append(f'{number},{number % 2}.wav,"{asked}",yes|no,yes,sound,skill {number % 2}')
    questions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(Hears())
    options = BatchOptions(provider="fake", router=router)
    result = run_batch(clips, questions, options, registry=registry)
    assert result.status == "finished", result.failure
    return int(result.provenance["run"])


def viewed(store: Store, *numbers: int) -> Viewed:
    """Those runs, as the page is told of them."""
    return Viewed(*(ViewedRun(store, find_run(store, str(number))) for number in numbers))
