"""Every built-in tool on real audio: it hears what is there, and says so where nothing is."""

import json

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.errors import ToolError
from audiorouter.plugins import load_registry
from audiorouter.toolbox.frontends.energy import Segment
from audiorouter.toolbox.frontends.whisper import BELIEVED
from audiorouter.toolbox.speech.language import LATE, most_speech

pytestmark = [pytest.mark.slow, pytest.mark.weights]

REGISTRY = load_registry(third_party=False)
TOOLS = REGISTRY.tools


HEARD = [
    ("transcribe", "voicemail", "leave your message after the tone"),
    ("transcribe", "numbers", "four, seven, two"),  # as words, or as digits spelled out
    ("spoken_language", "italian", "Italian"),
    ("spoken_language", "voicemail", "English"),
    ("find_word", "voicemail", "Please at 0.0"),
    ("phonemes", "voicemail", "Words that begin with the same sound: please, press, pound"),
    ("compare_parts", "phone_applause", "with Applause and without Alarm, Telephone"),
    ("scene", "march", "It sounds like: concert, music"),
    ("voice_pitch", "voicemail", "its pitch is 20"),
    ("voice_pitch", "conversation", "The higher voice is the second"),
    ("speech_activity", "voicemail", "for 5.3 s of 5.7 s"),
    ("speech_activity", "telephone", "Nobody speaks"),
    ("speaking_rate", "voicemail", "The speech is normal"),
    ("speaking_rate", "french", "The speech has about 1"),  # words of its own language
    ("speaking_rate", "conversation", "two (2) pauses"),
    ("speech_quality", "voicemail", "The speech quality is good"),
    ("diarization", "voicemail", "a single speaker"),
    ("speakers", "voicemail", "a single speaker"),
    ("speakers", "conversation", "Two (2) different speakers"),
    ("conversation", "voicemail", 'Speaker 1, 0.0 to 5.6 s: "Please leave your message'),
    ("prosody", "voicemail", "syllables per second"),
    ("sound_tags", "telephone", "Telephone"),
    ("sound_tags", "violin_note", "Violin"),
    ("sound_events", "telephone", "Three (3) separate sounds"),
    ("sound_events", "cowbell", "Four (4) separate sounds"),
    ("count_sound", "telephone", "heard three (3) times"),
    ("silences", "telephone", "about six (6) seconds long"),
    ("repetition", "march", "it is regular"),
    ("repetition", "voicemail", "it is irregular"),
    ("noise", "voicemail", "is clean"),
    ("brightness", "telephone", "bright"),
    ("brightness", "waltz", "dark"),
    ("stereo", "voicemail", "mono"),
    ("melody", "flute_scale", "rises (ascending, goes up)"),
    ("notes", "flute_scale", "G4, A4, B4, C5, D5, E5"),
    ("onsets", "march", "onsets"),
    ("instruments", "violin_note", "Violin"),
    ("music_tags", "flute_scale", "The instruments: flute"),
    ("beat_regularity", "march", "The tempo stays the same"),
    ("dynamics", "violin_note", "narrow"),
    ("sections", "march", "one section"),
    ("loudness", "applause", "gets louder"),
    ("loudness", "helicopter", "gets quieter"),
    ("pitch", "violin_note", "played is A4, at a pitch of 440 Hz"),
    ("pitch", "flute_scale", "The melody rises"),
    ("pitch", "trumpet_fall", "The melody falls"),
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


@pytest.mark.parametrize("lead", [0.4, LATE - 1, 40.0])
def test_a_language_is_told_wherever_somebody_begins_to_speak(tmp_path, lead):
    """Whisper listens to 30 s: those in which somebody speaks, not those before."""
    audio, rate = soundfile.read(EXAMPLES / "clips" / "french.flac", dtype="float32")
    noise = np.random.default_rng(0).normal(0, 0.003, round(lead * rate))
    soundfile.write(tmp_path / "late.wav", np.concatenate([noise, audio]), rate)
    tool = TOOLS["spoken_language"]
    assert tool.run(Clip(tmp_path / "late.wav"), tool.Arguments()).data["language"] == "fr"


@pytest.mark.parametrize(("word", "gap"), [(0.5, 60.0), (2.0, 40.0)])
def test_a_word_before_a_long_gap_does_not_stand_for_all_that_is_said(tmp_path, word, gap):
    audio, rate = soundfile.read(EXAMPLES / "clips" / "french.flac", dtype="float32")
    other, _ = soundfile.read(EXAMPLES / "clips" / "voicemail.flac", dtype="float32")
    parts = [other[: round(word * rate)], np.zeros(round(gap * rate), np.float32), audio]
    soundfile.write(tmp_path / "gap.wav", np.concatenate(parts), rate)
    tool = TOOLS["spoken_language"]
    found = tool.run(Clip(tmp_path / "gap.wav"), tool.Arguments())
    assert found.data["language"] == "fr"
    assert found.data.get("start_s", gap) >= gap - 1


@pytest.mark.parametrize(
    ("spoken", "begin"),
    [
        ([(0.0, 12.0)], 0.0),
        ([(14.0, 15.0)], 0.0),
        ([(20.0, 25.0)], 19.0),
        ([(0.0, 0.5), (14.0, 80.0)], 14.0),
        ([(0.0, 3.0), (12.0, 70.0), (100.0, 116.0)], 12.0),
        ([(0.0, 20.0), (40.0, 55.0)], 0.0),
    ],
)
def test_the_half_minute_in_which_most_is_said(spoken, begin):
    found = most_speech([Segment(*each) for each in spoken])
    assert found == pytest.approx(begin, abs=1.0)


def test_which_half_minute_a_language_was_heard_in_is_said(tmp_path):
    audio, rate = soundfile.read(EXAMPLES / "clips" / "french.flac", dtype="float32")
    soundfile.write(tmp_path / "long.wav", np.tile(audio, 8), rate)
    tool = TOOLS["spoken_language"]
    assert "from 0.0 to 30.0 s" in tool.run(Clip(tmp_path / "long.wav"), tool.Arguments()).text


def test_languages_that_follow_each_other_are_told_with_their_times(tmp_path):
    parts, rate = [], 0
    for name in ("italian", "french", "voicemail", "french"):
        audio, rate = soundfile.read(EXAMPLES / "clips" / f"{name}.flac", dtype="float32")
        parts += [audio[: round(6.5 * rate)], np.zeros(rate // 2, np.float32)]
    soundfile.write(tmp_path / "several.wav", np.concatenate(parts), rate)
    tool = TOOLS["spoken_language"]
    found = tool.run(Clip(tmp_path / "several.wav"), tool.Arguments())
    assert [each["language"] for each in found.data["stretches"]] == ["it", "fr", "en", "fr"]
    assert found.data["language"] == "fr", "most is in French"
    assert found.data["candidates"][0].items() <= found.data.items()
    assert found.data["probability"] >= BELIEVED, "of which it is as sure as of the stretches"
    begins = [each["start_s"] for each in found.data["stretches"]]
    assert begins == pytest.approx([0.0, 7.0, 14.0, 21.0], abs=1.2)
    assert found.text.startswith("Three languages are spoken, one after the other: Italian from ")
    soundfile.write(tmp_path / "one.wav", np.concatenate([parts[2], parts[3], parts[2]]), rate)
    assert "stretches" not in tool.run(Clip(tmp_path / "one.wav"), tool.Arguments()).data
    parts += [parts[0], parts[1], parts[2]]
    soundfile.write(tmp_path / "longer.wav", np.concatenate(parts), rate)
    text = tool.run(Clip(tmp_path / "longer.wav"), tool.Arguments()).text
    assert " languages are spoken from " in text, "only half a minute is listened to"


def test_every_tool_is_in_the_list_above():
    assert {tool for tool, _, _ in HEARD} == set(TOOLS)


WEAK = {
    "transcribe": "no words",
    "spoken_language": "no speech",
    "find_word": "no words",
    "voice_pitch": "no speech",
    "phonemes": "no words",
    "compare_parts": "silent",
    "scene": "silent",
    "speech_activity": "Nobody speaks",
    "speaking_rate": "no speech",
    "speech_quality": "no speech",
    "diarization": "no speech",
    "conversation": "no speech",
    "prosody": "no speech",
    "count_sound": "silent",
    "silences": "All of the clip is silent",
    "repetition": "silent",
    "noise": "silent",
    "brightness": "silent",
    "melody": "no music",
    "notes": "no music",
    "onsets": "silent",
    "instruments": "no music",
    "music_tags": "no music is heard",
    "beat_regularity": "silent",
    "dynamics": "silent",
    "sections": "silent",
    "speakers": "no speech",
    "loudness": "silent",
    "sound_events": "silent",
    "pitch": "no clear pitch",
    "tempo": "silent",
    "beats": "silent",
    "meter": "silent",
    "key": "silent",
    "chords": "silent",
}


@pytest.mark.parametrize(("tool", "text"), WEAK.items())
def test_silence_is_not_made_into_something(hear, clips, tool, text):
    soundfile.write(clips / "silence.wav", np.zeros(5 * 16_000), 16_000)
    assert text in hear(tool, clips / "silence.wav").text


FOR_MUSIC = (
    "tempo", "beats", "meter", "beat_regularity", "key", "chords", "notes", "melody", "instruments",
)  # fmt: skip
FOR_SPEECH = (
    "transcribe", "spoken_language", "find_word", "voice_pitch", "speaking_rate", "speech_quality",
    "speakers",
)  # fmt: skip


@pytest.mark.parametrize("tool", FOR_MUSIC)
@pytest.mark.parametrize("clip", ["voicemail", "french", "telephone"])
def test_tools_for_music_measure_nothing_where_there_is_none(hear, tool, clip):
    finding = hear(tool, clip)
    assert "no music is heard" in finding.data["not_measured"] and finding.confidence == 0.0


@pytest.mark.parametrize("tool", FOR_SPEECH)
@pytest.mark.parametrize("clip", ["march", "flute_scale", "applause"])
def test_tools_for_speech_measure_nothing_where_nobody_speaks(hear, tool, clip):
    finding = hear(tool, clip)
    reason = finding.data["not_measured"]
    assert reason.startswith(("no speech is", "no words are")) and finding.confidence == 0.0


def test_a_metronome_has_a_tempo_though_it_is_no_music(hear, clips):
    click = np.zeros(8 * 16_000)
    ring = np.sin(2 * np.pi * 1800 * np.arange(800) / 16_000) * np.exp(-np.arange(800) / 120)
    for beat in range(13):
        click[round(0.2 * 16_000) + beat * 9_600 :][:800] += 0.5 * ring
    soundfile.write(clips / "metronome.wav", click, 16_000)
    assert "about 100 BPM" in hear("tempo", clips / "metronome.wav").text


def test_music_is_heard_however_soft_it_is_and_in_a_part_of_a_clip(hear, clips):
    music, rate = soundfile.read(EXAMPLES / "clips" / "waltz.flac")
    speech, other = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    assert rate == other
    soundfile.write(clips / "soft.wav", music * 0.02, rate, subtype="FLOAT")
    assert "G major" in hear("key", clips / "soft.wav").text
    soundfile.write(clips / "both.wav", np.concatenate([speech, speech, music[: 5 * rate]]), rate)
    assert "not_measured" not in hear("instruments", clips / "both.wav").data


@pytest.mark.parametrize("tool", TOOLS)
@pytest.mark.parametrize("kind", ["noise", "clipped", "constant", "short"])
def test_hostile_signals_give_a_clean_finding(hear, clips, tool, kind):
    rng = np.random.default_rng(0)
    signal = {
        "noise": rng.uniform(-0.1, 0.1, 24_000),
        "clipped": np.sign(rng.standard_normal(24_000)),
        "constant": np.full(24_000, 0.5),
        "short": rng.uniform(-0.5, 0.5, 200),
    }[kind]
    soundfile.write(clips / "x.wav", signal, 8_000)
    finding = hear(tool, clips / "x.wav")
    assert finding.text
    json.dumps(dict(finding.data), allow_nan=False)


@pytest.mark.parametrize("tool", [name for name in TOOLS if name != "diarization"])
@pytest.mark.parametrize("clip", ["conversation", "waltz"])
def test_the_same_clip_gives_the_same_finding_bit_for_bit(hear, tool, clip):
    """Also where one of the two runs takes what other tools have computed before it."""
    assert hear(tool, clip) == hear(tool, Clip(EXAMPLES / "clips" / f"{clip}.flac"))


def test_arguments_change_what_is_found(hear):
    assert len(hear("sound_tags", "voicemail", top=2).data["tags"]) == 2
    assert hear("speakers", "voicemail", count=2).data["speakers"] == 2
    assert hear("sound_events", "telephone", gap=3.0).data["count"] == 1
    assert hear("transcribe", "italian", language="it").data["language"] == "it"


def test_arguments_are_checked_and_written_one_way():
    tool = TOOLS["sound_tags"]
    assert tool.normalised({"top": 5}) == tool.normalised({}) == {}
    with pytest.raises(ToolError, match="top"):
        tool.parse({"top": 0})
    with pytest.raises(ToolError, match="volume"):
        tool.parse({"volume": 1})


def test_identities_name_weights_and_packages():
    tool = TOOLS["transcribe"]
    assert tool.key("a", {}) != TOOLS["speakers"].key("a", {})
    assert "whisper-tiny-en@" in tool.identity and "faster-whisper=" in tool.identity
