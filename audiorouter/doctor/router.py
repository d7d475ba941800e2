"""The default router: which it is, whether it loads, and whether rules decide in its place."""

from __future__ import annotations

from collections.abc import Iterator

from audiorouter.doctor.checks import Check, Subject, ok, problem, warning
from audiorouter.errors import AudioRouterError
from audiorouter.machine.called import to_type
from audiorouter.plugins.opening import DEFAULT_PROVIDER, FALLBACK_ROUTER, open_router
from audiorouter.routing.shipped import LEARNED, shipped_router


def router(subject: Subject) -> Iterator[Check]:
    """The router that a batch uses unless it is told another one."""
    try:
        shipped = shipped_router(DEFAULT_PROVIDER)
        if shipped.unusable is not None:
            yield warning(
                f"{FALLBACK_ROUTER} route, in place of {LEARNED}: {shipped.unusable}",
                "the weights above bring it back",
            )
            return
        opened = open_router(subject.registry, None, provider=DEFAULT_PROVIDER)
    except AudioRouterError as error:
        yield problem(
            f"the default router cannot be opened: {error}",
            "pip install --force-reinstall audiorouter, or give --router rules",
        )
        return
    yield ok(f"{opened.name}, trained for {DEFAULT_PROVIDER} ({shipped.folder})")
    for remark in opened.remarks:
        yield warning(remark, f"its decisions may be worse than published; `{to_type('train')}`")
