"""Tempo and key of parts of a piece: told where one ends and another begins, and only there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiorouter.toolbox.frontends.beats import Beats
from audiorouter.toolbox.music import rhythm
from audiorouter.toolbox.music.harmony import _has_keys
from audiorouter.toolbox.music.key_profiles import key_change, ranked_keys
from audiorouter.toolbox.music.rhythm import Tempo
from audiorouter.toolbox.music.tempo_parts import tempo_parts

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11)


def beats(*parts):
    """Times of so many beats at such tempi, one part after the other."""
    return np.cumsum([0.2, *(60 / bpm for bpm, number in parts for _ in range(number))])


@given(
    st.lists(
        st.tuples(st.sampled_from([70, 84, 100, 115]), st.integers(6, 20)), min_size=1, max_size=3
    )
)
def test_parts_with_tempi_of_their_own_are_told(parts):
    heard = [bpm for i, (bpm, _) in enumerate(parts) if i == 0 or bpm != parts[i - 1][0]]
    times = beats(*parts)
    found = tempo_parts(times)
    assert [round(part.bpm) for part in found] == heard
    assert found[0].start == times[0] and found[-1].end == times[-1]


def test_what_the_tracker_needs_to_follow_is_of_neither_part():
    times = beats((110, 8), (150, 1), (143, 1), (167, 12))
    assert [round(part.bpm) for part in tempo_parts(times)] == [110, 167]


@pytest.mark.parametrize(
    "times",
    [
        beats(*((90 + 3 * step, 1) for step in range(24))),  # faster little by little
        beats((100, 12), (105, 12)),
        beats(*(((80, 1), (140, 1)) * 12)),  # two lengths in turn
        beats((100, 3), (140, 12)),
        beats((100, 2)),
    ],
)
def test_other_beats_have_one_tempo(times):
    assert len(tempo_parts(times)) == 1


def test_a_tempo_that_changes_is_told_part_by_part():
    times = beats((80, 8), (125, 12))
    some = np.ones(len(times))
    tool = Tempo()
    found = tool.describe(None, Beats(times, some.astype(np.int64), some, some))
    assert found.text == (
        "The tempo changes at 6.2 s. The tempo of the first part is about 80 BPM (beats per "
        "minute). The tempo of the second part, which is faster, is about 125 BPM. In this order "
        "they are slow, fast."
    )
    assert [part["bpm"] for part in found.data["parts"]] == [80, 125]
    assert found.data["bpm"] == 80  # that of the longer one
    # Neither part is less even for the other.
    heard = Beats(times, some.astype(np.int64), some, some)
    assert rhythm._evenness(heard, tempo_parts(times)) == pytest.approx(3.0, abs=1e-6)
    assert rhythm._evenness(heard) < 2


def test_a_tempo_that_changes_many_times_is_told_of_the_first_parts():
    times = beats(*(((80, 8), (100, 8)) * 60))
    some = np.ones(len(times))
    found = Tempo().describe(None, Beats(times, some.astype(np.int64), some, some))
    assert len(found.data["parts"]) == 120
    assert "and 112 more times. The tempo of the first part" in found.text
    assert "The tempo of part 8, which is faster, is about 100 BPM." in found.text


def test_twice_the_tempo_may_be_counting():
    times = beats((60, 20), (120, 20))
    some = np.ones(len(times))
    found = Tempo().describe(None, Beats(times, some.astype(np.int64), some, some))
    assert "second part, which is faster (perhaps only counted so), is about 120" in found.text


def test_three_keys_are_not_told_as_two():
    chroma = np.concatenate([scale(0, MAJOR, 60), scale(6, MINOR, 60), scale(3, MAJOR, 60)])
    assert key_change(chroma, 18.0) is None


def test_beats_that_are_no_times_count_for_nothing():
    times = beats((80, 8), (125, 12))
    odd = np.concatenate([times[:5], times[4:], [np.nan]])
    assert tempo_parts(odd) == tempo_parts(times)
    assert tempo_parts(times[:1]) == tempo_parts(np.array([np.nan, 1.0, 1.0])) == []


def scale(tonic, degrees, frames):
    """Chroma of a key: its tonic and fifth most, its other notes as much as each other."""
    chroma = np.zeros(12)
    chroma[[(tonic + degree) % 12 for degree in degrees]] = 0.5
    chroma[[tonic, (tonic + degrees[2]) % 12, (tonic + 7) % 12]] = 1.0
    return np.tile(chroma, (frames, 1))


def test_a_new_key_is_told_with_its_time():
    chroma = np.concatenate([scale(0, MAJOR, 50), scale(6, MINOR, 70)])
    change = key_change(chroma, 12.0)
    assert (change.before.name, change.after.name) == ("C major", "F# minor")
    assert change.at == pytest.approx(5.0, abs=0.3)
    assert change.after.label == "F#/Gb minor"


def test_neither_one_key_nor_a_moment_in_another_is_a_change():
    same = scale(0, MAJOR, 100)
    assert key_change(same, 10.0) is None
    near = np.concatenate([same[:50], scale(7, MAJOR, 50)])  # the dominant shares its notes
    assert key_change(near, 10.0) is None
    assert key_change(np.concatenate([same, scale(6, MINOR, 15)]), 11.5) is None
    assert key_change(same[:20], 2.0) is None
    changes = np.concatenate([same[:50], scale(6, MINOR, 50)])
    assert key_change(changes, 10.0) and not key_change(changes / 100, 10.0)
    changes[70] = np.nan
    assert key_change(changes, 10.0) is None


@pytest.mark.parametrize(
    ("chords", "keys"),
    [
        ([(0, 2, "C:maj"), (2, 4, "G:maj"), (4, 6, "D:maj"), (6, 8, "A:maj")], True),
        ([(0, 4, "C:maj"), (4, 8, "D:maj")], False),
        ([(0, 2, "D:min"), (2, 4, "A:min"), (4, 8, "E:maj")], False),
        ([(0, 5, "C:maj"), (5, 8, "D:maj")], False),
    ],
)
def test_one_chord_on_a_side_is_no_key_of_its_own(chords, keys):
    assert _has_keys(chords, 4.0) is keys


def test_an_even_chroma_is_in_no_key():
    assert ranked_keys(np.ones(12), "C:maj")[0].correlation == 0
    assert key_change(np.ones((100, 12)), 10.0) is None
    assert ranked_keys(scale(9, MINOR, 1)[0], None)[0].name == "A minor"
