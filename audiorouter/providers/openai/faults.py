"""What went wrong between us and a server, in its own words, and whether trying again may help."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.request import getproxies

_RETRIED = frozenset([408, 409, 425, 429])
_BUSY = frozenset([429, 503, 529])
_LONGEST_WORDS = 500
_PASSING = re.compile(
    r"overload|rate.?limit|too many requests|time.?out|timed out|temporar|unavailable|try again"
    r"|retry|server.error|internal|busy",
    re.IGNORECASE,
)
"""Words about what may be over soon, where no status says so."""


class ServerError(Exception):
    """One attempt that brought no answer."""

    def __init__(
        self,
        words: str,
        *,
        status: int | None = None,
        again: bool | None = None,
        busy: bool | None = None,
        unreachable: bool = False,
        parameter: str | None = None,
        headers: Mapping[str, str] | None = None,
    ):
        super().__init__(words)
        self.words = words
        self.status = status
        self.again = worth_retrying(status) if again is None else again
        """Whether the same request may fare better later."""
        self.busy = status in _BUSY if busy is None else busy
        """Whether the server has too much to do; other faults say nothing about that."""
        self.unreachable = unreachable
        """Whether nobody answers at that address at all."""
        self.parameter = parameter
        """The parameter that the server says it does not like."""
        self.headers = headers or {}


def worth_retrying(status: int | None) -> bool:
    """Whether a fault of this HTTP status is one of the way or of a busy server."""
    return status is None or status in _RETRIED or status >= 500


def fault_of(error: Exception, url: str) -> ServerError:
    """What the SDK raised, as a fault of the server at `url`."""
    from openai import APIConnectionError, APITimeoutError

    status = getattr(error, "status_code", None)
    if status is None:
        if isinstance(error, APIConnectionError) and not isinstance(error, APITimeoutError):
            return _connection_fault(error, url)
        late = isinstance(error, APITimeoutError | TimeoutError)
        return ServerError(f"{_words(error)} ({url})", busy=late)
    if status in (401, 403):
        return ServerError(
            f"the server refuses the key (HTTP {status} from {url}: {_words(error)}): see "
            "`audiorouter keys list` and `audiorouter keys set`",
            status=status,
        )
    return ServerError(
        f"HTTP {status} from {url}: {_words(error)}{_hint(status, url)}",
        status=status,
        again=False if getattr(error, "code", None) == "insufficient_quota" else None,
        parameter=getattr(error, "param", None),
        headers={k.lower(): v for k, v in error.response.headers.items()},  # type: ignore[attr-defined]
    )


def fault_in(said: object, url: str, *, instead: bool = False) -> ServerError:
    """The fault that a server tells within a reply that HTTP calls a success.

    One that stands `instead` of the answer, in a reply that is whole otherwise, came from further
    up and is worth another try, unless its code says otherwise.
    """
    error = said if isinstance(said, Mapping) else {"message": said}
    code = str(error.get("code", error.get("status")))
    status = int(code) if code.isdecimal() and 400 <= int(code[:4]) < 600 else None
    parameter = error.get("param")
    return ServerError(
        f"{url} answered with an error{' in place of the answer' * instead}: {words_of(said)}",
        status=status,
        again=None if status is not None else instead or _PASSING.search(str(said)) is not None,
        parameter=parameter if isinstance(parameter, str) else None,
    )


def words_of(said: object) -> str:
    """What a server says, in one line: its message where it has one, else all of it."""
    for _ in range(3):
        if not isinstance(said, Mapping):
            break
        known = (said.get(name) for name in ("message", "error", "detail", "msg"))
        said = next((item for item in known if item), None) or dict(said)
        if isinstance(said, dict) and "message" not in said and "error" not in said:
            break
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)
    return " ".join(text.split())[:_LONGEST_WORDS]


def _connection_fault(error: Exception, url: str) -> ServerError:
    """Nobody listens, there is no such host, or the connection broke off."""
    causes = list(_causes(error))
    reached = not any(type(cause).__name__ == "ConnectError" for cause in causes)
    why = next((str(cause) for cause in causes[1:] if str(cause)), "") or str(error)
    if reached:
        return ServerError(f"the connection to {url} broke: {why[:_LONGEST_WORDS]}")
    if any(isinstance(cause, socket.gaierror) for cause in causes) or "Name or service" in why:
        what = f"there is no such host: {url}"
    elif any(isinstance(cause, ConnectionRefusedError) for cause in causes) or "refused" in why:
        what = f"nobody listens at {url}"
    else:
        what = f"{url} cannot be reached"
    return ServerError(f"{what} ({why[:_LONGEST_WORDS]}){_proxy(url)}", unreachable=True)


def _proxy(url: str) -> str:
    """Which proxy stood between, where one did: it may be the one that does not answer."""
    scheme = url.partition(":")[0]
    proxies = getproxies()
    used = scheme if scheme in proxies else "all" if "all" in proxies else None
    if used is None or is_loopback(url):
        return ""
    name = next((n for n in (f"{used}_proxy", f"{used.upper()}_PROXY") if n in os.environ), used)
    return f", by way of the proxy of ${name}"


def is_loopback(url: str) -> bool:
    """Whether the address is this machine's own, which no proxy can reach."""
    return re.match(r"https?://(localhost|127\.\d+\.\d+\.\d+|\[::1\])(?=[:/]|$)", url) is not None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(10):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__


def _words(error: Exception) -> str:
    body: Any = getattr(error, "body", None)
    if body:
        return words_of(_page_title(body) if isinstance(body, str) else body)
    words = str(getattr(error, "message", None) or error).strip() or type(error).__name__
    return words.splitlines()[0][:_LONGEST_WORDS]


def _page_title(text: str) -> str:
    """What a web page is called, or the text as it is."""
    if not text.lstrip().startswith("<"):
        return text
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.DOTALL | re.IGNORECASE)
    return f"a web page, {title[1].strip()!r}" if title else "a web page"


def page_fault(text: str, url: str) -> ServerError:
    """A page for people, such as that of a login, in place of JSON."""
    return ServerError(
        f"{url} answered with {_page_title(text)}, not with JSON: is that the address of the API?",
        again=False,
    )


def _hint(status: int, url: str) -> str:
    if status == 404 and not re.search(r"/v\d\w*(/|$)", url):
        return " (most servers want a --base-url that ends in /v1)"
    return ""
