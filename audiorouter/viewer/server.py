"""The viewer as a small local server: it reads the store, and answers one browser on this machine.

Its address holds a secret that only who started it knows, and it answers to no other name than the
loopback's: a page of the web that is open beside it can neither load its scripts nor reach it by a
name of its own (DNS rebinding). Nothing is written.
"""

from __future__ import annotations

import re
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from audiorouter.errors import UsageError
from audiorouter.machine.signals import STOPS
from audiorouter.viewer.report import page_files
from audiorouter.viewer.scripts import script
from audiorouter.viewer.viewed import Viewed

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

HOST = "127.0.0.1"
"""Nobody else's machine is answered."""
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def missing() -> str | None:
    """What has to be installed before it can be used, or None."""
    try:
        import starlette
        import uvicorn
    except ImportError as error:
        return f"{error.name} is not installed: pip install 'audiorouter[view]'"
    del starlette, uvicorn
    return None


def make_app(run: Viewed, secret: str) -> Starlette:
    """The application, which answers below `/SECRET/`."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Mount, Route

    clips = set(run.clips())
    files = dict(_files(page_files()))

    def answered(content: str, kind: str = "text/javascript") -> Response:
        return Response(content, media_type=kind, headers=_HEADERS)

    def data(request: Request) -> Response:
        name = request.path_params["name"]
        if name == "index.js":
            return answered(script("index", run.index()))
        if (match := re.fullmatch(r"rows-(\d{1,9})\.js", name)) is not None:
            number = int(match[1])
            if number < run.parts:
                return answered(script("rows", number, run.part(number)))
        return _nothing()

    def clip(request: Request) -> Response:
        name = request.path_params["name"].removesuffix(".js")
        if name not in clips:
            return _nothing()
        return answered(script("clip", name, run.sound(name)))

    def page(request: Request) -> Response:
        name = request.path_params.get("name") or "index.html"
        if name not in files:
            return _nothing()
        return answered(files[name].read_text("utf-8"), _TYPES[name[name.rfind(".") :]])

    def _nothing() -> Response:
        return PlainTextResponse("There is nothing here.", status_code=404, headers=_HEADERS)

    return Starlette(
        routes=[
            Mount(
                f"/{secret}",
                routes=[
                    Route("/data/clips/{name}", clip),
                    Route("/data/{name}", data),
                    Route("/", page),
                    Route("/{name:path}", page),
                ],
            )
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])],
    )


def _files(folder: Traversable, before: str = "") -> Iterator[tuple[str, Traversable]]:
    """The files of the page that a browser asks for, by their names below it."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{before}{entry.name}/")
        elif entry.name.endswith(tuple(_TYPES)):
            yield f"{before}{entry.name}", entry


def serve(run: Viewed, *, port: int = 0, ready: Callable[[str], None]) -> None:
    """Answer until somebody stops it; `ready` gets the address as soon as it can be opened.

    Raises:
        UsageError: Starlette or uvicorn is not installed, or the port is taken.
    """
    if (lacking := missing()) is not None:
        raise UsageError(lacking)
    import uvicorn

    secret = secrets.token_urlsafe(16)
    try:
        listening = socket.create_server((HOST, port))
    except OSError as error:
        raise UsageError(f"port {port}: {error.strerror}; name another one, or none") from None
    with listening:
        address = f"http://{HOST}:{listening.getsockname()[1]}/{secret}/"
        config = uvicorn.Config(make_app(run, secret), log_level="warning", access_log=False)

        class Server(uvicorn.Server):
            """Ends by any signal that stops a program, at once by a second one."""

            @contextmanager
            def capture_signals(self) -> Iterator[None]:
                """While it answers; uvicorn's own ends by two of them, and sends them on."""
                if threading.current_thread() is not threading.main_thread():
                    yield
                    return
                before = {which: signal.signal(which, self._end) for which in STOPS}
                try:
                    yield
                finally:
                    for which, handler in before.items():
                        signal.signal(which, handler)

            def _end(self, *_signal: object) -> None:
                self.force_exit, self.should_exit = self.should_exit, True

        server = Server(config)
        # The socket listens already: who comes before the loop runs waits for a moment.
        ready(address)
        server.run(sockets=[listening])
