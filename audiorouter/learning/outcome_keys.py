"""Cache keys of outcomes: all that decides what the reasoner makes of a question by a route."""

from __future__ import annotations

from typing import Any

from audiorouter.border.threads import apart
from audiorouter.clips import ClipFacts
from audiorouter.errors import ToolError
from audiorouter.learning.outcome_table import Calls
from audiorouter.plugins import Registry
from audiorouter.providers.interface import Reasoner
from audiorouter.questions import Question
from audiorouter.store import cache_key
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.toolbox import ARGUMENT_SECONDS


class OutcomeKeys:
    """Keys of outcomes of one reasoner, asked in so many `orders` of the choices."""

    def __init__(self, registry: Registry, reasoner: Reasoner, *, orders: int):
        self._registry = registry
        self._reasoner = reasoner
        self._made: dict[tuple[ToolCall, tuple[str, tuple[str, ...]]], ToolCall] = {}
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
                "reasoner": self._reasoner.identity,
                "heard": [
                    self.of_call(question, clip, call) for call in self._reasoner.listening_calls
                ],
                "clip": clip.audio_hash,
                "question": question.text,
                "choices": list(question.choices),
                "route": list(route),
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
        """The call as it is made for a question; a tool that takes too long names nothing."""
        tool, asked = self._registry.tool(call.tool), (question.text, question.choices)
        if tool.is_built_in:
            return tool.call_for(call, *asked)
        if (call, asked) not in self._made:
            result = apart(lambda: tool.call_for(call, *asked), seconds=ARGUMENT_SECONDS)
            if isinstance(result.error, ToolError):
                raise result.error
            is_call = isinstance(result.value, ToolCall)
            self._made[call, asked] = result.value if is_call else ToolCall(call.tool)
        return self._made[call, asked]
