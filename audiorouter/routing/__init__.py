"""Routing: which tools to call for a question, if any."""

from audiorouter.routing.interface import Route, Router, RouteRequest, RouterFactory

__all__ = ["Route", "RouteRequest", "Router", "RouterFactory"]
