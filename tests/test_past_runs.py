"""Runs that are over: what made them, their answers once more, and what changed between two."""

from __future__ import annotations

import csv
import json
import sqlite3
from types import SimpleNamespace

import pytest
from commands import run
from plugin_snippets import GOOD

from audiorouter.batch.past.past_runs import RunDifference
from audiorouter.machine.credentials import command_without_secrets

pytestmark = pytest.mark.slow

LISTENS = """
from audiorouter import Answer, NoOptions, Provider, Reasoner, hookimpl

class First(Reasoner):
    name = identity = "first"

    def answer(self, requests):
        return [
            Answer(r.choices[i], i, tuple(float(i == n) for n in range(len(r.choices))))
            for r in requests for i in [min(len(r.findings), len(r.choices) - 1)]
        ]

class FirstProvider(Provider[NoOptions]):
    name = "first"
    description = "takes the second choice where there are findings"
    Options = NoOptions

    def open(self, model, options):
        return First()

@hookimpl
def register_providers(register):
    register(FirstProvider())
"""
EVERYTHING = """
from audiorouter import Route, Router, RouterFactory, ToolCall, hookimpl

class Everything(Router):
    name = identity = "everything"

    def __init__(self, tools):
        self.tools = [name for name in ("hello", "bye") if name in tools]

    def route(self, requests):
        return [
            Route(tuple(map(ToolCall, self.tools)) if "say" in r.question else (), "it is asked")
            for r in requests
        ]

class EverythingFactory(RouterFactory):
    name = "everything"
    description = "calls everything"

    def open(self, argument, tools):
        return Everything(tools)

@hookimpl
def register_routers(register):
    register(EverythingFactory())
"""
BYE = GOOD.replace("Hello", "Bye").replace("hello", "bye")


@pytest.fixture
def asked(with_plugins, use_plugins, tone, tmp_path):
    """Asks three questions, with more plugins or other options; gives what the command printed."""
    clip = tone()
    (tmp_path / "q.csv").write_text(
        "id,audio,question,choices,answer,skill\n"
        "1,tone.wav,What do I say?,Hi.|Bye.,Bye.,words\n"
        "2,tone.wav,What does it say?,Hi.|Bye.,Hi.,words\n"
        "3,tone.wav,Which?,low|high,low,pitch\n"
    )

    def ask(*options, code=0, **plugins):
        with_plugins(hello=GOOD, listens=LISTENS, everything=EVERYTHING, **plugins)
        use_plugins(tmp_path / "plugins")
        if {"runs", "evaluate"} & {*options}:
            return run(*options, code=code)
        by = ("--provider", "first", "--router", "everything", "--json")
        return run("batch", clip.parent, tmp_path / "q.csv", *by, *options, code=code)

    return ask


def test_every_run_is_listed_and_says_what_made_it(asked):
    summary = json.loads(asked().stdout)
    asked("--limit", "1")
    last, first = json.loads(asked("runs", "list", "--json").stdout)
    assert (last["number"], last["questions"], first["questions"]) == (2, 1, 3)
    assert first["status"] == "finished" and first["accuracy"]["right"] == 2
    assert "finished" in asked("runs", "list").stdout
    origin = first["provenance"]
    for made in (summary["provenance"], origin):
        assert made["version"] and made["started"]
        assert made["command"].startswith("audiorouter batch ")
        assert (made["provider"], made["router"]) == ("first", "everything")
        assert made["reasoner"].startswith("first source=")
        assert "hello file" in made["plugins"] and "hello/1 source=" in made["tools"]["hello"]
    assert summary["provenance"]["run"] == 1
    assert summary["provenance"]["router_hash"] == origin["router_hash"]
    shown = asked("runs", "show", "1").stdout
    assert origin["router_hash"] in shown and "Which?" in shown and "2 of 3 (66.7%)" in shown


@pytest.mark.weights
def test_an_evaluation_says_what_made_it(asked, tmp_path, clips):
    by = ("--provider", "first", "--router", "everything", "--tools", "hello,bye")
    questions = (tmp_path / "q.csv", "--clips", clips)
    done = asked("evaluate", *questions, *by, "--json", "-", bye=BYE)
    origin = json.loads(done.stdout)["provenance"]
    assert list(origin["tools"]) == ["hello", "bye"] and origin["provider"] == "first"
    assert len(origin["routers"]["everything"]["router_hash"]) == 12


def test_a_run_is_written_out_again_as_its_answers_were(asked, tmp_path):
    answers, again = tmp_path / "answers.csv", tmp_path / "again.csv"
    fields = "findings,reason,probabilities,run"
    asked("-o", answers, "--fields", fields)
    asked("--limit", "1")
    asked("runs", "show", "1", "-o", again, "--fields", fields)
    first, second = (list(csv.DictReader(path.open())) for path in (answers, again))
    assert [{n: row[n] for n in second[0]} for row in first] == second
    assert set(first[0]) - set(second[0]) == {"skill"}
    assert json.loads(second[0]["findings"]) == [
        {"call": "hello", "text": "Hello.", "confidence": None, "error": None}
    ]
    assert second[0]["reason"] == "it is asked" and second[0]["run"] == "1"
    assert json.loads(second[0]["probabilities"]) == [0.0, 1.0]


def test_columns_stay_unless_others_are_asked_for(asked, tmp_path):
    plain, more = tmp_path / "plain.jsonl", tmp_path / "more.jsonl"
    asked("-o", plain)
    asked("-o", more, "--fields", "domain,category,findings")
    first, second = (json.loads(path.read_text().splitlines()[2]) for path in (plain, more))
    assert {**first, "cached": True} == {n: v for n, v in second.items() if n in first}
    assert set(second) - set(first) == {"domain", "category", "findings"}
    assert (second["category"], second["domain"], second["findings"]) == ("pitch", None, [])
    refused = asked("--fields", "finding", code=2).stderr
    assert "--fields finding:" in refused and "did you mean 'findings'" in refused
    assert "--fields is not used" in asked("--fields", "reason", "--plan").stderr


def test_former_extra_fields_are_never_taken_for_those_of_this_run(asked, tmp_path):
    answers = tmp_path / "answers.csv"
    asked("-o", answers, "--fields", "findings,run")
    (tmp_path / "q.csv").write_bytes(answers.read_bytes())
    asked("-o", answers, "--fields", "run")
    row = next(csv.DictReader(answers.open()))
    assert row["run"] == "2" and "findings" not in row and "Hello." in row["input_findings"]
    assert "input_run" not in row


def test_a_new_tool_says_what_it_changes_and_the_difference_shows_where(asked):
    asked()
    assert "are now routed to" not in asked().stderr
    said = asked(bye=BYE).stderr
    assert "2 of 3 questions are now routed to bye, which run 2 did not have" in said
    found = json.loads(asked("runs", "diff", "1", "--json", bye=BYE).stdout)
    assert found["asked_by_both"] == 3 and found["only_first"] == found["only_second"] == 0
    assert found["counts"] == {
        "other answer": 0, "other route": 2, "now right": 0, "now wrong": 0
    }  # fmt: skip
    assert list(found["settings"]) == ["plugins", "tools"]
    assert [row["second"]["calls"] for row in found["changed"]] == [["hello", "bye"]] * 2
    shown = asked("runs", "diff", "1", "last").stdout
    assert "hello → hello, bye" in shown and "tools: bye" in shown


def test_other_answers_are_counted(asked):
    asked()
    asked("--router", "none")
    counts = json.loads(asked("runs", "diff", "1", "2", "--json").stdout)["counts"]
    assert counts == {"other answer": 2, "other route": 2, "now right": 1, "now wrong": 1}


def test_runs_that_there_are_not_and_runs_of_before(asked, own_store):
    assert "there is none yet; --db names another" in asked("runs", "show", code=2).stderr
    listed = asked("runs", "list")
    assert listed.stdout.startswith("run\t") and listed.stdout.count("\n") == 1
    assert "no run in the store yet" in listed.stderr
    asked()
    assert "no run '7'" in asked("runs", "show", "7", code=2).stderr
    with sqlite3.connect(own_store) as store:  # as an earlier version left it
        store.execute("UPDATE run_rows SET fields = NULL")
        store.execute("UPDATE runs SET settings = '{}', status = 'running', pid = 1, boot = 'x'")
    assert json.loads(asked("runs", "list", "--json").stdout)[0]["status"] == "lost"
    rows = json.loads(asked("runs", "show", "1", "--json").stdout)["rows"]
    assert rows[0]["prediction"] == "Bye." and rows[0]["route"][0]["tool"] == "hello"
    assert "Bye." in asked("runs", "show").stdout


def test_a_kept_command_holds_no_secret(monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "abcdefgh12345")
    options = ("key=openrouter", 'extra_body={"api_key": "s3"}', "max_tokens=9")
    kept = command_without_secrets(
        ["batch", *options, "--base-url=https://me:pass@host/v1", "abcdefgh12345"]
    )
    assert all(secret not in kept for secret in ("s3", "pass", "abcdefgh12345", "me:"))
    assert "key=openrouter" in kept and "max_tokens=9" in kept and "//…@host/v1" in kept


def test_a_question_that_either_run_does_not_know_is_neither_newly_right_nor_wrong():
    def row(correct):
        return SimpleNamespace(prediction="a", calls=(), correct=correct)

    known = [(row(a), row(b)) for a in (True, False, None) for b in (True, False, None)]
    difference = RunDifference(None, None, 9, 0, 0, {}, known)
    assert difference.counts["now right"] == difference.counts["now wrong"] == 1
