"""A real HTTP server on the wire format of Gemini's `generateContent`; it hears the pitch."""

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import soundfile
from audio_server import HIGH_HZ, pitch


class GeminiServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1beta"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_exception):
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.path == "/v1beta/models/ears:generateContent"
        assert self.headers["x-goog-api-key"] == "secret"
        audio, text = asked["contents"][0]["parts"]
        clip = soundfile.read(io.BytesIO(base64.b64decode(audio["inlineData"]["data"])))
        high = pitch(clip) > HIGH_HZ
        said = "A" if ("A. high" in text["text"]) == high else "B"
        reply = {"candidates": [{"content": {"parts": [{"text": f"{said}."}], "role": "model"}}]}
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass
