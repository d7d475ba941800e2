"""Whether parts of a clip are told where it has some, and whether choices are known as sounds.

    python benchmarks/audioqa/build.py FOLDER
    python benchmarks/parts_of_clips.py FOLDER

On the benchmark's training clips: how many tempi `tempo` tells and how many keys `key`, of clips in
which they change, of music that is put together of two pieces for other reasons, and of other
music. On its training and validation questions whose choices are sounds or instruments: how many
tell tools what to choose among. Writes benchmarks/results/parts_of_clips.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from audiorouter import Clip
from audiorouter.plugins import load_registry
from audiorouter.questions import Question, read_questions

RESULTS = Path(__file__).resolve().parent / "results" / "parts_of_clips.json"
GROUPS = {
    "two tempi": {"combined/tempo_of_second"},
    "two keys": {"combined/key_after_change"},
    "put together": {"music/same_melody", "music/section_time"},
    "other music": {"music/pace", "music/tempo_change", "music/key"},
}
NAMES_OF_SOUNDS = {
    "sound/animal", "sound/absent", "sound/first_sound", "sound/last_sound", "sound/after",
    "sound/longest", "music/instrument", "music/first_instrument", "combined/instrument_at",
    "combined/louder_voice_or_sound",
}  # fmt: skip
"""Skills whose choices name sounds or instruments."""
TOOLS = load_registry(third_party=False).tools


def main() -> None:
    """Count, and write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    train, val = (
        list(read_questions(folder / f"{part}.csv", folder / "clips").questions)
        for part in ("train", "val")
    )
    found: dict[str, Any] = {name: _parts(train, skills) for name, skills in GROUPS.items()}
    named = [q for q in (*train, *val) if q.record["skill"] in NAMES_OF_SOUNDS]
    tool = TOOLS["sound_tags"]
    told = sum("among" in tool.arguments_in(q.text, q.choices) for q in named)
    found["choices that are sounds"] = {"questions": len(named), "told": told}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


def _parts(questions: list[Question], skills: Collection[str]) -> dict[str, int]:
    """Clips of these skills, and in how many of them each tool tells parts."""
    paths = sorted({q.path for q in questions if q.record["skill"] in skills and q.path})
    counts = {"clips": len(paths), "tempo": 0, "key": 0}
    for number, path in enumerate(paths, start=1):
        print(f"\r{min(skills)}: {number}/{len(paths)}", end="", file=sys.stderr)
        clip = Clip(path)
        for name, listed in (("tempo", "parts"), ("key", "changes")):
            counts[name] += listed in TOOLS[name].hear(clip, TOOLS[name].parse({})).data
    print(file=sys.stderr)
    return counts


if __name__ == "__main__":
    main()
