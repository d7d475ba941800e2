"""The hooks that are called while a batch runs. What one of them raises costs that call alone."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pluggy import HookImpl

if TYPE_CHECKING:
    from audiorouter.providers.interface import Answer, Request
    from audiorouter.questions import Question

_log = logging.getLogger(__name__)
_Implementation = tuple[str, HookImpl]


@dataclass
class Hooks:
    """Implementations by hook, in the order in which plugins were loaded."""

    _known: dict[str, list[_Implementation]] = field(default_factory=dict)
    _blamed: set[tuple[str, str]] = field(default_factory=set)
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

    def prepare(self, request: Request) -> Request:
        """The request as plugins want it asked.

        One that changes the choices is refused: answers are positions among them.
        """
        for plugin, implementation in self._known.get("prepare_request", ()):
            changed = self._call("prepare_request", plugin, implementation, request=request)
            if changed is None:
                continue
            if getattr(changed, "choices", None) != request.choices:
                self._blame("prepare_request", plugin, "it changed the choices")
            else:
                request = changed
        return request

    def judge(self, question: Question, answer: Answer) -> bool | None:
        """What the first plugin that has an opinion says of an answer."""
        for plugin, implementation in self._known.get("judge_answer", ()):
            found = self._call(
                "judge_answer", plugin, implementation, question=question, answer=answer
            )
            if found is not None:
                return bool(found)
        return None

    def answered(self, row: Mapping[str, Any]) -> None:
        """Tell every plugin that listens of a finished row."""
        for plugin, implementation in self._known.get("answered", ()):
            self._call("answered", plugin, implementation, row=row)

    @property
    def listening(self) -> bool:
        """Whether anybody wants to hear of finished rows."""
        return "answered" in self._known

    def _call(self, hook: str, plugin: str, implementation: HookImpl, **given: Any) -> Any:
        try:
            # Not through pluggy's own call, in which one that fails would end the others.
            return implementation.function(*(given[name] for name in implementation.argnames))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin may raise anything
            self._blame(hook, plugin, f"{type(error).__name__}: {error}")
            return None

    def _blame(self, hook: str, plugin: str, why: str) -> None:
        """Say once what is wrong with a plugin."""
        if (hook, plugin) not in self._blamed:
            self._blamed.add((hook, plugin))
            _log.warning("plugin %s: %s failed and was passed over: %s", plugin, hook, why)
