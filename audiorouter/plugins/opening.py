"""From names on the command line to what they mean: reasoners and routers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audiorouter.border import describe, message
from audiorouter.border.threads import apart
from audiorouter.errors import AudioRouterError, UsageError
from audiorouter.providers.checks import checked_reasoner
from audiorouter.routing.checks import checked_router
from audiorouter.routing.shipped import LEARNED, shipped_router, shipped_routers
from audiorouter.text import listed_names, unknown
from audiorouter.toolbox.availability import why_unusable

if TYPE_CHECKING:
    from audiorouter.plugins import Registry
    from audiorouter.providers.interface import Provider, Reasoner
    from audiorouter.routing.interface import Router, RouterFactory
    from audiorouter.toolbox.interface import Tool

DEFAULT_PROVIDER = "cascade"
FALLBACK_ROUTER = "rules"
"""Used where no trained router comes with the package for the provider."""
_log = logging.getLogger(__name__)


def open_reasoner(
    registry: Registry, name: str, options: Mapping[str, Any] | None = None
) -> Reasoner:
    """The reasoner called `PROVIDER` or `PROVIDER:MODEL`; its model is loaded when first used.

    `options` are the provider's own.

    Raises:
        UsageError: there is no such provider, model or option, or something has to be installed.
    """
    provider_name, colon, model = name.partition(":")
    provider = find_provider(registry, provider_name)
    if colon and not model:
        raise UsageError(f"{name!r}: a model's name is missing behind the colon")
    opened = _opened(name, lambda: provider.open(model, provider.parse(options or {})))
    return checked_reasoner(opened, name)


def find_provider(registry: Registry, name: str) -> Provider[Any]:
    """The provider called `name`.

    Raises:
        UsageError: there is none.
    """
    provider = registry.providers.get(name)
    if provider is None:
        meant = [
            f"{known.name}:{name}"
            for known in registry.providers.values()
            if any(fnmatchcase(name.casefold(), pattern) for pattern in known.models)
        ]
        more = "; a model is named after its provider, as in openai:gpt-audio"
        raise UsageError(unknown("provider", name, registry.providers, meant=meant, more=more))
    return provider


def usable_tools(
    registry: Registry, names: str | Iterable[str] | None = None
) -> dict[str, Tool[Any]]:
    """The tools that need nothing installed first; `names`, also with commas, keeps only those.

    Experimental ones are among them where they are named.

    Raises:
        UsageError: a named tool does not exist or cannot be used.
    """
    usable = {name: tool for name, tool in registry.tools.items() if why_unusable(tool) is None}
    if names is None:
        return {name: tool for name, tool in usable.items() if not tool.experimental}
    wanted = listed_names(names)
    _require_installed(registry, wanted)
    for name in wanted:
        if name not in usable:
            raise UsageError(unknown("usable tool", name, usable))
    return {name: usable[name] for name in wanted}


def open_router(
    registry: Registry,
    name: str | None,
    *,
    provider: str,
    tools: str | Iterable[str] | None = None,
    cost_weight: float | None = None,
) -> Router:
    """The router called `NAME`, `NAME:ARGUMENT`, by its folder, or by `hub:OWNER/NAME`.

    `OWNER/NAME` alone is a router of the hub that was used before; nobody is asked for it.
    `learned`, unless a folder is called so, is the trained router for `provider` that comes with
    the package. None is the default: that one, or the rules where it cannot be used, which is
    logged.
    `tools` names the only tools that it may call, though it hears by others as well; `cost_weight`
    what a trained one is to weigh costs by in place of what it was trained with.

    Raises:
        UsageError: there is no such router, or it cannot weigh costs.
    """
    usable = usable_tools(registry, tools)
    hears_by = usable if tools is None else usable_tools(registry)
    if name is None:
        return _default_router(registry, provider, usable, hears_by, cost_weight)
    factory_name, _, argument = name.partition(":")
    factory = registry.routers.get(factory_name)
    if factory is not None:
        _refuse_cost_weight(name, cost_weight)
        if factory_name == "tools" and tools is None:
            _require_installed(registry, listed_names(argument), f"{name}: ")
            # Whoever names tools may name experimental ones.
            usable = {n: tool for n, tool in registry.tools.items() if why_unusable(tool) is None}
        return _open_strategy(factory, name, usable)
    if _is_shipped(name):
        return _shipped(provider, usable, hears_by, cost_weight)
    folder, name = _trained(name, [*registry.routers, LEARNED])
    from audiorouter.routing.opening import open_trained

    return open_trained(folder, usable, name=name, cost_weight=cost_weight, hears_by=hears_by)


def strategy_description(registry: Registry, name: str) -> str | None:
    """What the strategy called `NAME` or `NAME:ARGUMENT` does; None where none is called so.

    What it calls may still have to be installed.

    Raises:
        UsageError: it takes no such argument.
    """
    factory = registry.routers.get(name.partition(":")[0])
    if factory is None:
        return None
    _open_strategy(factory, name, registry.tools)
    return factory.description


def trained_folder(name: str, *, provider: str, others: Iterable[str] = ()) -> Path:
    """Folder of the trained router called `name`, as `open_router` knows them.

    Where none for `provider` comes with the package, `learned` is one for another. `others` are
    routers of other kinds, which may have been meant where there is none.

    Raises:
        UsageError: there is none.
    """
    if not _is_shipped(name):
        what = "router" if (others := [*others]) else "trained router"
        return _trained(name, [LEARNED, *others], what=what)[0]
    folder = shipped_router(provider).folder
    return folder if folder.is_dir() else shipped_routers()[0].folder


def _is_shipped(name: str) -> bool:
    return name == LEARNED and not Path(name).is_dir()


def _trained(name: str, others: Iterable[str], *, what: str = "router") -> tuple[Path, str]:
    """Folder of a trained router, and the name that a run is to know it by.

    Where there is none, it is `what` there is none of; `others` may have been meant.
    """
    folder = Path(name).expanduser()
    if name and folder.is_dir():
        return folder, name
    from audiorouter.routing import hub

    on_hub = name.removeprefix(hub.PREFIX)
    if name.startswith(hub.PREFIX) or on_hub.partition("@")[0] in hub.pins():
        router = hub.open_from_hub(on_hub)
        return router.folder, router.name
    known = [*others, *_trained_near(folder)]
    more = f", the folder of a trained one, or {hub.PREFIX}OWNER/NAME"
    raise UsageError(unknown(what, name, known, more=more))


def _trained_near(folder: Path) -> list[str]:
    """Trained routers that somebody may have meant who mistyped the last part of a path, or the
    one before."""
    from audiorouter.routing.checkpoint import CARD_FILE

    beside = [*folder.parent.glob(f"*/{CARD_FILE}")]
    alike = [*folder.parent.parent.glob(f"*/{folder.name}/{CARD_FILE}")] if folder.name else []
    return sorted({str(card.parent) for card in (*beside, *alike)})


def _require_installed(registry: Registry, names: Iterable[str], where: str = "") -> None:
    """Raise `UsageError` with what has to be installed first for one of these tools."""
    for name in names:
        tool = registry.tools.get(name)
        if tool is not None and (missing := why_unusable(tool)) is not None:
            raise UsageError(f"{where}{missing}")


def _opened(name: str, work: Callable[[], object]) -> object:
    """What a provider or a factory makes of a name; whatever it raises is bad usage."""
    result = apart(work)
    if isinstance(result.error, AudioRouterError):
        raise UsageError(message(result.error))
    if result.error is not None:
        raise UsageError(f"{name} cannot be opened: {describe(result.error)}")
    return result.value


def _open_strategy(factory: RouterFactory, name: str, tools: Mapping[str, Tool[Any]]) -> Router:
    """The router of a strategy by its whole name, with the tools that it may call."""
    argument = name.partition(":")[2]
    return checked_router(_opened(name, lambda: factory.open(argument, tools)), name)


def _refuse_cost_weight(router: str, cost_weight: float | None) -> None:
    if cost_weight is not None:
        raise UsageError(f"--cost-weight: the router {router} weighs no costs; trained ones do")


def _default_router(
    registry: Registry,
    provider: str,
    usable: dict[str, Tool[Any]],
    hears_by: dict[str, Tool[Any]],
    cost_weight: float | None,
) -> Router:
    shipped = shipped_router(provider)
    if shipped.unusable is None or cost_weight is not None:
        return _shipped(provider, usable, hears_by, cost_weight)
    _log.warning("router: %s, in place of %s: %s", FALLBACK_ROUTER, LEARNED, shipped.unusable)
    return registry.routers[FALLBACK_ROUTER].open("", usable)


def _shipped(
    provider: str,
    usable: dict[str, Tool[Any]],
    hears_by: dict[str, Tool[Any]],
    cost_weight: float | None,
) -> Router:
    """The trained router that comes with the package.

    Raises:
        UsageError: there is none for that provider, or it cannot be used.
    """
    folder, unusable = shipped_router(provider)[1:]
    if unusable is not None:
        weighs = "" if cost_weight is None else ", which --cost-weight needs"
        raise UsageError(f"the router {LEARNED}{weighs}: {unusable}")
    from audiorouter.routing.learned import LearnedRouter

    return LearnedRouter(folder, usable, name=LEARNED, cost_weight=cost_weight, hears_by=hears_by)
