"""TRL's trainers, set up for decisions: imitation, and GRPO.

accelerate is beneath them: several devices, mixed precision, DeepSpeed and FSDP are as its
configuration says. GRPO as in DeepSeekMath (Shao et al., 2024) without the division by the
deviation and by each text's own length (Liu et al., "Understanding R1-Zero-Like Training", 2025).
"""

from __future__ import annotations

import logging
import math
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import datasets
import torch
from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
from trl import GRPOConfig, GRPOTrainer, SFTConfig, SFTTrainer

from audiorouter.errors import UsageError
from audiorouter.learning.language_model.options import LanguageModelOptions
from audiorouter.learning.language_model.rewards import DecisionRewards
from audiorouter.learning.language_model.states import last_state
from audiorouter.learning.request import Say
from audiorouter.learning.seeds import seed_of
from audiorouter.routing.language_model.writing import TOKENS_A_CALL
from audiorouter.text import counted

if TYPE_CHECKING:
    from accelerate import Accelerator

Track = Callable[[dict[str, float], int], None]
"""Takes what is known of a step, and its number."""

ROWS_AT_ONCE = 8
SECONDS_BETWEEN = 20.0
"""Between two words of how far it is."""
_ROUNDING = 1e-6
SAVES = 10
"""States that are kept on the way, one after the other, of a training that may be killed."""


@contextmanager
def _quiet() -> Iterator[None]:
    """Without bars, and without what these libraries change between themselves."""
    logging.getLogger("trl").setLevel(logging.ERROR)
    datasets.disable_progress_bars()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


@_quiet()
def imitate(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    decisions: Sequence[str],
    options: LanguageModelOptions,
    folder: Path,
    accelerator: Accelerator,
    *,
    track: Track,
    say: Say,
) -> None:
    """Train the adapter to write these decisions."""
    steps = math.ceil(len(prompts) / (ROWS_AT_ONCE * accelerator.num_processes))
    settings = SFTConfig(
        **_settings(options, folder, accelerator),
        num_train_epochs=options.warm_epochs,
        learning_rate=options.warm_learning_rate,
        per_device_train_batch_size=ROWS_AT_ONCE,
        max_length=None,
        completion_only_loss=True,
        save_strategy="steps",
        save_steps=max(1, steps * options.warm_epochs // SAVES),
    )
    rows = Dataset.from_dict({"prompt": list(prompts), "completion": list(decisions)})
    trainer = SFTTrainer(model=model, args=settings, train_dataset=rows, processing_class=tokenizer)
    _run(trainer, folder, _Progress("imitation", track, say, ("loss", "mean_token_accuracy")))


@_quiet()
def improve(
    model: Any,
    tokenizer: Any,
    prompts: Sequence[str],
    rewards: DecisionRewards,
    options: LanguageModelOptions,
    folder: Path,
    accelerator: Accelerator,
    *,
    track: Track,
    epoch_ends: Callable[[int], None],
    note: Callable[[Path], None],
    say: Say,
) -> list[dict[str, float]]:
    """GRPO from the adapter as it is, which it is held to; `epoch_ends` is called after each epoch.

    `note` is given the folder of each state that is to be saved, so that what belongs to it is kept
    there as well. `rewards` are asked by position in `prompts`. Returns what was logged on the way.
    """
    processes = accelerator.num_processes
    groups = max(1, min(options.questions_a_step, len(prompts)) // processes)
    steps, left = divmod(len(prompts), groups * processes)
    if not steps:
        raise UsageError(
            f"{counted(len(prompts), 'question')} to train on by {processes} processes: GRPO "
            "needs one for each of them"
        )
    if left:
        say(f"GRPO: {left} of {len(prompts)} questions, others each time, are left out of an epoch")
    settings = GRPOConfig(
        **_settings(options, folder, accelerator),
        num_train_epochs=options.epochs,
        learning_rate=options.learning_rate,
        per_device_train_batch_size=options.group_size,
        gradient_accumulation_steps=groups,
        num_generations=options.group_size,
        max_completion_length=TOKENS_A_CALL * options.max_calls,
        beta=options.kl_weight,
        scale_rewards="none",
        loss_type="dr_grpo",
        save_strategy="no",  # `_States` says when
    )
    rows = Dataset.from_dict({"prompt": list(prompts), "row": list(range(len(prompts)))})
    trainer = GroupTrainer(
        model=model,
        args=settings,
        reward_funcs=rewards,
        train_dataset=rows,
        processing_class=tokenizer,
        callbacks=[_States(max(1, steps * options.epochs // SAVES), steps, note, epoch_ends)],
    )
    _run(trainer, folder, _Progress("GRPO", track, say, ("reward", "kl", "entropy")))
    return list(trainer.state.log_history)


def _run(trainer: Any, folder: Path, progress: TrainerCallback) -> None:
    """Train to the end, from the last state of a training that was killed."""
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(progress)
    trainer.add_callback(_Seeds())
    state = last_state(folder)
    trainer.train(resume_from_checkpoint=None if state is None else str(state))


class GroupTrainer(GRPOTrainer):  # type: ignore[misc]
    """GRPO in which decisions that tell nothing are left out, also of the pull to the warm start.

    They are those whose advantage is 0, such as all of a group that earns alike.
    """

    def _get_train_sampler(self, dataset: Any = None) -> Any:
        sampler = super()._get_train_sampler(dataset)
        self.add_callback(_Order(sampler.generator))
        return sampler

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)
        # The advantage is 0 where all of a group earn alike, and where nothing is known.
        silent = batch["advantages"].abs() < _ROUNDING
        batch["completion_mask"] = batch["completion_mask"] * (~silent).long().unsqueeze(1)
        return batch


class _Seeds(TrainerCallback):  # type: ignore[misc]
    """What is drawn in a step follows from its number and the process's rank."""

    def on_step_begin(self, args: Any, state: Any, _control: Any, **_more: Any) -> None:
        torch.manual_seed(seed_of(args.seed, state.global_step, args.process_index))


class _Order(TrainerCallback):  # type: ignore[misc]
    """The order of the questions in an epoch follows from its number, in all processes alike."""

    def __init__(self, generator: torch.Generator):
        self._generator = generator

    def on_epoch_begin(self, args: Any, state: Any, _control: Any, **_more: Any) -> None:
        self._generator.manual_seed(seed_of(args.seed, int(state.epoch)))


class _States(TrainerCallback):  # type: ignore[misc]
    """Has a state saved every so many steps, and at the end of an epoch when all is done there."""

    def __init__(
        self,
        every: int,
        steps_an_epoch: int,
        note: Callable[[Path], None],
        epoch_ends: Callable[[int], None],
    ):
        self._every = every
        self._steps = steps_an_epoch
        self._note = note
        self._epoch_ends = epoch_ends

    def on_step_end(self, args: Any, state: Any, control: Any, **_more: Any) -> None:
        if state.global_step % self._every == 0 and state.global_step % self._steps:
            self._save(args, state, control)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_more: Any) -> None:
        self._epoch_ends(round(state.epoch))
        self._save(args, state, control)

    def _save(self, args: Any, state: Any, control: Any) -> None:
        self._note(Path(args.output_dir) / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}")
        control.should_save = True


class _Progress(TrainerCallback):  # type: ignore[misc]
    """Tells a tracker of each step, and says at most once in `SECONDS_BETWEEN` how far it is."""

    def __init__(self, name: str, track: Track, say: Say, shown: Sequence[str]):
        self._name = name
        self._track = track
        self._say = say
        self._shown = shown
        self._last = time.monotonic()

    def on_log(
        self, _args: Any, state: Any, _control: Any, logs: Mapping[str, float], **_more: Any
    ) -> None:
        # What is not known of a step, such as its reward where nobody tried its routes, is None.
        known = {name: value for name, value in logs.items() if value is not None}
        self._track({f"{self._name}/{n}": v for n, v in known.items()}, state.global_step)
        now = time.monotonic()
        values = [f"{name} {known[name]:.3f}" for name in self._shown if name in known]
        if not values or now - self._last < SECONDS_BETWEEN:
            return
        self._last = now
        self._say(
            f"{self._name}: step {state.global_step} of {state.max_steps}; {', '.join(values)}"
        )


def _settings(
    options: LanguageModelOptions, folder: Path, accelerator: Accelerator
) -> dict[str, Any]:
    precision = accelerator.mixed_precision
    return {
        "output_dir": str(folder),
        "seed": options.seed,
        "use_cpu": accelerator.device.type == "cpu",
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
        "gradient_checkpointing": False,
        "lr_scheduler_type": "constant_with_warmup",
        "warmup_steps": 0.05,
        "logging_steps": 1,
        "save_total_limit": 1,
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": torch.cuda.is_available(),
    }
