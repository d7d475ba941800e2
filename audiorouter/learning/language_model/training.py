"""From a filled outcome table to a language model that routes: imitation, GRPO, validation.

Every process of a distributed run makes the same calls. A training that was killed goes on from
the states in `scratch`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from transformers import set_seed

from audiorouter.errors import UsageError
from audiorouter.learning.distributed import Processes
from audiorouter.learning.language_model.options import LanguageModelOptions
from audiorouter.learning.language_model.rewards import (
    INVALID,
    DecisionRewards,
    Place,
    in_order,
)
from audiorouter.learning.language_model.states import Noted, last_state
from audiorouter.learning.outcome_source import OutcomeSource
from audiorouter.learning.outcome_table import Calls, OutcomeTable
from audiorouter.learning.training_data import TrainingData
from audiorouter.machine.files import write_file
from audiorouter.routing.language_model.adapter import (
    adapter_weights,
    load_adapter,
    with_new_adapter,
)
from audiorouter.routing.language_model.base import Base, load_base
from audiorouter.routing.language_model.checkpoint import adapter_content
from audiorouter.routing.language_model.decisions import decision_schema, written
from audiorouter.routing.language_model.prompt import messages, prompt_text
from audiorouter.routing.language_model.writing import TOKENS_A_CALL, write_decisions
from audiorouter.routing.shortlist import Shortlist
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    import torch
    from accelerate import Accelerator

_WARM, _BEST, _VALIDATIONS = "warm.safetensors", "best.safetensors", "validations.json"
_IMITATION, _GRPO = "imitation", "grpo"
"""Folders of the states of both parts."""
COLLAPSED = 0.95
"""Share of one decision among all that were drawn from which on a policy has collapsed."""


class Validated(NamedTuple):
    """What a policy's likeliest decisions about the validation questions came to."""

    reward: float
    accuracy: float
    readable: float
    """Share of them that could be read."""
    none: float
    """Share of them that call nothing."""


@dataclass(frozen=True)
class TrainedLanguageModel:
    """The adapter of the best epoch, and how it went."""

    adapter: dict[str, torch.Tensor]
    validations: list[Validated]
    """After imitation, and after each epoch of GRPO."""
    log: list[dict[str, float]]
    """Of GRPO, an entry a step: reward, entropy, length, KL … as TRL names them."""

    learned_from: OutcomeTable
    validated_on: OutcomeTable

    @property
    def best(self) -> Validated:
        """Of the adapter."""
        return max(self.validations, key=lambda validated: validated.reward)


class LanguageModelTraining:
    """Trains one language model on the questions of a table."""

    def __init__(
        self,
        data: TrainingData,
        source: OutcomeSource,
        base: Base,
        options: LanguageModelOptions,
        *,
        candidates: int | None,
        cost_weight: float,
        accelerator: Accelerator,
        processes: Processes,
        scratch: Path,
        encoder: SentenceEncoder,
        say: Callable[[str], None],
    ):
        self._data = data
        self._source = source
        self._options = options
        self._accelerator = accelerator
        self._processes = processes
        self._scratch = scratch
        self._say = say
        self._tools = {tool.name: tool for tool in data.tools}
        shortlist = Shortlist(self._tools, encoder, candidates)

        def rewards(table: OutcomeTable) -> DecisionRewards:
            offered = shortlist.of(table.requests)
            return DecisionRewards(
                table, offered, self._tools, source.made,
                max_calls=options.max_calls, cost_weight=cost_weight,
            )  # fmt: skip

        self._train, self._held = map(rewards, _split(data))
        half = accelerator.mixed_precision == "bf16"
        model, self._tokenizer = load_base(base, device=str(accelerator.device), half=half)
        set_seed(options.seed)  # by which an adapter begins
        self._model = with_new_adapter(model, rank=options.rank, layers=options.layers)
        self._validations: list[Validated] = []
        self._best: dict[str, torch.Tensor] = {}
        self._recall()

    def run(self) -> TrainedLanguageModel:
        """Train to the end."""
        prompts = self._prompts(self._train)
        lengths = [len(self._tokenizer(prompt)["input_ids"]) for prompt in prompts]
        self._check_room(max(lengths))
        self._say(
            f"language model: {len(prompts)} prompts of {sum(lengths) / len(lengths):.0f} tokens "
            "in the mean"
        )
        self._warm_start(prompts)
        log: list[dict[str, float]] = []
        if self._options.epochs:
            log = self._grpo(prompts)
        return TrainedLanguageModel(
            self._best, self._validations, log, self._train.table, self._held.table
        )

    def _check_room(self, longest: int) -> None:
        """Make sure that the model takes as long a prompt, and what it is to write.

        Raises:
            UsageError: it does not.
        """
        config = self._model.config.get_text_config()
        most = getattr(config, "max_position_embeddings", None)
        needed = longest + TOKENS_A_CALL * self._options.max_calls
        if most is not None and needed > most:
            raise UsageError(
                f"{self._options.base}: takes {most} tokens, and prompts with decisions have up to "
                f"{needed}: offer fewer tools (--candidates) or read less of them (--tool-detail)"
            )

    def _warm_start(self, prompts: Sequence[str]) -> None:
        from audiorouter.learning.language_model.trainers import imitate

        kept = self._scratch / _WARM
        there = self._processes.decide(kept.exists)
        if self._options.warm_epochs:
            self._ask_longer()
        if self._options.warm_epochs and not there:
            best = [self._train.best(row) for row in range(len(prompts))]
            self._say(f"imitation: {_described_routes(best)}")
            imitate(
                self._model, self._tokenizer, prompts, list(map(self._target, best)), self._options,
                self._scratch / _IMITATION, self._accelerator, track=self._track, say=self._say,
            )  # fmt: skip
            self._keep(kept)
        elif there:
            from safetensors.torch import load_file

            load_adapter(self._model, load_file(kept), source=str(kept))
        self._validate(0, "after imitation" if self._options.warm_epochs else "untrained")

    def _ask_longer(self) -> None:
        """Ask by the best calls of each question together, which the table has not."""
        rows = range(len(self._train.table))
        longer = [(row, calls) for row in rows for calls in self._train.longer(row)]
        self._ask(self._train, self._train.unknown(longer))

    def _target(self, calls: Calls) -> str:
        """A route of the table as it is to be written.

        Where that has more tokens than may be written it goes without the arguments, which are
        those that its question names: the same calls are made.
        """
        text = written(calls, self._tools)
        tokens = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        if len(tokens) < TOKENS_A_CALL * self._options.max_calls:
            return text
        return written([ToolCall(call.tool) for call in calls], self._tools)

    def _grpo(self, prompts: Sequence[str]) -> list[dict[str, float]]:
        from audiorouter.learning.language_model.trainers import improve

        self._go_on()
        log = improve(
            self._model, self._tokenizer, prompts, self._train, self._options,
            self._scratch / _GRPO, self._accelerator,
            track=self._track, epoch_ends=self._epoch_ends, note=self._note, say=self._say,
        )  # fmt: skip
        rewards = [entry for entry in log if entry.get("reward") is not None]
        silent = [entry["frac_reward_zero_std"] for entry in rewards]
        if silent:
            share = sum(silent) / len(silent)
            self._say(f"GRPO: {share:.0%} of the groups told nothing and were left out")
        return rewards

    def _epoch_ends(self, epoch: int) -> None:
        """Say what was written, ask what was missing for the epochs that follow, and validate."""
        noted = self._noted()
        self._train.decisions.clear()
        drawn = Counter(noted.decisions)
        self._say(f"epoch {epoch}: {_described(drawn)}")
        if (collapse := _collapse(drawn)) is not None:
            self._say(collapse)
        if epoch < self._options.epochs:
            self._ask(self._train, noted.missing)
        self._validate(epoch, f"after epoch {epoch}")

    def _noted(self) -> Noted:
        """What all processes have noted so far."""
        missing: set[Place] = set()
        drawn: Counter[str] = Counter()
        mine = self._train.missing, self._train.decisions
        for places, decisions in self._processes.gather(lambda: mine):
            missing |= places
            drawn += decisions
        return Noted(self._train.asked, in_order(missing), dict(drawn))

    def _note(self, state: Path) -> None:
        noted = self._noted()
        self._processes.decide(lambda: noted.write(state))

    def _go_on(self) -> None:
        """Note what an earlier process of this training had noted; the store has what it asked."""
        state = self._processes.decide(lambda: last_state(self._scratch / _GRPO))
        if state is None:
            return
        noted = self._processes.decide(lambda: Noted.read(state))
        self._ask(self._train, noted.asked)
        self._train.missing.update(noted.missing)
        if self._processes.is_main:  # counts are of all processes
            self._train.decisions.update(noted.decisions)

    def _track(self, values: dict[str, float], step: int) -> None:
        self._accelerator.log(values, step=step)

    def _ask(self, rewards: DecisionRewards, places: Sequence[Place]) -> None:
        outcomes = self._data.outcomes(rewards.table, places, self._source, self._processes)
        rewards.add(outcomes)

    def _recall(self) -> None:
        """What a training that goes on had validated."""
        from safetensors.torch import load_file

        if self._processes.decide((self._scratch / _VALIDATIONS).exists):
            listed = json.loads((self._scratch / _VALIDATIONS).read_text("utf-8"))
            self._validations = [Validated(*values) for values in listed]
            self._best = load_file(self._scratch / _BEST)

    def _validate(self, number: int, when: str) -> None:
        """Write a decision about each validation question, each process its share.

        What a training that goes on validated before stands.
        """
        if number < len(self._validations):
            return
        held, shard = self._held, self._processes.shard
        model = self._accelerator.unwrap_model(self._model)
        training = model.training
        model.eval()
        mine = [row for row in range(len(held.table)) if row % shard.processes == shard.rank]

        def write() -> list[tuple[int, Calls | None]]:
            prompts = self._prompts(held, mine)
            schemas = [self._schema(held, row) for row in mine]
            calls = self._options.max_calls
            texts = write_decisions(model, self._tokenizer, prompts, schemas, max_calls=calls)
            return [(row, held.read(row, text)) for row, text in zip(mine, texts, strict=True)]

        decisions = dict(pair for share in self._processes.gather(write) for pair in share)
        model.train(training)
        routes = [(row, calls or ()) for row, calls in sorted(decisions.items())]
        self._ask(held, held.unknown(routes))
        judged = [held.judged(row, calls) for row, calls in routes]
        validated = Validated(
            sum(reward for reward, _ in judged) / len(judged),
            sum(right for _, right in judged) / len(judged),
            sum(calls is not None for calls in decisions.values()) / len(judged),
            sum(not calls for _, calls in routes) / len(judged),
        )
        if all(validated.reward > earlier.reward for earlier in self._validations):
            self._best = {k: v.detach().cpu().clone() for k, v in adapter_weights(model).items()}
            self._keep(self._scratch / _BEST)
        self._validations.append(validated)
        self._processes.decide(
            lambda: write_file(self._scratch / _VALIDATIONS, json.dumps(self._validations))
        )
        self._say(
            f"{when}: validation reward {validated.reward:+.3f}, {validated.accuracy:.1%} right, "
            f"{validated.readable:.1%} readable, {validated.none:.0%} call nothing"
        )

    def _prompts(self, rewards: DecisionRewards, rows: Sequence[int] | None = None) -> list[str]:
        requests, detail = rewards.table.requests, self._options.tool_detail
        return [
            prompt_text(self._tokenizer, messages(requests[row], self._offer(rewards, row), detail))
            for row in (range(len(requests)) if rows is None else rows)
        ]

    def _schema(self, rewards: DecisionRewards, row: int) -> dict[str, Any]:
        return decision_schema(self._offer(rewards, row), max_calls=self._options.max_calls)

    def _offer(self, rewards: DecisionRewards, row: int) -> list[Any]:
        return [self._tools[name] for name in rewards.offered[row]]

    def _keep(self, path: Path) -> None:
        adapter = adapter_weights(self._accelerator.unwrap_model(self._model))
        self._processes.decide(lambda: write_file(path, adapter_content(adapter)))


def _split(data: TrainingData) -> tuple[OutcomeTable, OutcomeTable]:
    """What is trained on, and what is validated on: a fifth of the clips where it is not given."""
    if data.validation is not None:
        return data.train, data.validation
    seen, held = data.folds(5)[0]
    return data.train.part(seen.tolist()), data.train.part(held.tolist())


def _described_routes(best: Sequence[Calls]) -> str:
    called, several = sum(map(bool, best)), sum(len(calls) > 1 for calls in best)
    told = sum(any(call.arguments for call in calls) for calls in best)
    return (
        f"the best route calls a tool for {called} of {len(best)}, several for {several}, with "
        f"arguments for {told}"
    )


def _described(drawn: Counter[str]) -> str:
    most = ", ".join(f"{name} {count}" for name, count in drawn.most_common(5))
    total, invalid = drawn.total(), drawn[INVALID]
    return f"{total} decisions drawn, {invalid} not readable; most often {most}"


def _collapse(drawn: Counter[str]) -> str | None:
    """What to say where nearly all decisions are one."""
    if not drawn:
        return None
    [(name, count)] = drawn.most_common(1)
    share = count / drawn.total()
    if share < COLLAPSED:
        return None
    return (
        f"the policy has collapsed: {share:.0%} of what it writes is {name!r}, "
        "whatever is asked; a larger --kl-weight, a smaller --learning-rate or more varied "
        "questions may help"
    )
