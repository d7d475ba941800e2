"""A clip, and a part of one: what tools and reasoners hear."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from audiorouter.clips.decoded import decoded
from audiorouter.clips.facts import ClipFacts, decibels
from audiorouter.clips.sources import Sources
from audiorouter.decoding import Decoded, Samples
from audiorouter.decoding.channels import cancelled_seconds, channel_to_take, mean_powers
from audiorouter.decoding.large_samples import (
    GrowingSamples,
    NoRoomError,
    copied,
    fits,
    in_blocks,
    on_disk,
)
from audiorouter.decoding.resampling import resample
from audiorouter.errors import ClipError
from audiorouter.read_only import read_only
from audiorouter.stopwatch import CallSeconds, FrontEnd, Stopwatch

if TYPE_CHECKING:
    from audiorouter.decoding.samples import FloatArray

T = TypeVar("T")

BEYOND_SCALE = 2.0
"""Samples beyond this are worth a word; a little beyond full scale is common in floats."""


@dataclass(frozen=True)
class Clip:
    """One audio file, decoded when first asked for and then kept; by `sources`, where one fits.

    >>> clip = Clip(Path("examples/clips/tone.wav"))
    >>> clip.mono(16_000).shape            # doctest: +SKIP
    (32000,)
    """

    path: Path
    sources: Sources = field(default_factory=dict, kw_only=True, repr=False, compare=False)

    @cached_property
    def samples(self) -> Samples:
        """Decoded audio, `(channels, samples)` float32, which cannot be written to.

        Raises:
            ClipError: the file is missing, empty, damaged, no audio, or holds NaN or infinity.
        """
        return self._decoded.samples

    @cached_property
    def _decoded(self) -> Decoded:
        return decoded(self.path, self.sources.get(self.path.suffix.lower()))

    @property
    def sample_rate(self) -> int:
        """Rate of the file, Hz."""
        return self.samples.sample_rate

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.samples.audio.shape[1] / self.samples.sample_rate)

    @cached_property
    def audio_hash(self) -> str:
        """BLAKE2b-160 (hex) over rate, channel count and the decoded float32 samples.

        Where a single channel is taken for mono, that too: earlier versions took the mean.
        """
        audio, rate = self.samples
        taken = "" if self.taken_channel is None else f"mono {self.taken_channel} "
        digest = hashlib.blake2b(f"{rate} {audio.shape[0]} {taken}".encode(), digest_size=20)
        for channel in audio:
            for block in in_blocks(channel):
                digest.update(block.tobytes())
        return digest.hexdigest()

    @cached_property
    def file_hash(self) -> str:
        """BLAKE2b-160 (hex) over the bytes of the file, tags and all.

        Raises:
            ClipError: the file cannot be read.
        """
        try:
            with self.path.open("rb") as file:
                digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20))
        except OSError as error:
            raise ClipError(f"{self.path}: cannot be read ({error.strerror})") from None
        return digest.hexdigest()

    @cached_property
    def facts(self) -> ClipFacts:
        """Hashes, length, rate, channels and levels."""
        import numpy as np

        audio, rate = self.samples
        powers = mean_powers(audio) if on_disk(audio) else []
        for channel in audio if not powers else ():
            moving = channel - np.mean(channel)
            powers.append(np.mean(np.square(moving, out=moving)))
        return ClipFacts(
            audio_hash=self.audio_hash,
            duration=self.duration,
            sample_rate=rate,
            channels=audio.shape[0],
            rms_dbfs=decibels(math.sqrt(float(np.mean(powers)))),
            peak_dbfs=decibels(self._peak),
            file_hash=self.file_hash,
            remark=self.remark,
        )

    @property
    def remark(self) -> str | None:
        """What a user should know of how the file was heard, None where nothing is."""
        remarks = [self._decoded.remark] if self._decoded.remark else []
        if self.taken_channel is not None:
            remarks.append(
                "the channels cancel each other out: for what is heard in mono, channel "
                f"{self.taken_channel + 1} of {len(self.samples.audio)} is taken"
            )
        elif (lost := cancelled_seconds(*self.samples)) >= 1.0:
            remarks.append(f"the channels cancel each other out for about {lost:.1f} s")
        if (scale := self._peak) > BEYOND_SCALE:
            remarks.append(
                f"its samples reach {scale:.3g} times full scale: are they integers kept as floats?"
            )
        return "; ".join(remarks) or None

    @cached_property
    def _peak(self) -> float:
        blocks = in_blocks(self.samples.audio)
        return float(max(max(block.max(), -block.min()) for block in blocks))

    @cached_property
    def taken_channel(self) -> int | None:
        """The channel (from 0) that is taken for mono, None where the mean of all is.

        Mean and channel are compared over the whole clip.
        """
        return channel_to_take(self.samples.audio)

    def mono(self, rate: int, *, longest: float | None = None) -> FloatArray:
        """All channels averaged, `(samples,)` float32 at `rate` Hz; resampled once a rate.

        Where they cancel each other out it is `taken_channel` alone. With `longest` only the first
        so many seconds, which are a copy where that is not all.

        Raises:
            ClipError: it cannot be decoded, or is too long to be heard at that rate.
        """
        try:
            whole = self.shared(
                f"mono {rate}", lambda: resample(self.path, self._downmix(), self.sample_rate, rate)
            )
        except NoRoomError as error:
            raise ClipError(f"{self.path}: {error}") from None
        if longest is None or len(whole) <= longest * rate:
            return whole
        return whole[: int(longest * rate)].copy()

    def _downmix(self) -> FloatArray:
        audio = self.samples.audio
        if audio.shape[0] == 1 or self.taken_channel is not None:
            return cast("FloatArray", audio[self.taken_channel or 0])
        spool = GrowingSamples()
        for block in in_blocks(audio):
            spool.add(block.mean(axis=0, dtype=audio.dtype)[None])
        return cast("FloatArray", cast("FloatArray", spool.finish())[0])

    def shared(self, name: str, compute: Callable[[], T], *, of: Hashable = None) -> T:
        """What `compute` gives, computed once a clip: front ends that several tools use.

        What is computed differently needs another name: costs go by names, and a route pays for
        each once (`audiorouter.stopwatch`). `of` is for the same computing on another stretch or
        with another parameter: each is kept by itself.
        """
        # Two packages may call different things by one name.
        kept = name, of, getattr(compute, "__module__", "").partition(".")[0]
        if kept not in self._front_ends:
            key = (f"{name}{self._place}", of)
            self._front_ends[kept] = self._stopwatch.compute(key, lambda: read_only(compute()))
        return cast(T, self._stopwatch.use(self._front_ends[kept]))

    def timed(self, work: Callable[[], T]) -> tuple[T, CallSeconds]:
        """What `work` on the clip gives, with its own seconds and those of its front ends."""
        return self._stopwatch.call(work)

    @cached_property
    def _front_ends(self) -> dict[tuple[str, Hashable, str], FrontEnd[Any]]:
        return {}

    @cached_property
    def _stopwatch(self) -> Stopwatch:
        return Stopwatch()

    @property
    def _place(self) -> str:
        """What the names of its front ends end with."""
        return ""

    @cached_property
    def _last_part(self) -> list[ClipPart]:
        return []

    def part(self, start: float, end: float) -> Clip:
        """The stretch from `start` to `end` (s) as a clip of its own; the last one cut is kept.

        Raises:
            ClipError: nothing of the clip lies in it.
        """
        first, last = round(max(0.0, start) * self.sample_rate), round(end * self.sample_rate)
        if first >= min(last, self.samples.audio.shape[1]):
            raise ClipError(
                f"{self.path}: nothing lies from {start:g} to {end:g} s; "
                f"the clip has {self.duration:.2f} s"
            )
        kept = self._last_part
        if not kept or (kept[0].first, kept[0].last) != (first, last):
            kept[:] = [ClipPart(self.path, self, first, last)]
        return kept[0]


@dataclass(frozen=True)
class ClipPart(Clip):
    """The samples from `first` up to `last` of another clip, with times counted from there."""

    whole: Clip
    first: int
    last: int

    @cached_property
    def samples(self) -> Samples:
        """Those samples, `(channels, samples)` float32."""
        audio, rate = self.whole.samples
        cut = audio[:, self.first : self.last]
        # A copy, so that the part does not hold all of the clip; unless that lies on disk anyway.
        return Samples(read_only(copied(cut) if fits(cut.nbytes) else cut), rate)

    @property
    def taken_channel(self) -> int | None:
        """That of the whole clip, whose hash says so."""
        return self.whole.taken_channel

    @property
    def remark(self) -> str | None:
        """That of the whole clip."""
        return self.whole.remark

    @property
    def file_hash(self) -> str:
        """That of the whole clip: it is the same file."""
        return self.whole.file_hash

    @property
    def _stopwatch(self) -> Stopwatch:
        return self.whole._stopwatch

    @property
    def _place(self) -> str:
        start, end = (place / self.sample_rate for place in (self.first, self.last))
        return f" of {start:.2f} to {end:.2f} s"
