"""Every finding says how sure it is: of nothing where there is nothing, of a guess at most where it
says itself that it is unsure."""

import re
from functools import cache

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.plugins import load_registry
from audiorouter.toolbox import calibration
from audiorouter.toolbox.interface import A_GUESS

REGISTRY = load_registry(third_party=False)
STAND_INS = {f"{name} (stand-in)": tool for name, tool in REGISTRY.stand_ins.items()}
TOOLS = {**REGISTRY.tools, **STAND_INS}
RATE = 16_000
COLOURS = {"blue": 1.0, "white": 0.0, "pink": -1.0, "brown": -2.0}


def noise(colour: str, seconds: float, seed: int = 0) -> np.ndarray:
    """Noise whose power goes with the frequency to the colour's exponent, at -20 dBFS."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(round(seconds * RATE)))
    hertz = np.maximum(np.fft.rfftfreq(round(seconds * RATE), 1 / RATE), 20)
    shaped = np.fft.irfft(spectrum * hertz ** (COLOURS[colour] / 2), round(seconds * RATE))
    return 0.1 * shaped / shaped.std()


def click() -> np.ndarray:
    once = np.zeros(3 * RATE)
    once[RATE : RATE + 32] = 0.8
    return once


HOSTILE = {
    "silence": np.zeros(2 * RATE),
    "50 ms": 0.2 * np.sin(2 * np.pi * 440 * np.arange(RATE // 20) / RATE),
    "white noise": noise("white", 3),
    "click": click(),
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A hostile clip, or the first seconds of an example, that all tools share."""
    folder = tmp_path_factory.mktemp("hostile")

    @cache
    def made(name: str) -> Clip:
        audio, rate = HOSTILE.get(name), RATE
        if audio is None:
            audio, rate = soundfile.read(EXAMPLES / "clips" / f"{name}.flac")
            audio = audio[: 4 * rate]
        soundfile.write(folder / f"{name}.wav", audio, rate, subtype="FLOAT")
        return Clip(folder / f"{name}.wav")

    return made


def test_every_tool_of_ours_was_calibrated():
    assert all(calibration.curve(type(tool).__name__) for tool in TOOLS.values())


@pytest.mark.weights
@pytest.mark.parametrize("kind", [*HOSTILE, "conversation", "waltz"])
@pytest.mark.parametrize("name", TOOLS)
def test_every_finding_says_how_sure_it_is(clip, name, kind):
    tool = TOOLS[name]
    tool.load()
    found = tool.run(clip(kind), tool.parse({}))
    assert found.confidence is not None and 0 <= found.confidence <= 1
    if "not_measured" in found.data:
        assert found.confidence == 0
    if re.search(r"\bunsure\b|not certain|it is perhaps", found.text, re.I):
        assert found.confidence <= A_GUESS


def test_what_says_that_it_is_unsure_is_a_guess_at_most():
    tool = REGISTRY.tools["spoken_language"]
    assert tool.confidence(9.0) > 0.9 and tool.confidence(9.0, unsure=True) == A_GUESS
    assert tool.confidence(-99.0, unsure=True) == tool.confidence(-99.0) < A_GUESS


# Nothing stands out


@pytest.mark.weights
@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("seconds", [1, 5, 20])
def test_nothing_begins_or_repeats_in_steady_noise(hear, clips, colour, seconds):
    soundfile.write(clips / "x.wav", noise(colour, seconds, seed=3), RATE, subtype="FLOAT")
    for tool in ("onsets", "repetition"):
        assert "not_measured" in hear(tool, clips / "x.wav").data


@pytest.mark.weights
@pytest.mark.parametrize("hertz", [50.3, 440, 1000])
def test_nothing_begins_or_repeats_in_a_steady_tone(hear, clips, hertz):
    tone = 0.2 * np.sin(2 * np.pi * hertz * np.arange(5 * RATE) / RATE)
    soundfile.write(clips / "x.wav", tone, RATE, subtype="FLOAT")
    for tool in ("onsets", "repetition"):
        assert "not_measured" in hear(tool, clips / "x.wav").data


@pytest.mark.weights
def test_strokes_are_counted_and_repeat_in_noise(hear, clips):
    audio = noise("white", 5)
    stroke = np.random.default_rng(1).standard_normal(1600) * np.exp(-np.arange(1600) / 300)
    for time in (0.5, 1.5, 2.5, 3.5, 4.5):
        audio[round(time * RATE) :][:1600] += 1.5 * stroke
    soundfile.write(clips / "x.wav", 0.3 * audio, RATE, subtype="FLOAT")
    assert hear("onsets", clips / "x.wav").data["count"] == 5
    assert hear("repetition", clips / "x.wav").data["period_s"] == pytest.approx(1.0, abs=0.03)


@pytest.mark.weights
def test_noise_that_swells_again_and_again_repeats_though_nothing_begins(hear, clips):
    time = np.arange(6 * RATE) / RATE
    swells = noise("white", 6) * (1 + 0.3 * np.sin(2 * np.pi * 2 * time))
    soundfile.write(clips / "x.wav", swells, RATE, subtype="FLOAT")
    assert hear("repetition", clips / "x.wav").data["period_s"] == pytest.approx(0.5, abs=0.02)


@pytest.mark.weights
@pytest.mark.parametrize("colour", COLOURS)
def test_two_halves_of_one_noise_do_not_differ(hear, clips, colour):
    for seed, seconds in enumerate((2, 5, 8)):
        soundfile.write(clips / f"{seed}.wav", noise(colour, seconds, seed), RATE, subtype="FLOAT")
        found = hear("compare_parts", clips / f"{seed}.wav")
        assert found.data["differences"] == {}, found.text


@pytest.mark.weights
def test_noise_that_begins_is_another_sound(hear, clips):
    said, rate = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    assert rate == RATE
    soundfile.write(clips / "x.wav", np.concatenate([said, noise("white", 4)]), RATE)
    found = hear("compare_parts", clips / "x.wav", at=len(said) / RATE)
    assert "with White noise" in found.data["differences"]["sounds"]


@pytest.mark.weights
def test_a_single_click_is_a_sound(hear, clips):
    soundfile.write(clips / "x.wav", click(), RATE, subtype="FLOAT")
    assert hear("sound_events", clips / "x.wav").text.startswith(
        "One sound: unknown sound from 1.0"
    )
    assert len(hear("silences", clips / "x.wav").data["silences"]) == 2
    assert hear("onsets", clips / "x.wav").data["count"] == 1


# Too short


@pytest.mark.weights
@pytest.mark.parametrize("tool", ["transcribe", "find_word", "phonemes", "conversation"])
def test_a_clip_too_short_for_a_word_holds_none(hear, clips, tool):
    said, rate = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    for start in (0.5, 1.0, 1.5, 2.0):
        cut = said[round(start * rate) :][: round(0.05 * rate)]
        soundfile.write(clips / f"{start}.wav", cut, rate)
        found = hear(tool, clips / f"{start}.wav")
        assert found.text.startswith("Not measured") and found.confidence == 0
