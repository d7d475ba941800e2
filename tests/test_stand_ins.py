"""What stands in for tools whose licence forbids commercial use hears what they hear."""

import pytest
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.plugins import load_registry

pytestmark = [pytest.mark.slow, pytest.mark.weights]

REGISTRY = load_registry(third_party=False)

OPEN = [
    ("tempo", "waltz", "about 100 BPM"),
    ("tempo", "voicemail", "no music is heard, and no clear beat"),
    ("beats", "march", "beats, at"),
    ("meter", "waltz", "3/4"),
    ("key", "waltz", "G major"),
    ("chords", "march", "A minor, F major, C major, G major"),
]


@pytest.mark.parametrize(("tool", "clip", "text"), OPEN)
def test_stand_ins_hear_it_as_well(tool, clip, text):
    stand_in = REGISTRY.stand_ins[tool]
    assert stand_in.name == tool and "NC" not in str(stand_in.licences()).replace("ISC", "")
    found = stand_in.run(Clip(EXAMPLES / "clips" / f"{clip}.flac"), stand_in.parse({}))
    assert text in found.text


def test_all_stand_ins_are_in_the_list_above():
    assert {tool for tool, _, _ in OPEN} == set(REGISTRY.stand_ins)


@pytest.mark.parametrize("tool", REGISTRY.stand_ins)
def test_stand_ins_measure_nothing_either(tool):
    stand_in = REGISTRY.stand_ins[tool]
    found = stand_in.run(Clip(EXAMPLES / "clips" / "voicemail.flac"), stand_in.parse({}))
    assert "no music is heard" in found.data["not_measured"]
