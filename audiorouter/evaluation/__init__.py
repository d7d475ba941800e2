"""Judging routers: baselines, intervals, the worth of each tool, and a page that shows it."""
