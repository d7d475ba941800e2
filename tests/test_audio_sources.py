"""Files that plugins decode: by the sources of the registry that is used, and by no other one."""

import json
from pathlib import Path

import pytest
from commands import run_in

from audiorouter import BatchOptions, run_batch
from audiorouter.clips import Clip, find_clips
from audiorouter.errors import ClipError
from audiorouter.plugins import load_registry
from audiorouter.toolbox.run_tool import run_tool

PLUGIN = """
import numpy as np
from audiorouter import (
    Answer, AudioSource, Domain, Finding, NoArguments, NoOptions, Provider, Reasoner, Samples, Tool,
    hookimpl,
)

class Seconds(AudioSource):
    suffixes = (".seconds",)
    def read(self, path):
        return Samples(np.full((1, LENGTH * 1000), 0.5), 1000)

class Length(Tool[NoArguments]):
    name, description, version, licence = "length", "Says how long it is.", "1", "MIT"
    domain, Arguments = Domain.SOUND, NoArguments
    def run(self, clip, arguments):
        return Finding({}, f"{clip.duration:g} s.")

class Listens(Reasoner):
    name = identity = "listens"
    def answer(self, requests):
        return [Answer(f"{len(r.open_clip().mono(1000)) / 1000:g} s") for r in requests]

class ListensProvider(Provider[NoOptions]):
    name, description, Options = "listens", "decodes clips itself", NoOptions
    def open(self, model, options):
        return Listens()

@hookimpl
def register_tools(register):
    register(Length())

@hookimpl
def register_providers(register):
    register(ListensProvider())

@hookimpl
def register_audio_sources(register):
    register(Seconds())
"""


@pytest.fixture
def registries(tmp_path, use_plugins):
    """Three in one process: two whose plugins decode one kind of file, each in its way, and one
    without plugins, which was made last."""
    made = []
    for length in (1, 2):
        plugins = tmp_path / f"plugins{length}"
        plugins.mkdir()
        (plugins / f"length{length}.py").write_text(PLUGIN.replace("LENGTH", str(length)))
        use_plugins(plugins)
        made.append(load_registry())
        assert not made[-1].failures
    return [*made, load_registry(third_party=False)]


@pytest.fixture
def file(clips):
    (clips / "a.seconds").write_bytes(b"anything")
    return clips / "a.seconds"


@pytest.mark.slow
def test_a_registrys_sources_are_its_own_everywhere(registries, file, tmp_path):
    questions = tmp_path / "q.csv"
    questions.write_text("question\nHow long?\n")  # of every clip that is found
    *two, without = registries
    for length, registry in enumerate(two, start=1):
        result = run_batch(
            file.parent,
            questions,
            BatchOptions(
                provider="listens", router="tools:length", store=tmp_path / f"{length}.db"
            ),
            registry=registry,
        )
        (row,) = result.rows
        assert row.question.audio == "a.seconds" and row.error is None
        assert row.duration == length  # decoded in a worker
        assert row.results[0].finding.text == f"{length} s."  # heard there
        assert row.prediction == f"{length} s"  # decoded for the reasoner
        assert "audio/flac" in row._repr_html_()  # and for a notebook
    assert find_clips(file.parent, without.sources) == []


@pytest.mark.slow
def test_without_its_registry_a_file_is_not_decoded(registries, file):
    with pytest.raises(ClipError, match="not readable as audio"):
        Clip(file).samples  # noqa: B018
    assert Clip(file, sources=registries[1].sources).duration == 2


@pytest.mark.slow
def test_tools_run_finds_what_plugins_decode(registries, file, tmp_path):
    from audiorouter.store import Store

    for length, registry in enumerate(registries[:2], start=1):
        with Store(tmp_path / f"{length}.db") as store:
            (found,) = run_tool(
                registry.tools,
                registry.tool("length"),
                {},
                [file.parent],
                store,
                sources=registry.sources,
                workers=1,
                timeout=60,
                verbose=False,
            )
        assert found.finding.text == f"{length} s."


@pytest.mark.slow
def test_a_batch_and_its_plan_ask_of_every_clip_that_plugins_decode(with_plugins, file, tmp_path):
    environment = with_plugins(length=PLUGIN.replace("LENGTH", "3"))
    (tmp_path / "q.csv").write_text("question\nHow long?\n")
    batch = ("batch", file.parent, tmp_path / "q.csv", "--provider", "listens", "--router", "none")
    assert "1 question" in run_in(environment, *batch, "--plan").stdout
    run_in(environment, *batch, "-o", tmp_path / "a.json")
    (row,) = json.loads(Path(tmp_path / "a.json").read_text())
    assert row["audio"] == "a.seconds" and row["prediction"] == "3 s"
