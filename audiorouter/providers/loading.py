"""Loading a model that somebody made: whatever is wrong with it is one error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from audiorouter.border import describe
from audiorouter.errors import AudioRouterError, ReasonerError


@contextmanager
def loading(name: str) -> Iterator[None]:
    """What is raised within says that the model `name` cannot be loaded.

    Which errors files that are damaged, or of another kind of model, lead to is up to the library
    that reads them. No row can be answered without the model, so the error lasts.

    Raises:
        ReasonerError: something was raised within.
    """
    try:
        yield
    except AudioRouterError as error:
        raise ReasonerError(str(error), lasting=True) from None
    except Exception as error:  # noqa: BLE001 - see above
        why = f"{name} cannot be loaded: {describe(error)}"
        raise ReasonerError(why, lasting=True) from None
