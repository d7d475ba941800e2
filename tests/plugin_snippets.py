"""Plugins as source: those that docs/plugins.md shows, and one whose tool works."""

from __future__ import annotations

import re
from pathlib import Path

DOCUMENT = (Path(__file__).resolve().parents[1] / "docs" / "plugins.md").read_text()
SNIPPETS = dict(re.findall(r"^### (\w+)\(.*?\)\n\n```python\n(.*?)```", DOCUMENT, re.M | re.S))
"""What the document shows of each hook, by the hook's name."""


def shown_below(heading: str) -> str:
    """The plugin that the document shows first below a heading of the fourth level."""
    return re.search(rf"^#### {heading}\n.*?^```python\n(.*?)```", DOCUMENT, re.M | re.S)[1]


ONE_FILE = re.search(r"^## A tool in one file\n.*?^```python\n(.*?)```", DOCUMENT, re.M | re.S)[1]
"""The tool that the document begins with."""
GOOD = """
from audiorouter import Domain, Finding, NoArguments, Tool, hookimpl

class Hello(Tool[NoArguments]):
    name = "hello"
    description = "Says hello."
    version = "1"
    licence = "MIT"
    domain = Domain.SOUND
    Arguments = NoArguments

    def run(self, clip, arguments):
        return Finding({"duration_s": clip.duration}, "Hello.")

@hookimpl
def register_tools(register):
    register(Hello())
"""
