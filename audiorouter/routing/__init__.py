"""Routing: which tools to call for a question, if any."""

from audiorouter.routing.interface import Route, RouteRequest, Router, RouterFactory

__all__ = ["Route", "RouteRequest", "Router", "RouterFactory"]
