"""A provider that answers at once, so that what is measured is everything around the reasoner."""

from __future__ import annotations

from collections.abc import Sequence

from audiorouter import Answer, NoOptions, Provider, Reasoner, Request, hookimpl


class FirstChoice(Reasoner):
    """Takes the first choice, of an open-ended question the word "yes"."""

    name = "instant"
    identity = "instant 1"
    batch_size = 64
    order_matters = False

    def answer(self, requests: Sequence[Request]) -> list[Answer]:
        """One answer a request, by nothing at all."""
        return [
            Answer(request.choices[0], 0) if request.choices else Answer("yes")
            for request in requests
        ]


class Instant(Provider[NoOptions]):
    """Opens the reasoner that answers at once."""

    name = "instant"
    description = "Takes the first choice; for measurements of speed."
    Options = NoOptions

    def open(self, model: str, options: NoOptions) -> Reasoner:
        """The reasoner; it has no model."""
        return FirstChoice()


@hookimpl
def register_providers(register):  # type: ignore[no-untyped-def]
    """Register the provider."""
    register(Instant())
