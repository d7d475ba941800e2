"""Tools for sound: what is heard how often, where, how loud, and what differs between parts."""

import re

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES

from audiorouter.errors import ToolError
from audiorouter.plugins import load_registry

pytestmark = [pytest.mark.slow, pytest.mark.weights]

TOOLS = load_registry(third_party=False).tools


def test_a_sound_that_is_asked_for_is_counted(hear):
    assert hear("count_sound", "telephone", sound="telephone").data["count"] == 3
    assert hear("count_sound", "telephone", sound="dog").data["count"] == 0
    # No class is called hen; the nearest in meaning are those of chickens.
    assert "Chicken, rooster" in hear("count_sound", "telephone", sound="hen").data["classes"]


@pytest.mark.parametrize("clip", ["rock", "flute_scale", "telephone", "birds_phone"])
def test_fewer_tags_say_the_same_of_what_is_heard(hear, clip):
    whole = hear("sound_tags", clip)
    for top in (1, 3):
        fewer = hear("sound_tags", clip, top=top)
        assert fewer.text.split(":")[0] == whole.text.split(":")[0]
        assert fewer.data["tags"] == whole.data["tags"][:top]
        assert fewer.confidence == whole.confidence


def test_parts_are_compared_by_what_differs_in_them(hear, clips):
    said, rate = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    ring, _ = soundfile.read(EXAMPLES / "clips" / "telephone.flac")
    for name, second in (("louder", 3 * said), ("same", said), ("ring", ring)):
        soundfile.write(clips / f"{name}.wav", np.concatenate([0.3 * said, 0.3 * second]), rate)
    at = len(said) / rate
    louder = hear("compare_parts", clips / "louder.wav", at=at)
    assert louder.data["differences"] == {"level": "louder by 10 dB"}
    assert louder.text.endswith("The other part is the louder one.")
    assert "no clear difference" in hear("compare_parts", clips / "same.wav", at=at).text
    ring = hear("compare_parts", clips / "ring.wav", at=at)
    assert ring.data["differences"]["speech"] == "without speech"
    assert "with Alarm" in ring.text or "Telephone" in ring.text
    brighter = ring.data["differences"]["brightness"].startswith("brighter")
    assert f"The {'other' if brighter else 'one'} part is the brighter one." in ring.text
    assert ("about equally loud" in ring.text) == ("level" in ring.data["alike"])
    edges = hear("compare_parts", clips / "ring.wav", first_end=2, second_start=-3)
    assert edges.data["parts"][0]["end_s"] == 2.0
    with pytest.raises(ToolError, match="too little to compare"):
        hear("compare_parts", "voicemail", at=50)
    with pytest.raises(ToolError, match="either `at` or the two parts"):
        TOOLS["compare_parts"].parse({"at": 2, "first_end": 1})


@pytest.mark.parametrize("clip", ["voicemail", "five_digits", "numbers", "password", "french"])
@pytest.mark.parametrize("part", [0.35, 0.5, 0.65])
def test_one_voice_is_not_called_higher_than_itself(hear, clip, part):
    at = round(part * soundfile.info(EXAMPLES / "clips" / f"{clip}.flac").duration, 2)
    assert "pitch" not in hear("compare_parts", clip, at=at).data["differences"]


def test_little_speech_has_no_pitch_to_compare(hear, clips):
    said, rate = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    faster = said[::2]
    word, other = (audio[round(0.3 * rate) :][: round(0.7 * rate)] for audio in (said, faster))
    quiet = np.zeros(round(0.5 * rate))
    soundfile.write(clips / "words.wav", np.concatenate([quiet, word, quiet, other, quiet]), rate)
    words = hear("compare_parts", clips / "words.wav", at=1.45).data
    assert all(part["pitch_hz"] is None for part in words["parts"])
    soundfile.write(clips / "speeches.wav", np.concatenate([said, faster]), rate)
    speeches = hear("compare_parts", clips / "speeches.wav", at=round(len(said) / rate, 2)).data
    assert speeches["differences"]["pitch"].startswith("higher by 1")


def test_the_scene_is_the_likeliest_of_those_that_are_named(hear):
    among = ("an office", "a farm", "a beach")
    office = hear("scene", "telephone", among=among)
    assert office.data["scene"] == "an office" and "Telephone" in office.data["evidence"]
    assert "Telephone" in office.text and office.text.endswith("It sounds like: an office.")


def test_the_longest_and_the_shortest_sound_are_told(hear):
    text = hear("sound_events", "birds_phone").text
    assert "The longer is Alarm clock" in text and "the shorter is Bird" in text
    assert "All last about equally long" in hear("sound_events", "telephone").text


def bursts(clips, *spans, total):
    """Noise in each of the spans (s), in silence."""
    audio = np.zeros(round(total * 16_000))
    noise = np.random.default_rng(0).normal(0, 0.2, len(audio))
    for start, end in spans:
        at = slice(round(start * 16_000), round(end * 16_000))
        audio[at] = noise[at]
    soundfile.write(clips / "bursts.wav", audio, 16_000)
    return clips / "bursts.wav"


def lengths_said(text):
    """The length between the two times of each span that a text lists."""
    return [
        round(float(end) - float(start), 1)
        for start, end in re.findall(r"(\d+\.\d) to (\d+\.\d) s", text)
    ]


def test_spans_are_as_long_as_they_are_said_to_be_and_ties_are_ties(hear, clips):
    path = bursts(clips, (0.54, 1.0), (1.94, 2.46), (3.54, 4.06), (5.0, 5.2), total=6.2)
    events = hear("sound_events", path).text
    said = lengths_said(events)
    longest = [value for value in said if value == max(said)]
    number = {2: "two", 3: "three"}[len(longest)]
    assert f"The longest are {number} of {max(said)} s: " in events
    assert f"({min(said)} s)" in events.split("the shortest is ")[1]
    silent = hear("silences", path).text
    gaps = lengths_said(silent)
    assert f" {round(sum(gaps), 1)} s are silent" in silent
    among = [value for value in gaps if value == max(gaps)]
    assert ("The longest lasts" in silent) == (len(among) == 1) and f"{max(gaps)} s" in silent


@pytest.mark.parametrize("clip", ["telephone", "claps", "birds_phone", "trio", "five_digits"])
def test_what_is_silent_is_the_sum_of_the_silences_that_are_listed(hear, clip):
    text = hear("silences", clip).text
    assert f" {round(sum(lengths_said(text)), 1)} s are silent" in text


def test_one_silence_is_no_longest_one(hear):
    assert "One (1) silence: 2.8 to 3.1 s. It lasts 0.3 s" in hear("silences", "italian").text


@pytest.mark.parametrize("clip", ["birds_phone", "cowbell", "applause"])
def test_what_sounds_are_called_is_less_sure_than_how_many_there_are(hear, clip):
    found = hear("sound_events", clip)
    named = found.data["kinds_confidence"]
    assert named < 0.7 < found.confidence
    assert found.text.endswith(f": that is {named:.0%} sure.")
    told = hear("sound_events", clip, among=("a bird", "a dog", "a cowbell")).data
    assert 0 < told["kinds_confidence"] < 1
    guessed = hear("count_sound", clip)
    assert "perhaps" in guessed.text and guessed.confidence <= 0.5


def test_stereo_tells_sides_and_movement(hear, clips):
    noise = np.random.default_rng(0).normal(0, 0.1, (3 * 16_000, 2))
    pan = np.linspace(0.02, 0.98, len(noise))[:, None]
    mix = {
        "left": noise * [1.0, 0.1],
        "right": noise * [0.1, 1.0],
        "centre": noise,
        "to the right": noise * np.hstack([1 - pan, pan]),
    }
    for where, samples in mix.items():
        soundfile.write(clips / "x.wav", samples, 16_000)
        assert where in hear("stereo", clips / "x.wav").text


def test_loudness_agrees_with_the_standard(hear, clips):
    # ITU-R BS.1770: a full-scale 997 Hz sine measures -3.01 LUFS.
    wave = np.sin(2 * np.pi * 997 * np.arange(48_000 * 3) / 48_000)
    soundfile.write(clips / "sine.wav", wave, 48_000, subtype="FLOAT")
    data = hear("loudness", clips / "sine.wav").data
    assert data["integrated_lufs"] == pytest.approx(-3.01, abs=0.1)


@pytest.mark.parametrize("clip", ["voicemail", "waltz"])
def test_speech_that_gets_quieter_is_no_fade(hear, clips, clip):
    audio, rate = soundfile.read(EXAMPLES / "clips" / f"{clip}.flac")
    soundfile.write(clips / "quieter.wav", audio * np.geomspace(1, 0.05, len(audio)), rate)
    text = hear("loudness", clips / "quieter.wav").text
    assert ": it gets quieter." in text and "(a fade)" not in text
    assert "fade" not in text.replace("In music that is a fade or a decrescendo.", "")
    soundfile.write(clips / "drop.wav", np.concatenate([audio, audio, 0.05 * audio]), rate)
    dropped = hear("loudness", clips / "drop.wav").text
    assert "it gets quieter." in dropped and "fade" not in dropped


def test_an_irregular_row_is_not_called_regular(hear, clips):
    rate, rng = 16_000, np.random.default_rng(1)
    click = np.hanning(800) * rng.normal(0, 0.5, 800)
    for even in (True, False):
        wave, time = np.zeros(10 * rate), 0.3
        while time < 9.5:
            wave[int(time * rate) : int(time * rate) + 800] += click
            time += 0.75 if even else rng.uniform(0.3, 2.0)
        soundfile.write(clips / "row.wav", wave, rate)
        found = hear("repetition", clips / "row.wav").data["period_s"]
        assert found == pytest.approx(0.75, abs=0.03) if even else found is None


def test_a_single_sound_repeats_at_no_interval(hear, clips):
    wave = np.zeros(160_000)
    wave[120_000] = 1.0
    soundfile.write(clips / "once.wav", wave, 16_000)
    assert hear("repetition", clips / "once.wav").data["period_s"] is None


def test_a_sound_in_opposite_phase_is_in_no_place(hear, clips):
    noise = np.random.default_rng(0).normal(0, 0.1, 3 * 16_000)
    soundfile.write(clips / "x.wav", np.stack([noise, -noise], axis=1), 16_000)
    found = hear("stereo", clips / "x.wav")
    assert "opposite in phase" in found.text and found.confidence <= 0.5
    wide = np.random.default_rng(0).normal(0, 0.1, (3 * 16_000, 2))
    soundfile.write(clips / "wide.wav", wide, 16_000)
    assert hear("stereo", clips / "wide.wav").confidence <= 0.5
