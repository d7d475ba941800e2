import dataclasses
import os

import numpy as np
import pytest
import soundfile
from broken_audio import broken_files

from audiorouter.clips import Clip, FileStamp, find_clips
from audiorouter.errors import ClipError


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.aiff"])
def test_reads_what_libsndfile_reads(tone, name):
    facts = Clip(tone(name, rate=44_100, seconds=1.5, channels=2)).facts
    assert (facts.sample_rate, facts.channels) == (44_100, 2)
    assert facts.duration == pytest.approx(1.5, abs=0.1)
    assert facts.rms_dbfs == pytest.approx(20 * np.log10(0.3 / np.sqrt(2)), abs=0.3)
    assert facts.peak_dbfs == pytest.approx(20 * np.log10(0.3), abs=0.5)


def test_hash_is_of_the_audio_not_of_the_file(tone):
    wav, other = tone("a.wav", subtype="PCM_16"), tone("c.wav", frequency=441)
    flac = wav.with_suffix(".flac")
    soundfile.write(flac, soundfile.read(wav, dtype="int16")[0], 16_000)
    assert Clip(wav).audio_hash == Clip(flac).audio_hash != Clip(other).audio_hash


def test_hash_tells_the_same_samples_at_another_rate_apart(clips):
    wave = np.random.default_rng(0).uniform(-0.5, 0.5, 8000)
    soundfile.write(clips / "a.wav", wave, 8000)
    soundfile.write(clips / "b.wav", wave, 16_000)
    assert Clip(clips / "a.wav").audio_hash != Clip(clips / "b.wav").audio_hash


def test_mono_is_resampled_once_and_keeps_pitch_and_length(tone):
    clip = Clip(tone(rate=44_100, seconds=2, channels=2))
    mono = clip.mono(16_000)
    assert mono is clip.mono(16_000)
    assert mono.dtype == np.float32 and mono.shape == (32_000,)
    assert np.argmax(np.abs(np.fft.rfft(mono))) * 16_000 / len(mono) == pytest.approx(440, abs=1)


@pytest.mark.parametrize(("rate", "channels"), [(192_000, 1), (8_000, 1), (48_000, 8)])
def test_unusual_rates_and_channel_counts(tone, rate, channels):
    clip = Clip(tone("a.wav", rate=rate, channels=channels))
    assert clip.samples.audio.shape == (channels, rate)
    assert clip.mono(16_000).shape == (16_000,)


def test_broken_files_give_an_error_that_names_them(clips):
    for name, path in broken_files(clips).items():
        with pytest.raises(ClipError, match=f"{name}.wav"):
            Clip(path).facts  # noqa: B018


@pytest.mark.slow
def test_an_hour_is_decoded(tone):
    assert Clip(tone("hour.flac", rate=8000, seconds=3600)).facts.duration == 3600


def test_stamp_changes_with_the_file(tone):
    path = tone()
    before = FileStamp.of(path)
    assert FileStamp.of(path) == before
    os.utime(path, ns=(1, 1))
    assert FileStamp.of(path) != before


def test_find_clips_is_recursive_and_sorted(clips, tone):
    (clips / "b").mkdir()
    (clips / ".hidden").mkdir()
    for name in ("z.WAV", "b/a.flac", ".hidden/c.wav"):
        tone(name.lower()).rename(clips / name)
    (clips / "notes.txt").write_text("")
    assert [p.relative_to(clips).as_posix() for p in find_clips(clips)] == ["b/a.flac", "z.WAV"]


def test_a_clip_of_one_sample_is_never_empty_at_any_rate(clips):
    soundfile.write(clips / "one.wav", np.array([0.5]), 192_000, subtype="FLOAT")
    assert Clip(clips / "one.wav").mono(8_000).tolist() == [0.5]


@dataclasses.dataclass(slots=True)
class Slotted:
    rate: float
    envelope: np.ndarray


class Unreadable(dict):
    def values(self):
        raise OSError("not now")


def test_arrays_that_are_shared_cannot_be_written_to_wherever_they_are(tone):
    def cyclic():
        made = {"pitch": np.zeros(3)}
        made["again"] = [made]
        return made

    clip = Clip(tone())
    found = [
        clip.shared("tempo", lambda: (120.0, np.zeros(3)))[1],
        clip.shared("list", lambda: [None, 1, np.zeros(3)])[2],
        clip.shared("slots", lambda: Slotted(1.0, np.zeros(3))).envelope,
        clip.shared("cyclic", cyclic)["pitch"],
        clip.shared("beside", lambda: (Unreadable(), np.zeros(3)))[1],
    ]
    for array in found:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert clip.shared("deep", lambda: deep) is deep


def test_what_is_constant_is_not_heard(clips):
    soundfile.write(clips / "dc.wav", np.full((8_000, 2), [0.3, -0.5]), 8_000, subtype="FLOAT")
    facts = Clip(clips / "dc.wav").facts
    assert facts.silent and facts.peak_dbfs == pytest.approx(20 * np.log10(0.5))
    hum = 0.1 * np.sin(2 * np.pi * 100 * np.arange(8_000) / 8_000)
    soundfile.write(clips / "hum.wav", 0.5 + hum, 8_000, subtype="FLOAT")
    level = Clip(clips / "hum.wav").facts.rms_dbfs
    assert level == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.01)
