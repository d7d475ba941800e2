"""A server that sends a request on: within itself it may, to another one it may not.

What was sent holds the clip, the question and the key; who named one server named no other.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

_REDIRECTIONS = frozenset([301, 302, 303, 307, 308])


class ElsewhereError(ValueError):
    """The server wants another one to answer."""


async def stay_at_home(response: Any) -> None:
    """Event hook of the SDK's HTTP client: follow no redirection to another server.

    Raises:
        ElsewhereError: there is one.
    """
    target = response.headers.get("location")
    if response.status_code not in _REDIRECTIONS or not target:
        return
    home = str(response.request.url)
    there = urljoin(home, target)
    if _server(there) != _server(home):
        address = f"{urlsplit(there).scheme}://{urlsplit(there).netloc.rpartition('@')[2]}"
        raise ElsewhereError(
            f"the server sends requests on to another one, {address}, which gets nothing from here "
            "unless --base-url names it"
        )


def _server(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, parts.port or usual
