"""Help: short and long, in groups, with examples that the command line understands; variables."""

import re
import shlex

import pytest
import typer
from commands import run
from environments import ROOT

from audiorouter.cli.app import app
from audiorouter.cli.help_examples import with_examples
from audiorouter.cli.help_groups import LIMITS, OUTPUT, REASONER, ROUTING

PROGRAM = typer.main.get_command(app)


def commands(group, words=()):
    for name, sub in group.commands.items():
        if hasattr(sub, "commands"):
            yield from commands(sub, (*words, name))
        else:
            yield (*words, name), sub


COMMANDS = list(commands(PROGRAM))


def examples_of(command):
    text = command.help.partition("Example")[2].replace("\\\n", " ")
    return [
        line.strip().partition("audiorouter ")[2]
        for line in text.splitlines()
        if line.startswith("  ") and "audiorouter " in line
    ]


@pytest.mark.parametrize("words", [(), *dict.fromkeys(words[:1] for words, _ in COMMANDS)], ids=str)
def test_the_short_form_is_the_long_one(words):
    assert run(*words, "-h").stdout == run(*words, "--help").stdout


@pytest.mark.parametrize(("words", "command"), COMMANDS, ids=lambda v: str(v))
def test_every_command_has_examples_of_itself_that_are_understood(words, command):
    examples = examples_of(command)
    own = [e for e in examples if set(words) <= set(shlex.split(e))]
    assert own, "its help shows no example of it"
    for example in examples:
        arguments = shlex.split(re.split(r" [|>] ", example)[0])
        if arguments[0] == "launch":
            continue
        context = PROGRAM.make_context("audiorouter", arguments)
        at = PROGRAM
        while hasattr(at, "commands"):
            arguments = [*context._protected_args, *context.args]
            at = at.commands[arguments[0]]
            context = at.make_context(arguments[0], arguments[1:], parent=context)


def test_options_stand_in_groups():
    shown = run("batch", "--help").stdout
    places = [shown.index(f"\n{name}:\n") for name in (REASONER, ROUTING, OUTPUT, LIMITS)]
    assert places == sorted(places)
    group = shown[places[0] : places[1]]
    assert "--provider" in group and "--router" not in group
    for command in ("ask", "evaluate", "train"):
        assert f"\n{REASONER}:\n" in run(command, "--help").stdout
    alone = run("store", "stats", "--help").stdout
    assert "\nOptions:\n" in alone and "Other options" not in alone


def test_every_variable_of_the_environment_is_in_the_one_table():
    named = {
        name
        for path in (ROOT / "audiorouter").rglob("*.py")
        for name in re.findall(r"(?<![A-Z_])AUDIOROUTER_[A-Z_]*[A-Z]", path.read_text("utf-8"))
    }
    settings = (ROOT / "docs" / "settings.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(AUDIOROUTER_[A-Z_]+)`", settings, re.M))
    assert len(named) > 5
    assert named == listed


def test_an_example_that_is_longer_than_a_line_can_be_copied_as_it_stands():
    found = with_examples('Do it.\n\nExample:\n\n  audiorouter ask a.wav "What is it?" -c one', 30)
    *_, example = found.split("\n\n")
    assert example == '\b\n  audiorouter ask a.wav \\\n    "What is it?" -c one'
    shown = run("batch", "--help").stdout
    assert "--remote https://HOST/clips \\\n      --remote s3://BUCKET" in shown
    assert "my-\n" not in run("train", "--help").stdout
