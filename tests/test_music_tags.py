"""musicnn's networks give what their authors' code gives; their tags are told where music is."""

import json

import numpy as np
import pytest
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.errors import WeightsError
from audiorouter.plugins import load_registry
from audiorouter.toolbox.frontends.tensorflow_checkpoint import read_variables
from audiorouter.toolbox.music.tag_groups import ALL, named, names_among

REFERENCE = json.loads((EXAMPLES.parent / "tests/data/musicnn_reference.json").read_text())
TOOL = load_registry(third_party=False).tools["music_tags"]
LENT = 0.1
"""benchmarks/check_musicnn.py plays clips 20 dB down to the authors' code."""


@pytest.mark.weights
@pytest.mark.parametrize("clip", REFERENCE)
@pytest.mark.parametrize("network", ["mtt", "msd"])
def test_the_networks_give_what_their_authors_code_gives(clip, network):
    from audiorouter.toolbox.frontends.musicnn import (
        MAGNATAGATUNE,
        MILLION_SONGS,
        PATCH_FRAMES,
        SAMPLE_RATE,
        log_mel,
        musicnn,
    )

    spectrum = log_mel(np.float32(LENT) * Clip(EXAMPLES.parent / clip).mono(SAMPLE_RATE))
    whole = len(spectrum) // PATCH_FRAMES
    patches = spectrum[: whole * PATCH_FRAMES].reshape(whole, PATCH_FRAMES, -1)
    found = musicnn(network).probabilities(patches).mean(axis=0)
    theirs = REFERENCE[clip][network]
    assert tuple(theirs) == {"mtt": MAGNATAGATUNE, "msd": MILLION_SONGS}[network]
    np.testing.assert_allclose(found, list(theirs.values()), atol=5e-4)


@pytest.mark.weights
def test_loud_and_short_clips_have_tags_of_their_own():
    """The authors' code overflows on loud clips, and has nothing to say of less than 3 s."""
    from audiorouter.toolbox.frontends.musicnn import SAMPLE_RATE, tags_of

    audio = Clip(EXAMPLES / "clips/rock.flac").mono(SAMPLE_RATE)
    loud, quiet = tags_of(audio / np.abs(audio).max()), tags_of(audio * np.float32(0.01))
    assert max(abs(loud[tag] - quiet[tag]) for tag in loud) < 0.2
    short = tags_of(Clip(EXAMPLES / "clips/violin_note.flac").mono(SAMPLE_RATE))
    assert max(("violin", "drums", "piano", "guitar"), key=short.get) == "violin"
    assert set(short) == {tag for tags in ALL.values() for tag in tags} | {
        "beat", "beats", "guitar", "loud", "quiet", "solo",
    }  # fmt: skip


def hear(clip: str, *among: str):
    TOOL.load()
    return TOOL.run(Clip(EXAMPLES / f"clips/{clip}.flac"), TOOL.parse({"among": among}))


@pytest.mark.weights
@pytest.mark.parametrize("clip", ["voicemail", "applause", "conversation", "telephone"])
def test_what_is_no_music_has_no_genre(clip):
    finding = hear(clip, "rock", "jazz")
    assert finding.confidence == 0 and "genre" not in finding.data
    assert finding.text == "Not measured: no music is heard."


@pytest.mark.weights
def test_choices_narrow_it_down_and_those_it_cannot_judge_are_named():
    assert hear("violin_note", "a violin", "drums", "piano").data["most_like"] == "a violin"
    assert "most like: no vocals" in hear("march", "male vocals", "no vocals").text
    unknown = hear("flute_scale", "flute", "piano", "kazoo xyz").text
    assert "It is most like: flute." in unknown and "kazoo xyz" in unknown.partition("judged")[2]


def test_names_are_read_from_choices():
    assert names_among(("Jazz music", "Reggae", "Heavy metal")) == (
        "Jazz music", "Reggae", "Heavy metal",
    )  # fmt: skip
    assert names_among(("in the key of C", "in D")) == names_among(("rock",)) == ()
    assert named("no vocals") == "instrumental" and named("the 1980s") == "80s"
    assert named("Hip Hop") == "hip-hop" and named("sung by a woman") == "female vocals"
    assert TOOL.arguments_in("What genre is it?", ("rock", "jazz")) == {"among": ["rock", "jazz"]}


@pytest.mark.parametrize(
    ("choice", "name"),
    [
        ("female voice", "female vocals"),
        ("a woman's voice", "female vocals"),
        ("a man singing", "male vocals"),
        ("men's voices", "male vocals"),
        ("male vocalist", "male vocals"),
        ("choir singing", "choir"),
        ("a voice", "singing"),
        ("vocals", "singing"),
        ("no voice", "instrumental"),
        ("without singing", "instrumental"),
        ("opera", "opera"),
    ],
)
def test_a_choice_that_says_whose_voice_it_is_is_not_read_as_any_singing(choice, name):
    assert named(choice) == name


def test_a_file_that_is_no_checkpoint_is_not_read_as_one(tmp_path):
    (tmp_path / "x.index").write_bytes(b"x" * 100)
    (tmp_path / "x.data").write_bytes(b"")
    with pytest.raises(WeightsError, match="no index of a TensorFlow checkpoint"):
        read_variables(tmp_path / "x.index", tmp_path / "x.data")
