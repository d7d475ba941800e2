"""Gemini's own API (`generateContent`) for AudioRouter: audio goes as `inlineData`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import httpx
from pydantic import Field

from audiorouter import Answer, NoOptions, Provider, Reasoner, ReasonerError, Request, hookimpl
from audiorouter.machine.credentials import get_key
from audiorouter.providers.audio import wav_base64
from audiorouter.providers.parsing import read_answer
from audiorouter.providers.prompt import PROMPT_VERSION, READING_VERSION, user_text


class GeminiOptions(NoOptions):
    """What `-P NAME=VALUE` may set."""

    base_url: str = "https://generativelanguage.googleapis.com/v1beta"
    max_tokens: int = Field(default=128, ge=1, description="Longest text it may write.")


class GeminiReasoner(Reasoner):
    """One model, asked one question at a time."""

    batch_size = 1

    def __init__(self, model: str, options: GeminiOptions):
        self.name = f"gemini:{model}"
        # Everything that decides an answer, so that no other one is taken from the store for it.
        self.identity = f"{self.name} {options} prompt/{PROMPT_VERSION} reading/{READING_VERSION}"
        self._url = f"{options.base_url}/models/{model}:generateContent"
        self._config = {"temperature": 0, "maxOutputTokens": options.max_tokens}

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """Ask the questions one after the other."""
        return [self._ask(request) for request in requests]

    def _ask(self, request: Request) -> Answer:
        started = time.perf_counter()
        audio = {"mimeType": "audio/wav", "data": wav_base64(request.open_clip())}
        body = {
            "contents": [{"parts": [{"inlineData": audio}, {"text": user_text(request)}]}],
            "generationConfig": self._config,
        }
        try:
            headers = {"x-goog-api-key": get_key("gemini") or ""}
            reply = httpx.post(self._url, json=body, headers=headers, timeout=120)
            if reply.is_error:
                raise ValueError(f"HTTP {reply.status_code}: {reply.text[:500]}")
            text, cut = _text(reply.json())
        except (httpx.HTTPError, LookupError, ValueError) as error:
            raise ReasonerError(f"{self.name}: {error}") from None
        answer = read_answer(text, request, cut="raise -P max_tokens" if cut else None)
        return replace(answer, seconds=time.perf_counter() - started)


def _text(reply: dict[str, Any]) -> tuple[str, bool]:
    """What the model said, its thoughts left out, and whether that was cut off."""
    if not reply.get("candidates"):
        raise ValueError(f"no answer: {str(reply)[:500]}")
    candidate = reply["candidates"][0]
    ending = candidate.get("finishReason", "STOP")
    if ending not in ("STOP", "MAX_TOKENS"):
        raise ValueError(f"the reply ended with {ending}")
    parts = candidate.get("content", {}).get("parts", [])
    text = "".join(part.get("text", "") for part in parts if not part.get("thought")).strip()
    return text, ending == "MAX_TOKENS"


class GeminiProvider(Provider[GeminiOptions]):
    """Opens `gemini:MODEL`."""

    name = "gemini"
    description = "Gemini's own API"
    Options = GeminiOptions

    def open(self, model: str, options: GeminiOptions) -> Reasoner:
        """The reasoner; nothing is sent yet."""
        return GeminiReasoner(model, options)


@hookimpl
def register_providers(register: Callable[[Provider[Any]], None]) -> None:
    """Called once, when the plugin is loaded."""
    register(GeminiProvider())
