"""What a measure is called agrees with the number beside it, and with how many are compared."""

import re

import numpy as np
import pytest
import soundfile

from audiorouter.toolbox.frontends.speaker_turns import Turn, describe_turns
from audiorouter.toolbox.frontends.speaking_style import PitchSpan, Style
from audiorouter.toolbox.music import melody, notes
from audiorouter.toolbox.music.dynamics import NARROW_DB, WIDE_DB
from audiorouter.toolbox.note_names import an_interval
from audiorouter.toolbox.sound import brightness
from audiorouter.toolbox.speech import activity, prosody, voice_pitch
from audiorouter.toolbox.speech.conversation import Utterance, described

NEAR = (-0.6, -0.4, -0.01, 0.0, 0.01, 0.4, 0.6)


def style(semitones):
    return Style(200.0, semitones, 0.0, -20.0, 4.0, 0, 0.0, 10.0, 2.0)


@pytest.mark.parametrize(
    ("sentence", "edges"),
    [
        (
            lambda value: prosody._speaker_lines({0: style(value)})[0],
            (prosody.FLAT_SEMITONES, prosody.LIVELY_SEMITONES),
        ),
        (
            lambda value: brightness._sentence(value, 5_000.0, 1.0),
            (brightness.DARK_HZ, brightness.BRIGHT_HZ),
        ),
        (
            lambda value: f"{voice_pitch._height(value)} {value:.0f}",
            (voice_pitch.DEEP_HZ, voice_pitch.HIGH_HZ),
        ),
        (
            lambda value: activity._rate(20, value, activity._pace(value)),
            (activity.SLOW_WPM, activity.FAST_WPM),
        ),
        (
            lambda value: f"{activity._how_much(value / 100)} {value / 100:.0%}",
            (10.0, 40.0, 60.0, 90.0),
        ),
    ],
    ids=["prosody", "brightness", "voice_pitch", "speaking_rate", "speech_activity"],
)
def test_one_number_has_one_name(sentence, edges):
    names = {}
    for edge in edges:
        for by in NEAR:
            text = sentence(edge + by)
            figure = re.findall(r"\d+", text)[0 if "Hz on" not in text else 1]
            words = re.sub(r"\d[\d.]*", "", text)
            assert names.setdefault((figure, edge), words) == words


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("edge", [NARROW_DB, WIDE_DB])
def test_a_range_of_so_many_decibels_has_one_name(hear, clips, edge):
    names = {}
    for contrast in edge + np.arange(-0.75, 0.8, 0.25):
        tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(8 * 16_000) / 16_000)
        tone[: len(tone) // 2] *= 10 ** (-contrast / 20)
        soundfile.write(clips / "steps.wav", tone, 16_000)
        text = hear("dynamics", clips / "steps.wav").text
        figure, name = re.search(r"about (\d+) dB: the dynamic range is (\w+)", text).groups()
        assert names.setdefault(figure, name) == name
    assert len(set(names.values())) == 2


def test_one_of_two_is_the_higher_and_one_of_three_the_highest():
    two = [voice_pitch._Voice(who, PitchSpan(90, hz, 300, 0)) for who, hz in enumerate((110, 220))]
    assert voice_pitch._sentence(two).endswith(
        "The deeper voice is the first. The higher voice is the second."
    )
    three = [*two, voice_pitch._Voice(2, PitchSpan(90, 150, 300, 0))]
    assert voice_pitch._sentence(three).endswith(
        "The deepest voice is the first. The highest voice is the second."
    )
    assert prosody._comparison({"loudest": 0, "highest": 1, "liveliest": None}, 2) == [
        "Speaker 1 is the louder one.",
        "Speaker 2 has the higher voice.",
    ]
    turns = [Turn(0, 4, 0), Turn(4, 5, 1)]
    assert "The first speaker talks more: " in describe_turns(turns)
    assert "The first speaker talks the most: " in describe_turns([*turns, Turn(5, 6, 2)])
    said = [Utterance(0, 0, 1, "yes that is so"), Utterance(1, 1, 2, "no")]
    assert "speaker 1 4 words, speaker 2 1 word. The first speaker says more." in described(said)


def test_notes_and_intervals_are_compared_as_many_as_there_are():
    assert notes._range([60]) == "" and notes._range([60, 60]) == "Both are C4. "
    assert notes._range([60, 64]) == "The higher is E4, the lower C4. "
    assert notes._range([60, 64, 67]) == "The highest is G4, the lowest C4. "
    assert melody._largest_and_end([2, 5]) == (
        " The larger interval is a perfect fourth up. "
        "It ends higher than it begins, by a perfect fifth."
    )
    assert melody._way([2, 2]) == "It moves in steps" and melody._way([0]) == "It stays on one note"
    assert melody._way([2, 5]) == "It moves as often in steps as in leaps"
    assert [an_interval(size) for size in (0, 9, -12, 19)] == [
        "a unison", "a major sixth", "an octave", "an octave and a perfect fifth",
    ]  # fmt: skip
