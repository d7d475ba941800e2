"""Seconds of training a router on a filled table of 1,000 questions by 12 tools.

    python benchmarks/training_speed.py

The table is made up (each question is fixed by one tool, with noise; two calls are worth the better
of them): only the time matters here. All five policies of the default are trained through both
stages, to their early stopping, in one process.
"""

from __future__ import annotations

import json
import time

import torch

from audiorouter.learning.objective import Groups, Split, TrainingOptions
from audiorouter.learning.trainer import Trainer
from audiorouter.routing.features import FACTS, TOOL_SIDE, States, ToolVectors
from audiorouter.routing.policy import Committee, Policy
from audiorouter.routing.routes import draw_routes

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
    said = torch.nn.functional.normalize(torch.randn(TOOLS, 5, 384, generator=generator), dim=-1)
    whole = torch.nn.functional.normalize(said.mean(dim=1), dim=-1)
    tools = ToolVectors(said, whole, torch.zeros(TOOLS, TOOL_SIDE))
    nothing, none = torch.zeros_like(question), torch.zeros(QUESTIONS, TOOLS)
    facts, near = torch.zeros(QUESTIONS, FACTS), tools.nearness(question, none)
    states = States(question, question, nothing, nothing, facts, none, near)
    options = TrainingOptions()
    folds = [torch.arange(QUESTIONS) % options.members == part for part in range(options.members)]
    started = time.perf_counter()
    policies, epochs = train(Split(states, rewards), tools, options, folds, None)
    with torch.no_grad():
        scores, _ = Committee(policies).eval()(states, tools)
    routes = draw_routes(scores, options.max_calls, options.group_size, generator)
    each = rewards[:, None].expand(-1, options.group_size, -1).gather(-1, routes + 1)
    drawn = Split(states, rewards, Groups(routes, each.max(dim=-1).values))
    epochs += train(drawn, tools, options.of_longer_routes(), folds, policies)[1]
    seconds = time.perf_counter() - started
    print(json.dumps({"questions": QUESTIONS, "tools": TOOLS, "policies": options.members,
                      "epochs": epochs, "seconds": round(seconds, 1)}, indent=1))  # fmt: skip


def train(
    split: Split,
    tools: ToolVectors,
    options: TrainingOptions,
    folds: list[torch.Tensor],
    starts: list[Policy] | None,
) -> tuple[list[Policy], list[int]]:
    """One stage: the policies, and the epochs of each."""
    policies, epochs = [], []
    for number, inside in enumerate(folds):
        start = None if starts is None else starts[number]
        trainer = Trainer(split[~inside], split[inside], tools, options, start=start)
        policy, history = trainer.run()
        policies.append(policy)
        epochs.append(len(history.train_reward))
    return policies, epochs


if __name__ == "__main__":
    main()
