"""Which clips a batch by Ray sends to its nodes."""

from __future__ import annotations

from dataclasses import replace

from reasoners import AlwaysRight, Opens

from audiorouter import BatchOptions, run_batch
from audiorouter.batch.cluster.chunks import clips_of
from audiorouter.batch.cluster.kept import PlacedQuestions, lacking
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import load_registry
from audiorouter.questions import Question


def test_a_clip_that_was_not_fetched_yet_is_lacking(tmp_path):
    """The nodes fetch it; looking for what the store has fetches nothing."""
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(AlwaysRight())
    options = BatchOptions(provider="fake", router="none", store=tmp_path / "s.db")
    path = tmp_path / "copy.wav"
    asked = PlacedQuestions(
        [Question("1", 1, "https://host/a.wav", path, "What?", url="https://host/a.wav")]
    )
    clips = clips_of(asked.questions)
    found = lacking(clips, asked, registry, options, stop=StopSignals(), seen=lambda _: None)
    assert found == clips


def test_looking_for_what_lacks_loads_no_model(tmp_path, tone):
    class Loads(AlwaysRight):
        loaded = 0

        def load(self):
            type(self).loaded += 1

    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(Loads())
    options = BatchOptions(provider="fake", router="none", store=tmp_path / "s.db")
    clip = tone()
    (tmp_path / "q.csv").write_text(f"audio,question\n{clip.name},What?\n")
    run_batch(clip.parent, tmp_path / "q.csv", options, registry=registry)
    assert Loads.loaded == 0  # no tool was at work
    wants = replace(options, router="tools:loudness")
    asked = PlacedQuestions([Question("1", 1, clip.name, clip, "What?")])
    clips = clips_of(asked.questions)
    found = lacking(clips, asked, registry, wants, stop=StopSignals(), seen=lambda _: None)
    assert found == clips and Loads.loaded == 0
