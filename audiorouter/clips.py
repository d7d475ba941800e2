"""Clips: audio files as float32 arrays, each decoded once.

Decoding is in `audiorouter.decoding`, resampling is soxr's. A clip's identity is the hash of its
*decoded* audio, so that a renamed copy, or the same samples as WAV and FLAC, are one clip.
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from audiorouter.decoding import Decoded, Samples, decode
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
from audiorouter.decoding.samples import UnreadableError, check_rate
from audiorouter.decoding.suffixes import NOT_READ, READ
from audiorouter.errors import ClipError, NoAudioError
from audiorouter.read_only import read_only
from audiorouter.stopwatch import CallSeconds, FrontEnd, Stopwatch

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float32]

T = TypeVar("T")

BEYOND_SCALE = 2.0
"""Samples beyond this are worth a word; a little beyond full scale is common in floats."""

SILENT_DBFS = -70.0
"""Mean level below which a clip counts as silent."""

SILENCE_DBFS = -120.0
"""Level reported for digital silence, where the logarithm has no value."""


class AudioSource(ABC):
    """Decodes files that we cannot; plugins register them. Instances must be picklable."""

    suffixes: tuple[str, ...]
    """Endings of file names in lower case, such as `.sph`."""

    @abstractmethod
    def read(self, path: Path) -> Samples:
        """Decode a file to float32 `(channels, samples)`.

        Raises:
            ClipError: it cannot be decoded; the message says why.
        """


Sources = Mapping[str, AudioSource]
"""By which source files are decoded, by the endings of their names; we decode the others."""

NO_SOURCES: Sources = MappingProxyType({})


@dataclass(frozen=True)
class ClipFacts:
    """What is known of a clip once it was decoded; small enough to keep and to send around."""

    audio_hash: str
    duration: float
    """Seconds."""
    sample_rate: int
    """Hz."""
    channels: int
    rms_dbfs: float
    """Root mean square over all channels, dB relative to full scale; what is constant is not heard,
    and does not count."""
    peak_dbfs: float
    file_hash: str | None = None
    """Hash of the file's bytes; None where what is kept of it is older than that hash."""
    remark: str | None = None
    """What a user should know of how it was heard: what is lost, or which channel is taken."""

    @property
    def silent(self) -> bool:
        """Whether there is nothing in it that a tool could make anything of."""
        return self.rms_dbfs < SILENT_DBFS


class FileStamp(NamedTuple):
    """What tells, without reading it, whether a file is still the one that was hashed."""

    size: int
    mtime_ns: int
    inode: int

    @classmethod
    def of(cls, path: Path) -> FileStamp:
        """Stamp of the file at `path`; raises `ClipError` where there is none."""
        try:
            status = path.stat()
        except OSError as error:
            if path.is_symlink():
                target = path.readlink()
                raise ClipError(f"{path}: links to {target}, which cannot be read") from None
            raise ClipError(f"{path}: cannot be read ({error.strerror})") from None
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


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
        return _decode(self.path, self.sources.get(self.path.suffix.lower()))

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


def decibels(amplitude: float) -> float:
    """`20 log10(amplitude)`, with `SILENCE_DBFS` as the floor."""
    if amplitude <= 0:
        return SILENCE_DBFS
    return max(SILENCE_DBFS, 20 * math.log10(amplitude))


def find_clips(folder: Path, sources: Sources = NO_SOURCES) -> list[Path]:
    """Every audio file below `folder`, by its name's ending, sorted; hidden ones are left out.

    What `sources` decode is audio as well.
    """
    suffixes = READ | sources.keys()
    return sorted(path for path in _visible_files(folder) if path.suffix.lower() in suffixes)


def skipped_files(folder: Path, sources: Sources = NO_SOURCES) -> dict[str, int]:
    """How many files below `folder` are about sound but none that `find_clips` finds, and why.

    >>> skipped_files(Path("songs"))                                     # doctest: +SKIP
    {'.mid (notes, not sound)': 3}
    """
    counts: dict[str, int] = {}
    for path in _visible_files(folder):
        suffix = path.suffix.lower()
        if suffix in NOT_READ and suffix not in sources:
            why = f"{suffix} ({NOT_READ[suffix]})"
            counts[why] = counts.get(why, 0) + 1
    return dict(sorted(counts.items()))


def _visible_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.is_file():
            yield path


def _decode(path: Path, source: AudioSource | None) -> Decoded:
    import numpy as np

    if FileStamp.of(path).size == 0:
        raise NoAudioError(f"{path}: the file is empty")
    if source is None:
        (audio, rate), remark = decode(path)
    else:
        try:
            audio, rate = source.read(path)
        except ClipError as error:
            raise NoAudioError(str(error)) from error
        audio, remark = np.array(audio), None  # its own array may be one that it uses again
        try:
            check_rate(rate)
        except UnreadableError as error:
            raise NoAudioError(f"{path}: {error}") from None
    if audio.ndim != 2 or 0 in audio.shape:
        raise NoAudioError(f"{path}: the file holds no samples")
    if not all(np.isfinite(block).all() for block in in_blocks(audio)):
        raise NoAudioError(f"{path}: the audio holds NaN or infinite samples")
    if not on_disk(audio):
        audio = np.ascontiguousarray(audio, dtype=np.float32)
    return Decoded(Samples(read_only(audio), int(rate)), remark)
