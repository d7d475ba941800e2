"""The provider `openai`: any server that speaks OpenAI's chat completions and takes audio."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from audiorouter.errors import UsageError
from audiorouter.machine.installed import absent
from audiorouter.providers.interface import Long, NoOptions, Provider, Reasoner
from audiorouter.providers.prices import DEAREST, Prices

_OURS = frozenset(["model", "messages", "tools", "logprobs", "top_logprobs", "n"])
"""Fields of a request that decide what is asked, and how the reply is read."""


class OpenAIOptions(NoOptions):
    """Where the server is and how it is asked."""

    base_url: str | None = Field(
        default=None, description="Such as http://127.0.0.1:8000/v1; default $OPENAI_BASE_URL."
    )
    key: str | None = Field(
        default=None, description="Name of the key to send (`audiorouter keys list`)."
    )
    answer: Literal["score", "generate"] = Field(
        default="generate",
        description="Write and be read, or choose by the letters' log-probabilities.",
    )
    audio: Literal["input_audio", "audio_url", "none"] = Field(
        default="input_audio",
        description="How a clip stands in the message; none: a text model, which gets the findings "
        "alone.",
    )
    longest: float | None = Field(
        default=None, gt=0, description="Seconds of a clip that are sent at once."
    )
    long: Long = Field(
        default=Long.CUT,
        description="What is longer than `longest`: cut, or asked about window by window.",
    )
    check_audio: bool = Field(
        default=True, description="Make sure, once, that the server does not drop the audio."
    )
    max_tokens: int = Field(default=128, ge=1, description="Longest text it may write.")
    temperature: float | None = Field(default=0.0, ge=0, description="none: not sent.")
    extra_body: dict[str, Any] = Field(
        default_factory=dict,
        description="More fields of each request, as JSON; null leaves out one of ours.",
    )
    in_flight: int = Field(default=64, ge=1, description="Most requests at once.")
    request_timeout: float = Field(default=120.0, gt=0, description="Seconds a reply may take.")
    server_batch: bool = Field(
        default=False,
        description="Send requests in the server's own batches (`--server-batch`), which take up "
        "to a day and cost half at OpenAI.",
    )
    batch_gather: float = Field(
        default=30.0, ge=0, description="Seconds without a new request after which a batch is sent."
    )
    batch_poll: float = Field(
        default=60.0, gt=0, description="Seconds between two looks whether a batch is done."
    )
    attempts: int = Field(default=8, ge=1, description="How often a request is tried.")
    price_in: float | None = Field(
        default=None,
        ge=0,
        le=DEAREST,
        description="Money for a million tokens of prompts, in any currency, for plans and "
        "summaries; changes no answer.",
    )
    price_out: float | None = Field(
        default=None,
        ge=0,
        le=DEAREST,
        description="Money for a million tokens of answers.",
    )
    price_audio: float | None = Field(
        default=None,
        ge=0,
        le=DEAREST,
        description="Money for a million tokens of audio in prompts, where the server counts them "
        "apart; default: price_in.",
    )

    @field_validator("temperature", mode="before")
    @classmethod
    def _none_is_not_sent(cls, value: object) -> object:
        return None if value == "none" else value

    @model_validator(mode="after")
    def _prices_go_together(self) -> OpenAIOptions:
        given = {"price_in": self.price_in, "price_out": self.price_out}
        lacking = [name for name, price in given.items() if price is None]
        if lacking and (len(lacking) == 1 or self.price_audio is not None):
            raise ValueError(f"prices need {' and '.join(lacking)} as well")
        return self

    @model_validator(mode="after")
    def _windows_have_a_length(self) -> OpenAIOptions:
        if self.long is Long.WINDOW and self.longest is None:
            raise ValueError("long=window needs longest, the seconds of a window")
        return self

    @property
    def prices(self) -> Prices | None:
        """What a million tokens cost, where that was said."""
        if self.price_in is None or self.price_out is None:
            return None
        return Prices(self.price_in, self.price_out, self.price_audio)

    @field_validator("base_url")
    @classmethod
    def _without_the_path_of_chats(cls, value: str | None) -> str | None:
        return value if value is None else re.sub(r"/chat/completions/?$", "", value)

    @field_validator("extra_body", mode="before")
    @classmethod
    def _json_object(cls, value: object) -> object:
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except ValueError as error:
                raise ValueError(f"no JSON object ({error})") from None
        if isinstance(value, dict) and (ours := sorted(_OURS.intersection(value))):
            raise ValueError(f"{', '.join(ours)} cannot be set")
        return value


class OpenAIProvider(Provider[OpenAIOptions]):
    """Opens `openai:MODEL` on OpenAI's server or on that of `base_url`."""

    name = "openai"
    description = "servers with OpenAI's chat completions: OpenAI, vLLM, SGLang, OpenRouter …"
    Options = OpenAIOptions
    models = ("gpt-*", "o[1-9]*", "chatgpt-*")

    def open(self, model: str, options: OpenAIOptions) -> Reasoner:
        """The reasoner for a model by its name on the server; nothing is sent yet.

        Raises:
            UsageError: no model is named, the URL makes no sense or keeps a secret, the key is not
                known, or the SDK is not installed.
        """
        if not model:
            raise UsageError("name a model: openai:gpt-audio, or as your server calls it")
        if missing := self.missing():
            raise UsageError(missing)
        if options.server_batch:
            from audiorouter.providers.openai.batch_reasoner import BatchReasoner

            return BatchReasoner(model, options)
        from audiorouter.providers.openai.reasoner import OpenAIReasoner

        return OpenAIReasoner(model, options)

    def missing(self) -> str | None:
        """OpenAI's SDK, where it is not installed."""
        if absent(["openai"]):
            return "needs openai: pip install 'audiorouter[openai]'"
        return None
