"""The field's baseline: the frozen reasoner itself is shown the tools and asked which to call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from audiorouter.errors import ReasonerError, ToolError
from audiorouter.providers.interface import Request, ToolSchema
from audiorouter.routing.interface import Ask, AskingRouter, Route, Router, RouterFactory
from audiorouter.routing.strategies import refuse_argument
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.toolbox.interface import Tool


class PromptedRouter(AskingRouter):
    """Asks the reasoner for calls by function calling or JSON, and asks again after findings."""

    name = "prompted"
    rounds = 2

    def __init__(self, tools: Mapping[str, Tool[Any]]):
        self.identity = f"prompted {','.join(tools)}"
        self._tools = tools
        self._schemas = tuple(schema_of(tool) for tool in tools.values())

    async def decide(self, request: Request, ask: Ask, *, max_calls: int) -> Route:
        """The calls that the reasoner asks for, knowing the request's findings so far.

        A reply that is no JSON list, unknown tools and wrong arguments come to no call.
        """
        from audiorouter.providers.parsing import parse_calls

        if not self._schemas:
            return Route((), "prompted: there is no tool")
        try:
            reply = await ask(replace(request, tools=self._schemas, max_calls=max_calls))
        except ReasonerError as error:
            return Route((), f"prompted: the reasoner could not be asked: {error}")
        wanted = parse_calls(reply.text)
        if wanted is None:
            return Route((), "prompted: the reply names no calls")
        calls, refused = [], []
        for call in wanted[:max_calls]:
            try:
                calls.append(self._checked(call))
            except ToolError as error:
                refused.append(str(error))
        reason = ", ".join(call.label for call in calls) or "no tool"
        return Route(tuple(calls), f"prompted: {'; '.join([reason, *refused])}")

    def _checked(self, call: ToolCall) -> ToolCall:
        tool = self._tools.get(call.tool)
        if tool is None:
            raise ToolError(f"no tool {call.tool!r}")
        return ToolCall(call.tool, tool.normalised(call.arguments))


class PromptedFactory(RouterFactory):
    """Opens the router that asks the reasoner."""

    name = "prompted"
    description = "asks the reasoner which tools to call (--max-calls)"

    def open(self, argument: str, tools: Mapping[str, Tool[Any]]) -> Router:
        """The router."""
        refuse_argument(self.name, argument)
        return PromptedRouter(tools)


def schema_of(tool: Tool[Any]) -> ToolSchema:
    """A tool as function calling describes it."""
    parameters = tool.Arguments.model_json_schema()
    return ToolSchema(tool.name, tool.description, parameters, tool.not_for)
