"""The hooks that are called while a batch runs; what one does wrong costs that call alone."""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pluggy import HookImpl

from audiorouter.border.threads import OutsideThread, OverdueError
from audiorouter.errors import HookError

if TYPE_CHECKING:
    from audiorouter.providers.interface import Answer, Request
    from audiorouter.questions import Question

HOOK_SECONDS = 60.0
"""What one call of a hook may take; a hook that takes longer is not called again."""

_log = logging.getLogger(__name__)
_Implementation = tuple[str, HookImpl]


def call_alone(implementation: HookImpl, **given: Any) -> Any:
    """What one implementation of a hook gives; of `given` it gets what it names.

    pluggy's own call is of a hook as a whole: it ends at the first implementation that raises,
    where the fault of one is to cost that one alone.
    """
    return implementation.function(*(given[name] for name in implementation.argnames))


@dataclass
class Hooks:
    """Implementations by hook, in the order in which plugins were loaded."""

    _known: dict[str, list[_Implementation]] = field(default_factory=dict)
    _stamps: dict[str, str] = field(default_factory=dict)

    def add(self, hook: str, plugin: str, implementation: HookImpl, *, stamp: str = "") -> None:
        """Call an implementation of `hook` from now on; `plugin` is named where it fails.

        `stamp` changes with the plugin's code.
        """
        self._known.setdefault(hook, []).append((plugin, implementation))
        self._stamps[plugin] = stamp

    def fingerprint(self, hook: str) -> list[str]:
        """Who implements `hook`, in order and with their code's stamps; for cache keys."""
        return [f"{plugin} {self._stamps[plugin]}" for plugin, _ in self._known.get(hook, ())]

    def of(self, hook: str) -> list[_Implementation]:
        """Every implementation of `hook` with the plugin that it is of."""
        return list(self._known.get(hook, ()))


class HookRunner:
    """Calls hooks on a thread of their own, one at a time.

    Use it within one event loop.
    """

    def __init__(self, hooks: Hooks, *, seconds: float = HOOK_SECONDS):
        self._hooks = hooks
        self._seconds = seconds
        self._thread = OutsideThread("hooks")
        self._blamed: set[tuple[str, str]] = set()
        self._overdue: set[tuple[str, str]] = set()

    async def prepare(self, request: Request) -> Request:
        """The request as plugins want it asked: question and findings may be other ones."""
        implementations = self._hooks.of("prepare_request")
        if not implementations:
            return request
        from audiorouter.providers.checks import checked_request

        for plugin, implementation in implementations:
            changed = await self._call("prepare_request", plugin, implementation, request=request)
            if changed is None:
                continue
            try:
                request = checked_request(changed, request, whose="it")
            except HookError as error:
                self._blame("prepare_request", plugin, error)
        return request

    async def judge(self, question: Question, answer: Answer) -> bool | None:
        """What the first plugin that has an opinion says of an answer."""
        for plugin, implementation in self._hooks.of("judge_answer"):
            given = {"question": copy.deepcopy(question), "answer": copy.deepcopy(answer)}
            opinion = await self._call("judge_answer", plugin, implementation, **given)
            if opinion is None:
                continue
            try:
                return _opinion(opinion)
            except HookError as error:
                self._blame("judge_answer", plugin, error)
        return None

    async def answered(self, row: Mapping[str, Any]) -> None:
        """Tell every plugin that listens of a finished row."""
        for plugin, implementation in self._hooks.of("answered"):
            await self._call("answered", plugin, implementation, row=copy.deepcopy(dict(row)))

    @property
    def listening(self) -> bool:
        """Whether anybody wants to hear of finished rows."""
        return bool(self._hooks.of("answered"))

    def close(self) -> None:
        """Let the thread end."""
        self._thread.leave()

    async def _call(self, hook: str, plugin: str, implementation: HookImpl, **given: Any) -> Any:
        if (hook, plugin) in self._overdue:
            return None

        def work() -> Any:
            return call_alone(implementation, **given)

        try:
            return await self._thread.call(work, whose="it", kind=HookError, seconds=self._seconds)
        except HookError as error:
            if isinstance(error.__cause__, OverdueError):
                self._overdue.add((hook, plugin))
            self._blame(hook, plugin, error)
            return None

    def _blame(self, hook: str, plugin: str, why: HookError) -> None:
        """Say once what is wrong with a plugin."""
        if (hook, plugin) not in self._blamed:
            self._blamed.add((hook, plugin))
            text = str(why).removeprefix("it failed: ")
            _log.warning("plugin %s: %s failed and was passed over: %s", plugin, hook, text)


def _opinion(value: object) -> bool:
    from audiorouter.border.values import plain

    opinion = plain(value)
    if not isinstance(opinion, bool):
        raise HookError(f"it gave {type(value).__name__} instead of True, False or None")
    return opinion
