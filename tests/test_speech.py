"""Tools for speech on real speech: words, their order, their sounds, the language, the quality."""

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.errors import ToolError
from audiorouter.plugins import load_registry
from audiorouter.toolbox.frontends.transcript import transcript

pytestmark = [pytest.mark.slow, pytest.mark.weights]

TOOLS = load_registry(third_party=False).tools


def test_a_word_that_is_asked_for_is_found_or_not(hear):
    message = hear("find_word", "voicemail", word="message").data["times"]
    assert len(message) == 1 and message[0]["start_s"] == pytest.approx(1.2, abs=0.3)
    assert hear("find_word", "voicemail", word="goodbye").data["times"] == []


def test_several_words_are_counted_and_put_in_order(hear):
    words = ("pound", "message", "goodbye", "your")
    found = hear("find_word", "voicemail", words=words)
    assert found.data["order"] == ["your", "message", "pound"]
    assert '"your" comes first and "pound" last' in found.text
    assert 'Not said as far as it can be recognised: "goodbye"' in found.text
    counts = {one["word"]: one["count"] for one in found.data["words"]}
    assert counts["message"] == 1 and counts["goodbye"] == 0


def test_words_that_are_said_as_often_are_a_tie(hear, clips):
    assert " Both are said as often." in hear("find_word", "voicemail", words=("tone", "key")).text
    said, rate = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    first, pause = said[: round(3.6 * rate)], np.zeros(rate // 2)  # up to "after the tone"
    soundfile.write(clips / "again.wav", np.concatenate([said, pause, first]), rate)
    text = hear("find_word", clips / "again.wav", words=("message", "tone", "key")).text
    assert ' The most often said are "message", "tone".' in text


def test_pauses_are_in_the_speech_whoever_speaks_and_as_long_as_they_are_said(hear):
    pauses = hear("speaking_rate", "trio").text.split("words). ")[1]
    assert pauses == (
        "There are two (2) pauses in the speech: 0.8 to 1.1 s, 8.2 to 8.5 s. Both last 0.3 s."
    )
    assert hear("speaking_rate", "italian").text.endswith("There are no pauses in the speech.")
    turns = hear("speakers", "conversation").text
    assert "speaker 1 from 0.1 to 8.3 s" in turns and "speaker 1 8.2 s (60%)" in turns


def test_phonemes_compares_the_words_that_are_named_and_tells_what_is_asked_first(hear):
    found = hear("phonemes", "voicemail", words=("tone and phone", "message"), about="rhymes")
    assert found.text.startswith('"tone", "phone" rhyme. "phone" is not said.')
    message = next(one for one in found.data["words"] if one["word"] == "message")
    assert message["phonemes"] == "M EH1 S AH0 JH" and message["stress"] == [1, 0]
    assert found.data["counts"]["words"] == len(found.data["words"]) == 16
    assert "in Italian" in hear("phonemes", "italian").text


def test_phonemes_tells_which_syllable_of_a_named_word_is_stressed(hear):
    found = hear("phonemes", "voicemail", words=("guitar",))
    assert found.text.startswith('"guitar" is stressed on the second syllable. "guitar" has two')
    long = hear("phonemes", "voicemail", words=("characterization",))
    assert long.text.startswith('"characterization" is stressed on syllable 5.')
    assert "is stressed on" not in hear("phonemes", "voicemail", words=("tone",)).text


@pytest.mark.parametrize(
    ("clip", "code", "sentence", "word"),
    [
        ("french", "fr", "The speech is in French and says", "laisser"),
        ("italian", "it", "The speech is in Italian and says", "messaggio"),
        ("password", "en", "The speech says", "password"),
    ],
)
def test_the_language_is_listened_for_where_it_is_not_told(hear, clip, code, sentence, word):
    found = hear("transcribe", clip)
    assert found.data["language"] == code and found.data["language_probability"] > 0.8
    assert sentence in found.text
    assert any(word in one["word"].lower() for one in found.data["words"])
    assert hear("find_word", clip, word=word).data["times"]
    assert "language_probability" not in hear("transcribe", clip, language=code).data


def test_each_of_several_languages_is_written_down_as_it_is_said(hear):
    """Of one that it is not told of, Whisper makes words of another."""
    text = hear("transcribe", "trio").data["text"]
    assert "lasciare un messaggio" in text and "сообщение" in text
    assert "signala" not in text
    text = hear("transcribe", "conversation").data["text"]
    assert "Please leave your message after the tone" in text and "laisser votre message" in text
    assert "Thank you" not in text


def test_the_language_is_not_listened_for_where_nobody_speaks(hear):
    clip = Clip(EXAMPLES / "clips" / "cowbell.flac")
    assert transcript(clip).text == "" and transcript(clip).language_probability is None


def test_noise_lowers_the_ratio_and_the_rating(hear, clips):
    said, rate = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    noise = np.random.default_rng(0).normal(0, 0.05, len(said))
    soundfile.write(clips / "noisy.wav", said + noise, rate)
    assert hear("noise", clips / "noisy.wav").data["snr_db"] < 15
    assert hear("noise", "voicemail").data["snr_db"] > 30
    clean, noisy = (hear("speech_quality", c).data for c in ("voicemail", clips / "noisy.wav"))
    assert clean["overall"] > noisy["overall"] + 0.5 and noisy["background"] < 3


def test_a_pipeline_that_is_not_here_says_how_to_get_it(hear):
    with pytest.raises(ToolError, match="hf download pyannote/speaker-diarization-community-1"):
        hear("diarization", "voicemail", pipeline="pyannote/speaker-diarization-community-1")
    with pytest.raises(ToolError, match="fewest is more than most"):
        TOOLS["diarization"].parse({"fewest": 3, "most": 2})
    assert hear("diarization", "conversation", most=1).data["speakers"] == 1
