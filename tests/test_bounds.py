"""Numbers that no work can be done by are refused before it, wherever they come from."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from commands import run

from audiorouter import BatchOptions, EngineOptions, Session
from audiorouter.batch.past.past_runs import list_runs
from audiorouter.errors import UsageError
from audiorouter.evaluation.evaluate import EvaluateRequest
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.request import TrainRequest
from audiorouter.plugins.opening import open_reasoner
from audiorouter.store import Store

HUGE = "99999999999999999999"
ENGINE = {
    "--memory": ("inf", "nan", "1e300", "1e12"),
    "--timeout": ("inf", "nan", "1e300"),
    "--answer-timeout": ("inf", "nan"),
    "--workers": ("0", HUGE),
    "--batch-size": ("0", HUGE),
    "--shuffle-choices": ("25", HUGE),
    "--limit": ("0", HUGE),
    "--max-calls": ("9", HUGE),
}
TRAINING = {
    "--seed": ("-1", "4294967296"),
    "--learning-rate": ("inf", "nan", "1e30"),
    "--kl-weight": ("inf", "nan", "1e30"),
    "--entropy-weight": ("inf", "nan"),
    "--cost-weight": ("inf", "nan", "1e30"),
    "--group-size": ("1", HUGE),
    "--members": ("21", HUGE),
    "--epochs": ("0", HUGE),
    "--candidates": ("0", HUGE),
}


@pytest.mark.parametrize(
    "command, options",
    [
        (["batch", "{clips}", "{questions}", "--plan"], ENGINE | {"--cost-weight": ("inf", "nan")}),
        (["evaluate", "{questions}", "--clips", "{clips}", "--plan"], ENGINE),
        (["train", "{questions}", "--clips", "{clips}", "-o", "{out}"], ENGINE | TRAINING),
        (["ask", "{clips}/0.wav", "Loud?"], {"--max-calls": ("9",), "--cost-weight": ("nan",)}),
        (["tools", "run", "loudness", "{clips}"], {"--timeout": ("nan",), "--workers": (HUGE,)}),
        (["tools", "bench", "{clips}"], {"--timeout": ("inf", "nan")}),
        (["runs", "list"], {"--limit": ("0", HUGE)}),
        (["compare", "1", "2"], {"--limit": (HUGE,)}),
        (["store", "prune"], {"--days": (HUGE,)}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_commands_refuse_them_before_the_work(
    command, options, question_file, clips, tmp_path, own_store
):
    places = {"clips": clips, "questions": question_file, "out": tmp_path / "router"}
    line = [word.format(**places) for word in command]
    for option, values in options.items():
        for value in values:
            said = run(*line, f"{option}={value}", code=2).stderr
            assert option.strip("-").replace("-", " ") in said.replace("_", " ").replace("-", " ")
    with Store(own_store) as store:
        assert store.stats().tool_calls == store.stats().answers == store.stats().runs == 0
    assert not (tmp_path / "router").exists()


def test_a_file_of_settings_is_held_to_the_same(question_file, clips, tmp_path):
    file = tmp_path / "audiorouter.toml"
    for setting in ("memory = inf", "seed = -1", f"workers = {2**62}", "cost_weight = nan"):
        file.write_text(f"{setting}\n")
        said = run("--settings", file, "batch", clips, question_file, "--plan", code=2).stderr
        assert setting.partition(" ")[0] in said and " to " in said


def test_options_in_python_are_held_to_the_same(clips, own_store):
    train = TrainRequest("questions.csv", "clips", "router")
    evaluate = EvaluateRequest(questions="questions.csv", clips="clips")
    for name, options in (
        ("memory", EngineOptions()),
        ("timeout", EngineOptions()),
        ("limit", BatchOptions()),
        ("cost_weight", BatchOptions()),
        ("seed", TrainingOptions()),
        ("learning_rate", TrainingOptions()),
        ("heard_dropout", TrainingOptions()),
        ("choices_dropout", TrainingOptions()),
        ("cost_weight", train),
        ("limit", train),
        ("max_calls", evaluate),
    ):
        for value in (math.inf, math.nan, -1, 1e300, "many"):
            with pytest.raises(UsageError, match=f"{name} is .*, and takes a .*number from"):
                replace(options, **{name: value})
    with Session() as session, pytest.raises(UsageError, match="max_calls"):
        session.ask(clips / "0.wav", "Is it loud?", max_calls=9)
    with Store(own_store) as store, pytest.raises(UsageError, match="limit"):
        list_runs(store, limit=10**30)


def test_every_seed_within_bounds_is_taken():
    assert [replace(TrainingOptions(), seed=s).seed for s in (0, 2**32 - 1)] == [0, 2**32 - 1]


def test_prices_and_providers_options_are_numbers_that_can_be_summed(two_tools):
    prices = {"price_in": 1, "price_out": 1}
    for wrong in ({"price_in": 1e308}, {"price_out": math.inf}, {"price_audio": 1e10},
                  {"request_timeout": math.inf}, {"temperature": math.nan}):  # fmt: skip
        with pytest.raises(UsageError, match=next(iter(wrong))):
            open_reasoner(two_tools, "openai:m", {"base_url": "http://x/v1", **prices, **wrong})
