"""Our reasoners as models of Inspect: `--model audiorouter/cascade` runs without a network."""

from __future__ import annotations

import asyncio
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from audiorouter.batch.options import EngineOptions
from audiorouter.errors import UsageError
from audiorouter.inspect_ai.samples import choice_mark, clip_of, question_of, taken_apart
from audiorouter.inspect_ai.sessions import LazySession, router_name
from audiorouter.inspect_ai.solvers import LOGGED, logged_route
from audiorouter.machine.called import to_type


class AudioRouterModel(ModelAPI):  # type: ignore[misc]
    """A provider's reasoner with its router and tools, which answers the last message.

    The name is as of `--provider`: `audiorouter/cascade`, `audiorouter/transformers:OWNER/NAME`.
    The message has one recording. Choices in the wording of Inspect's `multiple_choice` are
    answered in that wording, all else is an open question. Route and findings stand in the output's
    metadata. Of Inspect's settings for generating none applies: reasoners have their own.

    Args of `-M`: `router` (`none` leaves the tools away) or `tools`, `workers`, and whatever `-P`
    of `audiorouter batch` takes.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig | None = None,
        *,
        router: str | None = None,
        tools: str | list[str] | None = None,
        workers: int | None = None,
        **provider_options: Any,
    ):
        super().__init__(model_name, base_url, api_key, [], config or GenerateConfig())
        if base_url is not None or api_key is not None:
            raise UsageError(
                "audiorouter: base URL and key are the provider's: write -M base_url=…, and "
                f"`{to_type('keys', 'set', 'NAME')}`"
            )
        self._router = router_name(router, tools)
        self._opened = LazySession(
            EngineOptions(provider=model_name, provider_options=provider_options, workers=workers)
        )

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Answer the last message of the user.

        Raises:
            ClipError: it holds no recording, or several.
            UsageError: there are tools to call, or what the model was given makes no sense.
            RuntimeError: the reasoner could not answer.
        """
        if tools:
            raise UsageError("audiorouter: reasoners call AudioRouter's tools and no others")
        asked = taken_apart(question_of(input))
        session = await asyncio.to_thread(self._opened.open)
        clip = await asyncio.to_thread(clip_of, input)
        row = await session.aask(clip, asked.question, asked.choices, router=self._router)
        if row.answer is None:
            raise RuntimeError(f"audiorouter: {row.complaint}")
        text = row.answer.text
        if asked.choices and row.answer.index is not None:
            text = f"ANSWER: {choice_mark(row.answer.index)}"
        output = ModelOutput.from_content(f"audiorouter/{self.model_name}", text)
        logged = logged_route(row, row.complaint)
        if row.answer.probabilities is not None:
            logged["probabilities"] = list(row.answer.probabilities)
        output.metadata = {LOGGED: logged}
        return output


@modelapi(name="audiorouter")
def audiorouter_models() -> type[ModelAPI]:
    """The models `audiorouter/PROVIDER` and `audiorouter/PROVIDER:MODEL`."""
    return AudioRouterModel
