"""Whisper listens where words may be: to speech, and to what is sung, rapped or chanted."""

import numpy as np
import pytest

from audiorouter import Clip
from audiorouter.plugins import load_registry
from audiorouter.routing.rules import tools_for
from audiorouter.toolbox.frontends import speech, transcript
from audiorouter.toolbox.frontends.energy import Segment
from audiorouter.toolbox.frontends.speaker_turns import Turn
from audiorouter.toolbox.speech.conversation import utterances

CLASSES = ("Speech", "Music", "Singing", "Rapping", "Chant", "Child singing", "Dog")
LISTENED = transcript.Transcript("la", [transcript.Word("la", 0.0, 0.2)], -0.3, "en", None)

pytestmark = pytest.mark.weights  # it asks what is speech


@pytest.fixture
def sounds_like(monkeypatch, tone):
    """A clip of which YAMNet says what it is told to."""

    def clip(**of: float) -> Clip:
        heard = np.zeros((6, len(CLASSES)))
        for name, probability in of.items():
            heard[1:4, CLASSES.index(name.replace("_", " "))] = probability
        monkeypatch.setattr(speech, "clip_probabilities", lambda _: heard)
        return Clip(tone("sung.wav"))

    monkeypatch.setattr(speech, "class_names", lambda: CLASSES)
    monkeypatch.setattr(transcript, "languages", lambda _: ([("en", 0.9)], 1.0))
    monkeypatch.setattr(transcript, "_transcribe", lambda *_: [LISTENED])
    speech._indices.cache_clear()
    yield clip
    speech._indices.cache_clear()


@pytest.mark.parametrize("name", ["Singing", "Rapping", "Chant", "Child_singing"])
def test_whisper_listens_to_what_is_sung(sounds_like, name):
    clip = sounds_like(Music=0.9, **{name: 0.12})
    assert speech.words_may_be_heard(clip) and not speech.speech_is_heard(clip)
    assert transcript.transcript(clip).text == "la"
    assert not speech.words_may_be_heard(sounds_like(Music=0.9, **{name: 0.08}))


def test_whisper_listens_to_faint_speech_and_not_to_music_and_animals(sounds_like):
    assert transcript.transcript(sounds_like(Speech=0.03, Music=0.8)).text == "la"
    assert transcript.transcript(sounds_like(Speech=0.01, Music=0.9, Dog=0.9)).text == ""


def test_where_nobody_listened_no_language_is_told_and_nothing_is_measured(sounds_like):
    clip = sounds_like(Dog=0.9)
    assert transcript.transcript(clip).language is None
    assert transcript.transcript(clip, "fr").language == "fr"
    tools = load_registry(third_party=False).tools
    for name in ("transcribe", "find_word", "phonemes"):
        found = tools[name].run(clip, tools[name].parse({}))
        assert found.text == "Not measured: no words are recognised." and found.confidence == 0
        assert "language" not in found.data


@pytest.mark.parametrize("question", ["Who talks faster?", "Does the man speak slower?"])
def test_the_rules_send_the_pace_to_the_tool_that_measures_it(question):
    called = tools_for(question, ())
    assert "speaking_rate" in called and "prosody" not in called
    assert "prosody" in tools_for("Who talks louder?", ())


@pytest.mark.parametrize(
    "question",
    [
        "Is this type of piece in a major or minor key?",
        "In which key is this type of piece?",
        "What type of scale does the melody follow?",
        "Which note is the tonic when the pianist presses the pedal?",
        "In which key does the song begin before the caller presses anything?",
        "Is this press recording in a minor key?",
    ],
)
def test_the_rules_find_the_key_of_music_whatever_else_is_pressed_or_typed(question):
    assert "key" in tools_for(question, ())


@pytest.mark.parametrize(
    "question",
    [
        "Which key does the caller press?",
        "Which key of the telephone is pressed first?",
        "Does somebody push the wrong key?",
        "How often is the star key dialled?",
        "Which key does she keep typing?",
        "Which key did she type?",
    ],
)
def test_the_rules_take_no_key_that_is_pressed_for_one_of_music(question):
    assert "key" not in tools_for(question, ())


def said(text: str, language: str, sure: float, start: float = 0.0) -> transcript.Transcript:
    words = [transcript.Word(one, start + n, start + n + 0.5) for n, one in enumerate(text.split())]
    return transcript.Transcript(text, words, sure, language, None)


def test_parts_in_several_languages_make_one_transcript():
    both = transcript._together(said("Hi there", "en", -0.2), said("À bientôt", "fr", -0.8, 5.0))
    assert both.text == "Hi there À bientôt" and both.words[-1].start == 6.0
    assert (both.language, both.others) == ("en", ("fr",))
    assert both.confidence == pytest.approx(-0.5)


def test_the_language_of_most_words_comes_first():
    both = transcript._together(said("Hi there", "en", -0.2), said("À bientôt mon ami", "fr", -0.2))
    assert (both.language, both.others) == ("fr", ("en",))


def test_words_are_written_with_the_spaces_that_they_were_heard_with():
    tokens = [("L", False), ("'extension", True), ("7", False), (".4", True)]
    words = [transcript.Word(text, n, n + 0.5, joined=j) for n, (text, j) in enumerate(tokens)]
    heard = transcript.Transcript("", words, -0.2, "fr", None)
    assert transcript._together(heard, said("Hi", "en", -0.2, 9.0)).text == "L'extension 7.4 Hi"
    (one,) = utterances(words, [Turn(0, 0.0, 4.0)])
    assert one.text == "L'extension 7.4"


def test_where_nothing_is_left_of_a_language_it_is_not_named():
    only = transcript._together(said("", "vi", 0.0), said("The number", "en", -0.9))
    assert (only.language, only.others, only.confidence) == ("en", (), -0.9)


def test_words_that_whisper_is_not_sure_of_are_doubted_where_they_are_long_enough():
    def words(probability: float) -> list[transcript.Word]:
        return [transcript.Word("so", 0.5 * n, 0.5 * n + 0.4, probability) for n in range(4)]

    spoken = [Segment(0.0, 2.0), Segment(5.0, 6.0)]
    assert transcript._not_well_heard(spoken, words(0.4)) == spoken
    assert transcript._not_well_heard(spoken, words(0.8)) == spoken[1:]  # without a word
    assert transcript._not_well_heard([Segment(0.0, 0.5)], words(0.4)) == []
