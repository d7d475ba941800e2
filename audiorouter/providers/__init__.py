"""Providers: plugins that open frozen reasoners by name."""

from audiorouter.providers.interface import (
    Answer,
    AsyncReasoner,
    Evidence,
    NoOptions,
    Provider,
    Reasoner,
    Request,
    ToolSchema,
)

__all__ = [
    "Answer",
    "AsyncReasoner",
    "Evidence",
    "NoOptions",
    "Provider",
    "Reasoner",
    "Request",
    "ToolSchema",
]
