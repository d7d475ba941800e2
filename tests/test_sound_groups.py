"""Sounds of a clip by kind: alike ones are counted together, and the order of kinds is said."""

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.plugins import load_registry
from audiorouter.toolbox.frontends.energy import Segment
from audiorouter.toolbox.frontends.sound_groups import alike, calls

TOOLS = load_registry(third_party=False).tools
RATE = 16_000


@pytest.fixture
def rings_and_claps(tmp_path):
    """A telephone, applause, the telephone again, a cowbell."""
    phone, applause, bell = (
        soundfile.read(EXAMPLES / f"clips/{name}.flac")[0]
        for name in ("telephone", "applause", "cowbell")
    )
    loud = np.flatnonzero(np.abs(phone) > 0.1 * np.abs(phone).max())[0]
    ring, pause = phone[loud : loud + RATE], np.zeros(round(0.7 * RATE))
    clap, stroke = applause[2 * RATE : 3 * RATE], bell[np.abs(bell).argmax() :][: RATE // 2]
    parts = [pause, ring, pause, clap, pause, ring, pause, stroke, pause]
    noise = np.random.default_rng(0).normal(0, 3e-4, sum(map(len, parts)))
    soundfile.write(tmp_path / "x.wav", np.concatenate(parts) + noise, RATE)
    return Clip(tmp_path / "x.wav")


@pytest.mark.weights
def test_one_kind_of_sound_is_counted_among_others(rings_and_claps):
    tool = TOOLS["count_sound"]
    tool.load()
    counts = {
        sound: tool.run(rings_and_claps, tool.parse({"sound": sound})).data["count"]
        for sound in ("phone", "applause")
    }
    assert counts == {"phone": 2, "applause": 1}


@pytest.mark.weights
def test_the_order_is_said_in_the_names_of_the_choices(rings_and_claps):
    tool = TOOLS["sound_events"]
    tool.load()
    names = ["clapping", "a cowbell", "a telephone"]
    text = tool.run(rings_and_claps, tool.parse({"among": names})).text
    assert "In order: first a telephone, then clapping, then a cowbell." in text
    assert "The first sound is a telephone. The last sound is a cowbell." in text
    assert "Before clapping: a telephone once; after it: a telephone once, a cowbell once." in text


@pytest.mark.weights
def test_which_kind_is_louder_is_said_where_it_is_clear(rings_and_claps, tmp_path):
    audio, rate = soundfile.read(rings_and_claps.path)
    clap = slice(round(2.4 * rate), round(3.4 * rate))
    audio[clap] *= 0.3
    soundfile.write(tmp_path / "quiet.wav", audio, rate)
    names = ["clapping", "a telephone"]
    found = TOOLS["sound_events"].run(
        Clip(tmp_path / "quiet.wav").part(0, 5), TOOLS["sound_events"].parse({"among": names})
    )
    assert "The louder is a telephone, the quieter is clapping." in found.text
    levels = found.data["level_by_kind_dbfs"]
    assert levels["a telephone"] - levels["clapping"] > 5


def test_a_moment_that_is_asked_about_is_listened_to():
    for tool in ("instruments", "sound_tags"):
        named = TOOLS[tool].arguments_in
        assert named("What plays 4 seconds in?", ()) == {"start": 3.5, "end": 4.5}
        assert named("What is heard at 0.2 s?", ()) == {"end": 0.7}
        assert named("What is heard in the first 2 s?", ()) == {"end": 2.0}


@pytest.mark.weights
def test_names_stand_for_families_of_classes():
    from audiorouter.toolbox.frontends.sound_families import BY_NAME
    from audiorouter.toolbox.frontends.sound_names import class_names, classes_of

    names = class_names()
    assert {one for classes in BY_NAME.values() for one in classes} <= set(names)
    assert [names[index] for index in classes_of("the cows")] == ["Cattle, bovinae", "Moo"]
    assert [names[index] for index in classes_of("church bell")] == ["Church bell"]


@pytest.mark.weights
@pytest.mark.parametrize(
    ("choices", "named"),
    [
        (["the piano", "an oboe", "a banjo"], ("the piano", "an oboe", "a banjo")),
        (["it ends with a dog", "it ends with a cat"], ("a dog", "a cat")),
        (["The dog is louder", "The bell is louder"], ("the dog", "the bell")),
        (["a guitar playing", "a choir singing"], ("a guitar playing", "a choir singing")),
        (["it opens with a bell", "it opens with a dog"], ("a bell", "a dog")),
        (["car horn", "train horn"], ("car horn", "train horn")),
        (["a male voice", "a female voice"], ()),  # the same classes: not told apart
        (["A dog.", "A cat!"], ("a dog", "a cat")),
        (["Chicken, rooster", "Cattle, bovinae"], ("Chicken, rooster", "Cattle, bovinae")),
        (["The dog is louder", "The bell is louder", "They are equal"], ("the dog", "the bell")),
        (["bell", "applause", "both"], ("bell", "applause")),
        (["one dog", "two dogs"], ()),
        (["clap once", "clap twice"], ()),
        (["a man", "a woman"], ()),
        (["happy", "sad", "angry"], ()),
        (["dog to cat", "cat to dog"], ()),
        (["a gull, then a siren", "a siren, then a gull"], ()),
        (["it is in C major", "it is in A minor"], ()),
        (["once", "twice"], ()),
        (["no", "yes, a dog"], ()),
        (["dog"], ()),
    ],
)
def test_choices_name_sounds_whatever_they_are_put_in(choices, named):
    from audiorouter.toolbox.frontends.sound_names import sounds_among

    assert sounds_among(choices) == named


@pytest.mark.weights
def test_a_sound_that_only_the_question_names_is_listened_for_too():
    named = TOOLS["sound_events"].arguments_in("What follows the goose?", ("a dog", "a bell"))
    assert named == {"among": ["a dog", "a bell", "goose"]}
    for question in ("Is the puppy first?", "What does the person hear?", "Who saw it?"):
        again = TOOLS["sound_events"].arguments_in(question, ("a dog", "a bell"))
        assert again == {"among": ["a dog", "a bell"]}


def test_parts_of_a_call_are_one_where_pauses_are_of_two_kinds():
    of = [Segment(0.0, 0.3), Segment(0.52, 0.8), Segment(1.6, 1.9), Segment(2.1, 2.4)]
    assert calls(of) == [Segment(0.0, 0.8), Segment(1.6, 2.4)]
    even = [Segment(0.5 * n, 0.5 * n + 0.25) for n in range(5)]
    assert calls(even) == even and calls([]) == [] and alike([]) == []
