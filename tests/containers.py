"""Small files of every kind that is read, made with FFmpeg's libraries."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 44_100
CONTAINERS = {
    "m4a": ("ipod", "aac"),
    "aac": ("adts", "aac"),
    "webm": ("webm", "libopus"),
    "wma": ("asf", "wmav2"),
    "mp4": ("mp4", "aac"),
    "mkv": ("matroska", "aac"),
    "mka": ("matroska", "flac"),
    "mov": ("mov", "pcm_s16le"),
    "avi": ("avi", "pcm_s16le"),
    "mp3": ("mp3", "libmp3lame"),
    "mp2": ("mp2", "mp2"),
    "opus": ("ogg", "libopus"),
    "flac": ("flac", "flac"),
    "3gp": ("3gp", "aac"),
    "wv": ("wv", "wavpack"),
    "caf": ("caf", "pcm_s16be"),
    "ac3": ("ac3", "ac3"),
}
"""Format and codec, by the ending of the name."""
VIDEOS = {"mp4", "mkv", "mov", "avi"}


def tone_in(path: Path, *, frequency: float, seconds: float, channels: int = 2) -> Path:
    """A sine in a file of the kind that its ending says; videos get pictures as well."""
    ending = path.suffix[1:]
    container, codec = CONTAINERS[ending]
    rate = 48_000 if codec == "libopus" else RATE
    wave = 0.4 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)
    with av.open(str(path), "w", format=container) as file:
        pictures = file.add_stream("mpeg4", rate=5) if ending in VIDEOS else None
        layout = "stereo" if channels == 2 else "mono"
        stream = file.add_stream(codec, rate=rate, layout=layout, bit_rate=128_000)
        if pictures is not None:
            pictures.width = pictures.height = 32
            for _ in range(round(5 * (seconds + 1))):  # longer than the sound
                file.mux(pictures.encode(av.VideoFrame(32, 32, "yuv420p")))
            file.mux(pictures.encode(None))
        samples = np.tile(wave.astype(np.float32), (channels, 1))
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = 0
        resampler = av.AudioResampler(
            stream.codec_context.format, layout, rate, stream.codec_context.frame_size or 1024
        )
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            file.mux(stream.encode(part))
        file.mux(stream.encode(None))
    return path
