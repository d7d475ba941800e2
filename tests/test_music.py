"""Tools for music on sampled notes, put together to melodies and chords whose truth is known."""

import itertools
import json
from functools import cache

import numpy as np
import pytest
import soundfile
import soxr
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.plugins import load_registry
from audiorouter.toolbox.music.chord_templates import Chord
from audiorouter.toolbox.music.contour import contour_of

REGISTRY = load_registry(third_party=False)
RATE = 22_050

SHAPES = [
    ([60, 62, 64, 65, 67], "rising"),
    ([60, 62, 61, 64, 67, 66, 69], "rising"),
    ([67, 64, 62, 60], "falling"),
    ([60, 64, 67, 64, 60], "arch"),
    ([60, 67, 66, 64, 62], "arch"),
    ([67, 64, 60, 62, 65, 67], "valley"),
    ([60, 67, 60, 67, 60, 67, 60], "wavy"),
    ([60, 60, 61, 60], "level"),
    ([64], "level"),
]


@pytest.mark.parametrize(("notes", "shape"), SHAPES)
def test_a_contour_is_one_word(notes, shape):
    assert contour_of(notes, [0.5] * len(notes)).shape == shape


def test_a_note_out_of_line_that_is_short_does_not_bend_a_contour():
    assert contour_of([60, 62, 76, 64, 65, 67], [0.5, 0.5, 0.05, 0.5, 0.5, 0.5]).shape == "rising"


@cache
def sample(name):
    audio, rate = soundfile.read(EXAMPLES / "clips" / f"{name}.flac", dtype="float32")
    audio = audio if audio.ndim == 1 else audio.mean(axis=1)
    return soxr.resample(audio, rate, RATE)


def violin(midi, seconds):
    """A sampled violin's A4, with its vibrato, played faster or slower to be another note."""
    shifted = soxr.resample(sample("violin_note"), RATE, RATE / 2 ** ((midi - 69) / 12))
    note = shifted[: round(seconds * RATE)].copy()
    fade = round(0.03 * RATE)
    note[:fade] *= np.linspace(0, 1, fade)
    note[-fade:] *= np.linspace(1, 0, fade)
    return note


def melody(notes):
    return np.concatenate([violin(note, 0.5) for note in notes])


def chord(notes, seconds=1.5):
    parts = [violin(note, seconds) for note in notes]
    length = min(map(len, parts))
    return sum(part[:length] for part in parts) / len(parts)


def find(clips, tool, audio, **arguments):
    one = REGISTRY.tools[tool] if isinstance(tool, str) else tool
    one.load()
    soundfile.write(clips / "made.wav", audio, RATE)
    found = one.run(Clip(clips / "made.wav"), one.parse(arguments))
    json.dumps(dict(found.data), allow_nan=False)
    return found


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        ([69, 72, 76, 72, 69], "goes up and then down (an arch)"),
        ([74, 71, 67, 71, 74], "goes down and then up (a valley)"),
        ([69, 76, 69, 76, 69, 76], "goes up and down several times (wavy)"),
        ([66, 69, 71, 74], "rises"),
    ],
)
@pytest.mark.slow
@pytest.mark.weights
def test_pitch_and_melody_say_the_same_contour_of_a_violin(clips, notes, words):
    for tool in ("melody", "pitch"):
        assert f"The melody {words}" in find(clips, tool, melody(notes)).text
    found = find(clips, "melody", melody(notes)).data
    assert found["intervals_semitones"] == [b - a for a, b in itertools.pairwise(notes)]


@pytest.mark.parametrize("midi", [57, 69, 81])
@pytest.mark.slow
@pytest.mark.weights
def test_a_note_with_vibrato_is_one_note_in_its_octave(clips, midi):
    found = find(clips, "pitch", violin(midi, 1.5)).data
    assert {one["note"] for one in found["notes"]} == {f"A{midi // 12 - 1}"}
    assert found["median_hz"] == pytest.approx(440 * 2 ** ((midi - 69) / 12), rel=0.02)


@pytest.mark.slow
@pytest.mark.weights
def test_a_melody_under_chords_is_said_to_be_unsure(clips):
    both = np.concatenate([chord([57, 60, 64, 67]), chord([55, 59, 62, 65])])
    assert "unsure" in find(clips, "melody", both).text


@pytest.mark.parametrize(
    ("notes", "label"),
    [
        ([57, 64, 69, 72], "A:min"),
        ([57, 64, 67, 72], "A:min7"),
        ([55, 59, 62, 65], "G:7"),
        ([60, 64, 67, 71], "C:maj7"),
        ([57, 62, 64], "A:sus4"),
        ([59, 62, 65], "B:dim"),
        ([52, 60, 67, 72], "C:maj/3"),
    ],
)
@pytest.mark.slow
@pytest.mark.weights
def test_chords_beyond_triads_are_named(clips, notes, label):
    found = find(clips, "chords", chord(notes)).data["chords"]
    assert max(found, key=lambda one: one["end_s"] - one["start_s"])["chord"] == label


@pytest.mark.slow
@pytest.mark.weights
def test_the_chord_at_a_moment_is_told_and_the_others_have_times(clips):
    audio = np.concatenate([chord([57, 64, 69, 72]), chord([53, 57, 60, 65])])
    found = find(clips, "chords", audio, at=2.2)
    assert found.text.startswith("At 2.2 s the chord is F major (F:maj).")
    assert "A:min 0.0–1.5 s" in found.text.replace("1.4 s", "1.5 s").replace("1.6 s", "1.5 s")


@pytest.mark.slow
@pytest.mark.weights
def test_the_key_is_told_in_symbols_by_both_spellings(clips):
    triads = [[57, 61, 66], [59, 62, 66], [56, 61, 65], [57, 61, 66]]  # F#m Bm C# F#m
    found = find(clips, "key", np.concatenate([chord(notes) for notes in triads]))
    assert found.data["key"] == "F# minor" and "In symbols: F#m or Gbm" in found.text


@pytest.mark.slow
@pytest.mark.weights
def test_chords_are_told_in_symbols_by_both_spellings(clips):
    audio = np.concatenate([chord([58, 65, 70, 73]), chord([53, 57, 60, 65])])
    assert "In symbols: A#m F (Bbm F). With their times" in find(clips, "chords", audio).text
    one = find(clips, "chords", chord([57, 64, 67, 72]))
    assert "There is one chord: A minor seventh. In symbols: Am7." in one.text


@pytest.mark.parametrize(
    ("chord", "symbols"),
    [
        ((0, "maj", 4), ("C/E", "C/E")),
        ((2, "maj", 6), ("D/F#", "D/F#")),
        ((0, "min", 3), ("Cm/Eb", "Cm/Eb")),
        ((3, "hdim7", 3), ("D#m7b5", "Ebm7b5")),
        ((1, "7", 8), ("C#7/G#", "Db7/Ab")),
        ((0, "dim7", 9), ("Cdim7/A", "Cdim7/A")),
    ],
)
def test_a_chord_symbol_names_kind_and_bass(chord, symbols):
    made = Chord(0.0, 1.0, *chord, 1.0)
    assert (made.symbol(flats=False), made.symbol(flats=True)) == symbols


def test_a_question_names_the_moment_of_a_chord():
    tool = REGISTRY.tools["chords"]
    assert tool.arguments_in("Which chord sounds at 3.5 s?", ()) == {"at": 3.5}
    assert tool.arguments_in("Which chord is played between 2.6 and 3.9 seconds?", ()) == {
        "start": 2.6,
        "end": 3.9,
    }
    assert tool.arguments_in("Which chord comes first?", ()) == {}


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("notes", [[57], [57, 64], [57, 61, 64]])
def test_notes_of_a_chord_are_counted_without_their_overtones(clips, notes):
    found = find(clips, "notes", chord(notes)).data
    assert found["most_at_once"] == len(notes) and found["count"] == len(notes)


@pytest.mark.slow
@pytest.mark.weights
def test_where_a_note_stops_nothing_begins(clips):
    notes = [sample("clarinet_fall")[start : start + RATE // 2] for start in (5_000, 37_000)]
    rest = np.zeros(RATE // 3, dtype=np.float32)
    cut = np.concatenate([rest, *(part for note in notes for part in (note, rest))])
    assert find(clips, "onsets", cut).data["count"] == len(notes)
    # The same in a faint hiss, and of strokes none is lost.
    hiss = np.random.default_rng(0).normal(0, 1e-3, len(cut)).astype(np.float32)
    assert find(clips, "onsets", cut + hiss).data["count"] == len(notes)
    assert find(clips, "onsets", sample("claps")).data["count"] == 5
    assert find(clips, "onsets", sample("clarinet_fall")).data["count"] == 4
    ends = np.array([1.25, 2.02, 2.67, 3.44])
    begun = find(clips, "onsets", sample("trumpet_fall")).data["times_s"]
    assert np.abs(np.subtract.outer(ends, begun)).min() > 0.1


@pytest.mark.slow
@pytest.mark.weights
def test_a_clip_may_begin_with_an_attack(clips):
    claps = sample("claps")[round(0.4 * RATE) :]
    assert find(clips, "onsets", claps).data["times_s"][0] == 0.0
    assert find(clips, "onsets", claps).data["count"] == 5
    assert find(clips, "onsets", melody([60, 64, 67])).data["count"] == 3
    # Not so what goes on from the start, with strokes in it.
    hiss = np.random.default_rng(0).normal(0, 0.01, len(claps)).astype(np.float32)
    hiss[RATE // 2 :] += claps[: -(RATE // 2)]
    assert find(clips, "onsets", hiss).data["count"] == 5


@pytest.mark.slow
@pytest.mark.weights
def test_silence_before_and_after_changes_nothing(clips):
    before, after = (np.zeros(round(s * RATE), dtype=np.float32) for s in (0.7, 1.0))
    for clip, tool, what in (
        ("clarinet_fall", "onsets", "count"),
        ("claps", "onsets", "count"),
        ("applause", "sections", "sections"),
        ("birds_phone", "sections", "sections"),
    ):
        bare = find(clips, tool, sample(clip)).data[what]
        assert find(clips, tool, np.concatenate([before, sample(clip), after])).data[what] == bare


@pytest.mark.slow
@pytest.mark.weights
def test_silence_stays_silence_and_an_offset_in_a_part_is_no_sound(clips):
    hiss = np.random.default_rng(0).normal(0, 10 ** (-75 / 20), 4 * RATE).astype(np.float32)
    soundfile.write(clips / "hiss.wav", hiss, RATE, subtype="FLOAT")
    tool = REGISTRY.tools["sound_tags"]
    tool.load()
    found = tool.run(Clip(clips / "hiss.wav"), tool.parse({}))
    assert found.text.startswith("The clip sounds like: Silence")
    padded = np.concatenate([np.zeros(2 * RATE, dtype=np.float32), 0.3 * sample("claps") + 0.03])
    silence = find(clips, "silences", padded).data["silences"][0]
    assert silence["start_s"] == 0 and silence["end_s"] >= 2


@pytest.mark.slow
@pytest.mark.weights
def test_a_quiet_clip_is_heard_as_a_loud_one_is(clips):
    for gain in (1, 0.2, 0.05):
        assert find(clips, "count_sound", gain * sample("claps"), sound="clap").data["count"] == 5


@pytest.mark.slow
@pytest.mark.weights
def test_short_notes_that_come_fast_are_all_heard_to_begin(clips):
    pluck = sample("piano_note")[: round(0.1 * RATE)]
    pluck = pluck * np.linspace(1, 0, len(pluck), dtype=np.float32) ** 0.2
    rest = np.zeros(round(0.06 * RATE), dtype=np.float32)
    fast = np.concatenate([rest, *([pluck, rest] * 8)])
    assert find(clips, "onsets", fast).data["count"] == 8


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("clip", ["piano_note", "violin_note"])
def test_one_note_has_neither_key_nor_chord(clips, clip):
    for tool in ("key", "chords", REGISTRY.stand_ins["key"], REGISTRY.stand_ins["chords"]):
        found = find(clips, tool, sample(clip))
        assert not found.measured and "only the note" in found.text


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize(
    ("notes", "said"),
    [([57, 64], "A3 and E4 sound together, a perfect fifth apart"), ([60, 64], "C4 and E4")],
)
def test_two_notes_have_neither_key_nor_chord(clips, notes, said):
    for tool in ("key", "chords", REGISTRY.stand_ins["key"], REGISTRY.stand_ins["chords"]):
        found = find(clips, tool, chord(notes))
        assert not found.measured and said in found.text


@pytest.mark.slow
@pytest.mark.weights
def test_the_key_of_a_single_chord_is_unsure(clips):
    found = find(clips, "key", chord([57, 60, 64], 2.0))
    assert found.data["single_chord"] and found.data["mode"] is None
    assert found.confidence <= 0.5 and "perhaps" in found.text


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("clip", ["flute_scale", "clarinet_fall", "trumpet_fall", "violin"])
def test_a_lone_melody_is_no_chord_and_its_key_is_unsure(clips, clip):
    tune = melody([60, 62, 64, 65, 67, 65, 64, 62, 60]) if clip == "violin" else sample(clip)
    for tool in ("key", "chords"):
        found = find(clips, tool, tune)
        assert found.confidence <= 0.5
        assert not found.measured or "A single line is heard, one note at a time" in found.text
        assert "perhaps" in found.text or "one note is heard at a time" in found.text


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("clip", ["waltz", "march", "ballad", "rock"])
def test_what_has_chords_is_no_single_line(clips, clip):
    for tool in ("key", "chords"):
        assert find(clips, tool, sample(clip)).data["single_line"] is False
