"""Every built-in tool on real audio: it hears what is there, and says so where nothing is."""

import json

import numpy as np
import pytest
import soundfile
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.errors import ToolError
from audiorouter.plugins import load_registry
from audiorouter.store import Store
from audiorouter.toolbox.frontends.transcript import transcript
from audiorouter.toolbox.run_tool import run_tool

pytestmark = [pytest.mark.slow, pytest.mark.weights]

REGISTRY = load_registry(third_party=False)
TOOLS = REGISTRY.tools


@pytest.fixture(scope="session")
def hear():
    """Runs a tool in this process on an example clip, or on a path.

    Tools share an example clip, and so what they hear it through, as they do in a worker.
    """
    loaded, decoded = set(), {}

    def run(name, clip, **arguments):
        tool = TOOLS[name]
        if name not in loaded:
            tool.load()
            loaded.add(name)
        if isinstance(clip, str):
            clip = decoded.setdefault(clip, Clip(EXAMPLES / "clips" / f"{clip}.flac"))
        return tool.run(clip if isinstance(clip, Clip) else Clip(clip), tool.parse(arguments))

    return run


HEARD = [
    ("transcribe", "voicemail", "leave your message after the tone"),
    ("transcribe", "numbers", "four, seven, two"),  # as words, or as digits spelled out
    ("spoken_language", "italian", "Italian"),
    ("spoken_language", "voicemail", "English"),
    ("find_word", "voicemail", "Please at 0.0"),
    ("phonemes", "voicemail", "Words that begin with the same sound: please, press, pound"),
    ("compare_parts", "phone_applause", "with Applause and without Alarm, Telephone"),
    ("scene", "march", "It sounds like: concert, music"),
    ("voice_pitch", "voicemail", "The pitch of the voice is 20"),
    ("voice_pitch", "conversation", "The highest voice is the second"),
    ("speech_activity", "voicemail", "Somebody speaks for 5.3 s"),
    ("speech_activity", "telephone", "Nobody speaks"),
    ("speaking_rate", "voicemail", "The speech is normal"),
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


def test_every_tool_is_in_the_list_above():
    assert {tool for tool, _, _ in HEARD} == set(TOOLS)


WEAK = {
    "transcribe": "no speech",
    "spoken_language": "no speech",
    "find_word": "no speech",
    "voice_pitch": "no speech",
    "phonemes": "no speech",
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
    assert "no speech is" in finding.data["not_measured"] and finding.confidence == 0.0


@pytest.mark.parametrize("tool", REGISTRY.stand_ins)
def test_stand_ins_measure_nothing_either(tool):
    stand_in = REGISTRY.stand_ins[tool]
    found = stand_in.run(Clip(EXAMPLES / "clips" / "voicemail.flac"), stand_in.parse({}))
    assert "no music is heard" in found.data["not_measured"]


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


OPEN = [
    ("tempo", "waltz", "about 100 BPM"),
    ("tempo", "voicemail", "no music is heard, and no clear beat"),
    ("beats", "march", "beats, at"),
    ("meter", "waltz", "3/4"),
    ("key", "waltz", "G major"),
    ("chords", "march", "A minor, F major, C major, G major"),
]


@pytest.mark.parametrize(("tool", "clip", "text"), OPEN)
def test_stand_ins_hear_it_as_well(tool, clip, text):
    stand_in = REGISTRY.stand_ins[tool]
    assert stand_in.name == tool and stand_in.not_commercial() is None
    found = stand_in.run(Clip(EXAMPLES / "clips" / f"{clip}.flac"), stand_in.parse({}))
    assert text in found.text


def test_workers_that_compile_librosa_at_once_do_not_poison_its_cache(tmp_path, monkeypatch):
    """Seen: two did, and every process that used librosa's beats crashed from then on."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "numba"))
    clips = [EXAMPLES / "clips" / f"{name}.flac" for name in ("march", "waltz")]
    for run in ("cold", "from the cache"):
        with Store(tmp_path / f"{run}.db") as store:
            found = run_tool(
                REGISTRY.stand_ins, REGISTRY.stand_ins["tempo"], {}, clips, store,
                workers=2, timeout=300, verbose=False,
            )  # fmt: skip
        assert [result.error for result in found] == [None, None], run


def test_all_stand_ins_are_in_the_list_above():
    assert {tool for tool, _, _ in OPEN} == set(REGISTRY.stand_ins)


def test_what_is_asked_for_by_name_is_found(hear):
    message = hear("find_word", "voicemail", word="message").data["times"]
    assert len(message) == 1 and message[0]["start_s"] == pytest.approx(1.2, abs=0.3)
    assert hear("find_word", "voicemail", word="goodbye").data["times"] == []
    assert hear("count_sound", "telephone", sound="telephone").data["count"] == 3
    assert hear("count_sound", "telephone", sound="dog").data["count"] == 0
    # No class is called hen; the nearest in meaning are those of chickens.
    assert "Chicken, rooster" in hear("count_sound", "telephone", sound="hen").data["classes"]


def test_several_words_are_counted_and_put_in_order(hear):
    words = ("pound", "message", "goodbye", "your")
    found = hear("find_word", "voicemail", words=words)
    assert found.data["order"] == ["your", "message", "pound"]
    assert '"your" comes first and "pound" last' in found.text
    assert 'Not said as far as it can be recognised: "goodbye"' in found.text
    counts = {one["word"]: one["count"] for one in found.data["words"]}
    assert counts["message"] == 1 and counts["goodbye"] == 0


def test_phonemes_compares_the_words_that_are_named_and_tells_what_is_asked_first(hear):
    found = hear("phonemes", "voicemail", words=("tone and phone", "message"), about="rhymes")
    assert found.text.startswith('"tone", "phone" rhyme. "phone" is not said.')
    message = next(one for one in found.data["words"] if one["word"] == "message")
    assert message["phonemes"] == "M EH1 S AH0 JH" and message["stress"] == [1, 0]
    assert found.data["counts"]["words"] == len(found.data["words"]) == 16
    assert "in Italian" in hear("phonemes", "italian").text


def test_parts_are_compared_by_what_differs_in_them(hear, clips):
    said, rate = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    ring, _ = soundfile.read(EXAMPLES / "clips" / "telephone.flac")
    for name, second in (("louder", 3 * said), ("same", said), ("ring", ring)):
        soundfile.write(clips / f"{name}.wav", np.concatenate([0.3 * said, 0.3 * second]), rate)
    at = len(said) / rate
    louder = hear("compare_parts", clips / "louder.wav", at=at).data["differences"]
    assert list(louder) == ["level"] and louder["level"] == "louder by 10 dB"
    assert "no clear difference" in hear("compare_parts", clips / "same.wav", at=at).text
    ring = hear("compare_parts", clips / "ring.wav", at=at)
    assert ring.data["differences"]["speech"] == "without speech"
    assert "with Alarm" in ring.text or "Telephone" in ring.text
    edges = hear("compare_parts", clips / "ring.wav", first_end=2, second_start=-3)
    assert edges.data["parts"][0]["end_s"] == 2.0
    with pytest.raises(ToolError, match="too little to compare"):
        hear("compare_parts", "voicemail", at=50)
    with pytest.raises(ToolError, match="either `at` or the two parts"):
        TOOLS["compare_parts"].parse({"at": 2, "first_end": 1})


def test_the_scene_is_the_likeliest_of_those_that_are_named(hear):
    among = ("an office", "a farm", "a beach")
    office = hear("scene", "telephone", among=among)
    assert office.data["scene"] == "an office" and "Telephone" in office.data["evidence"]
    assert "Telephone" in office.text and office.text.endswith("It sounds like: an office.")


def test_the_longest_and_the_shortest_sound_are_told(hear):
    text = hear("sound_events", "birds_phone").text
    assert "The longest is Alarm clock" in text and "the shortest Bird" in text
    assert "All last about as long" in hear("sound_events", "telephone").text


def test_a_pipeline_that_is_not_here_says_how_to_get_it(hear):
    with pytest.raises(ToolError, match="hf download pyannote/speaker-diarization-community-1"):
        hear("diarization", "voicemail", pipeline="pyannote/speaker-diarization-community-1")
    with pytest.raises(ToolError, match="fewest is more than most"):
        TOOLS["diarization"].parse({"fewest": 3, "most": 2})
    assert hear("diarization", "conversation", most=1).data["speakers"] == 1


def test_a_checkpoint_that_names_more_than_settings_is_not_opened(tmp_path):
    import torch

    from audiorouter.toolbox.frontends.pyannote import check_checkpoint

    class Evil:
        def __reduce__(self):
            return print, ("opened",)

    torch.save({"state": Evil()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ToolError, match="print"):
        check_checkpoint(tmp_path / "pytorch_model.bin")


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


def test_noise_lowers_the_ratio_and_the_rating(hear, clips):
    said, rate = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    noise = np.random.default_rng(0).normal(0, 0.05, len(said))
    soundfile.write(clips / "noisy.wav", said + noise, rate)
    assert hear("noise", clips / "noisy.wav").data["snr_db"] < 15
    assert hear("noise", "voicemail").data["snr_db"] > 30
    clean, noisy = (hear("speech_quality", c).data for c in ("voicemail", clips / "noisy.wav"))
    assert clean["overall"] > noisy["overall"] + 0.5 and noisy["background"] < 3


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


def test_arguments_change_what_is_found(hear):
    assert len(hear("sound_tags", "voicemail", top=2).data["tags"]) == 2
    assert hear("speakers", "voicemail", count=2).data["speakers"] == 2
    assert hear("sound_events", "telephone", gap=3.0).data["count"] == 1
    assert hear("transcribe", "italian", language="it").data["language"] == "it"


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


def test_the_language_is_not_listened_for_where_nobody_speaks(hear):
    clip = Clip(EXAMPLES / "clips" / "cowbell.flac")
    assert transcript(clip).text == "" and transcript(clip).language_probability is None


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


def test_identities_name_weights_and_packages():
    tool = TOOLS["transcribe"]
    assert tool.key("a", {}) != TOOLS["speakers"].key("a", {})
    assert "whisper-tiny-en@" in tool.identity and "faster-whisper=" in tool.identity
