"""The hooks that are called while a batch runs; what one does wrong costs that call alone."""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pluggy import HookImpl

from audiorouter.border.threads import OutsideThread, OverdueError
from audiorouter.errors import HookError

if TYPE_CHECKING:
    from audiorouter.providers.interface import Answer, Request
    from audiorouter.questions import Question

T = TypeVar("T")

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


class Prepared(NamedTuple):
    """A request as plugins want it asked, and those whose hook failed and was passed over."""

    request: Request
    failed: tuple[str, ...] = ()


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

    async def prepare(self, request: Request) -> Prepared:
        """The request as plugins want it asked: question and findings may be other ones."""
        implementations = self._hooks.of("prepare_request")
        if not implementations:
            return Prepared(request)
        from audiorouter.providers.checks import checked_request

        failed = []
        for plugin, implementation in implementations:
            asked = request

            def read(given: Any, asked: Request = asked) -> Request:
                return checked_request(given, asked, whose="it")

            # A copy: what a hook does to it later, or in place, is nobody else's.
            given = {"request": copy.deepcopy(request)}
            try:
                changed = await self._call("prepare_request", plugin, implementation, read, **given)
            except HookError:
                failed.append(plugin)
            else:
                request = request if changed is None else changed
        return Prepared(request, tuple(failed))

    async def judge(self, question: Question, answer: Answer) -> bool | None:
        """What the first plugin that has an opinion says of an answer."""
        for plugin, implementation in self._hooks.of("judge_answer"):
            given = {"question": copy.deepcopy(question), "answer": copy.deepcopy(answer)}
            with contextlib.suppress(HookError):
                opinion = await self._call(
                    "judge_answer", plugin, implementation, _opinion, **given
                )
                if opinion is not None:
                    return opinion
        return None

    async def answered(self, row: Mapping[str, Any]) -> None:
        """Tell every plugin that listens of a finished row."""
        for plugin, implementation in self._hooks.of("answered"):
            given = {"row": copy.deepcopy(dict(row))}
            with contextlib.suppress(HookError):
                await self._call("answered", plugin, implementation, lambda _given: None, **given)

    @property
    def listening(self) -> bool:
        """Whether anybody wants to hear of finished rows."""
        return bool(self._hooks.of("answered"))

    def close(self) -> None:
        """Let the thread end."""
        self._thread.leave()

    async def _call(
        self,
        hook: str,
        plugin: str,
        implementation: HookImpl,
        read: Callable[[Any], T],
        **given: Any,
    ) -> T | None:
        """What `read` makes of what the hook gives; None where it gives none.

        Raises:
            HookError: it failed; the warning is logged already.
        """
        called = hook, plugin

        def work() -> T | None:
            made = call_alone(implementation, **given)
            # Reading what was given is running code that is not ours as well.
            return None if made is None else read(made)

        def refuse_overdue() -> None:
            if called in self._overdue:
                raise HookError("it is not called again")

        try:
            return await self._thread.call(
                work, whose="it", kind=HookError, seconds=self._seconds, before=refuse_overdue
            )
        except HookError as error:
            if isinstance(error.__cause__, OverdueError):
                self._overdue.add(called)
            self._blame(hook, plugin, error)
            raise

    def _blame(self, hook: str, plugin: str, why: HookError) -> None:
        """Say once what is wrong with a plugin."""
        if (hook, plugin) not in self._blamed:
            self._blamed.add((hook, plugin))
            text = str(why).removeprefix("it failed: ")
            _log.warning("plugin %s: %s failed and was passed over: %s", plugin, hook, text)


def _opinion(value: object) -> bool:
    from audiorouter.border.json_advice import plain

    opinion = plain(value)
    if not isinstance(opinion, bool):
        raise HookError(f"it gave {type(value).__name__} instead of True, False or None")
    return opinion
