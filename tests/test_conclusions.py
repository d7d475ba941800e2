"""Findings state the conclusion that their figures carry, and none where it is close."""

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.plugins import load_registry
from audiorouter.toolbox.frontends.speaker_turns import Turn, describe_turns, turns_data
from audiorouter.toolbox.frontends.transcript import Word
from audiorouter.toolbox.music.rhythm import tempo_terms
from audiorouter.toolbox.speech.conversation import Utterance, described
from audiorouter.toolbox.speech.find_word import often

TOOLS = load_registry(third_party=False).tools
RATE = 16_000


def measured(tool, tmp_path, levels, seconds=1.0):
    """What a tool says of noise at these levels one after the other, 0 for silence."""
    noise = np.random.default_rng(0).normal(0, 1, (len(levels), round(seconds * RATE)))
    sound = (noise * np.array(levels)[:, None]).reshape(-1)
    soundfile.write(tmp_path / "clip.wav", sound, RATE)
    return TOOLS[tool].hear(Clip(tmp_path / "clip.wav"), TOOLS[tool].parse({}))


# Who talks


def test_turns_say_who_talks_most_and_who_is_first_and_last():
    turns = [Turn(0.0, 2.0, 0), Turn(2.5, 8.5, 1), Turn(9.0, 10.0, 0)]
    data, text = turns_data(turns), describe_turns(turns)
    assert data["talks_longest"] == 2 and data["seconds_by_speaker"] == [3.0, 6.0]
    assert (data["first_speaker"], data["last_speaker"]) == (1, 1)
    assert "The second speaker talks more: speaker 1 3.0 s (33%), speaker 2 6.0 s (67%)" in text
    assert "Speaker 1 speaks first, speaker 1 last." in text


def test_speakers_who_talk_about_as_long_are_said_to():
    turns = [Turn(0.0, 5.0, 0), Turn(5.0, 10.5, 1)]
    assert turns_data(turns)["talks_longest"] is None
    assert "They talk about as long as each other" in describe_turns(turns)
    close = [*turns, Turn(11.0, 12.0, 2)]
    assert "Nobody talks clearly longer than every other" in describe_turns(close)


def test_one_speaker_is_compared_with_nobody():
    assert turns_data([Turn(0.0, 5.0, 0)])["talks_longest"] is None
    assert "talk" not in describe_turns([Turn(0.0, 5.0, 0)])


def test_turns_too_short_to_be_said_are_compared_as_they_are():
    turns = [Turn(0.01, 0.04, 0), Turn(0.06, 0.14, 1)]  # both are said to last 0.0 s
    assert turns_data(turns)["talks_longest"] == 2
    assert "speaker 1 0.0 s (27%), speaker 2 0.1 s (73%)" in describe_turns(turns)


def test_a_conversation_says_who_says_most_words():
    said = [Utterance(0, 0, 1, "Yes."), Utterance(1, 1, 4, "I would like a cup of tea.")]
    assert "The second speaker says more. Speaker 1 speaks first, speaker 2 last." in described(
        said
    )
    assert "says more" not in described([said[0], Utterance(1, 1, 2, "No.")])


# What is said


def test_words_that_come_again_are_counted_without_their_marks():
    words = [Word(text, i, i + 0.5) for i, text in enumerate(("No,", "no", "yes", "No!", "Yes."))]
    assert often(words) == {"no": 3, "yes": 2}


@pytest.mark.slow
@pytest.mark.weights
def test_words_are_told_where_none_is_looked_for(hear):
    found = hear("find_word", "voicemail")
    assert [one["word"] for one in found.data["spoken"]][:2] == ["Please", "leave"]
    assert 'Said more than once: "the" twice' in found.text
    assert found.text.endswith('The first word is "Please", the last word is "key".')


# How high, loud and fast


@pytest.mark.parametrize(
    ("bpm", "terms"),
    [
        (50, ("largo",)),
        (72, ("adagio",)),
        (77, ("adagio", "andante")),
        (100, ("andante",)),
        (114, ("moderato", )),
        (140, ("allegro",)),
        (185, ("presto",)),
        (230, ("prestissimo",)),
    ],
)  # fmt: skip
def test_a_tempo_has_the_names_of_musicians_two_at_a_border(bpm, terms):
    assert tempo_terms(bpm) == terms


@pytest.mark.parametrize(
    ("levels", "course", "half", "words"),
    [
        ((0.05, 0.05, 0.2, 0.2), "louder", "second", "it gets louder"),
        ((0.2, 0.2, 0.05, 0.05), "quieter", "first", "it gets quieter"),
        ((0.1, 0.1, 0.1), "the same", None, "it stays the same"),
        ((0.05, 0.2, 0.05), "louder, then quieter", None, "up and then down again"),
        ((0.2, 0.05, 0.2), "quieter, then louder", None, "down and then up again"),
    ],
)
def test_loudness_says_its_course_and_the_louder_half(tmp_path, levels, course, half, words):
    found = measured("loudness", tmp_path, levels)
    assert (found.data["course"], found.data["louder_half"]) == (course, half)
    assert words in found.text
    assert (
        f"The {half} half is louder" if half else "Both halves are about equally loud"
    ) in found.text


def test_the_louder_half_is_measured_in_halves_not_in_the_ends(tmp_path):
    found = measured("loudness", tmp_path, (0.1, 0.1, 0.1, 0.02, 0.3, 0.3, 0.1, 0.1, 0.1))
    assert found.data["course"] != "louder" and found.data["louder_half"] == "second"


def test_short_silences_are_not_called_no_seconds(tmp_path):
    found = measured("silences", tmp_path, (0.2, 0.0, 0.2), seconds=0.4)
    assert "no seconds" not in found.text
    assert "Between sounds there is silence for 0.4 s." in found.text
    assert found.data["first_sound_s"] == pytest.approx(0.0, abs=0.05)
    assert found.data["last_sound_ends_s"] == pytest.approx(1.2, abs=0.05)


@pytest.mark.slow
@pytest.mark.weights
def test_speech_never_lasts_longer_than_its_clip(hear):
    found = hear("speech_activity", "italian")
    assert found.data["speech_s"] <= found.data["duration_s"] and found.data["share"] <= 1
    assert "for nearly all of the clip" in found.text and "no seconds" not in found.text


# What comes after what


@pytest.mark.slow
@pytest.mark.weights
def test_sounds_say_what_follows_what_and_which_is_the_longest(hear, tmp_path):
    rate = 22_050
    clips = [EXAMPLES / "clips" / f"{name}.flac" for name in ("piano_note", "cowbell", "voicemail")]
    sounds = [Clip(clip).mono(rate)[: round(length * rate)] for clip, length in zip(
        clips, (1.0, 0.7, 2.5), strict=True
    )]  # fmt: skip
    gap = np.zeros(round(1.2 * rate))
    soundfile.write(
        tmp_path / "row.wav",
        np.concatenate([part for sound in sounds for part in (sound, gap)]),
        rate,
    )
    among = ("a piano", "a cowbell", "a voice")
    found = hear("sound_events", tmp_path / "row.wav", among=among)
    assert found.data["order"] == list(among)
    assert "first a piano, then a cowbell, then a voice" in found.text
    assert "Right after a piano comes a cowbell, right after a cowbell comes a voice." in found.text
    assert found.data["longest"] == "a voice"


# Which language


@pytest.mark.weights
def test_of_improbable_languages_the_commoner_one_is_likelier():
    from audiorouter.toolbox.frontends.whisper import weighed

    snippet = [("bo", 0.4), ("fr", 0.3), ("en", 0.1)]
    assert [code for code, _ in weighed(snippet, 0.5)] == ["en", "fr", "bo"]
    assert sum(probability for _, probability in weighed(snippet, 0.5)) == pytest.approx(1)
    # Of ten seconds Whisper tells more than how common a language is.
    assert weighed([("it", 0.7), ("en", 0.1)], 10.0)[0][0] == "it"
    assert weighed([("it", 0.7), ("en", 0.1)], 0.5)[0][0] == "en"
    clear = [("bo", 0.9), ("en", 0.05)]
    assert weighed(clear, 0.5) == clear and weighed([], 0.0) == []


@pytest.mark.slow
@pytest.mark.weights
def test_a_language_that_is_hard_to_tell_is_not_named(monkeypatch, hear):
    from audiorouter.toolbox.frontends import transcript

    heard = [("bo", 0.3), ("my", 0.3), ("en", 0.0)]
    monkeypatch.setattr(transcript, "languages", lambda audio: (heard, 0.5))
    found = hear("transcribe", EXAMPLES / "clips" / "numbers.flac")  # by itself: nothing is known
    assert "in a language that is hard to tell, says" in found.text
    assert "Tibetan" not in found.text and found.confidence <= 0.5


def heard(name, tmp_path, audio):
    soundfile.write(tmp_path / "heard.wav", audio, RATE, subtype="FLOAT")
    tool = TOOLS[name]
    return tool.hear(Clip(tmp_path / "heard.wav"), tool.parse({}))


def strokes(count, floor):
    """Tones that die away by 60 dB in a quarter of a second, one a second, in noise."""
    time = np.arange(RATE) / RATE
    stroke = 0.5 * np.sin(2 * np.pi * 440 * time) * 10 ** (-12 * time)
    silence = np.zeros(RATE)
    noise = np.random.default_rng(0).normal(0, floor, 5 * RATE)
    return np.concatenate([*[stroke] * count, *[silence] * (5 - count)]) + noise


@pytest.mark.parametrize("gain", [0.3, 0.03])
def test_how_loud_a_clip_was_recorded_is_no_matter_of_its_noise(tmp_path, gain):
    audio = strokes(5, 0.01)
    as_it_is, scaled = heard("noise", tmp_path, audio), heard("noise", tmp_path, gain * audio)
    assert as_it_is.data["snr_db"] == pytest.approx(scaled.data["snr_db"], abs=0.1)
    assert as_it_is.data["decay_s"] == scaled.data["decay_s"] is not None


def test_the_ends_of_a_clip_are_neither_decays_nor_fades(tmp_path):
    assert heard("noise", tmp_path, strokes(2, 1e-3)).data["decay_s"] is None
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)
    levels = heard("loudness", tmp_path, tone).data["level_dbfs"]
    assert max(levels) - min(levels) < 0.2
    dying = tone * np.geomspace(1, 0.01, len(tone))
    assert heard("loudness", tmp_path, dying).data["loudest_at_s"] == 0.0


@pytest.mark.parametrize("levels", [(0.02, 0.2, 0.02), (0.2, 0.02, 0.2)])
def test_a_sudden_change_is_when_it_comes_up_or_down(tmp_path, levels):
    audio = np.repeat(levels, 3 * RATE) * np.random.default_rng(0).normal(0, 1, 9 * RATE)
    changes = heard("dynamics", tmp_path, audio).data["sudden_changes_s"]
    assert changes == pytest.approx([3.0, 6.0], abs=0.11)


@pytest.mark.parametrize("gain", [10, 0.1])
@pytest.mark.parametrize("seconds", [0.5, 0.8, 0.95, 1.0])
def test_a_short_passage_that_is_louder_or_softer_is_one_change(tmp_path, seconds, gain):
    noise = np.random.default_rng(0).normal(0, 0.02, 9 * RATE)
    noise[3 * RATE : round((3 + seconds) * RATE)] *= gain
    changes = heard("dynamics", tmp_path, noise).data["sudden_changes_s"]
    assert changes == pytest.approx([3.0], abs=0.21)


@pytest.mark.parametrize("seconds", [0.1, 0.2, 0.4])
def test_two_bursts_are_two_changes(tmp_path, seconds):
    noise = np.random.default_rng(0).normal(0, 0.004, 9 * RATE)
    for begin in (3, 6):
        noise[begin * RATE : round((begin + seconds) * RATE)] *= 50
    changes = heard("dynamics", tmp_path, noise).data["sudden_changes_s"]
    assert changes == pytest.approx([3.0, 6.0], abs=0.45)


def test_what_does_not_come_back_is_a_change_of_its_own(tmp_path):
    levels = np.repeat([0.1, 0.4, 0.003], [3 * RATE, RATE * 9 // 10, 3 * RATE])
    noise = np.random.default_rng(0).normal(0, 1, len(levels))
    changes = heard("dynamics", tmp_path, noise * levels).data["sudden_changes_s"]
    assert changes == pytest.approx([3.0, 3.9], abs=0.21)


def test_what_is_far_below_the_loudest_is_not_left_out_without_a_word(tmp_path):
    found = measured("dynamics", tmp_path, (0.001, 0.001, 0.3, 0.3))
    assert "% of the clip is more than 40 dB below the loudest" in found.text
    assert "narrow" not in found.text
    assert found.data["faint_share"] == pytest.approx(0.43, abs=0.05)
    assert found.confidence <= 0.5
    with_silence = measured("dynamics", tmp_path, (0, 0, 0.3, 0.3))
    assert "below the loudest" not in with_silence.text and with_silence.confidence > 0.5


def test_a_moment_of_sound_has_a_level_and_no_course(tmp_path):
    assert not measured("dynamics", tmp_path, (0.1, 0.2), 0.1).measured
    found = measured("loudness", tmp_path, (0.1, 0.2), 0.1)
    assert found.text.endswith("Too little is heard to say whether it gets louder or quieter.")
    assert "course" not in found.data and found.data["rms_dbfs"] == pytest.approx(-16, abs=1)


def test_silence_at_the_ends_is_no_change_of_the_level(tmp_path):
    found = measured("loudness", tmp_path, (0, 0, 0.1, 0.1, 0))
    assert found.data["course"] == "the same" and abs(found.data["change_db"]) < 1
    assert (
        "It is silent before 2.0 s and after 4.0 s; the next sentence leaves that out."
        in found.text
    )
    half = measured("loudness", tmp_path, (0, 0, 0.1, 0.1))
    assert half.data["louder_half"] == "second" and half.data["course"] == "the same"


def test_up_and_down_is_no_crescendo(tmp_path):
    found = measured("loudness", tmp_path, (0.01, 0.1, 0.01, 0.14), 1.5)
    assert "The volume goes up and down on the way, and its last third is" in found.text
    assert "crescendo" not in found.text and found.data["course"] == "up and down"
    with_pauses = measured("loudness", tmp_path, (0.1, 0, 0, 0.1, 0, 0.1, 0, 0, 0.1), 0.4)
    assert "it stays the same." in with_pauses.text
    swelling = measured("loudness", tmp_path, np.geomspace(0.01, 0.3, 30), 0.2)
    assert "it gets louder. In music that is a crescendo." in swelling.text


@pytest.mark.parametrize("levels", [(0.01, 0.1), (0.01, 0.03, 0.1), (0.01, 0.01, 0.01, 0.1, 0.1)])
def test_a_step_is_no_crescendo(tmp_path, levels):
    found = measured("loudness", tmp_path, levels, 2.0)
    assert "it gets louder." in found.text and "crescendo" not in found.text


def test_a_click_is_not_what_silence_lies_between(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, 4 * RATE)
    for begun, ended in ((0.01, 0.0), (0.0, 0.001)):
        silence = np.zeros(5 * RATE)
        clip = np.concatenate([[begun], silence, noise, silence, [ended], np.zeros(100)])
        found = heard("loudness", tmp_path, clip)
        assert found.data["course"] == "the same" and abs(found.data["change_db"]) < 1
        assert "It is silent before 5.0 s and after 9.0 s" in found.text


@pytest.mark.weights
def test_what_lies_above_8_khz_is_no_silence(tmp_path):
    tone = 0.25 * np.sin(2 * np.pi * 12_000 * np.arange(3 * 48_000) / 48_000)
    soundfile.write(tmp_path / "high.wav", tone, 48_000, subtype="FLOAT")
    named = {"sound_events": {"among": ["a dog", "silence", "music"]}}
    found = {
        name: TOOLS[name].hear(Clip(tmp_path / "high.wav"), TOOLS[name].parse(named.get(name, {})))
        for name in (
            "noise", "dynamics", "loudness", "silences", "compare_parts", "sound_tags", "pitch",
            "melody", "sound_events",
        )
    }  # fmt: skip
    for name in ("noise", "sound_tags"):
        assert found[name].text == "Not measured: nearly all of it lies above 8 kHz."
    assert found["pitch"].text == "Not measured: there is no clear pitch."
    assert not found["melody"].measured
    assert found["sound_events"].data["events"][0]["classes"] != ["silence"]
    assert found["loudness"].data["course"] == "the same"
    assert found["dynamics"].data["range_db"] < 1
    assert found["silences"].data["silent_s"] == 0
    assert "level" not in found["compare_parts"].data.get("differences", {})


def test_silence_between_sounds_says_nothing_of_their_noise(tmp_path):
    noisy = np.concatenate([strokes(5, 0.05)] * 2)
    as_it_is = heard("noise", tmp_path, noisy)
    noisy[4 * RATE : 6 * RATE] = 0
    found = heard("noise", tmp_path, noisy)
    assert found.data["snr_db"] == pytest.approx(as_it_is.data["snr_db"], abs=1)
    assert found.text.startswith("The recording is noisy")
    noisy[: 9 * RATE + RATE * 6 // 10] = 0
    assert not heard("noise", tmp_path, noisy).measured


def test_cuts_into_silence_are_no_decays(tmp_path):
    rings = strokes(5, 0.01)
    for second in range(5):
        rings[second * RATE + RATE // 4 : (second + 1) * RATE - 400] = 0
    assert heard("noise", tmp_path, rings).data["decay_s"] is None


@pytest.mark.parametrize("shape", [np.sin, lambda phase: np.sign(np.sin(phase))])
def test_a_steady_tone_is_no_noise(tmp_path, shape):
    tone = 0.9 * shape(2 * np.pi * 440 * np.arange(4 * RATE) / RATE)
    assert heard("noise", tmp_path, tone).text.startswith("Not measured: a steady tone")
    hiss = heard("noise", tmp_path, np.random.default_rng(0).normal(0, 0.1, 4 * RATE))
    assert hiss.text.startswith("Nothing stands out from what goes on all the time, at ")
    assert hiss.data["noise_floor_dbfs"] == pytest.approx(-20, abs=1)
