"""One question that is put to a server which behaves in some way."""

from __future__ import annotations

from typing import Any

from audio_server import AudioServer, Behaviour

from audiorouter import Request
from audiorouter.errors import ReasonerError
from audiorouter.plugins import load_registry
from audiorouter.plugins.opening import open_reasoner
from audiorouter.providers.interface import Answer

REGISTRY = load_registry(third_party=False)


def ask(behaviour: Behaviour, request: Request, **options: Any) -> Answer | ReasonerError | str:
    """What comes of one question: its answer, or the words of its error."""
    with AudioServer(behaviour) as running:
        reasoner = open_reasoner(REGISTRY, "openai:ears", {"base_url": running.url, **options})
        try:
            return reasoner.answer([request])[0]
        except ReasonerError as error:
            return str(error)
