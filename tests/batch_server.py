"""The server with ears, with OpenAI's batches: files of requests that are answered when it likes.

python tests/batch_server.py        # prints its URL
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

from audio_server import AudioServer, Behaviour, Handler, complete
from openai.types import Batch, FileObject

HTML = {"content-type": "text/html"}


@dataclass
class BatchBehaviour(Behaviour):
    """How it works on batches, and what it has."""

    done: bool = True
    """Whether it has come to them."""
    expires: tuple[str, ...] = ()
    """Words of requests that it does not come to."""
    fails: str = ""
    """Why it takes no batch."""
    page_for: str | None = None
    """For what it gives a page for people: "files" or "batches"."""
    page_shown: str = "<html><title>Log in</title></html>"
    page_status: int = 200
    pages: int = -1
    """How often it does, or always."""
    listed_late: int = 0
    """How often it leaves its batches out of its list."""
    lists_again: bool = False
    """Whether it lists the same whatever comes after, and does not say that there is no more."""
    late: int = 0
    """How often it says that a batch is done before it names the file of its replies."""
    made_behind: int | None = None
    """With which status it says that it does not work, though it has made a batch."""
    delivered: str = ""
    """Replies that stand before its own."""
    busy: int = 0
    """How many requests it sends away first."""
    page: int = 100
    """How many of its batches it lists at once."""
    breaks_off: bool = False
    """Whether it makes a batch and does not come to say so."""
    files: dict[str, str] = field(default_factory=dict)
    batches: list[dict[str, Any]] = field(default_factory=list)


class BatchServer(AudioServer):
    """Serves `/v1/files` and `/v1/batches` as well."""

    behaviour: BatchBehaviour

    def __init__(self, behaviour: BatchBehaviour):
        super().__init__(behaviour)
        self.RequestHandlerClass = BatchHandler


class BatchHandler(Handler):
    def do_POST(self) -> None:  # noqa: N802
        said: Any = self.server.behaviour
        raw = self.rfile.read(int(self.headers["content-length"]))
        if said.busy:
            said.busy -= 1
            self._send(503, {"error": {"message": "busy"}})
        elif said.sends is not None:
            self._send(said.sends[0], said.sends[2])
        elif self.path == "/v1/files":
            lines = re.findall(rb'^\{"custom_id".*$', raw, re.MULTILINE)
            made = self._file(b"\n".join(lines).decode())
            about = {"id": made, "object": "file", "bytes": 1, "created_at": 1,
                     "status": "processed", "filename": "requests.jsonl",
                     "purpose": "batch"}  # fmt: skip
            FileObject.model_validate(about)
            self._send(200, about)
        elif self.path == "/v1/batches":
            asked = json.loads(raw)
            assert asked["completion_window"] == "24h"
            said.batches.append({
                "id": f"batch_{len(said.batches)}", "object": "batch", "created_at": 1,
                "status": "in_progress", **asked,
            })  # fmt: skip
            if said.breaks_off:
                time.sleep(10)
            if said.made_behind is not None:
                self._send(said.made_behind, "<html><title>Bad gateway</title></html>", HTML)
            else:
                self._send(200, said.batches[-1])

    def do_GET(self) -> None:  # noqa: N802
        said: Any = self.server.behaviour
        if said.sends is not None:
            return self._send(said.sends[0], said.sends[2])
        if said.pages and said.page_for and self.path.startswith(f"/v1/{said.page_for}/"):
            said.pages -= 1
            kind = HTML if said.page_shown.startswith("<") else {}
            return self._send(said.page_status, said.page_shown, kind)
        if self.path.startswith("/v1/files/"):
            return self._send(200, said.files[self.path.split("/")[3]])
        if self.path.startswith("/v1/batches/"):
            batch = next(b for b in said.batches if b["id"] == self.path.split("/")[3])
            if said.done and batch["status"] == "in_progress":
                self._work_on(batch)
            if said.late and batch["status"] == "completed":
                said.late -= 1
                batch = batch | {"output_file_id": None}
            Batch.model_validate(batch)
            return self._send(200, batch)
        if said.listed_late:
            said.listed_late -= 1
            return self._send(200, {"object": "list", "data": [], "has_more": False})
        latest = [*reversed(said.batches)]
        if said.lists_again:
            return self._send(200, {"object": "list", "data": latest})
        after = re.search("after=([^&]+)", self.path)
        start = 0 if after is None else [b["id"] for b in latest].index(after[1]) + 1
        shown, more = latest[start : start + said.page], len(latest) > start + said.page
        return self._send(200, {"object": "list", "data": shown, "has_more": more})

    def _work_on(self, batch: dict[str, Any]) -> None:
        said: Any = self.server.behaviour
        if said.fails:
            batch["status"] = "failed"
            batch["errors"] = {"object": "list", "data": [{"message": said.fails}]}
            return
        replies, errors = [], []
        for line in said.files[batch["input_file_id"]].splitlines():
            asked = json.loads(line)
            lack = {"id": "r", "custom_id": asked["custom_id"], "response": None}
            if any(word in line for word in said.expires):
                expired = {"code": "batch_expired", "message": "It could not be executed in time."}
                errors.append(json.dumps(lack | {"error": expired}))
                continue
            said.requests.append(asked["body"])
            body = complete(asked["body"], said)
            response = {"status_code": 200, "request_id": "r", "body": body}
            replies.append(json.dumps(lack | {"response": response, "error": None}))
        batch["status"] = "expired" if errors else "completed"
        counts = {"total": len(replies + errors), "completed": len(replies), "failed": len(errors)}
        batch["request_counts"] = counts
        batch["output_file_id"] = self._file("\n".join([said.delivered, *replies]).strip())
        if errors:
            batch["error_file_id"] = self._file("\n".join(errors))

    def _file(self, content: str) -> str:
        files = self.server.behaviour.files
        files[f"file_{len(files)}"] = content
        return f"file_{len(files) - 1}"
