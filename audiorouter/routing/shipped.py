"""The trained routers that come with the package, one a provider."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

TRAINED_ROUTERS = Path(__file__).parent / "trained"
"""One folder a provider."""
LEARNED = "learned"
"""By which name the one for the provider in use is asked for; it is the default."""


class ShippedRouter(NamedTuple):
    """The router for a provider, and why it cannot be used where it cannot."""

    provider: str
    folder: Path
    unusable: str | None


def shipped_router(provider: str) -> ShippedRouter:
    """The trained router for `provider`, which may be named with its model."""
    name = provider.partition(":")[0]
    folder = TRAINED_ROUTERS / name
    if not folder.is_dir():
        return ShippedRouter(name, folder, f"none for {name} comes with the package")
    from audiorouter.routing.learned import encoder_missing

    return ShippedRouter(name, folder, encoder_missing())


def shipped_routers() -> list[ShippedRouter]:
    """All of them."""
    return [shipped_router(folder.name) for folder in sorted(TRAINED_ROUTERS.iterdir())]


def described(router: ShippedRouter) -> str:
    """What a list says of a trained router.

    Raises:
        UsageError: it is damaged.
    """
    from audiorouter.routing.checkpoint import read_card

    card = read_card(router.folder)
    trained = card.questions.get("train", 0)
    text = (
        f"the default for {router.provider}: trained on {trained:,} questions by "
        f"{len(card.tools)} tools"
    )
    return text if router.unusable is None else f"{text}; not usable: {router.unusable}"
