"""Everything that is looked at, one kind after the other; a look that fails costs itself alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from audiorouter.border import describe
from audiorouter.doctor import installation
from audiorouter.doctor.audio_formats import audio_formats
from audiorouter.doctor.cache import cache
from audiorouter.doctor.checks import Check, Subject, Verdict, problem
from audiorouter.doctor.children import Children
from audiorouter.doctor.device import device
from audiorouter.doctor.environment import environment
from audiorouter.doctor.network import network
from audiorouter.doctor.plugins import plugins
from audiorouter.doctor.providers import providers
from audiorouter.doctor.router import router
from audiorouter.doctor.sandbox import sandbox
from audiorouter.doctor.store import store
from audiorouter.doctor.tools import tools
from audiorouter.doctor.weights import weights
from audiorouter.errors import AudioRouterError, UsageError
from audiorouter.machine.called import to_type
from audiorouter.machine.paths import default_store_path
from audiorouter.plugins import Registry, load_registry
from audiorouter.text import counted
from audiorouter.toolbox.availability import Licence

Look = Callable[[Subject], Iterable[Check]]

LOOKS: dict[str, Look] = {
    "python": installation.python,
    "extras": installation.extras,
    "audio files": audio_formats,
    "device": device,
    "sandbox of tools": sandbox,
    "store": store,
    "cache": cache,
    "weights": weights,
    "tools": tools,
    "plugins": plugins,
    "providers": providers,
    "router": router,
    "environment": environment,
    "network": network,
}
"""What is looked at, by the name under which it is shown."""


@dataclass(frozen=True)
class Examination:
    """What was found, by kind of thing."""

    found: dict[str, list[Check]]

    @property
    def ready(self) -> bool:
        """Whether a plain `audiorouter batch` has what it needs."""
        return not self._count(Verdict.PROBLEM)

    @property
    def conclusion(self) -> str:
        """The end of it in one line."""
        plain = "what a plain `audiorouter batch` needs"
        counts = [
            counted(self._count(verdict), verdict.value)
            for verdict in (Verdict.PROBLEM, Verdict.WARNING)
            if self._count(verdict)
        ]
        state = f"ready: {plain} is here" if self.ready else f"not ready: {plain} is not all here"
        return f"{state} ({', '.join(counts) or 'nothing to do'})"

    def as_json(self) -> dict[str, Any]:
        """As values of JSON."""
        return {
            "ready": self.ready,
            "checks": [
                {"area": area, **check.as_json()}
                for area, checks in self.found.items()
                for check in checks
            ],
        }

    def _count(self, verdict: Verdict) -> int:
        return sum(c.verdict is verdict for checks in self.found.values() for c in checks)


def examine(
    *,
    store_path: Path | None = None,
    third_party: bool = True,
    plugin_files: Sequence[Path] = (),
    licence: Licence | None = None,
    settings_problem: str | None = None,
    trial: bool = False,
    tell: Callable[[str, Check], None] = lambda _area, _check: None,
) -> Examination:
    """Look at this installation; nothing is downloaded, and the store stays as it is.

    Models are loaded for a `trial` alone, which also asks one question from end to end and imports
    what all extras bring. Whatever a look raises is what it found. `store_path` is that of the
    store, None for the user's own; `settings_problem` says why a project's settings cannot be used,
    if they cannot; `tell` is told of each thing as it is found.
    """
    failed: dict[str, list[Check]] = {}
    with Children(_questions()) as children:
        registry = _registry(failed, third_party, plugin_files, licence)
        path = _store_path(failed, store_path)
        if settings_problem is not None:
            remedy = f"mend or trust it; `{to_type('--settings', 'none')} …` goes without"
            failed.setdefault("environment", []).append(problem(settings_problem, remedy))
        subject = Subject(registry, path or Path(), children)
        looks = dict(LOOKS)
        if path is None:
            looks["store"] = lambda _subject: ()
        if trial:
            from audiorouter.doctor.trial import trial as ask_one

            looks["trial"] = ask_one
        found: dict[str, list[Check]] = {}
        for area, look in looks.items():
            found[area] = []
            for check in chain(failed.get(area, ()), _guarded(look, subject)):
                found[area].append(check)
                tell(area, check)
    return Examination(found)


def _questions() -> list[tuple[str, ...]]:
    """What children are asked, what takes longest first."""
    core = [("imported", module) for module in installation.CORE]
    extras = installation.COMPILED.values()
    return [("torch",), *core, *extras, ("soundfile",), ("av",), ("sandbox",)]


def _guarded(look: Look, subject: Subject) -> Iterator[Check]:
    """What a look finds; whatever it raises is the last thing that it found."""
    try:
        yield from look(subject)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except AudioRouterError as error:
        yield problem(str(error))
    except BaseException as error:  # noqa: BLE001 - what is looked at may be broken in any way
        yield problem(f"this could not be looked at: {describe(error)}")


def _registry(
    failed: dict[str, list[Check]],
    third_party: bool,
    files: Sequence[Path],
    licence: Licence | None,
) -> Registry:
    """What is registered, without what cannot be had as it was asked for."""
    try:
        licence = licence or Licence.of_environment()
    except UsageError as error:
        failed["environment"] = [problem(str(error), "mend the variable, or unset it")]
        licence = Licence.ANY
    try:
        return load_registry(third_party=third_party, files=files, listing=True, licence=licence)
    except UsageError as error:
        failed["plugins"] = [problem(str(error), "mend the option")]
        return load_registry(third_party=third_party, listing=True, licence=licence)


def _store_path(failed: dict[str, list[Check]], given: Path | None) -> Path | None:
    try:
        return given or default_store_path()
    except UsageError as error:
        failed["store"] = [problem(str(error), "--db FILE")]
        return None
