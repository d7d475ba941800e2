"""The router that is used where none is named: what it is called, and when rules decide instead."""

import json
import logging

import pytest
from commands import run, run_apart
from conftest import EXAMPLES

from audiorouter.errors import UsageError
from audiorouter.machine.called import python_to_type
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_router
from audiorouter.routing.shipped import TRAINED_ROUTERS

NO_ENCODER = "weights minilm are missing: run `audiorouter models pull minilm`"


@pytest.fixture
def registry():
    return load_registry(third_party=False)


@pytest.fixture
def no_encoder(monkeypatch):
    monkeypatch.setattr("audiorouter.routing.learned.encoder_missing", lambda: NO_ENCODER)


@pytest.fixture
def encoder(monkeypatch):
    monkeypatch.setattr("audiorouter.routing.learned.encoder_missing", lambda: None)


def test_what_a_trained_router_was_trained_with_is_shown(tmp_path):
    card = json.loads(run("routers", "show", "--json").stdout)
    shown = run("routers", "show").stdout
    assert f"trained on {card['questions']['train']:,} questions" in shown
    assert card["folder"] in shown and ", ".join(card["tools"]) in shown
    said = run("routers", "show", tmp_path / "lerned", code=2).stderr
    assert "no router" in said and "learned" in said
    assert "not trained" in run("routers", "show", "tools:tempo").stdout
    assert run("routers", "show", "all:").stdout.startswith("all: ")
    assert "did you mean 'rules'?" in run("routers", "show", "rulez", code=2).stderr
    assert "nothing after the colon" in run("routers", "show", "none:5", code=2).stderr


def test_the_default_router_was_trained_with_the_tools_as_they_are(registry):
    card = json.loads((TRAINED_ROUTERS / "cascade" / "router.json").read_text())
    trained_with = {name: identity.split()[0] for name, identity in card["tools"].items()}
    present = {name: f"{name}/{registry.tools[name].version}" for name in trained_with}
    assert trained_with == present, "train it again: batches would say that tools have changed"


def test_the_list_names_the_learned_router_with_where_it_is_from():
    listed = {one["name"]: one for one in json.loads(run("routers", "list", "--json").stdout)}
    assert listed["learned"]["from"] == str(TRAINED_ROUTERS / "cascade")
    assert listed["learned"]["description"].startswith(
        "the default for cascade: trained on 1,197 questions by 36 tools"
    )
    assert listed["rules"]["from"] == "audiorouter"


@pytest.mark.slow
def test_the_list_says_which_plugin_a_router_is_of(tmp_path):
    (tmp_path / "last_word.py").write_text(
        "from audiorouter import hookimpl\n"
        "from audiorouter.routing.strategies import NoneFactory\n"
        "class LastWord(NoneFactory):\n"
        "    name = 'last_word'\n"
        "@hookimpl\n"
        "def register_routers(register):\n"
        "    register(LastWord())\n"
    )
    done = run("--plugin", tmp_path / "last_word.py", "routers", "list", "--json")
    listed = {one["name"]: one for one in json.loads(done.stdout)}
    assert listed["last_word"]["from"] == "last_word file"


def test_the_list_says_that_the_learned_router_cannot_be_used(no_encoder):
    (learned,) = [
        one for one in json.loads(run("routers", "list", "--json").stdout)
        if one["name"] == "learned"
    ]  # fmt: skip
    assert NO_ENCODER in learned["description"]


def test_learned_is_the_default_by_name(registry, encoder):
    by_name = open_router(registry, "learned", provider="cascade")
    default = open_router(registry, None, provider="cascade")
    assert by_name.name == default.name == "learned"
    assert by_name.identity == default.identity
    weighed = open_router(registry, "learned", provider="cascade:some-model", cost_weight=0.5)
    assert weighed.identity != default.identity


def test_a_folder_that_is_called_learned_is_that_folder(registry, encoder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "learned").mkdir()
    with pytest.raises(UsageError, match=r"router\.json"):
        open_router(registry, "learned", provider="cascade")


def test_learned_where_there_is_none_is_an_error_that_says_why(registry, no_encoder):
    with pytest.raises(UsageError, match="minilm are missing"):
        open_router(registry, "learned", provider="cascade")
    with pytest.raises(UsageError, match="none for openai comes with the package"):
        open_router(registry, "learned", provider="openai:gpt-audio")


@pytest.mark.parametrize(
    ("provider", "why"), [("cascade", NO_ENCODER), ("openai:gpt-audio", "none for openai")]
)
def test_rules_in_place_of_the_learned_router_are_said(registry, no_encoder, caplog, provider, why):
    with caplog.at_level(logging.WARNING, "audiorouter"):
        assert open_router(registry, None, provider=provider).name == "rules"
    assert "rules, in place of learned" in caplog.text
    assert why in caplog.text


def test_rules_that_were_asked_for_are_not_said(registry, no_encoder, caplog):
    with caplog.at_level(logging.WARNING, "audiorouter"):
        open_router(registry, "rules", provider="cascade")
    assert caplog.text == ""


@pytest.mark.slow
def test_a_command_says_on_stderr_that_rules_route(tmp_path):
    batch = ["batch", EXAMPLES / "clips", EXAMPLES / "questions.csv", "--limit", "1", "--plan"]
    apart = python_to_type("-m", "audiorouter")  # as the command was called
    assert (
        f"rules, in place of learned: {NO_ENCODER.replace('audiorouter', apart)}"
        in run_apart(*batch, "--json", AUDIOROUTER_CACHE=tmp_path).stderr
    )


def test_a_mistyped_learned_is_told_of_it(registry):
    with pytest.raises(UsageError, match="did you mean 'learned'"):
        open_router(registry, "learnt", provider="cascade")
