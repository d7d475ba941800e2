"""How well questions are told apart by their vectors, in wordings that nothing was fitted to.

    python benchmarks/reading_questions.py FOLDER    # as benchmarks/audioqa/build.py made it

Fits logistic regressions to the training questions about what is heard and asks them for the skills
of the validation questions, whose wordings are others: by the vector of question and choices in one
text, of either alone, and of both apart (`routing/features.py`). And how often the nearest of the
embedded reasoner's tools is one that was written for the skill (FITS), with and without what
arguments add. The test is not touched. Writes results/reading_questions.json; two minutes.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from audiorouter.clips import ClipFacts
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import usable_tools
from audiorouter.routing.features import (
    ARGUMENTS_NEARER,
    ToolVectors,
    find_arguments,
    question_vectors,
    tool_vectors,
)
from audiorouter.routing.interface import RouteRequest
from audiorouter.sentence_encoder import SentenceEncoder

HERE = Path(__file__).resolve().parent
FITS = {
    "speech/who_says": "conversation", "sound/first_sound": "sound_events",
    "sound/last_sound": "sound_events", "music/section_time": "sections",
    "speech/word_place": "find_word", "combined/key_after_change": "key",
    "speech/speech_share": "speech_activity", "sound/longest": "sound_events",
    "sound/duration": "sound_events", "music/bars": "meter",
    "combined/deeper_language": "spoken_language", "combined/tempo_of_second": "tempo",
    "speech/rhyme": "phonemes",
    "speech/word_times": "find_word", "speech/language_change": "spoken_language",
    "speech/speaker_count": "speakers", "sound/count_named": "count_sound", "music/pace": "tempo",
    "music/chord_at": "chords", "sound/order3": "sound_events", "music/metre": "meter",
    "music/key": "key", "sound/after": "sound_events", "sound/side": "stereo",
    "speech/same_speaker": "speakers", "speech/higher_voice": "voice_pitch",
    "speech/second_says": "conversation",
}  # fmt: skip
"""Skills for which one tool was plainly written."""
_ANY = ClipFacts("", 0.0, 1, 1, 0.0, 0.0)
"""What a question is compared by has nothing to do with its clip."""


class Part:
    """The questions of one file that are about what is heard."""

    def __init__(self, file: Path, encoder: SentenceEncoder):
        with file.open(encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.DictReader(stream) if row["stratum"] != "no call"]
        self.skills = [row["skill"] for row in rows]
        self.requests = [
            RouteRequest(row["question"], tuple(json.loads(row["choices"])), _ANY) for row in rows
        ]
        apart = question_vectors(self.requests, encoder)
        one_text = [f"{each.question} ({', '.join(each.choices)})" for each in self.requests]
        self.vectors = {
            "one text": encoder.encode(one_text),
            "question": apart.alone,
            "choices": apart.choices,
            "apart": torch.cat([apart.alone, apart.choices], dim=-1),
        }
        self.mean = apart.whole


def main() -> None:
    """Measure, and write results/reading_questions.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    encoder = SentenceEncoder()
    train, validation = (Part(arguments.folder / f"{n}.csv", encoder) for n in ("train", "val"))
    results: dict[str, Any] = {
        "questions": len(validation.skills),
        "skill told by": {
            name: round(told(train, validation, name), 4) for name in validation.vectors
        },
    }
    tools = usable_tools(load_registry(third_party=False))
    vectors = tool_vectors(list(tools.values()), {}, encoder)
    for name, part in (("train", train), ("validation", validation)):
        results[f"nearest tool fits, {name}"] = fitting(part, list(tools.values()), vectors)
    text = json.dumps(results, indent=1) + "\n"
    (HERE / "results" / "reading_questions.json").write_text(text, encoding="utf-8")
    print(text, end="")


def told(train: Part, validation: Part, name: str) -> float:
    """Of how many validation questions the skill is told, 0…1."""
    model = LogisticRegression(C=10.0, max_iter=300)
    model.fit(train.vectors[name].numpy(), train.skills)
    said = model.predict(validation.vectors[name].numpy())
    return float(np.mean(said == np.array(validation.skills)))


def fitting(part: Part, tools: list[Any], vectors: ToolVectors) -> dict[str, float]:
    """Of the questions of the skills in `FITS`, how often the nearest tool is that one, 0…1."""
    rows = [row for row, skill in enumerate(part.skills) if skill in FITS]
    names = [tool.name for tool in tools]
    fit = torch.tensor([names.index(FITS[part.skills[row]]) for row in rows])
    found = find_arguments([part.requests[row] for row in rows], tools)
    ways = {
        "one text": vectors.nearness(part.vectors["one text"][rows], 0 * found),
        "mean of both": vectors.nearness(part.mean[rows], 0 * found),
    }
    for weight in (0.5, 1.0, 1.5):
        name = f"mean of both, arguments {weight * ARGUMENTS_NEARER:.2f}"
        ways[name] = vectors.nearness(part.mean[rows], weight * found)
    share = {
        name: float((near.argmax(dim=-1) == fit).float().mean()) for name, near in ways.items()
    }
    return {"n": len(rows)} | {name: round(value, 4) for name, value in share.items()}


if __name__ == "__main__":
    main()
