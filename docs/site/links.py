"""Links of pages, which are written for the repository, as the site has them.

A page links files beside it and above it, as GitHub follows them. Below docs/ the site has the same
tree; what lies elsewhere is brought: a page under a name of its own, a file below `files/`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
DOCS = "docs/"
PAGES = {
    "README.md": "quick-start.md",
    "CHANGELOG.md": "changelog.md",
    "SECURITY.md": "reporting.md",
    "examples/clips/LICENCES.md": "example-clips.md",
    "examples/plugins/audiorouter-dnsmos/README.md": "plugins/audiorouter-dnsmos.md",
    "examples/plugins/audiorouter-gemini/README.md": "plugins/audiorouter-gemini.md",
}
"""Pages that lie outside docs/, by where they do, and what the site calls them."""
_SOURCES = {page: source for source, page in PAGES.items()}
_FENCE = re.compile(r"^(```.*?^```)", re.M | re.S)
_LINK = re.compile(r"(\]\()([^()\s#]+)((?:#[^()\s]*)?\))")
_LOADED = re.compile(
    r"<(?:script|link|img|image|iframe|audio|video|source)\b[^>]*?\s(?:src|href)=[\"']?"
    r"((?:https?:)?//[^\"'\s>]+)"
)
_ELSEWHERE = re.compile(r"[a-z]+:", re.I)


def source_of(page: str) -> str:
    """Where a page of the site lies in the repository.

    >>> source_of("quick-start.md"), source_of("design/batch.md")
    ('README.md', 'docs/design/batch.md')
    """
    return _SOURCES.get(page, DOCS + page)


def place_of(source: str) -> str:
    """Where the site has a file of the repository.

    >>> place_of("docs/tools.md"), place_of("README.md"), place_of("examples/notebook.ipynb")
    ('tools.md', 'quick-start.md', 'files/examples/notebook.ipynb')
    """
    if source in PAGES:
        return PAGES[source]
    return source.removeprefix(DOCS) if source.startswith(DOCS) else f"files/{source}"


def linked(text: str, source: str) -> Iterator[str]:
    """The files of the repository that a page links, which lies at `source`."""
    found: list[str] = []
    _replaced(text, lambda link: found.append(link) or link)
    yield from (_target(link, source) for link in found)


def for_site(text: str, page: str) -> str:
    """The text of a page with links as the site has them."""
    source, here = source_of(page), PurePosixPath(page).parent

    def rewritten(link: str) -> str:
        return os.path.relpath(place_of(_target(link, source)), here)

    return _replaced(text, rewritten)


def loaded_from_elsewhere(page: str) -> list[str]:
    """What a page of HTML would load from other hosts; links that people follow are not loaded."""
    return _LOADED.findall(page)


def _target(link: str, source: str) -> str:
    """What a link of a file leads to, from the repository's root; a folder is its README."""
    target = os.path.normpath(PurePosixPath(source).parent / link)
    return f"{target}/README.md" if (ROOT / target / "README.md").is_file() else target


def _replaced(text: str, change: Callable[[str], str]) -> str:
    """The text with each link to a file changed, outside blocks of code."""

    def one(match: re.Match[str]) -> str:
        link = match[2]
        return f"{match[1]}{link if _ELSEWHERE.match(link) else change(link)}{match[3]}"

    parts = _FENCE.split(text)
    return "".join(part if part.startswith("```") else _LINK.sub(one, part) for part in parts)
