"""The alternative to routing: a model trained from audio to answer, on the same skills.

    python benchmarks/end_to_end.py FOLDER --look WHY      # as audioqa/build.py made it

What a small laboratory could do with a CPU: a convolutional network over log-mel spectra, pooled by
an attention that the question steers, beside YAMNet's class probabilities (mean and maximum over
the clip) as pretrained ears; questions and choices are MiniLM embeddings, as the router has them.
Choices are scored by a bilinear form between what was heard and their embeddings, the loss is cross
entropy. The epoch is chosen on the validation split (the same questions as everywhere), and each
size is trained with three seeds. Writes benchmarks/results/end_to_end.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from audioqa.looks import test_files
from torch import nn

from audiorouter.clips import Clip
from audiorouter.evaluation.statistics import clustered_interval
from audiorouter.questions import Question, read_questions
from audiorouter.sentence_encoder import DIMENSIONS, SentenceEncoder
from audiorouter.toolbox.frontends.spectra import magnitudes, mel_filters
from audiorouter.toolbox.frontends.yamnet import clip_probabilities

HERE = Path(__file__).resolve().parent
RATE, BANDS, FRAMES = 16_000, 80, 500
"""Frames of 20 ms: clips beyond ten seconds are squeezed into as many."""
SIZES = (64, 200, 600, 2000)
SEEDS = (0, 1, 2)
EPOCHS, PATIENCE, BATCH = 60, 12, 32


@dataclass(frozen=True)
class Heard:
    """A split as tensors; `choices` `(Q, C, 384)` is padded, `known` `(Q, C)` says where not."""

    mel: torch.Tensor
    tags: torch.Tensor
    clip: torch.Tensor
    question: torch.Tensor
    choices: torch.Tensor
    known: torch.Tensor
    gold: torch.Tensor
    clips: list[str]


class Listener(nn.Module):
    """From log-mel, tags, question and choices to a score a choice; about 700,000 weights."""

    def __init__(self, width: int = 128):
        super().__init__()
        layers: list[nn.Module] = []
        channels = BANDS
        for stride in (1, 2, 2, 2):
            layers += [
                nn.Conv1d(channels, width, 5, stride, 2),
                nn.GroupNorm(8, width),
                nn.GELU(),
                nn.Dropout(0.1),
            ]
            channels = width
        self.convolutions = nn.Sequential(*layers)
        self.asks = nn.Linear(DIMENSIONS, width)
        self.tags = nn.Linear(2 * 521, width)
        self.read = nn.Linear(DIMENSIONS, width)
        self.mix = nn.Sequential(
            nn.Linear(5 * width, 256), nn.GELU(), nn.Dropout(0.3), nn.Linear(256, DIMENSIONS)
        )
        self.bias = nn.Linear(DIMENSIONS, 1)

    def forward(self, heard: Heard, rows: torch.Tensor) -> torch.Tensor:
        """Scores `(B, C)`; padding is minus infinity."""
        clip = heard.clip[rows]
        question = heard.question[rows]
        frames = self.convolutions(heard.mel[clip]).transpose(1, 2)
        weights = (frames @ self.asks(question)[..., None] / frames.shape[-1] ** 0.5).softmax(1)
        pooled = (weights * frames).sum(1)
        about = torch.cat(
            [pooled, frames.mean(1), frames.amax(1), self.tags(heard.tags[clip]),
             self.read(question)], -1,
        )  # fmt: skip
        wanted = self.mix(about)
        scores = (heard.choices[rows] @ wanted[..., None])[..., 0]
        return scores.masked_fill(~heard.known[rows], float("-inf"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--look", required=True, metavar="WHY", help="what the test is asked for")
    arguments = parser.parse_args()
    files = {name: arguments.folder / f"{name}.csv" for name in ("train", "val")}
    files |= test_files(arguments.folder, arguments.look, ("test",))
    torch.set_num_threads(2)
    encoder = SentenceEncoder()
    splits = {}
    for name, file in files.items():
        read = read_questions(file, arguments.folder / "clips")
        asked = tuple(question for question in read.questions if question.problem is None)
        splits[name] = listen(asked, encoder)
    results: dict[str, object] = {"weights": sum(p.numel() for p in Listener().parameters())}
    curve: dict[str, list[float]] = {}
    started = time.perf_counter()
    for size in SIZES:
        if size > len(splits["train"].gold):
            continue
        rights = [train(splits, size, seed) for seed in SEEDS]
        curve[str(size)] = [round(float(right.mean()), 4) for right in rights]
        print(size, curve[str(size)], f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    results["test_accuracy_by_questions"] = curve
    interval = clustered_interval(np.mean(rights, axis=0), splits["test"].clips)
    results["largest"] = interval.as_json()
    results["train_seconds"] = round(time.perf_counter() - started)
    results |= against_the_router(curve)
    (HERE / "results" / "end_to_end.json").write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1))


def against_the_router(curve: dict[str, list[float]]) -> dict[str, object]:
    """How many questions each needs for the accuracy that this model has at its largest."""
    routing = json.loads((HERE / "results" / "routing" / "cascade.json").read_text())["sizes"]
    largest = max(curve, key=int)
    reached = float(np.mean(curve[largest]))
    enough = [int(n) for n, scores in routing.items() if np.mean(scores) >= reached]
    return {
        "router_questions_for_the_same": min(enough, default=None),
        "data_efficiency": None if not enough else round(int(largest) / min(enough), 1),
    }


def listen(questions: tuple[Question, ...], encoder: SentenceEncoder) -> Heard:
    """Spectra, tags and embeddings of a split."""
    paths = sorted({str(question.path) for question in questions})
    place = {path: number for number, path in enumerate(paths)}
    mel, tags = zip(*(hear(Path(path)) for path in paths), strict=True)
    most = max(len(question.choices) for question in questions)
    choices = torch.zeros(len(questions), most, DIMENSIONS)
    known = torch.zeros(len(questions), most, dtype=torch.bool)
    for row, question in enumerate(questions):
        choices[row, : len(question.choices)] = encoder.encode(question.choices)
        known[row, : len(question.choices)] = True
    return Heard(
        torch.stack(mel),
        torch.stack(tags),
        torch.tensor([place[str(question.path)] for question in questions]),
        encoder.encode([question.text for question in questions]),
        choices,
        known,
        torch.tensor([question.gold_index for question in questions]),
        [str(question.path) for question in questions],
    )


FILTERS = mel_filters(bands=BANDS, sample_rate=RATE, fft=512, low=40.0, high=7600.0, scale="slaney")


def hear(path: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Log-mel `(80, 500)`, normalised, and tags `(1042,)` of a clip."""
    clip = Clip(path)
    audio = clip.mono(RATE)
    spectra = np.log(magnitudes(audio, window=400, hop=320, fft=512) @ FILTERS + 1e-4)
    mel = torch.from_numpy(np.asarray(spectra, dtype=np.float32)).T
    mel = (mel + 5) / 3
    if mel.shape[1] > FRAMES:
        mel = nn.functional.interpolate(mel[None], size=FRAMES)[0]
    mel = nn.functional.pad(mel, (0, FRAMES - mel.shape[1]), value=float(mel.min()))
    tags = clip_probabilities(clip)
    both = np.concatenate([tags.mean(0), tags.max(0)]).astype(np.float32)
    return mel, torch.from_numpy(both)


def train(splits: dict[str, Heard], size: int, seed: int) -> np.ndarray:
    """Right or wrong on each test question, of the epoch that is best on validation."""
    torch.manual_seed(seed)
    drawn = torch.randperm(len(splits["train"].gold))[:size]
    model = Listener()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.05)
    best, since, chosen = -1.0, 0, np.zeros(0)
    epochs = max(EPOCHS, min(400, 40 * 184 // size * 4))
    for _ in range(epochs):
        model.train()
        for rows in drawn[torch.randperm(size)].split(BATCH):
            loss = nn.functional.cross_entropy(
                model(splits["train"], rows), splits["train"].gold[rows]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        score = float(right(model, splits["val"]).mean())
        if score > best:
            best, since, chosen = score, 0, right(model, splits["test"])
        else:
            since += 1
        if since > PATIENCE:
            break
    return chosen


@torch.no_grad()
def right(model: Listener, heard: Heard) -> np.ndarray:
    model.eval()
    rows = torch.arange(len(heard.gold)).split(128)
    guesses = torch.cat([model(heard, some).argmax(-1) for some in rows])
    return np.asarray((guesses == heard.gold).numpy(), dtype=np.float64)


if __name__ == "__main__":
    main()
