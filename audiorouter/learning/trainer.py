"""The training loop: one process or many, through accelerate; it goes on after a kill."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, InitProcessGroupKwargs
from accelerate.tracking import get_available_trackers
from torch import nn

from audiorouter.errors import UsageError
from audiorouter.learning.objective import (
    SMALLEST_GAIN,
    History,
    Split,
    TrainingOptions,
    divergence,
    entropy,
    reward_of,
)
from audiorouter.learning.seeds import seed_of
from audiorouter.machine.processes import started_together
from audiorouter.routing.features import States, ToolVectors
from audiorouter.routing.policy import Policy
from audiorouter.routing.routes import first_decision

SAVE_EVERY = 25
"""Epochs between two states that a killed training goes on from."""

Report = Callable[[int, History], None]


def make_accelerator(tracker: str | None = None, folder: Path | None = None) -> Accelerator:
    """accelerate's own configuration, with half an hour of patience.

    That is for processes that start together and compute alike; who waits for another one that is
    asking the reasoner has more (`distributed.PATIENCE`). Processes that were started together
    train together, on the CPU where there is no device that accelerate shares out.

    Raises:
        UsageError: the tracker is unknown or not installed, or accelerate takes processes that were
            started together for single ones, which would write over each other.
    """
    if tracker is not None and tracker not in {str(kind) for kind in get_available_trackers()}:
        raise UsageError(f"--track {tracker}: unknown to accelerate, or not installed")
    started = started_together("WORLD_SIZE")
    accelerator = Accelerator(
        # Without a word accelerate looks for several processes on devices only.
        cpu=started > 1 and not _has_devices(),
        kwargs_handlers=[InitProcessGroupKwargs(timeout=timedelta(minutes=30))],
        log_with=tracker,
        project_dir=None if folder is None else str(folder),
    )
    if accelerator.num_processes != started:
        raise UsageError(
            f"{started} processes were started (WORLD_SIZE), and accelerate makes "
            f"{accelerator.num_processes} of them: set ACCELERATE_USE_CPU=true to train on the "
            "CPU, or unset WORLD_SIZE to train in one process"
        )
    return accelerator


def _has_devices() -> bool:
    """Whether there is a kind of device of which each process may have one."""
    device = torch.accelerator.current_accelerator(check_available=True)
    return device is not None and device.type != "mps"


class Trainer:
    """Trains one policy on a table; every process of a distributed run makes the same calls.

    With a policy to `start` from, that one is kept unless training makes it better. It is held to
    what the policy `held_to` decides; None is an untrained one. `seed` is that of this policy, at
    most 2**39; None is that of the options.
    """

    def __init__(
        self,
        train: Split,
        validation: Split,
        tools: ToolVectors,
        options: TrainingOptions,
        *,
        seed: int | None = None,
        start: Policy | None = None,
        held_to: nn.Module | None = None,
        accelerator: Accelerator | None = None,
        scratch: Path | None = None,
        report: Report | None = None,
    ):
        self._accelerator = accelerator or make_accelerator()
        self._options = options
        self._train = train
        self._validation = validation
        self._tools = tools
        self._scratch = scratch
        self._report = report
        self._seed = options.seed if seed is None else seed
        torch.manual_seed(self._seed)
        policy = Policy(max_calls=options.max_calls)
        self._goes_on = start is not None
        with torch.no_grad():
            reference = (held_to or policy).eval()
            self._reference = first_decision(*reference(self._train.states, tools))
        optimizer = torch.optim.AdamW(
            policy.parameters(),
            lr=options.learning_rate,
            weight_decay=options.weight_decay,
            fused=True,
        )
        if start is not None:
            policy.load_state_dict(start.state_dict())
        self._policy, self._optimizer = self._accelerator.prepare(policy, optimizer)
        self._progress = _Progress()
        self._accelerator.register_for_checkpointing(self._progress)

    def run(self) -> tuple[Policy, History]:
        """Train to the end; the policy is that of the best epoch on the validation questions.

        Raises:
            UsageError: weights or rewards grew beyond all numbers.
        """
        threads = torch.get_num_threads()
        # The network is so small that threads only get in each other's way.
        torch.set_num_threads(1)
        try:
            return self._run()
        finally:
            torch.set_num_threads(threads)

    def _run(self) -> tuple[Policy, History]:
        self._resume()
        options, progress = self._options, self._progress
        if not progress.best:
            progress.best = self._weights()
            progress.best_reward = self._on_validation()[0] if self._goes_on else float("-inf")
        while progress.epoch < options.epochs:
            if progress.epoch - progress.history.best_epoch > options.patience:
                break
            rank = self._accelerator.process_index
            torch.manual_seed(seed_of(self._seed, progress.epoch, rank))
            self._epoch()
            self._validate()
            progress.epoch += 1
            if self._report is not None and self._accelerator.is_main_process:
                self._report(progress.epoch, progress.history)
            if progress.epoch % SAVE_EVERY == 0:
                self._save()
        policy = Policy(max_calls=options.max_calls)
        policy.load_state_dict(progress.best)
        return policy.eval(), progress.history

    def _epoch(self) -> None:
        options = self._options
        order = torch.randperm(
            len(self._train.states),
            generator=torch.Generator().manual_seed(self._seed * 10_007 + self._progress.epoch),
        )
        gained: list[float] = []
        entropies: list[float] = []
        self._policy.train()
        size = options.batch_size or max(64, -(-len(order) // 4))
        for batch in _shares(order, size, self._accelerator):
            split = self._train[batch]
            states = _with_gaps(split.states, options)
            scores, stop = self._policy(states.to(self._device), self._tools.to(self._device))
            log_p = first_decision(scores, stop)
            reward = reward_of(split, scores, stop)
            undecided = entropy(log_p)
            away = divergence(log_p, self._reference[batch].to(self._device))
            loss = -reward - options.entropy_weight * undecided + options.kl_weight * away
            self._optimizer.zero_grad()
            self._accelerator.backward(loss)
            self._optimizer.step()
            gained.append(float(reward.detach()))
            entropies.append(float(undecided.detach()))
        self._progress.history.train_reward.append(sum(gained) / len(gained))
        self._progress.history.entropy.append(sum(entropies) / len(entropies))

    def _validate(self) -> None:
        """Every process does the same here, so that all of them stop at the same epoch.

        Raises:
            UsageError: weights or rewards are not finite.
        """
        progress = self._progress
        reward, shares = self._on_validation()
        if not self._is_finite(reward):
            raise UsageError(
                f"training came to nothing in epoch {progress.epoch + 1}: its weights or rewards "
                "are no finite numbers any more, so that no router is written; a smaller "
                "--learning-rate, --kl-weight or --entropy-weight may help"
            )
        progress.history.validation_reward.append(reward)
        progress.history.tool_share.append(shares)
        if reward > progress.best_reward + SMALLEST_GAIN:
            progress.best_reward = reward
            progress.history.best_epoch = progress.epoch
            progress.best = self._weights()

    @torch.no_grad()
    def _on_validation(self) -> tuple[float, list[float]]:
        """Expected reward, and each action's mean share of the first decision."""
        policy = self._accelerator.unwrap_model(self._policy).eval()
        states, tools = self._validation.states, self._tools
        scores, stop = policy(states.to(self._device), tools.to(self._device))
        shares = first_decision(scores, stop).exp().mean(0).tolist()
        return float(reward_of(self._validation, scores, stop)), shares

    def _is_finite(self, reward: float) -> bool:
        """Whether the policy is made of numbers, and what it is worth is one."""
        weights = self._accelerator.unwrap_model(self._policy).parameters()
        return math.isfinite(reward) and all(bool(w.isfinite().all()) for w in weights)

    def _weights(self) -> dict[str, torch.Tensor]:
        weights = self._accelerator.unwrap_model(self._policy).state_dict()
        return {name: value.detach().cpu().clone() for name, value in weights.items()}

    @property
    def _device(self) -> torch.device:
        return torch.device(self._accelerator.device)

    # Going on after a kill

    def _save(self) -> None:
        """Write a state beside the last one, which is removed only when the new one is whole."""
        if self._scratch is None:
            return
        target = self._scratch / f"state-{self._progress.epoch:05d}"
        unfinished = self._scratch / "unfinished"
        self._accelerator.save_state(str(unfinished))
        self._accelerator.wait_for_everyone()
        if self._accelerator.is_main_process:
            unfinished.rename(target)
            for old in sorted(self._scratch.glob("state-*"))[:-1]:
                shutil.rmtree(old)
        self._accelerator.wait_for_everyone()

    def _resume(self) -> None:
        if self._scratch is None:
            return
        if self._accelerator.is_main_process:
            self._scratch.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self._scratch / "unfinished", ignore_errors=True)
        self._accelerator.wait_for_everyone()
        states = sorted(self._scratch.glob("state-*"))
        if states:
            self._accelerator.load_state(str(states[-1]))


class _Progress:
    """How far training is; part of the state that it goes on from."""

    def __init__(self) -> None:
        self.epoch = 0
        self.best: dict[str, torch.Tensor] = {}
        self.best_reward = float("-inf")
        self.history = History()

    def state_dict(self) -> dict[str, Any]:
        return vars(self) | {"history": asdict(self.history)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self.history = History(**state["history"])


def _shares(
    order: torch.Tensor, batch_size: int, accelerator: Accelerator
) -> Sequence[torch.Tensor]:
    """This process's part of each batch; every process gets as many parts, of nearly a size."""
    processes, rank = accelerator.num_processes, accelerator.process_index
    batches = []
    for batch in torch.split(order, batch_size):
        if len(batch) < processes:  # too few to share out: all see them
            batches.append(batch)
        else:
            batches.append(batch[rank::processes])
    return batches


def _with_gaps(states: States, options: TrainingOptions) -> States:
    """What a plan does not know either is left out here and there, tags and the margin; and what
    could be learned by heart, the form of the choices."""
    kept = (torch.rand(len(states), 1) >= options.heard_dropout).float()
    known = torch.cat([torch.ones(len(states), 2), kept, kept], dim=1)
    read = (torch.rand(len(states), 1) >= options.choices_dropout).float()
    return replace(
        states,
        heard=states.heard * kept,
        facts=states.facts * known,
        choices=states.choices * read,
    )
