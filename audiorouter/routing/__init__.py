"""Routing: which tools to call for a question, if any."""

from audiorouter.routing.interface import AskingRouter, Route, Router, RouteRequest, RouterFactory

__all__ = ["AskingRouter", "Route", "RouteRequest", "Router", "RouterFactory"]
