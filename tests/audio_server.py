"""A real HTTP server on the documented wire format, checked by the SDK's own types.

It has ears: it decodes the audio of a request and answers by its pitch. It can be slow, refuse,
break off and hang, as servers do.

    python tests/audio_server.py --latency 0.05 --faults 0.2        # prints its URL
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import random
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import soundfile
from openai.types.chat import ChatCompletion, CompletionCreateParams
from pydantic import TypeAdapter

REQUEST = TypeAdapter(CompletionCreateParams)
FAULTS = ("429", "500", "cut", "hang")
HIGH_HZ = 600


@dataclass
class Behaviour:
    """How the server is, and what it saw."""

    latency: float = 0.0
    faults: float = 0.0
    hang: float = 1.0
    """Seconds that a hanging request hangs."""
    key: str | None = None
    deaf: bool = False
    """Whether it drops the audio silently, as servers of text models do."""
    logprobs: bool = True
    functions: tuple[str, ...] = ()
    """Functions that it calls when it may."""
    drips: bool = False
    """Whether it sends a byte now and then, for ever: no read takes long, and none is the last."""
    endless: bool = False
    """Whether what it says has no end."""
    says: str | None = None
    """What it says instead of an answer."""
    refuses: dict[str, str] = field(default_factory=dict)
    """Parameters that it does not take, each with what it says of that."""
    sends: tuple[int, str, str | bytes] | None = None
    """HTTP status, type and body that it sends in place of any reply."""
    packed: str | None = None
    """How it says that the body is packed which it sends."""
    echoes: bool = False
    """Whether it repeats the headers of a request, as servers do whose debugging was left on."""
    message: dict[str, Any] = field(default_factory=dict)
    """What else its message holds."""
    finish: str = "stop"
    usage: dict[str, int] | None = None
    """What it counts, where that is not the truth."""
    leads_to: str | None = None
    """Where it sends every request on, and where it sends what it `sends`."""
    likeliest: tuple[str, ...] | None = None
    """The first tokens whose log-probabilities it gives."""
    others: dict[str, Behaviour] = field(default_factory=dict)
    """How it is in place of all this to requests with one of these words."""
    seed: int = 0
    requests: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """All requests, also those that it did not answer."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Those of the requests, their names in small letters."""
    answered: int = 0
    faulty: int = 0
    most_at_once: int = 0


class AudioServer(ThreadingHTTPServer):
    """Serves `/v1/chat/completions` on a free port of the loopback."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, behaviour: Behaviour):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.lock = threading.Lock()
        self.draw = random.Random(behaviour.seed)
        self.inside = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __enter__(self) -> AudioServer:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AudioServer

    def do_GET(self) -> None:
        said = self.server.behaviour
        self._send(200, {"answered": said.answered, "most_at_once": said.most_at_once})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["content-length"]))
        server, behaviour = self.server, self.server.behaviour
        with server.lock:
            server.inside += 1
            behaviour.most_at_once = max(behaviour.most_at_once, server.inside)
            fault = None
            if server.draw.random() < behaviour.faults:
                fault = server.draw.choice(FAULTS)
                behaviour.faulty += 1
        try:
            self._answer(json.loads(raw), fault)
        finally:
            with server.lock:
                server.inside -= 1

    def _answer(self, asked: dict[str, Any], fault: str | None) -> None:
        behaviour = self.server.behaviour
        said = text_in(asked) if behaviour.others else ""
        behaviour = next((b for word, b in behaviour.others.items() if word in said), behaviour)
        time.sleep(behaviour.latency)
        sent = self.headers.get("authorization", "")
        if behaviour.key is not None and sent != f"Bearer {behaviour.key}":
            said = f"Incorrect API key provided: {sent}"
            return self._send(401, {"error": {"message": said, "code": "invalid_api_key"}})
        if fault == "429":
            return self._send(429, {"error": {"message": "slow down"}}, {"retry-after": "0.05"})
        if fault == "500":
            return self._send(500, {"error": {"message": "broken"}})
        if fault == "hang":
            time.sleep(behaviour.hang)
        if behaviour.drips or behaviour.endless:
            return self._send_without_end()
        with self.server.lock:
            behaviour.bodies.append(asked)
            behaviour.headers.append({name.lower(): said for name, said in self.headers.items()})
        if behaviour.echoes:
            behaviour.says = f"You sent {sent}"
        arrived = behaviour.sends is not None and self.path == behaviour.leads_to
        if behaviour.leads_to is not None and not arrived:
            return self._send(307, "", {"location": behaviour.leads_to})
        if behaviour.sends is not None:
            status, kind, body = behaviour.sends
            headers = {} if behaviour.packed is None else {"content-encoding": behaviour.packed}
            return self._send(status, body, {"content-type": kind, **headers})
        for name in asked:
            if name in behaviour.refuses:
                said = {"message": behaviour.refuses[name], "code": "unsupported_parameter"}
                return self._send(400, {"error": said})
        REQUEST.validate_python(asked)
        reply = complete(asked, behaviour)
        ChatCompletion.model_validate(reply)
        with self.server.lock:
            behaviour.requests.append(asked)
            behaviour.answered += fault is None
        return self._send(200, reply, cut=fault == "cut")

    def _send_without_end(self) -> None:
        part = b"x" * (1 << 20) if self.server.behaviour.endless else b"x"
        try:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(1 << 40))
            self.end_headers()
            for _ in range(600):
                self.wfile.write(part)
                self.wfile.flush()
                time.sleep(0 if self.server.behaviour.endless else 0.05)
        except OSError:
            self.close_connection = True

    def _send(
        self, status: int, reply: Any, headers: dict[str, str] | None = None, *, cut: bool = False
    ) -> None:
        text = reply if isinstance(reply, str | bytes) else json.dumps(reply)
        body = text.encode() if isinstance(text, str) else text
        try:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            for name, value in ({"content-type": "application/json"} | (headers or {})).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if cut else body)
            self.close_connection = cut
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        pass


def complete(asked: dict[str, Any], behaviour: Behaviour) -> dict[str, Any]:
    """The reply to a request: it tells high tones from low ones."""
    parts, text = parts_of(asked), text_in(asked)
    clips = [] if behaviour.deaf else [c for c in map(decode, parts) if c is not None]
    heard = None if not clips else "high" if pitch(clips[0]) > HIGH_HZ else "low"
    choices = re.findall(r"^([A-Z])\. (.*)$", text, re.MULTILINE)
    chosen = next((letter for letter, choice in choices if choice == heard), "A")
    message: dict[str, Any] = {"role": "assistant", "content": behaviour.says or chosen}
    known = {tool["function"]["name"] for tool in asked.get("tools", ())}
    called = [name for name in behaviour.functions if name in known and name not in text_of(parts)]
    if called:
        message |= {"content": None, "tool_calls": [call(name) for name in called]}
    elif "tools" in asked:
        message["content"] = "[]"
    message |= behaviour.message
    made: dict[str, Any] = {"index": 0, "finish_reason": behaviour.finish, "message": message}
    if asked.get("logprobs") and behaviour.logprobs:
        listed = [
            {"token": letter, "bytes": None, "logprob": -0.1 if letter == chosen else -3.0}
            for letter in behaviour.likeliest or [letter for letter, _ in choices]
        ]
        first = {**listed[0], "top_logprobs": listed}
        made["logprobs"] = {"content": [first], "refusal": None}
    audio_tokens = sum(1 + len(clip[0]) // 1600 for clip in clips)
    words = len(text.split())
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": asked["model"],
        "choices": [made],
        "usage": behaviour.usage
        or {
            "prompt_tokens": words + audio_tokens,
            "completion_tokens": 1,
            "total_tokens": words + audio_tokens + 1,
            "prompt_tokens_details": {"audio_tokens": audio_tokens},
        },
    }


def parts_of(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """What the last message of a request is made of."""
    parts = asked["messages"][-1]["content"]
    return [{"type": "text", "text": parts}] if isinstance(parts, str) else parts


def text_in(asked: dict[str, Any]) -> str:
    return "\n".join(part["text"] for part in parts_of(asked) if part["type"] == "text")


def text_of(parts: list[dict[str, Any]]) -> str:
    """The findings that are quoted in a request: what was called before is not called again."""
    text = "\n".join(part["text"] for part in parts if part["type"] == "text")
    return "\n".join(line for line in text.splitlines() if line.startswith("- "))


def call(name: str) -> dict[str, Any]:
    return {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": "{}"}}


def decode(part: dict[str, Any]) -> tuple[np.ndarray, int] | None:
    """The audio of a part, whichever way it is sent."""
    if part["type"] == "input_audio":
        data = part["input_audio"]["data"]
    elif part["type"] == "audio_url":
        data = part["audio_url"]["url"].partition("base64,")[2]
    else:
        return None
    audio, rate = soundfile.read(io.BytesIO(base64.b64decode(data)))
    return audio, rate


def pitch(clip: tuple[np.ndarray, int]) -> float:
    """Strongest frequency in Hz."""
    audio, rate = clip
    return float(np.abs(np.fft.rfft(audio))[1:].argmax() + 1) * rate / len(audio)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--faults", type=float, default=0.0)
    arguments = parser.parse_args()
    server = AudioServer(Behaviour(latency=arguments.latency, faults=arguments.faults))
    print(server.url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
