"""Benchmarks that plugins bring: known by name like ours, and a wrong one costs itself alone."""

from __future__ import annotations

import itertools
import json

import pytest
from commands import run
from plugin_snippets import SNIPPETS

from audiorouter.plugins import load_registry

SOURCE = SNIPPETS["register_benchmarks"]
NUMBERS = itertools.count()
"""Of modules: two of one name are not imported in one process."""


@pytest.fixture
def plugin(tmp_path):
    """A file with the plugin of the document, perhaps changed."""

    def written(*changes: tuple[str, str]):
        source = SOURCE
        for before, after in changes:
            assert before in source
            source = source.replace(before, after)
        path = tmp_path / f"theirs_{next(NUMBERS)}.py"
        path.write_text(source)
        return path

    return written


@pytest.fixture
def folder(tmp_path, tone):
    """The benchmark as its authors give it out."""
    data = tmp_path / "data"
    (data / "wav").mkdir(parents=True)
    for name in ("one", "two"):
        tone("tone.wav").rename(data / "wav" / f"{name}.wav")
    lines = ["item,ask,right,wrong", "one,Is it a tone?,yes,no;perhaps", "two,Which?,a tone,a dog"]
    (data / "test.csv").write_text("\n".join(lines))
    return data


@pytest.mark.slow
def test_it_is_listed_shown_prepared_and_asked_like_ours(plugin, folder, tmp_path):
    theirs = ("--plugin", plugin())
    listed = json.loads(run(*theirs, "benchmarks", "list", "--json").stdout)
    ours, one = listed[0], listed[-1]
    assert ours["from"] == "audiorouter" and one["from"].startswith("theirs")
    assert (one["name"], one["rule"]) == ("my-benchmark:test", "choice")
    assert "paper, table 2" in run(*theirs, "benchmarks", "show", "My-Benchmark:test").stdout
    refused = run(*theirs, "batch", folder, "my-benchmark:test", "--plan", code=2)
    assert "benchmarks prepare my-benchmark:test" in refused.stderr
    prepared = json.loads(
        run(*theirs, "benchmarks", "prepare", "my-benchmark:test", folder, "--json").stdout
    )
    assert (prepared["questions"], prepared["clips_there"], prepared["complete"]) == (2, 2, True)
    echo = tmp_path / "echo.py"
    echo.write_text(SNIPPETS["register_providers"])
    asked = run(
        *(*theirs, "--plugin", echo, "batch", folder, "my-benchmark:test", "--provider", "echo"),
        *("--router", "none", "-o", tmp_path / "a.json"),
    )
    # The first choice is "no", and "a dog".
    assert "as the authors of my-benchmark:test score: 0.0%" in asked.stderr
    mistyped = run(*theirs, "benchmarks", "show", "my-benchmark:tset", code=2)
    assert "my-benchmark:test" in mistyped.stderr
    assert "my-benchmark" not in run("benchmarks", "list").stdout


SLY = """class Sly(Benchmark):
        title = property(lambda self: 1 / 0, lambda self, value: None)
    register(
        Sly("""
WRONG = {
    "a name that is taken": ('"my-benchmark:test"', '"mmar"', "is taken"),
    "a name that is a path": ('"my-benchmark:test"', '"../x"', "`name` is '../x'"),
    "a pattern that leads out": ('("test.csv",)', '("../../*.csv",)', "`sources` is"),
    "a rule of its own": ("AuthorsRule.CHOICE", '"mine"', "write `rule=AuthorsRule.CHOICE`"),
    "no source": ("sources=(Source", "sources=() and (Source", "`sources` is ()"),
    "a class of its own": ("register(\n        Benchmark(", SLY, "register_benchmarks"),
    "no benchmark": ("register(\n        Benchmark(", "register(\n        dict(", "no Benchmark"),
    "a text without end": ('"about 500"', '"x" * 100_000', "`size` is"),
}


@pytest.mark.slow
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_description_costs_that_one_alone_and_names_the_plugin(plugin, wrong):
    before, after, complaint = WRONG[wrong]
    path = plugin((before, after))
    listed = run("--plugin", path, "benchmarks", "list")
    assert f"plugin {path.stem}" in listed.stderr and complaint in listed.stderr
    assert "mmau:test-mini" in listed.stdout and "my-benchmark" not in listed.stdout


CONVERTS = {
    "raises": ("wrong = record", "raise SystemExit(3); wrong = record", "SystemExit"),
    "gives no rows": ("yield {", "yield 7, {", "it gives no row (tuple)"),
    "gives what is no JSON": (
        '"id": record.fields["item"]',
        '"id": object()',
        "object is not JSON serializable",
    ),
    "names a clip elsewhere": ("wav/{record", "../../wav/{record", "lies outside"),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", CONVERTS)
def test_what_converting_does_wrong_is_said_and_nothing_is_written(plugin, folder, what):
    before, after, complaint = CONVERTS[what]
    path = plugin((before, after))
    code = 1 if what == "names a clip elsewhere" else 2
    done = run(*("--plugin", path, "benchmarks", "prepare", "my-benchmark:test", folder), code=code)
    assert complaint in done.stderr + done.stdout
    assert (folder / "my-benchmark-test.questions.jsonl").exists() == (code == 1)


@pytest.mark.slow
def test_what_it_prints_does_not_get_between_the_data(plugin, folder):
    path = plugin(("wrong = record", 'print("NOISE"); wrong = record'))
    done = run(*("--plugin", path, "benchmarks", "prepare", "my-benchmark:test", folder, "--json"))
    assert json.loads(done.stdout)["questions"] == 2 and "NOISE" in done.stderr


def test_a_plugin_brings_it_and_ours_are_known_without(add_plugin):
    assert load_registry(third_party=False).benchmarks == {}
    state, registry = add_plugin(SOURCE)
    assert state.error is None and list(registry.benchmarks) == ["my-benchmark:test"]
    assert state.registered == ["benchmark my-benchmark:test"]
