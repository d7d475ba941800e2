"""What a measure is called agrees with the number that is said beside it, up to its last digit."""

import re

import numpy as np
import pytest
import soundfile

from audiorouter.toolbox.frontends.speaking_style import Style
from audiorouter.toolbox.music.dynamics import NARROW_DB, WIDE_DB
from audiorouter.toolbox.sound import brightness
from audiorouter.toolbox.speech import activity, prosody, voice_pitch

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
