"""The packets of a file, and what is wrong with them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_LARGEST = {"mp3": 1_729, "mp2": 1_729, "mp1": 1_729, "ac3": 3_840, "eac3": 4_096}
"""Bytes of the largest frame of a codec; what is larger has something else glued to it."""
_EVEN = ("mp1", "mp2", "ac3", "eac3")
"""Codecs all of whose frames are of about one size."""
_TAGS = (b"ID3", b"APETAGEX", b"TAG")
_SMALLEST_TAG = 128


def errors() -> tuple[type[Exception], ...]:
    """What PyAV raises of a file; ValueError where its tags are in no encoding."""
    import av

    return av.FFmpegError, OSError, ValueError


def unless_out_of_memory(error: Exception) -> None:
    """Raise it where the file is not at fault."""
    if isinstance(error, MemoryError):
        raise error


class Packets:
    """Iterates over a stream's packets, the empty one that drains the decoder at the end."""

    def __init__(self, container: InputContainer, stream: AudioStream):
        self._container = container
        self._stream = stream
        self._sizes: list[int] = []
        self._ticks = 0
        self._glued = 0
        self._cut = False

    def __iter__(self) -> Iterator[Any]:
        largest = _LARGEST.get(self._stream.codec_context.name.removesuffix("float"), math.inf)
        # Of these it is said by their headers, which may leave open how long they are.
        by_header = self._container.format.name in ("wav", "caf")
        garbage = 0
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    # Of the last packet it may be a tag, which ends many files.
                    self._glued += garbage
                    tag = packet.size > largest and any(tag in bytes(packet) for tag in _TAGS)
                    garbage = packet.size if packet.size > largest and not tag else 0
                    self._sizes.append(packet.size)
                    self._ticks += packet.duration or 0
                    self._cut = packet.is_corrupt and not by_header
                yield packet
        except errors() as error:
            unless_out_of_memory(error)
            self._cut = True

    @property
    def seconds(self) -> float:
        """How long they last together, with the padding of the coder."""
        assert self._stream.time_base is not None
        return float(self._ticks * self._stream.time_base)

    @property
    def cut(self) -> bool:
        """Whether the file ended in the midst of one, or could not be read on."""
        # Streams of frames do not say it, but no whole frame is that small.
        small = len(self._sizes) > 2 and self._sizes[-1] < 0.9 * min(self._sizes[:-1])
        name = self._stream.codec_context.name.removesuffix("float")
        return self._cut or (small and name in _EVEN)

    def skipped(self, *, bare: bool) -> float:
        """About how many seconds lie in bytes that make no packets.

        A `bare` stream has nothing but packets, and tags at its ends.
        """
        if not self._sizes or not self.seconds:
            return 0.0
        lost = self._glued
        if bare:
            lost += max(0, self._container.size - sum(self._sizes) - 2 * _SMALLEST_TAG)
        return lost / median(self._sizes) * self.seconds / len(self._sizes)
