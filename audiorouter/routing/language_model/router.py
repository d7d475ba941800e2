"""A trained language model at work as a router. Its models load at the first decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.errors import UsageError
from audiorouter.routing.interface import Route, Router, RouteRequest
from audiorouter.routing.language_model.base import locate_base, needs
from audiorouter.routing.language_model.checkpoint import (
    check_adapter,
    read_adapter,
    read_language_model_card,
)
from audiorouter.routing.language_model.decisions import decision_schema, read_decision
from audiorouter.routing.language_model.prompt import VERSION, messages, prompt_text
from audiorouter.routing.learned import INSTEAD, listening_calls_among, remarks_on
from audiorouter.routing.shortlist import RANKING, Shortlist
from audiorouter.sentence_encoder import SentenceEncoder
from audiorouter.store.cache_keys import cache_key
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.toolbox.interface import Tool


class LanguageModelRouter(Router):
    """Routes by what the language model in a folder writes, over the tools that are usable here."""

    cacheable = True

    def __init__(
        self,
        folder: Path,
        tools: Mapping[str, Tool[Any]],
        *,
        name: str | None = None,
        hears_by: Mapping[str, Tool[Any]] | None = None,
    ):
        self.name = name or str(folder)
        needs("peft", "llguidance")
        self.card = read_language_model_card(folder)
        if self.card.prompt != VERSION:
            raise UsageError(
                f"{folder}: was trained to read prompts of version {self.card.prompt}, this "
                f"version writes {VERSION}: train it again"
            )
        self._folder = folder
        self._base = locate_base(self.card.base, self.card.base_revision)
        adapter = check_adapter(folder, self.card)  # what is damaged is found before the work
        self._tools = dict(tools)
        self.listening_calls = listening_calls_among(tools if hears_by is None else hears_by)
        reads = self.card.model_dump(
            mode="json", include={"prompt", "tool_detail", "candidates", "max_calls"}
        )
        offered = cache_key(
            "offered tools", reads | {tool.name: _offer(tool) for tool in tools.values()}
        )
        self.identity = (
            f"language model {adapter} {self._base.fingerprint} "
            f"{SentenceEncoder.identity} {offered} shortlist/{RANKING}"
        )
        self.remarks = tuple(self._remarks())

    def load(self) -> None:
        """Load the language model."""
        self._model  # noqa: B018 - loads it

    def route(self, requests: Sequence[RouteRequest]) -> list[Route]:
        """The calls that the model writes for each request; what it does not end is none."""
        from audiorouter.routing.language_model.writing import write_decisions

        if not requests or not self._tools:
            return [Route((), "language model: there is no tool")] * len(requests)
        offered = self._shortlist.of(requests)
        model, tokenizer = self._model
        prompts, schemas = [], []
        for request, names in zip(requests, offered, strict=True):
            tools = [self._tools[name] for name in names]
            chat = messages(request, tools, self.card.tool_detail)
            prompts.append(prompt_text(tokenizer, chat))
            schemas.append(decision_schema(tools, max_calls=self.card.max_calls))
        texts = write_decisions(model, tokenizer, prompts, schemas, max_calls=self.card.max_calls)
        return [self._route(text, names) for text, names in zip(texts, offered, strict=True)]

    def _route(self, text: str, offered: Sequence[str]) -> Route:
        tools = {name: self._tools[name] for name in offered}
        try:
            calls = read_decision(text, tools, max_calls=self.card.max_calls)
        except ValueError as error:
            return Route((), f"language model: no decision: {error}")
        if not calls:
            return Route((), "language model: no tool")
        called = {call.tool for call in calls}
        others = [name for name in offered if name not in called][:INSTEAD]
        said = ", ".join(call.label for call in calls)
        return Route(calls, f"language model: {said}", tuple(map(ToolCall, others)))

    @cached_property
    def _shortlist(self) -> Shortlist:
        return Shortlist(self._tools, SentenceEncoder(quick=True, keep=True), self.card.candidates)

    @cached_property
    def _model(self) -> tuple[Any, Any]:
        import torch

        from audiorouter.routing.language_model.adapter import load_adapter, with_new_adapter
        from audiorouter.routing.language_model.base import load_base

        device = "cuda" if torch.cuda.is_available() else "cpu"
        model, tokenizer = load_base(self._base, device=device)
        model = with_new_adapter(model, rank=self.card.rank, layers=self.card.layers)
        load_adapter(model, read_adapter(self._folder, self.card), source=str(self._folder))
        return model.merge_and_unload().eval(), tokenizer

    def _remarks(self) -> list[str]:
        remarks = remarks_on(self.name, self.card.tools, self.card.encoder, self._tools.values())
        if self.card.base_fingerprint != self._base.fingerprint:
            remarks.append(
                f"the router {self.name} was trained over another copy of {self.card.base}"
            )
        return remarks


def _offer(tool: Tool[Any]) -> list[Any]:
    """What a language model may read of a tool, and what puts it on offer."""
    schema = tool.Arguments.model_json_schema()
    return [tool.description, tool.not_for, *tool.examples, schema, tool.arguments_version]
