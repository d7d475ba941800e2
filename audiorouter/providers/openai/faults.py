"""What went wrong between us and a server, in its own words, and whether trying again may help."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.request import getproxies

from audiorouter.machine.called import to_type
from audiorouter.machine.secrets import blanked, blanked_value
from audiorouter.machine.urls import without_secrets
from audiorouter.providers.openai.redirects import ElsewhereError
from audiorouter.providers.openai.waits import named_wait, retry_after

_RETRIED = frozenset([408, 409, 425, 429])
_BUSY = frozenset([429, 503, 529])
_FOR_ALL = frozenset([401, 402, 404, 405, 501, 505])
"""Statuses of what is wrong with the key, the account, the address or the model: every request
fares alike."""
_BAD_KEY = re.compile(
    r"api.?key (?:is )?(?:not valid|invalid)|(?:invalid|incorrect) api.?key", re.IGNORECASE
)
"""Words about a key where the status is that of one question (Gemini: 400)."""
_LONGEST_WORDS = 500
_LONGEST_FAULT = 2_000
_LONGEST_PAGE = 20_000
"""Characters of a page in which its title is looked for."""
_PASSING = re.compile(
    r"overload|rate.?limit|too many requests|time.?out|timed out|temporar|unavailable|try again"
    r"|retry|server.error|internal|busy|upstream|connect error|bad gateway|速率|限流|繁忙|稍后",
    re.IGNORECASE,
)
"""Words about what may be over soon, where no status says so."""
_NEVER = re.compile(
    r"not supported|unsupported|(?:does not|doesn't) support|not implemented|mmproj", re.IGNORECASE
)
"""Words about what a server cannot do, whatever its status says."""
_SAYING = (
    "message", "error", "errors", "detail", "msg", "error_msg", "error_message", "errorMessage",
    "status_msg", "base_resp",
)  # fmt: skip
"""Names under which servers say what went wrong."""


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
        for_all: bool | None = None,
        parameter: str | None = None,
        pause: float | None = None,
        filtered: bool = False,
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
        self.for_all = unreachable or (refuses_all(status) if for_all is None else for_all)
        """Whether it has nothing to do with what was asked, and does not pass."""
        self.parameter = parameter
        """The parameter that the server says it does not like."""
        self.pause = pause
        """Seconds to wait, where the server asks for it."""
        self.filtered = filtered
        """Whether a filter of the server did not let the question pass."""

    def without(self, secrets: Sequence[str]) -> ServerError:
        """This fault, its words without the secrets and no longer than they may be shown."""
        words = blanked(self.words, secrets)
        self.words = words if len(words) <= _LONGEST_FAULT else f"{words[:_LONGEST_FAULT]} …"
        self.args = (self.words,)
        return self


def worth_retrying(status: int | None) -> bool:
    """Whether a fault of this HTTP status is one of the way or of a busy server."""
    return status is None or status in _RETRIED or status >= 500


def fault_of(error: Exception, url: str, secrets: Sequence[str]) -> ServerError:
    """What the SDK raised, as a fault of the server at `url`; secrets go before it is cut."""
    from openai import APIConnectionError

    if elsewhere := [cause for cause in _causes(error) if isinstance(cause, ElsewhereError)]:
        return ServerError(f"{url}: {elsewhere[0]}", again=False)
    status = getattr(error, "status_code", None)
    if status is None:
        if isinstance(error, APIConnectionError):
            return _connection_fault(error, url, secrets)
        return ServerError(f"{_words(error, secrets)} ({url})")
    words = _words(error, secrets)
    keys = f"see `{to_type('keys', 'list')}` and `{to_type('keys', 'set', 'NAME')}`"
    if status == 401 or (status in (400, 403) and _BAD_KEY.search(words)):
        return ServerError(
            f"the server refuses the key (HTTP {status} from {url}: {words}): {keys}",
            status=status,
            for_all=True,
        )
    if status == 403:
        return ServerError(
            f"the server does not allow it (HTTP 403 from {url}: {words}); "
            f"if it allows nothing, {keys}",
            status=status,
        )
    response: Any = error.response  # type: ignore[attr-defined]
    spent = "insufficient_quota" in (getattr(error, "code", None), getattr(error, "type", None))
    hopeless = spent or status in (501, 505) or (status >= 500 and _NEVER.search(words))
    pause = retry_after({name.lower(): value for name, value in response.headers.items()})
    return ServerError(
        f"HTTP {status} from {url}{_led_to(response)}: {words}{_hint(status, url)}",
        status=status,
        again=False if hopeless else None,
        for_all=True if spent else None,
        parameter=blanked_value(getattr(error, "param", None), secrets),
        pause=named_wait(str(getattr(error, "body", ""))) if pause is None else pause,
    )


def refuses_all(status: object) -> bool:
    """Whether an HTTP status tells of what every request would meet."""
    return status in _FOR_ALL


def late(seconds: float, url: str) -> ServerError:
    """No reply in time."""
    return ServerError(
        f"no reply within {seconds:g} s from {url} (-P request_timeout= sets it)", busy=True
    )


def is_passing(words: str) -> bool:
    """Whether a fault in these words may be over soon."""
    return _PASSING.search(words) is not None and _NEVER.search(words) is None


def fault_in(said: object, url: str, *, instead: bool = False) -> ServerError:
    """The fault that a server tells within a reply that HTTP calls a success.

    One that stands `instead` of the answer, in a reply that is whole otherwise, came from further
    up and is worth another try, unless its code says otherwise.
    """
    error = said if isinstance(said, Mapping) else {"message": said}
    code = str(error.get("code", error.get("status", error.get("error_code"))))
    status = int(code) if code.isdecimal() and 400 <= int(code[:4]) < 600 else None
    parameter = error.get("param")
    return ServerError(
        f"{url} answered with an error{' in place of the answer' * instead}: {words_of(said)}",
        status=status,
        again=None if status is not None else instead or is_passing(str(said)),
        parameter=parameter if isinstance(parameter, str) else None,
        pause=named_wait(str(said)),
    )


def said_in(reply: Mapping[str, Any]) -> object:
    """What a reply says of what went wrong, None where it says nothing of it."""
    said = (reply.get(name) for name in _SAYING)
    # Some servers give a message of a chat under the same name.
    return next((s for s in said if s and not (isinstance(s, Mapping) and "role" in s)), None)


def words_of(said: object) -> str:
    """What a server says, in one line: its message where it has one, else all of it."""
    for _ in range(4):
        if isinstance(said, list) and any(_is_complaint(item) for item in said):
            said = "; ".join(_complaint(item) for item in said if _is_complaint(item))
        if isinstance(said, list) and len(said) == 1:
            said = said[0]
        if not isinstance(said, Mapping) or (inner := said_in(said)) is None:
            break
        said = inner
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)
    return " ".join(text.split())[:_LONGEST_WORDS]


def _is_complaint(item: object) -> bool:
    return isinstance(item, Mapping) and "msg" in item and isinstance(item.get("loc"), list)


def _complaint(item: Mapping[str, Any]) -> str:
    """What pydantic complains of, with the place: it names the parameter."""
    return f"{'.'.join(map(str, item['loc']))}: {item['msg']}"


def _connection_fault(error: Exception, url: str, secrets: Sequence[str]) -> ServerError:
    """Nobody listens, there is no such host, or the connection broke off."""
    causes = list(_causes(error))
    if any(type(cause).__name__ == "TooManyRedirects" for cause in causes):
        return ServerError(f"{url} sends requests round in circles", again=False)
    reached = not any(type(cause).__name__ == "ConnectError" for cause in causes)
    why = next((str(cause) for cause in causes[1:] if str(cause)), "") or str(error)
    why = blanked(why, secrets)
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


def _words(error: Exception, secrets: Sequence[str]) -> str:
    body: Any = blanked_value(getattr(error, "body", None), secrets)
    if body:
        return words_of(_page_title(body) if isinstance(body, str) else body)
    words = str(getattr(error, "message", None) or error).strip() or type(error).__name__
    return blanked(words, secrets).splitlines()[0][:_LONGEST_WORDS]


def _page_title(text: str) -> str:
    """What a web page is called, or the text as it is, without its tags."""
    text = text[:_LONGEST_PAGE]
    if not re.search(r"<(?:!doctype|html|head|body)\b", text[:1000], re.IGNORECASE):
        return re.sub(r"<[^<>]+>", " ", text).strip() or text
    title = re.search(r"<(?:title|h1)[^>]*>(.*?)</(?:title|h1)>", text, re.DOTALL | re.IGNORECASE)
    return f"a web page, {title[1].strip()!r}" if title else "a web page"


def page_fault(text: str, url: str) -> ServerError:
    """A page for people, such as that of a login, in place of JSON."""
    return ServerError(
        f"{url} answered with {_page_title(text)}, not with JSON: is that the address of the API?",
        again=False,
    )


def _led_to(response: Any) -> str:
    """Where redirections led, which turn what was sent into a plain request for a page."""
    led = getattr(response, "history", None)
    return f", which led to {without_secrets(str(response.url))}" if led else ""


def _hint(status: int, url: str) -> str:
    if status == 413:
        return " (less of each clip is sent by -P longest=SECONDS)"
    if status == 404 and not re.search(r"/v\d\w*(/|$)", url):
        return " (most servers want a --base-url that ends in /v1)"
    return ""
