"""Who says what: words go to the turns of their times, and the clip's speakers to their words."""

import pytest
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.toolbox.frontends.speaker_turns import Turn
from audiorouter.toolbox.frontends.transcript import Word
from audiorouter.toolbox.speech.conversation import (
    TEXT_LIMIT,
    Conversation,
    Utterance,
    described,
    utterances,
)


def test_each_word_goes_to_the_turn_that_holds_most_of_it_or_is_nearest():
    turns = [Turn(0.0, 1.0, 0), Turn(1.5, 3.0, 1), Turn(3.0, 4.0, 0)]
    words = [
        Word("Hello", 0.1, 0.5),
        Word("there.", 0.6, 1.4),  # ends in the pause
        Word("Hi,", 1.3, 1.9),  # begins in it
        Word("Ann.", 2.0, 3.2),  # reaches into the next turn
        Word("Bye.", 4.2, 4.4),  # after all of them
    ]
    assert utterances(words, turns) == [
        Utterance(0, 0.1, 1.4, "Hello there."),
        Utterance(1, 1.3, 3.2, "Hi, Ann."),
        Utterance(0, 4.2, 4.4, "Bye."),
    ]


def test_a_long_conversation_is_shown_up_to_a_bound_and_says_how_much_is_left():
    said = [Utterance(i % 2, float(i), i + 0.9, "word " * 50 + "end.") for i in range(20)]
    text = described(said)
    assert len(text) < TEXT_LIMIT + 400
    assert "more utterances" in text and "Two (2) speakers" in text


@pytest.mark.slow
@pytest.mark.weights
def test_the_words_of_two_people_are_kept_apart():
    tool = Conversation()
    tool.load()
    clip = Clip(EXAMPLES / "clips" / "conversation.flac")
    said = tool.run(clip, tool.parse({})).data["utterances"]
    french, english = said[-2:]
    assert french["speaker"] != english["speaker"]
    # What Whisper makes of one language in the other differs from processor to processor.
    assert "votre" in french["text"] and "votre" not in english["text"]
    assert "your message" in english["text"] and "pound key" not in french["text"]
    assert french["end_s"] < english["start_s"] + 0.5
    alone = tool.run(clip, tool.parse({"count": 1})).data
    assert alone["speakers"] == 1 and len(alone["utterances"]) == 1


def test_the_language_is_read_from_the_question():
    found = Conversation().arguments_in("What does the French speaker say first?", ())
    assert found == {"language": "fr"}


@pytest.mark.slow
@pytest.mark.weights
def test_a_greeting_in_another_language_is_not_left_out(hear):
    first = hear("conversation", "trio").data["utterances"][0]
    assert first["start_s"] < 0.3 and first["text"].lower().startswith(("goodbye", "good bye"))
    found = hear("transcribe", "trio")
    assert found.data["language"] == "it" and found.data["other_languages"] == ["en", "ru"]
    assert "is in Italian, some of it in English, Russian, and says" in found.text
    # Who tells the language wants that one.
    assert hear("transcribe", "trio", language="it").data["other_languages"] == []
    assert hear("transcribe", "french").data["other_languages"] == []
