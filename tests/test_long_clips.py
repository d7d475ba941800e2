"""Hours of audio: from disk, and by windows, in the memory of minutes."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from audiorouter.clips import Clip
from audiorouter.decoding import large_samples
from audiorouter.errors import ClipError
from audiorouter.toolbox.frontends import beats, energy, windows
from audiorouter.toolbox.frontends.attacks import spectral_flux
from audiorouter.toolbox.frontends.beats import Beats, beats_by_windows
from audiorouter.toolbox.frontends.periodicity import pitches
from audiorouter.toolbox.isolation import IsolatedWorker
from audiorouter.toolbox.sound import brightness
from audiorouter.toolbox.sound.brightness import Brightness
from audiorouter.toolbox.sound.loudness import Loudness
from audiorouter.toolbox.sound.silences import Silences
from audiorouter.toolbox.sound.stereo import Stereo

SECONDS, RATE = 40, 22_050


@pytest.fixture
def stereo(tmp_path: Path) -> Path:
    """Tones that come and go, louder on the left, for 40 s."""
    time = np.arange(SECONDS * RATE) / RATE
    tone = 0.2 * np.sin(2 * np.pi * 440 * time) * (np.sin(2 * np.pi * time / 7) > 0)
    noise = 0.001 * np.random.default_rng(0).standard_normal(len(time))
    path = tmp_path / "tones.wav"
    soundfile.write(path, np.stack([tone + noise, 0.5 * tone - noise], axis=1), RATE, "PCM_16")
    return path


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """All but a tenth of a second of samples lies on disk, in blocks of odd lengths."""
    monkeypatch.setattr(large_samples, "IN_MEMORY", 10_000)
    monkeypatch.setattr(large_samples, "BLOCK", 12_345)


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clips of more than 15 s are long, and heard by windows of 10."""
    monkeypatch.setattr(windows, "LONGEST", 15.0)
    monkeypatch.setattr(windows, "WINDOW", 10.0)
    monkeypatch.setattr(windows, "CONTEXT", 2.0)
    for module in (beats, brightness):
        monkeypatch.setattr(module, "_AT_ONCE", 15.0)
        monkeypatch.setattr(module, "_WINDOW", 10.0)


def test_a_clip_on_disk_is_the_same_clip(
    stereo: Path, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    in_memory = Clip(stereo)
    expected, mono = in_memory.facts, in_memory.mono(16_000)
    part = in_memory.part(3.0, 9.0).samples.audio
    request.getfixturevalue("small_memory")
    on_disk = Clip(stereo)
    assert large_samples.on_disk(on_disk.samples.audio)
    assert not large_samples.on_disk(in_memory.samples.audio)
    assert np.array_equal(on_disk.samples.audio, in_memory.samples.audio)
    assert on_disk.facts.audio_hash == expected.audio_hash
    assert on_disk.facts.rms_dbfs == pytest.approx(expected.rms_dbfs, abs=1e-4)
    assert on_disk.facts.peak_dbfs == expected.peak_dbfs
    assert large_samples.on_disk(on_disk.mono(16_000))
    assert np.abs(on_disk.mono(16_000) - mono[: len(on_disk.mono(16_000))]).max() < 1e-4
    assert np.array_equal(on_disk.part(3.0, 9.0).samples.audio, part)
    with pytest.raises(ValueError, match="read-only"):
        on_disk.samples.audio[0, 0] = 1.0


def test_a_clip_that_ffmpeg_decodes_goes_to_disk_as_well(
    stereo: Path, tmp_path: Path, small_memory: None
) -> None:
    from audiorouter.decoding import ffmpeg

    read = ffmpeg.read(stereo).samples
    assert large_samples.on_disk(read.audio)
    assert np.array_equal(read.audio, Clip(stereo).samples.audio)


def test_nothing_is_left_of_what_lay_on_disk(
    stereo: Path, tmp_path: Path, small_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setenv("TMPDIR", str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)
    clip = Clip(stereo)
    assert clip.samples.audio.any()
    assert not list(scratch.iterdir())  # already while it is read: a killed process leaves nothing


def test_a_full_disk_is_an_error_that_says_what_to_do(
    stereo: Path, small_memory: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(ClipError, match=r"tones\.wav: there is no room .* set TMPDIR"):
        _ = Clip(stereo).samples


@pytest.mark.slow
def test_frames_by_windows_are_the_frames_of_the_whole(
    stereo: Path, request: pytest.FixtureRequest
) -> None:
    hearing = [energy.envelope, spectral_flux, pitches]
    expected = [hear(Clip(stereo)) for hear in hearing]
    request.getfixturevalue("short_windows")
    long = Clip(stereo)
    for hear, whole in zip(hearing, expected, strict=True):
        found = hear(long)
        assert found.shape == whole.shape
        assert np.allclose(found, whole, rtol=1e-3, atol=1e-3, equal_nan=True)


class _Pair(NamedTuple):
    one: NDArray[np.float32]
    other: NDArray[np.float32]


@pytest.mark.parametrize("length", [15.0, 15.01, 19.9, 22.0, 29.99, 30.0, 38.5])
def test_no_frame_is_lost_or_heard_twice(
    length: float, tmp_path: Path, short_windows: None
) -> None:
    """Each frame is the number of its first sample, whatever the clip's length."""
    rate, hop = 1_000, 7
    path = tmp_path / "ramp.wav"
    samples = np.arange(round(length * rate), dtype=np.float32) / 65_536
    soundfile.write(path, samples, rate, "FLOAT")

    def frames(audio: NDArray[np.float32]) -> _Pair:
        return _Pair(audio[::hop] * 65_536, audio[::hop, None] * [[1.0, 2.0]])

    found = windows.framewise(Clip(path), rate, hop, frames)
    assert isinstance(found, _Pair)
    assert found.one.tolist() == list(range(0, len(samples), hop))
    assert found.other.shape == (len(found.one), 2)


def test_beats_by_windows_have_the_times_of_the_clip(stereo: Path, short_windows: None) -> None:
    def every_half_second(clip: Clip) -> Beats:
        times = np.arange(0.25, clip.duration, 0.5)
        return Beats(times, np.ones(len(times), dtype=np.int64), times * 0, times * 0)

    # Windows of this clip begin at whole seconds less the context.
    found = beats_by_windows(Clip(stereo), every_half_second)
    assert np.allclose(found.times, np.arange(0.25, SECONDS, 0.5))


def test_a_beat_at_the_edge_of_a_window_is_neither_lost_nor_there_twice(
    stereo: Path, short_windows: None
) -> None:
    def on_a_grid_of_its_own(clip: Clip) -> Beats:
        times = np.arange(0.0, clip.duration - 0.1, 0.5)
        late = 0.01 * (round(clip.duration) % 3 - 1)
        return Beats(np.abs(times + late), np.ones(len(times), dtype=np.int64), times, times)

    found = beats_by_windows(Clip(stereo), on_a_grid_of_its_own)
    assert np.allclose(found.times, np.arange(0.0, SECONDS, 0.5), atol=0.011)


def test_bars_are_as_long_as_in_most_windows(stereo: Path, short_windows: None) -> None:
    lengths = iter((3, 4, 3, 3))

    def in_bars(clip: Clip) -> Beats:
        times, length = np.arange(0.25, clip.duration, 0.5), next(lengths)
        return Beats(times, np.arange(len(times)) % length + 1, times, times)

    found = beats_by_windows(Clip(stereo), in_bars)
    assert set(found.positions.tolist()) == {1, 2, 3}
    assert found.positions[30:36].tolist() in ([1, 2, 3] * 2, [2, 3, 1] * 2, [3, 1, 2] * 2)


def test_a_long_clip_without_beats_has_none(stereo: Path, short_windows: None) -> None:
    nothing = np.zeros(0)
    found = beats_by_windows(
        Clip(stereo), lambda _: Beats(nothing, nothing.astype(np.int64), nothing, nothing)
    )
    assert [len(each) for each in found] == [0, 0, 0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("tool", [Loudness(), Brightness(), Stereo(), Silences()])
def test_findings_of_a_long_clip_are_those_of_the_clip(
    tool: Loudness, stereo: Path, request: pytest.FixtureRequest
) -> None:
    expected = tool.run(Clip(stereo), tool.Arguments())
    request.getfixturevalue("small_memory")
    request.getfixturevalue("short_windows")
    found = tool.run(Clip(stereo), tool.Arguments())
    assert found.text == expected.text
    assert _numbers(found.data) == pytest.approx(_numbers(expected.data), rel=0.01, abs=0.1)


def _numbers(value: object) -> list[float]:
    """All numbers in data of a finding, in their order."""
    if isinstance(value, dict):
        return [number for one in value.values() for number in _numbers(one)]
    if isinstance(value, list):
        return [number for one in value for number in _numbers(one)]
    return [float(value)] if isinstance(value, int | float) else []


@pytest.mark.slow
def test_a_worker_hears_more_than_its_memory_holds(tmp_path: Path) -> None:
    """25 minutes of stereo at 48 kHz are 576 MB as float32, and twice that on the way."""
    path = tmp_path / "long.flac"
    minute = 0.1 * np.random.default_rng(0).standard_normal((48_000 * 60, 2))
    with soundfile.SoundFile(path, "w", 48_000, 2, subtype="PCM_16") as file:
        for number in range(25):
            file.write(minute * (number % 2 + 1) / 2)

    async def hear() -> dict[str, object]:
        worker = IsolatedWorker(sources={}, verbose=False, memory=900_000_000)
        try:
            facts = await worker.open(path, 600)
            assert facts.duration == pytest.approx(1_500)
            found = {}
            for tool in (Loudness(), Brightness(), Stereo(), Silences()):
                found[tool.name] = json.loads((await worker.run(tool, path, {}, 600)).data)
            assert _peak_bytes() < 1_200_000_000
            return found
        finally:
            await worker.close()

    found = asyncio.run(hear())
    assert set(found) == {"loudness", "brightness", "stereo", "silences"}


def _peak_bytes() -> int:
    """The most memory that a child of this process had resident, pages of files among it."""
    peaks = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except (OSError, ValueError):
            continue
        if int(lines["PPid"]) == os.getpid() and "VmHWM" in lines:
            peaks.append(int(lines["VmHWM"].split()[0]) * 1024)
    return max(peaks)
