"""Files of other computers, from the places that a user named and from no other; by fsspec."""

from __future__ import annotations

import posixpath
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from audiorouter.errors import UsageError
from audiorouter.machine.urls import check_url, without_secrets

SCHEMES = ("https", "http", "s3", "gs")
MOST_BYTES = 2 << 30
"""Of one file."""
MOST_SECONDS = 600.0
"""That fetching one file may take."""
_IDLE_SECONDS = 60.0
"""That a server may say nothing."""
_CHUNK = 1 << 20
_PACKAGES = {"s3": "s3fs", "gs": "gcsfs"}
_USUAL_PORTS = {"https": 443, "http": 80}


class NotFetchedError(Exception):
    """Why a file was not fetched, without a secret in it."""


@dataclass(frozen=True)
class RemotePlaces:
    """Hosts and buckets, or folders on them, from which files may be fetched.

    >>> places = RemotePlaces.named(["https://host.org/clips", "s3://bucket"])
    >>> places.allow("https://host.org/clips/a.wav"), places.allow("https://host.org/b.wav")
    (True, False)
    """

    places: tuple[SplitResult, ...]

    @classmethod
    def named(cls, given: Sequence[str]) -> RemotePlaces:
        """Those that a user names.

        Raises:
            UsageError: one is no such URL, names no host or bucket, or keeps a secret.
        """
        for place in given:
            check_url(place, "--remote", schemes=SCHEMES)
        return cls(tuple(map(urlsplit, given)))

    def allow(self, url: str) -> bool:
        """Whether it lies in one of them."""
        try:
            wanted = urlsplit(url)
            path = unquote(wanted.path)
            if not _is_plain(path):
                return False
            return any(
                _place(wanted) == _place(place)
                and f"{path}/".startswith(f"{unquote(place.path).rstrip('/')}/")
                for place in self.places
            )
        except ValueError:
            return False


def why_refused(url: str, places: RemotePlaces | None) -> str | None:
    """Why a file is not fetched from there, None where it is."""
    shown = without_secrets(url)
    parts = urlsplit(shown)
    if places is not None and not _is_plain(unquote(parts.path)):
        return f"the clip is a URL ({shown}) with `..` or `//` in its path: not fetched"
    if places is None or not places.allow(url):
        named = parts.scheme in SCHEMES and parts.netloc
        way = f"--remote {parts.scheme}://{parts.netloc} permits it, or " if named else ""
        return f"the clip is a URL ({shown}); {way}download it first"
    try:
        check_url(url, "the clip", schemes=SCHEMES)
    except UsageError as error:
        return str(error)
    return None


def fetch(url: str, places: RemotePlaces) -> Iterator[bytes]:
    """The file at a URL that `places` allow, and so do those it is led on to, piece by piece.

    Raises:
        NotFetchedError: it cannot be had, or is too large.
    """
    shown, until = without_secrets(url), time.monotonic() + MOST_SECONDS
    try:
        size = 0
        # Read from its start to its end: neither its size nor ranges are asked for before.
        with _filesystem(urlsplit(url).scheme, places).open(url, **_reading(url)) as stream:
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > MOST_BYTES:
                    raise NotFetchedError(f"{shown} has more than {MOST_BYTES:,} bytes")
                if time.monotonic() > until:
                    raise NotFetchedError(f"{shown} took longer than {MOST_SECONDS:g} s")
                yield chunk
    except NotFetchedError:
        raise
    except FileNotFoundError:
        raise NotFetchedError(f"{shown} is not there") from None
    except Exception as error:  # noqa: BLE001 - each kind of storage has errors of its own
        raise NotFetchedError(f"{shown} cannot be fetched ({_why(error)})") from None
    if not size:
        raise NotFetchedError(f"{shown} is empty")


def check_installed(places: RemotePlaces) -> None:
    """Make sure that what reads from these places is installed.

    Raises:
        UsageError: it is not.
    """
    import importlib.util

    def absent(names: Collection[str]) -> list[str]:
        return [name for name in names if importlib.util.find_spec(name) is None]

    if absent(["fsspec", "aiohttp"]):
        raise UsageError("--remote needs fsspec: pip install 'audiorouter[remote]'")
    import fsspec

    schemes = {place.scheme for place in places.places} & _PACKAGES.keys()
    for scheme in sorted(schemes):
        package = _PACKAGES[scheme]
        if absent([package]) and scheme not in fsspec.registry:
            raise UsageError(f"--remote {scheme}:// needs {package}: pip install {package}")


def _is_plain(path: str) -> bool:
    """Whether it leads where it says: `..` may lead out, and servers alone know what `//` is."""
    return "\\" not in path and posixpath.normpath(path or "/") == (path.rstrip("/") or "/")


class _LedAwayError(Exception):
    """A server leads to a place that was not named."""


def _why(error: Exception) -> str:
    """What is said of a library's error, whose text may hold the URL with its parameters."""
    if isinstance(error, _LedAwayError):
        return str(error)
    status = getattr(error, "status", None)
    return f"HTTP status {status}" if isinstance(status, int) else type(error).__name__


def _place(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _USUAL_PORTS.get(url.scheme)


def _filesystem(scheme: str, places: RemotePlaces) -> Any:
    import fsspec

    if scheme not in _USUAL_PORTS:
        return fsspec.filesystem(scheme)
    import aiohttp

    async def stay(_session: Any, _context: SimpleNamespace, led: Any) -> None:
        location = led.response.headers.get("Location") or led.response.headers.get("URI", "")
        if not places.allow(target := urljoin(str(led.url), location)):
            raise _LedAwayError(f"it leads to {without_secrets(target)}, which no --remote names")

    trace = aiohttp.TraceConfig()
    trace.on_request_redirect.append(stay)
    timeout = aiohttp.ClientTimeout(total=MOST_SECONDS, sock_read=_IDLE_SECONDS, sock_connect=30.0)
    options = {"trace_configs": [trace], "timeout": timeout, "trust_env": True}
    return fsspec.filesystem(scheme, client_kwargs=options, skip_instance_cache=True)


def _reading(url: str) -> dict[str, Any]:
    # With a size, which is not used, it is not asked for.
    return {"block_size": 0, "size": 1} if urlsplit(url).scheme in _USUAL_PORTS else {"mode": "rb"}
