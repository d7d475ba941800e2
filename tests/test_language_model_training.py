"""Training a language model as router: rewards and loss by hand, kills, processes."""

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import only_plugins
from outcome_tables import table
from quick_reasoner import PLUGIN

from audiorouter.errors import UsageError
from audiorouter.learning.language_model.options import LanguageModelOptions
from audiorouter.learning.language_model.rewards import DecisionRewards
from audiorouter.learning.outcome_table import Outcome
from audiorouter.learning.policy_kinds import PolicyKind, options_of
from audiorouter.learning.starting_router import without_kept_options
from audiorouter.plugins import load_registry
from audiorouter.toolbox import ToolCall

TOOLS = {
    name: load_registry(third_party=False).tools[real]
    for name, real in (("a", "tempo"), ("b", "key"))
}
A, B = (ToolCall("a"),), (ToolCall("b"),)
QUICK = "--rank 4 --warm-epochs 2 --epochs 1 --group-size 4 --questions-a-step 2"


def as_given(_question, call):
    return call


def rewards(*, cost_weight=0.1, max_calls=1):
    """Of one question: `a` mends it, `b` changes nothing and costs three times as much."""
    known = table([[0, 1, 0]], [[0.2, 0.8, 0.2]], [[0, 1, 3]], together=4)
    return DecisionRewards(
        known, [["a", "b"]], TOOLS, as_given, max_calls=max_calls, cost_weight=cost_weight
    )


def test_rewards_are_what_the_tools_changed_less_what_they_cost():
    values = rewards()
    texts = ['[{"tool":"a"}]', '[{"tool":"b"}]', "[]", "[{}]", "none of them"]
    # a: half of (0.8 - 0.2), half of a right answer, less 0.1 of a quarter of what all cost.
    wanted = [0.3 + 0.5 - 0.025, -0.075, 0.0, -0.1, -0.1]
    assert values(completions=texts, row=[0] * 5) == pytest.approx(wanted)
    assert values.decisions == {"a": 1, "b": 1, "none": 1, "no decision": 2}
    assert values.best(0) == A
    assert rewards(cost_weight=0.0)(completions=["x"], row=[0]) == [-0.05]


def test_a_route_that_is_not_known_has_no_reward_until_it_was_asked():
    values = rewards(max_calls=2)
    both = '[{"tool":"a"},{"tool":"b"}]'
    assert values(completions=[both, both], row=[0, 0]) == [None, None]
    assert values.missing == {(0, A + B)}
    values.add({(0, A + B): Outcome(0.6, True, 0.6, 4.0)})
    assert not values.missing
    assert values(completions=[both], row=[0]) == pytest.approx([0.2 + 0.5 - 0.1])
    values.add({(0, A + B): Outcome.unanswered(4.0)})
    assert values(completions=[both], row=[0]) == [None] and not values.missing


def test_an_option_of_the_other_policy_is_refused():
    given = {"seed": 1, "members": None, "rank": 8}
    assert options_of(PolicyKind.LANGUAGE_MODEL, given)[1] == LanguageModelOptions(seed=1, rank=8)
    with pytest.raises(UsageError, match="--rank is an option of --policy language-model"):
        options_of(PolicyKind.NETWORK, given)
    assert options_of(PolicyKind.LANGUAGE_MODEL, {"epochs": 0})[1].epochs == 0
    with pytest.raises(UsageError, match="--epochs 0 is for --policy language-model"):
        options_of(PolicyKind.NETWORK, {"epochs": 0})
    with pytest.raises(UsageError, match="--members is an option of --policy network"):
        options_of(PolicyKind.LANGUAGE_MODEL, given | {"members": 3})
    with pytest.raises(UsageError, match="--members: the router of --start keeps its own"):
        without_kept_options(given | {"members": 3}, ["members"])
    of_the_project = without_kept_options(given | {"members": 3, "max_calls": 2}, ["rank"])
    assert "members" not in of_the_project and "max_calls" not in of_the_project


@pytest.mark.slow
def test_advantages_and_loss_are_those_worked_out_by_hand(checkpoint, tmp_path, monkeypatch):
    from accelerate import Accelerator

    from audiorouter.learning.language_model.trainers import (
        GroupTrainer,
        improve,
    )
    from audiorouter.routing.language_model.adapter import with_new_adapter
    from audiorouter.routing.language_model.base import load_base, locate_base
    from audiorouter.routing.language_model.writing import TOKENS_A_CALL

    model, tokenizer = load_base(locate_base(str(checkpoint("qwen2"))), device="cpu")
    model = with_new_adapter(model, rank=2)
    texts = ['[{"tool":"a"}]', '[{"tool":"b"}]', "[]", "[]"]
    encoded = [tokenizer(text)["input_ids"] + [tokenizer.eos_token_id] for text in texts]
    seen = []
    scored, loss_of = GroupTrainer._generate_and_score_completions, GroupTrainer.compute_loss

    def generate(trainer, *_arguments):
        return encoded, None

    def score(trainer, inputs):
        seen.append(scored(trainer, inputs))
        return seen[-1]

    def compute(trainer, *arguments, **options):
        seen.append(float(loss_of(trainer, *arguments, **options)))
        return loss_of(trainer, *arguments, **options)

    monkeypatch.setattr(GroupTrainer, "_generate_single_turn", generate)
    monkeypatch.setattr(GroupTrainer, "_generate_and_score_completions", score)
    monkeypatch.setattr(GroupTrainer, "compute_loss", compute)
    log = improve(
        model, tokenizer, ["What is heard?"], rewards(),
        LanguageModelOptions(group_size=4, questions_a_step=1, epochs=1, kl_weight=0.1),
        tmp_path, Accelerator(cpu=True),
        track=lambda _values, _step: None, epoch_ends=lambda _epoch: None,
        note=lambda _state: None, say=lambda _line: None,
    )  # fmt: skip
    earned = [0.775, -0.075, 0.0, 0.0]
    mean = sum(earned) / 4
    advantages = [reward - mean for reward in earned]  # not divided by their deviation
    assert seen[0]["advantages"].tolist() == pytest.approx(advantages, abs=1e-6)
    # Before the first step policy and warm start are one: ratios are 1, and KL is 0.
    tokens = [len(ids) for ids in encoded]
    by_hand = -sum(a * n for a, n in zip(advantages, tokens, strict=True))
    assert seen[1] == pytest.approx(by_hand / (4 * TOKENS_A_CALL), rel=1e-4)
    entry = next(entry for entry in log if "reward" in entry)
    assert entry["reward"] == pytest.approx(mean, abs=1e-6)
    assert entry["entropy"] > 0 and entry["completions/mean_length"] == sum(tokens) / 4


@pytest.fixture
def command(tone, tmp_path, checkpoint):
    """The command that trains a tiny language model into a folder, and its environment."""
    for number in range(6):
        tone(f"{number}.wav", frequency=210 + 70 * number, seconds=0.2)
    rows = [f"{number}.wav,{kind},yes|no,yes" for number in range(6) for kind in ("Loud?", "Far?")]
    (tmp_path / "q.csv").write_text("\n".join(["audio,question,choices,answer", *rows]))
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "quick.py").write_text(PLUGIN)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ACCELERATE")}
    environment |= only_plugins(tmp_path / "plugins")
    # Threads that wait for each other by computing are slow where others compute as well.
    environment |= {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}

    def to(folder, *launcher):
        options = (
            f"train {tmp_path}/q.csv --clips {tmp_path}/clips -o {tmp_path}/{folder} "
            f"--provider quick --tools loudness,silences --workers 1 --policy language-model "
            f"--base {checkpoint('qwen2')} {QUICK}"
        )
        return [*(launcher or (sys.executable,)), "-m", "audiorouter", *options.split()]

    return to, environment


def run(arguments, environment):
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.slow
@pytest.mark.weights
def test_a_killed_training_goes_on_and_ends_in_the_same_router(command, tmp_path):
    to, environment = command
    said = run(to("whole"), environment)
    assert "after imitation: validation reward" in said and "after epoch 1:" in said
    log = (tmp_path / "whole" / "training.jsonl").read_text().splitlines()
    assert all(math.isfinite(json.loads(line)["reward"]) for line in log) and len(log) == 4

    process = subprocess.Popen(to("killed"), env=environment, stderr=subprocess.PIPE, text=True)
    states = tmp_path / "killed" / "training"
    deadline = time.monotonic() + 200
    while not list(states.glob("*/*/grpo/checkpoint-2/trainer_state.json")):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    said = run(to("killed"), environment)
    assert "the best route calls" not in said, "imitation was over"
    assert not states.exists()
    files = [Path(tmp_path / name / "adapter_model.safetensors") for name in ("whole", "killed")]
    assert files[0].read_bytes() == files[1].read_bytes()

    written = files[0].stat().st_mtime_ns
    assert "holds the router of this very training" in run(to("whole"), environment)
    assert files[0].stat().st_mtime_ns == written

    # As a router of its own, and damaged.
    asked = ["ask", f"{tmp_path}/clips/0.wav", "Loud?", "--choice", "yes", "--choice", "no"]
    ask = [sys.executable, "-m", "audiorouter", *asked, "--provider", "quick", "--json"]
    done = subprocess.run(
        [*ask, "--router", str(tmp_path / "whole")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "language model: " in done.stdout
    files[0].write_bytes(files[0].read_bytes()[:-4] + b"\0\0\0\0")
    done = subprocess.run(
        [*ask, "--router", str(tmp_path / "whole")], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 2 and "adapter_model.safetensors: holds other weights" in done.stderr


@pytest.mark.slow
@pytest.mark.weights
def test_two_processes_train_one_language_model(command, tmp_path):
    to, environment = command
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    torchrun = str(Path(sys.executable).with_name("torchrun"))
    said = run(to("two", torchrun, "--nproc-per-node", "2", "--master-port", port), environment)
    assert said.count("after epoch 1: validation reward") == 1, "one of them speaks"
    assert "32 decisions drawn" in said, "of both, 8 questions by 4"
    assert (tmp_path / "two" / "adapter_model.safetensors").exists()
    assert not (tmp_path / "two" / "training").exists()


@pytest.mark.slow
def test_a_policy_that_writes_one_thing_is_said_to_have_collapsed():
    from collections import Counter

    from audiorouter.learning.language_model.training import _collapse

    assert "96% of what it writes is 'tempo'" in _collapse(Counter({"tempo": 96, "none": 4}))
    assert _collapse(Counter({"tempo": 90, "none": 10})) is None
    assert _collapse(Counter()) is None


@pytest.mark.slow
def test_a_step_of_which_nothing_is_known_teaches_nothing(checkpoint, tmp_path, monkeypatch):
    from accelerate import Accelerator

    from audiorouter.learning.language_model import trainers
    from audiorouter.routing.language_model.adapter import adapter_weights, with_new_adapter
    from audiorouter.routing.language_model.base import load_base, locate_base

    model, tokenizer = load_base(locate_base(str(checkpoint("qwen2"))), device="cpu")
    model = with_new_adapter(model, rank=2)
    before = {name: value.clone() for name, value in adapter_weights(model).items()}
    both = tokenizer('[{"tool":"a"},{"tool":"b"}]')["input_ids"] + [tokenizer.eos_token_id]
    monkeypatch.setattr(
        trainers.GroupTrainer, "_generate_single_turn", lambda *_arguments: ([both] * 4, None)
    )
    monkeypatch.setattr(trainers, "SECONDS_BETWEEN", 0.0)
    values, tracked, said = rewards(max_calls=2), [], []
    trainers.improve(
        model, tokenizer, ["What is heard?"], values,
        LanguageModelOptions(group_size=4, questions_a_step=1, epochs=1, max_calls=2),
        tmp_path, Accelerator(cpu=True),
        track=lambda step_values, _step: tracked.append(step_values),
        epoch_ends=lambda _epoch: None, note=lambda _state: None, say=said.append,
    )  # fmt: skip
    assert values.missing == {(0, A + B)}
    assert any(line.startswith("GRPO: step 1 of 1; kl") for line in said), "no reward is known"
    assert tracked and all(None not in step.values() for step in tracked)
    assert all((value == before[name]).all() for name, value in adapter_weights(model).items())


@pytest.mark.slow
@pytest.mark.weights
def test_few_questions_are_a_step_of_their_own(command, tmp_path):
    to, environment = command
    said = run([*to("few"), "--limit", "6", "--questions-a-step", "8"], environment)
    assert "16 decisions drawn" in said and "are left out of an epoch" not in said
    card = json.loads((tmp_path / "few" / "router.json").read_text())
    assert card["questions"] == {"train": 4, "validation": 2}, "a fifth of the clips is apart"
    said = run([*to("rest"), "--questions-a-step", "3"], environment)
    assert "GRPO: 2 of 8 questions, others each time, are left out of an epoch" in said
