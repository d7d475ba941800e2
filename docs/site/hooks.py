"""What mkdocs is told besides mkdocs.yml: pages that are made, and links as the site has them."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import links
import tool_findings
import tool_pages
from markdown import Markdown
from markdown.extensions import Extension
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

HERE = Path(__file__).resolve().parent
ROOT = links.ROOT
ASSETS = ("site.css", "player.js", "iframe-worker.js", "search-options.js", "favicon.svg")
log = logging.getLogger("mkdocs.hooks.site")


class GitHubLists(Extension):
    """Lists within lists are two spaces in, as everywhere else; Python-Markdown asks for four."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802
        """Tell the parser."""
        md.tab_length = 2


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the extension, and the tools' pages to the navigation.

    There is no page for addresses that are none: it would have to know where the site lies, which
    may be a folder, or any path of a host.
    """
    config.theme.static_templates.discard("404.html")
    config.markdown_extensions.append(GitHubLists())
    (tools,) = (part["Tools"] for part in config.nav if "Tools" in part)
    for title, found in tool_pages.tools_by_domain().items():
        tools.append({title: [{tool.name: tool_pages.place_of(tool)} for tool in found]})
    _place_the_rest(config.nav, Path(config.docs_dir))
    return config


def _place_the_rest(nav: list[Any], docs: Path) -> None:
    """Put pages that mkdocs.yml does not place at the end of `Use`: there is a way to each."""
    placed = set(re.findall(r"[\w./-]+\.md", str(nav)))
    (use,) = (part["Use"] for part in nav if "Use" in part)
    found = sorted(path.relative_to(docs).as_posix() for path in docs.rglob("*.md"))
    use += [page for page in found if page not in placed]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages and files that do not lie in docs/."""
    for name in ASSETS:
        files.append(File.generated(config, f"assets/{name}", abs_src_path=str(HERE / name)))
    for source, page in links.PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    for tool, text in tool_pages.pages():
        files.append(File.generated(config, tool_pages.place_of(tool), content=text))
    for clip in sorted(tool_findings.CLIPS.glob("*.flac")):
        files.append(File.generated(config, f"clips/{clip.name}", abs_src_path=str(clip)))
    brought = {
        target
        for page in files.documentation_pages()
        if not page.src_uri.startswith("tools/")
        for target in links.linked(page.content_string, links.source_of(page.src_uri))
    }
    for target in sorted(brought):
        place = links.place_of(target)
        if files.get_file_from_path(place) is None and (ROOT / target).is_file():
            files.append(File.generated(config, place, abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, *, page: Page, **_others: object) -> str:
    """The page with its links as the site has them."""
    if page.file.src_uri == "cli.md":
        # Who looks for an option is led to what says all of it, and then to what names it.
        page.meta["search"] = {"boost": 20}
    if page.file.src_uri.startswith("tools/"):
        return markdown
    if page.file.src_uri == "tools.md":
        markdown = tool_pages.with_links(markdown)
    return links.for_site(markdown, page.file.src_uri)


def on_post_page(output: str, *, page: Page, **_others: object) -> str:
    """Say what a page would load from other hosts, which ends a strict build."""
    for address in links.loaded_from_elsewhere(output):
        log.warning("%s loads %s from elsewhere", page.file.src_uri, address)
    return output
