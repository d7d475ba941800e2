"""Which clips a batch by Ray sends to its nodes."""

from __future__ import annotations

from reasoners import AlwaysRight, Opens

from audiorouter import BatchOptions
from audiorouter.batch.cluster.chunks import clips_of
from audiorouter.batch.cluster.kept import Asked, lacking
from audiorouter.machine.signals import StopSignals
from audiorouter.plugins import load_registry
from audiorouter.questions import Question


def test_a_clip_that_was_not_fetched_yet_is_lacking(tmp_path):
    """The nodes fetch it; looking for what the store has fetches nothing."""
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(AlwaysRight())
    options = BatchOptions(provider="fake", router="none", store=tmp_path / "s.db")
    path = tmp_path / "copy.wav"
    asked = Asked([Question("1", 1, "https://host/a.wav", path, "What?", url="https://host/a.wav")])
    clips = clips_of(asked.questions)
    found = lacking(clips, asked, registry, options, stop=StopSignals(), seen=lambda _: None)
    assert found == clips
