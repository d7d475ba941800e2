"""Cache keys of outcomes: all that decides what the reasoner makes of a question by a route."""

from __future__ import annotations

from typing import Any

from audiorouter.border.threads import CircuitBreaker
from audiorouter.clips import ClipFacts
from audiorouter.errors import ToolError
from audiorouter.learning.outcome_table import Calls
from audiorouter.machine.source_code import with_source
from audiorouter.plugins import Registry
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import Question
from audiorouter.store import cache_key
from audiorouter.toolbox.arguments import call_for_question
from audiorouter.toolbox.interface import Tool, ToolCall

TOLD = "what was measured"
"""Which of a route's findings the reasoner is told (`batch.requests`)."""


class OutcomeKeys:
    """Keys of outcomes of one reasoner, asked in so many `orders` of the choices."""

    def __init__(self, registry: Registry, reasoner: Reasoner, *, orders: int):
        self._registry = registry
        self._reasoner = reasoner
        self._made: dict[tuple[ToolCall, tuple[str, tuple[str, ...]]], ToolCall] = {}
        self._breakers: dict[str, CircuitBreaker] = {}
        self._asked: dict[str, Any] = {}
        """What beside reasoner, question and route decides an answer, where there is any of it."""
        if hooks := registry.hooks.fingerprint("prepare_request"):
            self._asked["prepared_by"] = hooks
        if orders > 1 and reasoner.order_matters:
            self._asked["orders"] = orders

    def of_outcome(self, question: Question, clip: ClipFacts, calls: Calls) -> str:
        """Key of what comes of a question about a clip by a route."""
        route = dict.fromkeys(self.of_call(question, clip, call) for call in calls)
        return cache_key(
            "outcome",
            {
                "reasoner": with_source(self._reasoner.identity, type(self._reasoner)),
                "heard": [
                    self.of_call(question, clip, call) for call in self._reasoner.listening_calls
                ],
                "clip": clip.audio_hash,
                "question": question.text,
                "choices": list(question.choices),
                "route": list(route),
                "told": TOLD,
                **self._asked,
            },
        )

    def of_call(self, question: Question, clip: ClipFacts, call: ToolCall) -> str:
        """Key of a call as it is made for a question."""
        as_made = self.made(question, call)
        return self._registry.tool(as_made.tool).key(
            clip.audio_hash, as_made.arguments, file_hash=clip.file_hash
        )

    def made(self, question: Question, call: ToolCall) -> ToolCall:
        """The call as it is made for a question; one that cannot be made is as it was given."""
        tool, asked = self._registry.tool(call.tool), (question.text, question.choices)
        if (call, asked) not in self._made:
            self._made[call, asked] = self._read(tool, call, *asked)
        return self._made[call, asked]

    def _read(
        self, tool: Tool[Any], call: ToolCall, question: str, choices: tuple[str, ...]
    ) -> ToolCall:
        breaker = self._breakers.setdefault(tool.name, CircuitBreaker(tool.name, ToolError))
        try:
            breaker.check()
            made = call_for_question(tool, call, question, choices)
        except ToolError as error:
            # The row of such a call says so itself, and has no outcome to be kept.
            breaker.note(error)
            return call
        breaker.note()
        return made
