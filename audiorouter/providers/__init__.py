"""Providers: plugins that open frozen reasoners by name."""

from audiorouter.providers.interface import Answer, Evidence, Provider, Reasoner, Request

__all__ = ["Answer", "Evidence", "Provider", "Reasoner", "Request"]
