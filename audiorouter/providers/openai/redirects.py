"""A server that sends a request on: within itself it may, to another one it may not.

What was sent holds the clip, the question and the key; who named one server named no other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any


class ElsewhereError(ValueError):
    """The server wants another one to answer."""


def staying_at(home: Any) -> Callable[[Any], Awaitable[None]]:
    """Event hook of the SDK's HTTP client, for requests: none goes to another server than `home`.

    It sees each request as it is about to be sent, redirected ones too: a `Location` such as
    `http:///v1` is read in several ways by libraries, and the way of the client counts.
    `home` is a URL of the client's own kind.

    The hook raises:
        ElsewhereError: the request would go elsewhere.
    """

    async def hook(request: Any) -> None:
        if _server(request.url) != _server(home):
            address = f"{request.url.scheme}://{request.url.netloc.decode()}"
            raise ElsewhereError(
                f"the server sends requests on to another one, {address}, which gets nothing from "
                "here unless --base-url names it"
            )

    return hook


def _server(url: Any) -> tuple[str, str, int | None]:
    usual = {"http": 80, "https": 443}.get(url.scheme)
    return url.scheme, url.host, url.port or usual
