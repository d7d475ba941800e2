"""Arguments of tools: parts of clips, and what questions name."""

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st

from audiorouter import (
    BatchOptions,
    Clip,
    Finding,
    SpanArguments,
    Tool,
    ToolCall,
    run_batch,
)
from audiorouter.errors import ToolError, UsageError
from audiorouter.plugins import load_registry
from audiorouter.toolbox.run_tool import parse_arguments
from audiorouter.toolbox.sound.count_sound import sound_in
from audiorouter.toolbox.spans import Parts, Span, parts_in, span_in
from audiorouter.toolbox.speech.language import NAMES, language_in
from audiorouter.toolbox.speech.named_words import word_in, words_in

TOOLS = load_registry(third_party=False).tools


@pytest.mark.slow
@pytest.mark.weights
def test_a_tool_hears_only_the_part_that_it_is_told_to(clips):
    time = np.arange(4 * 16_000) / 16_000
    wave = np.where(time < 2, np.sin(2 * np.pi * 220 * time), np.sin(2 * np.pi * 440 * time))
    soundfile.write(clips / "two.wav", 0.3 * wave, 16_000)
    tool, clip = TOOLS["pitch"], Clip(clips / "two.wav")
    tool.load()
    second = tool.hear(clip, tool.parse({"start": 2.2, "end": 3.8}))
    assert second.data["median_hz"] == pytest.approx(440, abs=3)
    assert second.data["part"] == {"start_s": 2.2, "end_s": 3.8}
    assert second.text.startswith("Between 2.2 and 3.8 s (times count from there):")
    first = tool.hear(clip, tool.parse({"end": 1.8}))
    assert first.data["median_hz"] == pytest.approx(220, abs=3)
    assert tool.hear(clip, tool.parse({"start": 0, "end": 99})).data["part"]["end_s"] == 4.0
    last = tool.hear(clip, tool.parse({"start": -1.5}))
    assert last.data["part"] == {"start_s": 2.5, "end_s": 4.0}
    assert tool.hear(clip, tool.parse({"start": -9, "end": 1.8})).data["part"]["start_s"] == 0.0
    with pytest.raises(ToolError, match=r"the clip has 4\.00 s"):
        tool.hear(clip, tool.parse({"start": 9}))


@pytest.mark.parametrize(
    ("question", "span"),
    [
        ("What is said between 2 and 4.5 seconds?", Span(2.0, 4.5)),
        ("Which note is played from 1 s to 3 s?", Span(1.0, 3.0)),
        ("How many beats are there in the first 5 seconds?", Span(None, 5.0)),
        ("What happens after 3 s?", Span(3.0, None)),
        ("What is heard before 2 seconds?", Span(None, 2.0)),
        ("How long does it last?", Span()),
        ("Is it between 5 and 2 seconds long?", Span()),
        ("Is the interval between 2 and 3 notes?", Span()),
        ("Which instrument plays in the first ten seconds?", Span(None, 10.0)),
        ("What is heard in the first second?", Span(None, 1.0)),
        ("What happens in the last five seconds?", Span(-5.0, None)),
        ("Who speaks from 0:05 to 01:07?", Span(5.0, 67.0)),
        ("Between one and two minutes, who speaks?", Span(60.0, 120.0)),
        ("What happens between the 2-second mark and the 5-second mark?", Span(2.0, 5.0)),
        ("Which chord (2.0–4.5 s)?", Span(2.0, 4.5)),
        ("What happens after the first 4 seconds?", Span(4.0, None)),
        ("Who speaks after 1 minute and 20 seconds?", Span(80.0, None)),
        # These are counted from something else, or are no times of the clip.
        ("What is said in the first 3 seconds after the beep?", Span()),
        ("What word follows 3 seconds after the bell?", Span()),
        ("Does the shop open between 9:00 and 17:00?", Span()),
        ("Is there a train from 0:30 am to 4:30 pm?", Span()),
        ("What is 5 m away?", Span()),
        ("Is its duration between 5 and 10 seconds?", Span()),
        ("For the first 2 seconds nothing is heard; what comes then?", Span()),
        ("Who speaks from 0:55 to 1:10?", Span(55.0, 70.0)),
        ("What happens after 3 s and before 8 s?", Span(3.0, 8.0)),
        ("In the first 5 s, which of the following is heard?", Span(None, 5.0)),
        ("Listen to the clip from 2 to 4 s. Which chord is played?", Span(2.0, 4.0)),
        ("How long does the dog bark, between 1 and 2 s?", Span()),
        ("What happens after 3 seconds of barking?", Span()),
        ("What is said in the first 5 seconds of the second song?", Span()),
        ("Which sounds are there except in the first 3 s?", Span()),
        ("A man speaks from 2 to 4 s. Who replies?", Span()),
        ("Is the bell heard in the first 5 seconds or later?", Span()),
        ("Does the flight leave after 06:30?", Span()),
        ("Who speaks in the first minute and a half?", Span()),
        ("What is heard until 2 seconds before the end?", Span()),
        ("Who speaks after ſix seconds?", Span()),
        ("Does the melody from the first 5 seconds return?", Span()),
        ("Which sounds are there, but not in the last 3 s?", Span()),
        ("A dog barks in the first 3 s; what is heard afterwards?", Span()),
        ("Does the music start after 5 s?", Span()),
        ("Which chord is heard at 0:03 and 0:05?", Span()),
        ("Which chord is played at twenty-five seconds?", Span()),
        ("Is it louder in the last 5 seconds than at the beginning?", Span()),
        ("What is heard before 3 s and what before 8 s?", Span()),
        ("Is the bell heard (A) from 0 to 2 s (B) after 5 s?", Span()),
        # Whoever compares two stretches needs both.
        ("Is it louder in the first 3 s or in the last 3 s?", Span()),
        ("Is it louder between 0 and 2 s or between 6 and 8 s?", Span()),
        ("How long is it: 5 s, 10 s or 15 s?", Span()),
    ],
)
def test_spans_are_read_from_questions(question, span):
    assert span_in(question) == span


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("How does it differ before and after 5 s?", Parts(Span(0.0, 5.0), Span(5.0, None))),
        ("Is it louder after 2.5 seconds than before?", Parts(Span(0.0, 2.5), Span(2.5, None))),
        (
            "What differs between 0 and 2 s and between 4 and 6 s?",
            Parts(Span(0.0, 2.0), Span(4.0, 6.0)),
        ),
        ("Compare the first 3 s with the last 2 s.", Parts(Span(0.0, 3.0), Span(-2.0, None))),
        ("Are the first 3 s louder than the rest?", Parts(Span(0.0, 3.0), Span(3.0, None))),
        ("What changes at around the 5-second mark?", Parts(Span(0.0, 5.0), Span(5.0, None))),
        ("Is the first 5 s louder than the next 3 s?", Parts(Span(0.0, 5.0), Span(5.0, 8.0))),
        ("Is it louder before than after 5 s?", Parts(Span(0.0, 5.0), Span(5.0, None))),
        ("What changes in the second half?", None),
        ("What happens at 5 s?", None),
        ("What changes at 2 s and at 5 s?", None),
        ("What happens after 5 s but before 10 s?", None),
        ("In the first 5 s, who speaks next?", None),
    ],
)
def test_two_parts_are_read_from_questions(question, parts):
    assert parts_in(question) == parts
    named = TOOLS["compare_parts"].arguments_in(question, ())
    assert TOOLS["compare_parts"].normalised(named) == named and bool(named) == (parts is not None)


@given(st.text(max_size=80))
def test_whatever_is_asked_a_span_makes_sense_and_fits_the_tool(question):
    start, end = span_in(question)
    assert start is None or end is None or start < end
    for name in ("find_word", "count_sound", "transcribe", "phonemes", "compare_parts"):
        tool = TOOLS[name]
        assert tool.call_for(ToolCall(tool.name), question, ()).tool == tool.name


def test_words_sounds_and_languages_are_read_from_questions():
    assert word_in('When is the word "hello there" said?') == "hello there"
    assert word_in("When is the word stop spoken?") == "stop"
    assert word_in("What is said?") is None
    assert sound_in("How many times does the dog bark?") == "dog"
    assert sound_in("How often is the church bell heard?") == "church bell"
    assert sound_in("How often is the sound heard?") is None
    assert language_in("What does the French speaker say?") == "fr"
    assert language_in("Is it in French or in German?") is None


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("What is said in French?", "fr"),
        ("What does the woman say in Polish, and why?", "pl"),
        ("In Spanish, what does he ask for?", "es"),
        ("The man speaks Russian. What does he say?", "ru"),
        ("What do the German speakers talk about?", "de"),
        ("What does the Tibetan monk say?", None),
        ("Which instrument of Armenian origin plays?", None),
        ("What is said of the Greek?", None),
        ("Which dish in Italian cuisine is mentioned?", None),
        ("Is this Turkish music?", None),
        ("Is the conversation in Hindi?", None),
        ("Does the man speak Dutch?", None),
        ("How many people speak Thai?", None),
        ("Who lives in Polish villages?", None),
    ],
)
def test_only_what_is_said_to_be_spoken_is_a_language_to_listen_for(question, code):
    assert language_in(question) == code
    named = TOOLS["transcribe"].arguments_in(question, ())
    assert named == ({} if code is None else {"language": code})


def test_every_language_that_whisper_tells_has_a_name():
    codes = pytest.importorskip("faster_whisper.tokenizer")._LANGUAGE_CODES
    assert set(codes) <= set(NAMES)
    assert language_in("What does the Welsh speaker say?") == "cy"
    # A kind of music, and languages whose codes no argument takes.
    assert language_in("Is it in the Latin style?") is None
    assert language_in("What is said in Hawaiian?") is None


def test_a_call_without_arguments_takes_those_of_its_question_and_others_keep_theirs():
    find = TOOLS["find_word"]
    asked = find.call_for(ToolCall("find_word"), 'When is "tone" said?', ())
    assert asked.arguments == {"word": "tone"}
    given = ToolCall("find_word", {"word": "press"})
    assert find.call_for(given, 'When is "tone" said?', ()).arguments == {"word": "press"}
    long = f'When is "{"x" * 59} {"y" * 59}" said?'
    assert find.call_for(ToolCall("find_word"), long, ()).arguments == {}


@pytest.mark.parametrize(
    ("question", "choices", "words"),
    [
        ("Which word comes first?", ("dial", "press"), ("dial", "press")),
        ('Which comes first, "yes" or "no"?', ("yes", "no"), ("yes", "no")),
        ("In which order are they said?", ("red, blue", "blue, red"), ("red", "blue")),
        ('How often is "no" said?', ("once", "twice"), ("no",)),
        ('When is the word "no" said?', ("at the beginning", "near the end"), ("no",)),
        ("Which number is said first?", ("7", "3"), ("7", "3")),
        ("Who speaks?", ("a man", "a woman"), ()),
    ],
)
def test_several_words_are_read_from_a_question_and_its_choices(question, choices, words):
    assert words_in(question, choices) == words
    call = TOOLS["find_word"].call_for(ToolCall("find_word"), question, choices)
    named = call.arguments.get("words") or [w for w in [call.arguments.get("word")] if w]
    assert tuple(named) == words


def test_what_is_asked_of_the_pronunciation_is_read_from_the_question():
    read = TOOLS["phonemes"].arguments_in
    pairs = read("Which two words rhyme?", ("cat and hat", "dog and horse"))
    assert pairs == {"words": ["cat and hat", "dog and horse"], "about": "rhymes"}
    assert read('How many syllables has "tone"?', ("1", "2")) == {
        "words": ["tone"],
        "about": "syllables",
    }
    assert read("How many words have an unstressed vowel?", ("two", "three")) == {"about": "stress"}


@pytest.mark.weights
@pytest.mark.parametrize(
    ("question", "choices", "taken"),
    [
        ("Where was this recorded?", ("gym", "mall", "library"), True),
        ("What are these people doing?", ("sewing", "writing"), True),
        ("What do you hear in the background?", ("a busy kitchen", "a farm"), True),
        ("Where is the loudest note?", ("at the start", "at the end"), False),
        ("What is happening to the pitch?", ("it rises", "it falls"), False),
        ("Which word is said in this situation?", ("hello", "goodbye"), False),
        ("Where was this recorded?", ("yes", "no"), False),
    ],
)
def test_choices_are_taken_for_scenes_where_they_are_or_are_asked_for(question, choices, taken):
    named = TOOLS["scene"].arguments_in(question, choices).get("among", ())
    assert tuple(named) == (choices if taken else ())


@pytest.mark.slow
@pytest.mark.weights
def test_a_batch_calls_tools_with_what_each_question_names(tmp_path):
    questions = tmp_path / "q.csv"
    questions.write_text(
        "audio,question,choices,answer\n"
        'voicemail.flac,"When is ""message"" said?",at the beginning|near the end,A\n'
        'voicemail.flac,"When is ""pound"" said?",at the beginning|near the end,B\n'
    )
    options = BatchOptions(router="tools:find_word")
    rows = run_batch(EXAMPLES / "clips", questions, options).rows
    assert [row.route.calls[0].arguments["word"] for row in rows] == ["message", "pound"]
    assert [row.correct for row in rows] == [True, True]
    assert run_batch(EXAMPLES / "clips", questions, options).tools.calls_run == 0


LISTS = [("phonemes", "words"), ("find_word", "words"), ("sound_tags", "among"), ("scene", "among")]


@pytest.mark.parametrize(("name", "argument"), LISTS)
def test_one_item_of_a_list_is_enough_on_the_command_line(name, argument):
    tool = TOOLS[name]

    def read(*texts: str) -> object:
        pairs = [f"{argument}={text}" for text in texts]
        return tool.normalised(parse_arguments(pairs, tool.Arguments))[argument]

    assert read("please") == ["please"] and read("7") == ["7"]
    assert read("cat and hat", "no") == ["cat and hat", "no"]
    assert read('["a", "b"]') == read("a", '["b"]') == ["a", "b"]


def test_an_argument_on_the_command_line_is_what_its_type_says():
    find = TOOLS["find_word"].Arguments
    assert parse_arguments(["word=7", "start=1.5"], find) == {"word": "7", "start": 1.5}
    assert parse_arguments(["word=true", 'language="en"'], find) == {
        "word": "true",
        "language": "en",
    }
    assert parse_arguments(["unheard_of=3"], find) == {"unheard_of": 3}
    with pytest.raises(UsageError, match="word is given twice"):
        parse_arguments(["word=a", "word=b"], find)
    with pytest.raises(UsageError, match="expected name=value"):
        parse_arguments(["word"], find)


class Broken(Tool[SpanArguments]):
    """Its reading of questions fails."""

    name, description, version, licence = "broken", "x", "1", "MIT"
    domain = TOOLS["noise"].domain
    Arguments = SpanArguments

    def arguments_in(self, question, choices):
        raise RuntimeError("oops")

    def run(self, clip, arguments):
        return Finding({}, "fine")


def test_a_tool_that_cannot_read_a_question_is_called_without_arguments():
    assert Broken().call_for(ToolCall("broken"), "anything", ()) == ToolCall("broken")


@pytest.mark.parametrize("tool", ["transcribe", "find_word", "conversation"])
def test_a_language_is_told_by_a_code_that_is_known(tool):
    arguments = {"word": "no"} if tool == "find_word" else {}
    assert TOOLS[tool].parse({**arguments, "language": "EN"}).language == "en"
    for wrong, said in (("xx", "such as en"), ("French", "as fr is")):
        with pytest.raises(ToolError, match=rf"language: '{wrong}' is no .*{said}"):
            TOOLS[tool].parse({**arguments, "language": wrong})
