"""Every built-in tool on real audio: it hears what is there, and says so where nothing is."""

import json

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.errors import ToolError
from audiorouter.plugins import load_registry

TOOLS = load_registry(third_party=False).tools


@pytest.fixture(scope="session")
def hear():
    """Runs a tool in this process on an example clip, or on a path."""
    loaded = set()

    def run(name, clip, **arguments):
        tool = TOOLS[name]
        if name not in loaded:
            tool.load()
            loaded.add(name)
        path = EXAMPLES / "clips" / f"{clip}.flac" if isinstance(clip, str) else clip
        return tool.run(Clip(path), tool.parse(arguments))

    return run


HEARD = [
    ("transcribe", "voicemail", "leave your message after the tone"),
    ("transcribe", "numbers", "four, seven, two"),  # as words, or as digits spelled out
    ("spoken_language", "italian", "Italian"),
    ("spoken_language", "voicemail", "English"),
    ("speakers", "voicemail", "a single speaker"),
    ("speakers", "conversation", "Two (2) different speakers"),
    ("sound_tags", "telephone", "Telephone"),
    ("sound_tags", "violin_note", "Violin"),
    ("sound_events", "telephone", "Three (3) separate sounds"),
    ("sound_events", "cowbell", "Four (4) separate sounds"),
    ("loudness", "applause", "gets louder"),
    ("loudness", "helicopter", "gets quieter"),
    ("pitch", "violin_note", "440 Hz (A4)"),
    ("pitch", "flute_scale", "It rises"),
    ("pitch", "trumpet_fall", "It falls"),
    ("tempo", "waltz", "about 100 BPM"),
    ("tempo", "march", "about 132 BPM"),
    ("beats", "march", "beats, at"),
    ("meter", "waltz", "3/4"),
    ("meter", "march", "4/4"),
    ("key", "waltz", "G major"),
    ("chords", "march", "A minor"),
]


@pytest.mark.parametrize(("tool", "clip", "text"), HEARD)
def test_hears_what_is_there(hear, tool, clip, text):
    assert text.lower() in hear(tool, clip).text.lower()


def test_every_tool_is_in_the_list_above():
    assert {tool for tool, _, _ in HEARD} == set(TOOLS)


WEAK = {
    "transcribe": "No speech",
    "spoken_language": "No speech",
    "speakers": "Nobody",
    "loudness": "silent",
    "sound_events": "silent",
    "pitch": "no clear pitch",
    "tempo": "no clear beat",
    "beats": "no clear beat",
    "meter": "no clear beat",
    "key": "no clear key",
    "chords": "No chords",
}


@pytest.mark.parametrize(("tool", "text"), WEAK.items())
def test_silence_is_not_made_into_something(hear, clips, tool, text):
    soundfile.write(clips / "silence.wav", np.zeros(5 * 16_000), 16_000)
    assert text in hear(tool, clips / "silence.wav").text


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("kind", ["one sample", "noise", "clipped", "constant", "short"])
def test_hostile_signals_give_a_clean_finding(hear, clips, tool, kind):
    rng = np.random.default_rng(0)
    signal = {
        "one sample": np.array([0.5]),
        "noise": rng.uniform(-0.1, 0.1, 24_000),
        "clipped": np.sign(rng.standard_normal(24_000)),
        "constant": np.full(24_000, 0.5),
        "short": rng.uniform(-0.5, 0.5, 200),
    }[kind]
    soundfile.write(clips / "x.wav", signal, 8_000)
    finding = hear(tool, clips / "x.wav")
    assert finding.text
    json.dumps(dict(finding.data), allow_nan=False)


@pytest.mark.parametrize("tool", ["transcribe", "speakers", "pitch", "key", "sound_events"])
def test_the_same_clip_gives_the_same_finding(hear, tool):
    assert hear(tool, "voicemail") == hear(tool, "voicemail")


def test_arguments_change_what_is_found(hear):
    assert len(hear("sound_tags", "voicemail", top=2).data["tags"]) == 2
    assert hear("speakers", "voicemail", count=2).data["speakers"] == 2
    assert hear("sound_events", "telephone", gap=3.0).data["count"] == 1
    assert hear("transcribe", "italian", language="it").data["language"] == "it"


def test_loudness_agrees_with_the_standard(hear, clips):
    # ITU-R BS.1770: a full-scale 997 Hz sine measures -3.01 LUFS.
    wave = np.sin(2 * np.pi * 997 * np.arange(48_000 * 3) / 48_000)
    soundfile.write(clips / "sine.wav", wave, 48_000, subtype="FLOAT")
    data = hear("loudness", clips / "sine.wav").data
    assert data["integrated_lufs"] == pytest.approx(-3.01, abs=0.1)


def test_arguments_are_checked_and_written_one_way():
    tool = TOOLS["sound_tags"]
    assert tool.normalised({"top": 5}) == tool.normalised({}) == {}
    with pytest.raises(ToolError, match="top"):
        tool.parse({"top": 0})
    with pytest.raises(ToolError, match="volume"):
        tool.parse({"volume": 1})


def test_keys_cover_clip_arguments_and_identity():
    tool = TOOLS["transcribe"]
    keys = {tool.key("a", {}), tool.key("b", {}), tool.key("a", {"language": "fr"})}
    keys.add(TOOLS["speakers"].key("a", {}))
    assert len(keys) == 4
    assert "whisper-tiny-en@" in tool.identity and "faster-whisper=" in tool.identity
