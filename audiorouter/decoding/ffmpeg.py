"""The second reader: FFmpeg's libraries, through PyAV, with the sound of videos."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from audiorouter.decoding import asf, mp3
from audiorouter.decoding.large_samples import GrowingSamples, in_blocks
from audiorouter.decoding.packets import Packets, errors, unless_out_of_memory
from audiorouter.decoding.samples import (
    MAX_DECODED_BYTES,
    Reading,
    Samples,
    TooLongError,
    UnreadableError,
    check_rate,
)

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer

    from audiorouter.decoding.samples import FloatArray

_CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,loas,matroska,mov,mp3,mpc,mpc8,"
    "mpeg,mpegts,nistsphere,ogg,rm,tak,tta,voc,w64,wav,wv,xwma"
)
"""FFmpeg's names of the kinds of files that are read. Not among them are playlists and others that
name further files or addresses, which FFmpeg would open."""
_GUESSED = ("aac", "ac3", "amr", "dts", "eac3", "loas", "mp3", "mpeg", "mpegts")
"""Kinds whose headers do not say how long they are: FFmpeg guesses it."""
_SILENT = 1e-4
"""Amplitude up to which a track holds nothing, such as that of a language that was left out."""
_BARE = ("aac", "amr", "loas")
"""Kinds of which FFmpeg leaves out without a word what is no packet."""


class Length(NamedTuple):
    """How long a file is without decoding it, in s."""

    claimed: float | None
    """By what is written in it, None where nothing is."""
    counted: float
    """By its packets, with the padding of the coder."""
    lost: float
    """What is damaged, about."""
    cut: bool
    """Whether it ends in the midst of a packet."""


def read(path: Path, *, to_the_end: bool = False) -> Reading:
    """Decode the sound of a file; what cannot be decoded of it is left out and counted.

    Of several tracks the one is read that FFmpeg takes for the best, or the first that is not
    silent. `to_the_end` is for WAV files that hold more samples than their header counts.

    Raises:
        UnreadableError: it cannot be decoded.
        TooLongError: it is too long.
    """
    best = _read(path, None, to_the_end)
    if best.tracks == 1 or not _is_silent(best.samples):
        return best
    for track in range(best.tracks):
        with contextlib.suppress(UnreadableError):
            other = _read(path, track, to_the_end)
            if not _is_silent(other.samples):
                return other
    return best


def _is_silent(samples: Samples) -> bool:
    return all(abs(block).max(initial=0.0) < _SILENT for block in in_blocks(samples.audio))


def _read(path: Path, track: int | None, to_the_end: bool) -> Reading:
    with _opened(path, track, to_the_end) as (container, stream):
        decoder, packets, lost = _Decoder(path), Packets(container, stream), 0.0
        bare, torn = container.format.name in _BARE, False
        for packet in packets:
            try:
                frames = packet.decode()
            except errors() as error:
                unless_out_of_memory(error)
                torn = bare
                lost += float((packet.duration or 0) * (packet.time_base or 0))
                continue
            torn = torn and not packet.size
            for frame in frames:
                decoder.add(frame)
        samples = decoder.finish()
        if samples is None:
            why = f"none of its sound could be decoded ({stream.codec_context.name})"
            raise UnreadableError(why, known=why)
        lost += packets.skipped(bare=bare)
        claimed = _claimed(container, stream, path)
        tracks = list(container.streams.audio)
        return Reading(
            samples,
            None if to_the_end else claimed,
            lost,
            packets.cut or torn,
            compressed=True,
            track=[other.index for other in tracks].index(stream.index),
            tracks=len(tracks),
        )


def length(path: Path) -> Length | None:
    """How long a file is, None where FFmpeg does not know its kind.

    It reads the whole file, which takes a small part of the time of decoding it.
    """
    try:
        with _opened(path) as (container, stream):
            packets = Packets(container, stream)
            for _ in packets:
                pass
            lost = packets.skipped(bare=container.format.name in _BARE)
            claimed = _claimed(container, stream, path)
            return Length(claimed, packets.seconds, lost, packets.cut)
    except UnreadableError:
        return None


@contextlib.contextmanager
def _opened(
    path: Path, track: int | None = None, to_the_end: bool = False
) -> Iterator[tuple[InputContainer, AudioStream]]:
    """The file and the stream of it that is heard."""
    import av

    with contextlib.ExitStack() as stack:
        try:
            # An open file, since a name need not be UTF-8, and since FFmpeg takes some for a URL.
            file = stack.enter_context(open(os.fsencode(path), "rb"))  # noqa: PTH123
            named = SimpleNamespace(
                read=file.read, seek=file.seek, tell=file.tell, name=f"clip{path.suffix.lower()}"
            )
            container: Any = stack.enter_context(
                av.open(
                    named,
                    options={"format_whitelist": _CONTAINERS}
                    | ({"ignore_length": "1"} if to_the_end else {}),
                )
            )
        except errors() as error:
            unless_out_of_memory(error)
            reason = getattr(error, "strerror", None) or str(error)
            raise UnreadableError(f"not readable as audio ({reason})") from None
        stream: Any = (
            container.streams.best("audio") if track is None else container.streams.audio[track]
        )
        if stream is None:
            why = "there is no sound in it"
            raise UnreadableError(why, known=why)
        if stream.codec_context is None:
            why = "its sound is encrypted, or coded in a way that FFmpeg cannot decode"
            raise UnreadableError(why, known=why)
        yield container, stream


def _claimed(container: InputContainer, stream: AudioStream, path: Path) -> float | None:
    """Seconds that the stream lasts by what is written in the file."""
    kinds = container.format.name.split(",")
    if "mp3" in kinds:
        return mp3.claimed(path)
    if "asf" in kinds:
        return asf.claimed(path)
    if any(kind in _GUESSED for kind in kinds):
        return None
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if (tag := stream.metadata.get("DURATION")) is not None:
        return _clock(tag)
    alone = len(container.streams) == 1
    return container.duration / 1e6 if alone and container.duration is not None else None


def _clock(text: str) -> float | None:
    """Seconds of "00:01:02.5".

    >>> _clock("00:01:02.5"), _clock("soon")
    (62.5, None)
    """
    try:
        hours, minutes, seconds = (float(part) for part in text.split(":"))
    except ValueError:
        return None
    return 3600 * hours + 60 * minutes + seconds


class _Decoder:
    """Puts frames together; all in the rate and with the channels of the first one."""

    def __init__(self, path: Path):
        self._path = path
        self._spool = GrowingSamples()
        self._source: tuple[Any, ...] | None = None
        self._resampler: Any = None
        self._target: dict[str, Any] | None = None

    def add(self, frame: AudioFrame) -> None:
        """One more frame."""
        from av.audio.resampler import AudioResampler

        check_rate(frame.sample_rate)
        source = frame.format.name, frame.layout.name, frame.sample_rate
        if self._target is None:
            self._target = {"format": "fltp", "layout": frame.layout, "rate": frame.sample_rate}
        if source != self._source:
            # Files that were joined need not have been made alike.
            self._drain()
            self._resampler, self._source = AudioResampler(**self._target), source
        frame.pts = None  # where in time it lies says nothing of what it holds
        self._keep(self._resampler.resample(frame))

    def finish(self) -> Samples | None:
        """Everything, `(channels, samples)`; None where there was nothing."""
        self._drain()
        audio = self._spool.finish()
        if audio is None or self._target is None:
            return None
        return Samples(audio, int(self._target["rate"]))

    def _drain(self) -> None:
        if self._resampler is not None:
            self._keep(self._resampler.resample(None))

    def _keep(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            block = cast("FloatArray", frame.to_ndarray())
            self._spool.add(block)
            if self._spool.bytes > MAX_DECODED_BYTES:
                hours = self._spool.bytes / 4 / len(block) / frame.sample_rate / 3600
                raise TooLongError(self._path, hours, len(block))
