"""What is heard of files as people have them: every container, and those that are damaged."""

from __future__ import annotations

import base64
import io
import os
import random
import re
import sqlite3
import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from containers import CONTAINERS, RATE, tone_in

from audiorouter import BatchOptions, Store, run_batch
from audiorouter.batch.summary import summarise
from audiorouter.cli.batch_tables import summary_report
from audiorouter.cli.output import report_text
from audiorouter.clips import Clip, FileStamp, find_clips
from audiorouter.decoding.ends import missing_pages
from audiorouter.decoding.suffixes import NOT_READ, READ
from audiorouter.errors import ClipError
from audiorouter.providers.audio import wav_base64

LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 132044\n"


def loudest_frequency(clip: Clip) -> float:
    mono = clip.mono(16_000)
    return float(np.argmax(np.abs(np.fft.rfft(mono))) * 16_000 / len(mono))


@pytest.mark.parametrize("ending", CONTAINERS)
def test_every_container_is_heard_whole_and_at_its_pitch(clips, ending):
    clip = Clip(tone_in(clips / f"a.{ending}", frequency=659.0, seconds=1.7))
    assert clip.duration == pytest.approx(1.7, abs=0.05)
    assert loudest_frequency(clip) == pytest.approx(659, abs=2)
    assert clip.remark is None
    assert find_clips(clips) == [clip.path]


def test_a_file_is_known_by_what_it_holds_not_by_its_name(clips):
    path = tone_in(clips / "a.m4a", frequency=300, seconds=1).rename(clips / "a.wav")
    assert Clip(path).duration == pytest.approx(1, abs=0.05)


def test_a_name_that_is_no_text_is_opened(clips):
    path = Path(os.fsdecode(bytes(clips) + b"/\xe9t\xe9 http:x.m4a"))
    tone_in(clips / "a.m4a", frequency=300, seconds=1).rename(path)
    assert Clip(path).facts.duration == pytest.approx(1, abs=0.05)


def wav(path: Path, *, size: int, after: bytes = b"", seconds: float = 2) -> Path:
    """A WAV of 16 bits whose header says `size`."""
    samples = np.sin(np.arange(round(8000 * seconds)) * 0.3) * 9000
    body = samples.astype("<i2").tobytes() + after
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16)
    path.write_bytes(b"RIFF\0\0\0\0WAVE" + form + struct.pack("<4sI", b"data", size) + body)
    return path


@pytest.mark.parametrize("size", [0, 0xFFFF_FFFF, 0x7FFF_FFDB])
def test_a_wav_whose_length_was_never_written_is_heard_to_its_end(clips, size):
    clip = Clip(wav(clips / "a.wav", size=size))
    assert (clip.duration, clip.remark) == (2.0, None)


def test_a_wav_without_samples_is_not_filled_with_what_follows(clips):
    note = b"LIST" + struct.pack("<I", 12) + b"INFOISFT\0\0\0\0"
    with pytest.raises(ClipError, match="holds no samples"):
        Clip(wav(clips / "a.wav", size=0, seconds=0, after=note)).facts  # noqa: B018


def test_what_a_wav_lacks_or_has_beside_is_said(clips):
    cut = Clip(wav(clips / "a.wav", size=80_000))
    assert cut.duration == 2.0 and "lasts 5.00 s, 2.00 s of it" in cut.remark
    whole = wav(clips / "b.wav", size=32_000).read_bytes()
    joined = Clip(wav(clips / "b.wav", size=32_000, after=whole))
    assert "second WAV file" in joined.remark


@pytest.mark.parametrize("size", [8000, 24_001])
def test_a_wav_that_holds_more_than_its_header_counts_is_heard_whole(clips, size):
    assert Clip(wav(clips / "a.wav", size=size)).duration == pytest.approx(2, abs=0.01)


def test_a_second_chunk_of_samples_is_named(clips):
    second = struct.pack("<4sI", b"data", 32_000) + bytes(32_000)
    assert "more samples follow" in Clip(wav(clips / "a.wav", size=32_000, after=second)).remark


@pytest.mark.parametrize("ending", ["mp2", "ac3", "avi", "opus"])
def test_a_file_without_a_length_that_was_cut_says_so(clips, ending):
    whole = tone_in(clips / f"a.{ending}", frequency=400, seconds=4)
    assert Clip(whole).remark is None
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10 - 120])
    assert "no end" in Clip(whole).remark


def test_missing_pages_of_an_ogg_stream_are_said(clips):
    data = tone_in(clips / "a.opus", frequency=400, seconds=4).read_bytes()
    starts = [match.start() for match in re.finditer(b"OggS", data)]
    assert len(starts) > 4
    (clips / "a.opus").write_bytes(data[: starts[2]] + data[starts[3] :])
    assert Clip(clips / "a.opus").remark
    assert missing_pages(clips / "a.opus") == 1


def test_a_track_that_is_not_silent_is_heard_and_others_are_named(clips):
    path = clips / "a.mkv"
    with av.open(str(path), "w") as file:
        streams = [file.add_stream("aac", rate=RATE, layout="mono") for _ in range(2)]
        for stream, level in zip(streams, (0.0, 0.4), strict=True):
            wave = level * np.sin(2 * np.pi * 900 * np.arange(RATE) / RATE)
            samples = wave.astype(np.float32)[None]
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), 0
            resampler = av.AudioResampler("fltp", "mono", RATE, stream.codec_context.frame_size)
            for part in [*resampler.resample(frame), *resampler.resample(None)]:
                file.mux(stream.encode(part))
            file.mux(stream.encode(None))
    clip = Clip(path)
    assert clip.remark == "of its 2 tracks of sound number 2 is heard"
    assert loudest_frequency(clip) == pytest.approx(900, abs=2)


RATES = {"wav": ("<I", b"fmt ", 12), "au": (">I", b".snd", 16), "caf": (">d", b"desc", 12)}
"""How a sample rate is written, and where: so many bytes behind a name."""


@pytest.mark.parametrize("ending", RATES)
@pytest.mark.parametrize("rate", [0, 1, 499, 4_000_000, 2**31 - 1, 4_000_000_000])
def test_a_rate_that_is_none_of_sound_is_damage(clips, tone, ending, rate):
    path = tone(f"a.{ending}")
    form, name, behind = RATES[ending]
    held = bytearray(path.read_bytes())
    struct.pack_into(form, held, held.index(name) + behind, rate)
    path.write_bytes(held)
    with pytest.raises(ClipError) as caught:
        Clip(path).facts  # noqa: B018
    assert str(caught.value).startswith(f"{path}: ") and "internal" not in str(caught.value).lower()


def test_a_rate_of_bats_is_heard(clips):
    soundfile.write(clips / "a.wav", np.zeros(384_000), 384_000)
    assert len(Clip(clips / "a.wav").mono(16_000)) == 16_000


def test_integers_kept_as_floats_are_said_and_sent_unbent(clips):
    wave = (20_000 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)).astype(np.float32)
    soundfile.write(clips / "a.wav", wave, 16_000, subtype="FLOAT")
    assert "times full scale" in Clip(clips / "a.wav").remark
    sent, _ = soundfile.read(io.BytesIO(base64.b64decode(wav_base64(Clip(clips / "a.wav")))))
    assert np.sqrt(np.mean(sent**2)) == pytest.approx(np.sqrt(0.5), abs=0.01)


@pytest.fixture
def vbr(clips):
    """An MP3 of 8 s without a header that says so, noise first, of which lengths are guessed."""
    path = clips / "vbr.mp3"
    noise = np.random.default_rng(1).uniform(-0.7, 0.7, 2 * RATE)
    samples = np.concatenate([noise, np.zeros(6 * RATE)]).astype(np.float32)[None]
    with av.open(str(path), "w", options={"write_xing": "0"}) as file:
        stream = file.add_stream("libmp3lame", rate=RATE, layout="mono", options={"q": "0"})
        stream.codec_context.flags |= 2  # by quality
        stream.codec_context.global_quality = 0
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = RATE
        for part in av.AudioResampler("fltp", "mono", RATE, 1152).resample(frame):
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return path


def test_an_mp3_whose_length_is_guessed_is_heard_whole(vbr):
    assert soundfile.info(vbr).duration < 5
    assert Clip(vbr).duration == pytest.approx(8, abs=0.1)


@pytest.mark.parametrize("ending", ["mp3", "opus", "flac"])
def test_files_that_were_joined_are_heard_whole(clips, ending):
    one = tone_in(clips / f"one.{ending}", frequency=400, seconds=2)
    two = tone_in(clips / f"two.{ending}", frequency=800, seconds=3)
    joined = clips / f"joined.{ending}"
    joined.write_bytes(one.read_bytes() + two.read_bytes())
    clip = Clip(joined)
    assert clip.duration == pytest.approx(5, abs=0.15)
    assert loudest_frequency(clip) == pytest.approx(800, abs=2)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (LFS.format("0" * 64).encode(), "git lfs pull"),
        (b"/annex/objects/SHA256E-s5--0.wav\n", "git annex get"),
        (b"\n<!DOCTYPE html><html><body>404", "web page"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isomiso2", "moov"),
        (bytes(9000), "zeros"),
    ],
)
def test_what_only_looks_like_audio_is_named(clips, held, said):
    (clips / "a.wav").write_bytes(held)
    with pytest.raises(ClipError, match=rf"a\.wav: .*{said}"):
        Clip(clips / "a.wav").facts  # noqa: B018


def test_a_link_that_leads_nowhere_says_where_it_leads(clips):
    (clips / "a.wav").symlink_to("../.git/annex/objects/x.wav")
    with pytest.raises(ClipError, match=r"links to \.\./\.git/annex/objects/x\.wav"):
        Clip(clips / "a.wav").facts  # noqa: B018


def test_a_playlist_opens_no_other_file(clips, tone):
    other = tone("other.wav")
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:9", "#EXTINF:9,", str(other), "#EXT-X-ENDLIST"]
    (clips / "a.mp3").write_text("\n".join(lines))
    with pytest.raises(ClipError, match="not readable as audio"):
        Clip(clips / "a.mp3").facts  # noqa: B018


def test_pictures_without_sound_say_so(clips):
    with av.open(str(clips / "a.mp4"), "w") as file:
        pictures = file.add_stream("mpeg4", rate=5)
        pictures.width = pictures.height = 32
        file.mux(pictures.encode(av.VideoFrame(32, 32, "yuv420p")))
        file.mux(pictures.encode(None))
    with pytest.raises(ClipError, match="no sound in it"):
        Clip(clips / "a.mp4").facts  # noqa: B018


@pytest.mark.parametrize("ending", ["m4a", "webm", "wma", "mkv", "aac", "mp3", "opus", "flac"])
def test_damaged_files_lose_nothing_in_silence(clips, ending):
    whole = tone_in(clips / f"whole.{ending}", frequency=500, seconds=3).read_bytes()
    chance = random.Random(ending)
    for damage in ("cut", "zeros", "noise"):
        held, start = bytearray(whole), chance.randrange(len(whole) // 4, len(whole) // 2)
        end = start + len(whole) // 4
        if damage == "cut":
            del held[start:]
        elif damage == "zeros":
            held[start:end] = bytes(end - start)
        else:
            held[start:end] = chance.randbytes(end - start)
        path = clips / f"{damage}.{ending}"
        path.write_bytes(held)
        try:
            facts = Clip(path).facts
        except ClipError:
            continue
        assert facts.duration > 2.7 or facts.remark


def test_channels_that_cancel_each_other_out_are_heard(clips):
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)
    soundfile.write(clips / "a.wav", np.stack([wave, -0.9 * wave], axis=1), 16_000)
    soundfile.write(clips / "b.wav", np.stack([wave, -0.9 * wave], axis=1)[:, ::-1], 16_000)
    soundfile.write(clips / "c.wav", np.stack([wave, -0.7 * wave], axis=1), 16_000)
    cancelled, swapped, ordinary = (Clip(clips / name) for name in ("a.wav", "b.wav", "c.wav"))
    assert (cancelled.taken_channel, swapped.taken_channel, ordinary.taken_channel) == (0, 1, None)
    assert (
        "cancel each other out" in cancelled.facts.remark and "channel 1 of 2" in cancelled.remark
    )
    assert np.array_equal(cancelled.mono(16_000), cancelled.samples.audio[0])
    assert np.allclose(ordinary.mono(16_000), 0.15 * wave, atol=1e-3)
    part = cancelled.part(0.5, 1.0)
    assert np.array_equal(part.mono(16_000), part.samples.audio[0]) and part.taken_channel == 0


def test_what_is_constant_hides_no_cancelling_and_a_part_that_cancels_is_said(clips):
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)
    soundfile.write(clips / "a.wav", np.stack([wave + 0.1, 0.1 - wave], axis=1), 16_000)
    assert Clip(clips / "a.wav").taken_channel == 0
    turned = np.concatenate([wave, -wave])
    soundfile.write(clips / "b.wav", np.stack([np.tile(wave, 2), turned], axis=1), 16_000)
    assert Clip(clips / "b.wav").taken_channel is None
    assert "cancel each other out for about 2.0 s" in Clip(clips / "b.wav").remark


def test_a_silent_channel_or_silence_changes_nothing(clips):
    wave = 0.3 * np.sin(np.arange(8000) * 0.3)
    soundfile.write(clips / "one.wav", np.stack([wave, 0 * wave], axis=1), 16_000)
    soundfile.write(clips / "none.wav", np.zeros((8000, 2)), 16_000)
    assert Clip(clips / "one.wav").taken_channel is Clip(clips / "none.wav").taken_channel is None


def test_hashes_of_earlier_versions_stay_good(clips):
    """But where channels cancel each other out, of which tools heard nothing before."""
    ramp = (np.arange(4000) % 100 / 200).astype(np.float32)
    soundfile.write(clips / "a.wav", np.stack([ramp, ramp / 2], axis=1), 8000, subtype="FLOAT")
    soundfile.write(clips / "b.wav", np.stack([ramp, -ramp], axis=1), 8000, subtype="FLOAT")
    assert Clip(clips / "a.wav").audio_hash == "1367906baef2716ec79442e959da65437c1ad893"
    assert Clip(clips / "b.wav").audio_hash != "8f7adf3b80370759c5f41696553ae5fdfdd742f9"


def test_suffixes_are_in_lower_case_and_of_one_sort():
    assert all(suffix == suffix.lower() and suffix[0] == "." for suffix in READ | NOT_READ.keys())
    assert not READ & NOT_READ.keys()


@pytest.mark.weights
def test_a_batch_asks_about_every_kind_and_says_what_it_skipped_and_how_it_heard(clips, tmp_path):
    tone_in(clips / "a.m4a", frequency=440, seconds=1)
    wave = 0.3 * np.sin(np.arange(16_000) * 0.3)
    soundfile.write(clips / "b.flac", np.stack([wave, -wave], axis=1), 16_000)
    for name in ("c.mid", "d.MID", "e.m4p", "README.md", ".hidden.mid"):
        (clips / name).write_bytes(b"MThd")
    (tmp_path / "q.csv").write_text("question\nIs it loud?\n")
    for cached in (False, True):
        result = run_batch(clips, tmp_path / "q.csv", BatchOptions(router="tools:loudness"))
        assert [row.question.audio for row in result.rows] == ["a.m4a", "b.flac"]
        assert [row.facts.remark is None for row in result.rows] == [True, False]
        assert "channel 1 of 2" in result.rows[1].remark and result.rows[1].prediction
        summary = summarise(result)
        assert summary.skipped == {".m4p (encrypted)": 1, ".mid (notes, not sound)": 2}
        assert "2 .mid (notes, not sound)" in report_text(summary_report(summary))
        assert (result.tools.clips_decoded == 0) is cached


def test_a_store_of_an_earlier_version_has_its_files_decoded_once_more(tone, own_store):
    stamp = FileStamp.of(path := tone())
    with Store(own_store) as store:
        store.save_clip(path, stamp, Clip(path).facts)
    with sqlite3.connect(own_store) as connection:
        connection.execute("ALTER TABLE clip_files DROP COLUMN remark")
        connection.execute("ALTER TABLE tool_calls DROP COLUMN confidence")
        connection.execute("ALTER TABLE run_rows DROP COLUMN fields")
        connection.execute("ALTER TABLE runs DROP COLUMN origin")
        connection.execute("ALTER TABLE answers DROP COLUMN remark")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name >= 'm009'")
    with Store(own_store) as store:
        assert store.clip_of_file(path, stamp) is None
        store.save_clip(path, stamp, replace(Clip(path).facts, remark="cut"))
        assert store.clip_of_file(path, stamp)[1].remark == "cut"


def test_servers_get_what_is_heard(clips):
    tone_in(clips / "a.mp4", frequency=440, seconds=1)
    wave = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    soundfile.write(clips / "b.flac", np.stack([wave, -wave], axis=1), 16_000)
    for name in ("a.mp4", "b.flac"):
        sent = base64.b64decode(wav_base64(Clip(clips / name)))
        audio, rate = soundfile.read(io.BytesIO(sent))
        assert len(audio) / rate == pytest.approx(1, abs=0.05) and np.abs(audio).max() > 0.2
