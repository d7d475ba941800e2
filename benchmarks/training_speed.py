"""Seconds of training a router on a filled table of 1,000 questions by 12 tools.

    python benchmarks/training_speed.py

The table is made up (each question is fixed by one tool, with noise): only the time matters here.
All five policies of the default are trained, to their early stopping, in one process.
"""

from __future__ import annotations

import json
import time

import torch

from audiorouter.routing.features import FACTS, TOOL_SIDE, States, ToolVectors
from audiorouter.routing.trainer import Trainer
from audiorouter.routing.training import Split, TrainingOptions

QUESTIONS, TOOLS = 1000, 12


def main() -> None:
    """Train and print."""
    generator = torch.Generator().manual_seed(0)
    kinds = torch.nn.functional.normalize(torch.randn(TOOLS, 384, generator=generator), dim=-1)
    kind = torch.randint(TOOLS, (QUESTIONS,), generator=generator)
    noise = torch.randn(QUESTIONS, 384, generator=generator) / 384**0.5
    question = torch.nn.functional.normalize(kinds[kind] + noise, dim=-1)
    rewards = 0.2 * torch.randn(QUESTIONS, 1 + TOOLS, generator=generator)
    rewards[torch.arange(QUESTIONS), 1 + kind] += 0.6
    rewards[:, 0] = 0
    states = States(question, torch.zeros(QUESTIONS, 384), torch.zeros(QUESTIONS, FACTS))
    said = torch.nn.functional.normalize(torch.randn(TOOLS, 5, 384, generator=generator), dim=-1)
    whole = torch.nn.functional.normalize(said.mean(dim=1), dim=-1)
    tools = ToolVectors(said, whole, torch.zeros(TOOLS, TOOL_SIDE))
    options = TrainingOptions()
    fold = torch.arange(QUESTIONS) % options.members
    epochs = []
    started = time.perf_counter()
    for member in range(options.members):
        inside = fold == member
        train = Split(states[~inside], rewards[~inside])
        validation = Split(states[inside], rewards[inside])
        _, history = Trainer(train, validation, tools, options).run()
        epochs.append(len(history.train_reward))
    seconds = time.perf_counter() - started
    print(json.dumps({"questions": QUESTIONS, "tools": TOOLS, "policies": options.members,
                      "epochs": epochs, "seconds": round(seconds, 1)}, indent=1))  # fmt: skip


if __name__ == "__main__":
    main()
