"""Build the benchmark: clips as FLAC, and one CSV file a split; for the test one a form.

    python benchmarks/audioqa/build.py FOLDER
    python benchmarks/audioqa/build.py FOLDER --check      # once more: those that were measured?

| file | wording | choices |
|---|---|---|
| train.csv | for training | as in training |
| val.csv | for validation | as in training |
| test.csv | only for the test | as in training |
| test-seen-wording.csv | for training | as in training |
| test-other-choices.csv | only for the test | said otherwise, where the writers knew how |
| test-seen-wording-other-choices.csv | for training | said otherwise |

The four files of the test ask for the same facts with the same choices. Questions that need no
listening, each a skill of its own, are the same in all of them. `hashes.json` beside this
file holds the hashes of what was measured, the test's from before any router was trained on it.
Needs apt-get, dpkg and fluidsynth.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from recordings import SPLITS

from audioqa.facts import Maker
from audioqa.material import Material
from audioqa.skills import GROUPS
from audioqa.sources import RATE, Recordings, fetch
from audioqa.wordings import Asked, ask, skills

SEED = 20261126
COUNTS = {
    "train": {"speech": 27, "sound": 27, "music": 27, "combined": 27},
    "val": {"speech": 7, "sound": 7, "music": 7, "combined": 7},
    "test": {"speech": 14, "sound": 14, "music": 14, "combined": 20},
}
"""Facts a skill, by split and group."""
TIMES_UNHEARD = {"train": 8, "val": 20, "test": 17}
"""About how many clips each question that needs no listening is asked."""
WORDING_OF = {"train": "train", "val": "validation", "test": "test"}
TEST_ONLY = 0.2
NO_LISTENING = Path(__file__).with_name("no_listening.json")
HASHES = Path(__file__).with_name("hashes.json")
ONE_KIND, KINDS, TWO_CALLS, NO_CALL = "one kind", "several kinds", "two calls", "no call"
"""Strata: skills whose clips are of one kind of audio or of several, which other tools may hear
better; those that need two things to be known; and questions that need no listening."""
COLUMNS = (
    "id", "audio", "question", "choices", "answer", "domain", "skill", "stratum", "kind", "source",
)  # fmt: skip


class Form(NamedTuple):
    """How a file puts its questions."""

    file: str
    wording: str
    other_choices: bool = False


FORMS = {
    "train": (Form("train", "train"),),
    "val": (Form("val", "validation"),),
    "test": (
        Form("test", "test"),
        Form("test-seen-wording", "train"),
        Form("test-other-choices", "test", other_choices=True),
        Form("test-seen-wording-other-choices", "train", other_choices=True),
    ),
}


def main() -> None:
    """Build into the folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--packages", type=Path, help="where the Debian packages are kept")
    parser.add_argument("--check", action="store_true", help="compare with hashes.json")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    heard = Recordings(fetch(arguments.packages or folder / "packages"))
    hashes: dict[str, str] = {}
    for split in SPLITS:
        maker = Maker(Material(heard, split), SEED, test_only_skills(), COUNTS[split])
        for make in GROUPS:
            make(maker)
        hashes |= _write(folder, maker)
        missing = [name for name in skills() if maker.wanted(name)]
        print(split, len(maker.facts), "facts about", len(maker.clips), "clips; too few:", missing)
    if arguments.check:
        other = [name for name, digest in kept().items() if hashes.get(name) != digest]
        sys.exit(f"other than what was measured: {', '.join(other)}" if other else 0)
    HASHES.write_text(json.dumps(hashes, indent=1) + "\n", encoding="utf-8")


def test_only_skills() -> frozenset[str]:
    """The fifth of the skills, by a hash of their names, that only the test has."""
    names = sorted(skills(), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    return frozenset(names[: round(TEST_ONLY * len(names))])


def kept() -> dict[str, str]:
    """The hashes of what was measured, by file; `SPLIT clips` for the samples of all its clips."""
    loaded: dict[str, str] = json.loads(HASHES.read_text(encoding="utf-8"))
    return loaded


def _write(folder: Path, maker: Maker) -> dict[str, str]:
    """Write one split; the hash of each file, and that of the clips' samples."""
    split = maker.split
    (folder / "clips" / split).mkdir(parents=True, exist_ok=True)
    samples = hashlib.sha256()
    used = {fact.clip for fact in maker.facts}
    for name in sorted(used):
        audio = np.round(maker.clips[name] * 32767).astype(np.int16)
        samples.update(name.encode() + audio.tobytes())
        soundfile.write(folder / "clips" / split / f"{name}.flac", audio, RATE, subtype="PCM_16")
    hashes = {f"{split} clips": samples.hexdigest()}
    for form in FORMS[split]:
        path = folder / f"{form.file}.csv"
        _write_csv(path, [*_rows(maker, form), *_unheard(maker, sorted(used))])
        hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return hashes


def _rows(maker: Maker, form: Form) -> Iterator[dict[str, Any]]:
    kinds: dict[str, set[str]] = defaultdict(set)
    for fact in maker.facts:
        kinds[fact.skill].add(fact.kind)
    for fact in maker.facts:
        seed = f"{SEED} {maker.split} {fact.skill} {fact.clip} {fact.answer.identity}"
        asked = ask(fact, seed, wording=form.wording, other_choices=form.other_choices)
        group = fact.skill.partition("/")[0]
        stratum = KINDS if len(kinds[fact.skill]) > 1 else ONE_KIND
        yield _row(
            maker, fact.clip, fact.skill, asked,
            domain=group,
            stratum=TWO_CALLS if group == "combined" else stratum,
            kind=fact.kind,
            source=" ".join(fact.sources),
        )  # fmt: skip


def _unheard(maker: Maker, clips: list[str]) -> Iterator[dict[str, Any]]:
    """Questions that need no listening, each about several clips of any kind."""
    rng = maker.rng("no listening")
    for kind, by_split in json.loads(NO_LISTENING.read_text(encoding="utf-8")).items():
        for number, one in enumerate(by_split[WORDING_OF[maker.split]], start=1):
            for clip in rng.sample(clips, min(len(clips), TIMES_UNHEARD[maker.split])):
                choices = rng.sample(one["choices"], len(one["choices"]))
                asked = Asked(one["question"], tuple(choices), one["answer"])
                skill = f"no_listening/{kind}-{number}"
                yield _row(maker, clip, skill, asked, domain="none", stratum=NO_CALL)


def _row(
    maker: Maker, clip: str, skill: str, asked: Asked, *, domain: str, stratum: str,
    kind: str = "", source: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "audio": f"{maker.split}/{clip}.flac",
        "question": asked.question,
        "choices": json.dumps(asked.choices, ensure_ascii=False),
        "answer": asked.answer,
        "domain": domain,
        "skill": skill,
        "stratum": stratum,
        "kind": kind,
        "source": source,
    }


def _write_csv(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        seen: Counter[str] = Counter()
        for row in rows:
            seen[row["skill"]] += 1
            writer.writerow({"id": f"{row['skill']}-{seen[row['skill']]}"} | row)


if __name__ == "__main__":
    main()
