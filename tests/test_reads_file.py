"""Tools that read more of a file than its samples: their findings belong to the file's bytes."""

import shutil
import sqlite3

import numpy as np
import pytest
import soundfile
from plugin_snippets import shown_below

from audiorouter import BatchOptions, run_batch
from audiorouter.clips import Clip
from audiorouter.learning.outcome_keys import OutcomeKeys
from audiorouter.plugins import load_registry
from audiorouter.questions import Question
from audiorouter.store import Store
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.run_tool import run_tool

PLUGIN = f"""{shown_below("A tool that reads tags")}
from audiorouter import Answer, NoOptions, Provider, Reasoner

class Length(Title):
    name, reads_file = "length", False
    def run(self, clip, arguments):
        return Finding({{}}, f"{{clip.duration:g}} s.")

class Repeats(Reasoner):
    name = identity = "repeats"
    def answer(self, requests):
        return [Answer(r.findings[0].text) for r in requests]

class RepeatsProvider(Provider[NoOptions]):
    name, description, Options = "repeats", "says what was found", NoOptions
    def open(self, model, options):
        return Repeats()

@hookimpl(specname="register_tools")
def register_more(register):
    register(Length())

@hookimpl
def register_providers(register):
    register(RepeatsProvider())
"""


@pytest.fixture
def registry(tmp_path, use_plugins):
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "title_plugin.py").write_text(PLUGIN)
    use_plugins(tmp_path / "plugins")
    registry = load_registry()
    assert not registry.failures
    return registry


@pytest.fixture
def titled(clips):
    """Writes the same two seconds of a tone under a title of its own."""

    def write(name, title):
        wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)
        with soundfile.SoundFile(clips / name, "w", 16_000, 1) as file:
            if title:
                file.title = title
            file.write(wave)
        return clips / name

    return write


@pytest.fixture
def found(registry, tmp_path):
    """Text and whether it was kept, of a tool on clips."""

    def run(tool, *clips, **arguments):
        with Store(tmp_path / "kept.db") as store:
            results = run_tool(
                registry.tools,
                registry.tool(tool),
                arguments,
                clips,
                store,
                workers=1,
                timeout=60,
                verbose=False,
            )
        return [(result.error or result.finding.text, result.cached) for result in results]

    return run


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".flac", ".wav"])
def test_the_same_samples_under_other_tags_are_heard_anew(found, titled, suffix):
    one, other = titled(f"one{suffix}", "One"), titled(f"other{suffix}", "Other")
    assert Clip(one).audio_hash == Clip(other).audio_hash
    assert found("title", one, other) == [("One, 2 s.", False), ("Other, 2 s.", False)]
    assert found("title", one, other) == [("One, 2 s.", True), ("Other, 2 s.", True)]
    assert found("length", one) == [("2 s.", False)]
    assert found("length", other) == [("2 s.", True)]  # which is a matter of the samples alone

    copy = shutil.copy(one, one.with_name(f"copy{suffix}"))
    assert found("title", copy) == [("One, 2 s.", True)]  # the same bytes
    titled(f"one{suffix}", "Renamed")
    assert found("title", one) == [("Renamed, 2 s.", False)]
    titled(f"one{suffix}", "")
    assert found("title", one) == [("title: the file has no title", False)]
    assert found("title", other) == [("Other, 2 s.", True)]


def test_of_a_part_of_the_clip_too(found, titled):
    one, other = titled("one.flac", "One"), titled("other.flac", "Other")
    for clip, title in ((one, "One"), (other, "Other")):
        for kept in (False, True):
            ((text, cached),) = found("title", clip, start=0.5, end=1.0)
            assert text.endswith(f"{title}, 0.5 s.") and cached is kept
    part = Clip(one).part(0.5, 1.0)
    assert part.file_hash == Clip(one).file_hash != Clip(other).file_hash
    assert part.audio_hash != Clip(one).audio_hash


def test_a_store_that_is_older_than_file_hashes_is_read_on(found, titled, tmp_path):
    one, other = titled("one.flac", "One"), titled("other.flac", "Other")
    found("length", one, other)
    with sqlite3.connect(tmp_path / "kept.db") as connection:
        connection.execute("UPDATE clip_files SET file_hash = NULL")
    assert found("length", one) == [("2 s.", True)]
    assert found("title", one, other) == [("One, 2 s.", False), ("Other, 2 s.", False)]
    assert found("title", one) == [("One, 2 s.", True)]


def test_in_a_batch_and_in_what_is_kept_of_routes(registry, titled, tmp_path):
    clips = [titled(f"{title}.flac", title) for title in ("One", "Other")]
    questions = tmp_path / "q.csv"
    questions.write_text("audio,question\nOne.flac,What?\nOther.flac,What?\n")
    options = BatchOptions(provider="repeats", router="tools:title", store=tmp_path / "kept.db")
    result = run_batch(clips[0].parent, questions, options, registry=registry)
    assert [row.prediction for row in result.rows] == ["One, 2 s.", "Other, 2 s."]
    again = run_batch(clips[0].parent, questions, options, registry=registry)
    assert again.tools.calls_run == 0 and again.tools.clips_decoded == 0

    reasoner = registry.providers["repeats"].open("", None)
    keys = OutcomeKeys(registry, reasoner, orders=1)
    question = Question("1", 1, "a", None, "What?")
    for tool, count in (("title", 2), ("length", 1)):
        outcomes = {
            keys.of_outcome(question, Clip(clip).facts, (ToolCall(tool),)) for clip in clips
        }
        assert len(outcomes) == count
