"""A hub on this machine: files of commits, by the addresses that downloads ask for.

Data sets are pushed as `datasets/OWNER/NAME`, and say which files they have.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Hub:
    """What is on it, and what it was asked for."""

    address: str = ""
    commits: dict[str, list[tuple[str, Path]]] = field(default_factory=dict)
    """Of each repository its commits with their folders; the last one is `main`."""
    asked: list[str] = field(default_factory=list)
    """Paths of all requests."""

    def push(self, repository: str, folder: Path) -> str:
        """Add a commit; gives its hash."""
        made = self.commits.setdefault(repository, [])
        commit = hashlib.sha1(f"{repository} {len(made)}".encode()).hexdigest()
        made.append((commit, folder))
        return commit

    def find(self, path: str) -> tuple[str, Path] | None:
        """Commit and file of an address."""
        kind = "datasets/" if path.startswith("/datasets/") else ""
        parts = path.removeprefix(f"/{kind}").strip("/").split("/", 4)
        owner, name, what, revision, file = (parts + [""] * 5)[:5]
        made = self.commits.get(f"{kind}{owner}/{name}", [])
        if what != "resolve" or not made:
            return None
        named = dict(made) | {"main": made[-1][1]}
        commit = made[-1][0] if revision == "main" else revision
        there = revision in named and (named[revision] / file).is_file()
        return (commit, named[revision] / file) if there else None

    def about(self, path: str) -> bytes | None:
        """What the hub says of a data set: its commit and files, or of each of them the size."""
        api, kind, owner, name, what, revision = (path.strip("/").split("/", 5) + [""] * 6)[:6]
        made = self.commits.get(f"{kind}/{owner}/{name}", [])
        if api != "api" or not made:
            return None
        named = {commit: (commit, folder) for commit, folder in made}
        commit, folder = named.get(revision, made[-1])
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        names = [path.relative_to(folder).as_posix() for path in files]
        if what != "tree":
            siblings = [{"rfilename": name} for name in names]
            said: object = {"id": f"{owner}/{name}", "sha": commit, "siblings": siblings}
        else:
            said = [
                {"type": "file", "path": name, "size": path.stat().st_size, "oid": "0"}
                for name, path in zip(names, files, strict=True)
            ]
        return json.dumps(said).encode()


@contextmanager
def running_hub() -> Iterator[Hub]:
    """A hub that runs as long as this lasts; children find it by HF_ENDPOINT."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            hub.asked.append(self.path)
            path = self.path.partition("?")[0]
            found, said = hub.find(path), hub.about(path)
            content = (said or b"") if found is None else found[1].read_bytes()
            self.send_response(404 if found is None and said is None else 200)
            if found is not None:
                self.send_header("X-Repo-Commit", found[0])
                self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hub.address = f"http://127.0.0.1:{server.server_port}"
        yield hub
        server.shutdown()
