"""The documentation as a site: a page for each tool, links as they lead there, and it opens."""

import doctest
import importlib
import os
import re
import string
import subprocess
import sys

import pytest
import viewer_browser
from environments import ROOT

import audiorouter
from audiorouter.plugins import load_registry

browser = viewer_browser.browser
pytest.importorskip("PIL")
sys.path.insert(0, str(ROOT / "docs" / "site"))
import citations  # noqa: E402
import links  # noqa: E402
import tool_findings  # noqa: E402
import tool_pages  # noqa: E402

REGISTRY = load_registry(third_party=False)
REFERENCE = sorted((ROOT / "docs" / "reference").glob("*.md"))


@pytest.fixture(scope="module")
def pages():
    return {tool.name: text for tool, text in tool_pages.pages()}


@pytest.mark.parametrize("tool", REGISTRY.tools.values(), ids=lambda tool: tool.name)
def test_every_tool_has_a_page_with_all_that_is_known_of_it(pages, tool):
    text = pages[tool.name]
    assert tool.description in text and tool.not_for in text
    assert tool_findings.kept()[tool.name].version == tool.version
    assert "<svg" in text and 'src="../clips/' in text
    for argument in tool.Arguments.model_fields:
        assert f"| `{argument}` |" in text
    for part in tool.weights:
        assert f"`{part}`" in text
    assert text.count("## How well it hears") == text.count("## Cost") == 1


def test_figures_on_the_pages_are_those_of_the_results_file(pages):
    assert "| which of two voices is higher | 40 | 100.0% |" in pages["voice_pitch"]
    assert "| English" not in pages["tempo"] and "## What stands in for it" in pages["tempo"]


def test_a_finding_of_another_version_is_called_old():
    tool = REGISTRY.tools["loudness"]
    assert tool_findings.outdated([tool]) == []

    class Later(type(tool)):
        version = "1000"

    assert tool_findings.outdated([Later()]) == ["loudness"]


def test_whatever_tools_hear_by_is_cited():
    tools = [*REGISTRY.tools.values(), *REGISTRY.stand_ins.values()]
    parts = {part for tool in tools for part in (*tool.weights, *tool.packages)}
    assert parts == set(citations.SOURCES)


def test_what_is_said_in_a_finding_is_shown_and_never_run(pages):
    tool = REGISTRY.tools["transcribe"]
    example = tool_findings.Example(
        tool.version, "voicemail.flac", {}, "<script>x</script>", {"words": [
            {"text": "</text><script>", "start_s": 0.0, "end_s": 5.0}
        ]}, None,
    )  # fmt: skip
    text = tool_pages.page(tool, example, {"measures": []})
    shown = text.partition("<details")[0]
    assert "<script" not in shown and "&lt;script&gt;x" in shown


@pytest.mark.parametrize("module", [links, tool_pages], ids=lambda module: module.__name__)
def test_examples_of_the_site_run(module):
    assert doctest.testmod(module).failed == 0


def test_links_lead_where_the_site_has_what_they_name():
    text = "[a](../../README.md#one-question) [b](../tools.md) [c](https://x.org/a.md)\n"
    there = "[a](../quick-start.md#one-question) [b](../tools.md) [c](https://x.org/a.md)\n"
    assert links.for_site(text, "tutorials/your-model.md") == there
    code = "```sh\n[a](../README.md)\n```\n"
    assert links.for_site(code, "tools.md") == code
    folder = links.for_site("[x](../examples/plugins/audiorouter-gemini)", "plugins.md")
    assert folder == "[x](plugins/audiorouter-gemini.md)"


def test_every_public_name_is_in_the_reference():
    named = [
        name
        for page in REFERENCE
        for name in re.findall(r"^::: audiorouter\.(\w+)$", page.read_text("utf-8"), re.M)
    ]
    assert sorted(named) == sorted(set(audiorouter.__all__) - {"__version__"})


def modules_with_examples():
    """Names of the package's modules whose docstrings have examples."""
    for path in sorted((ROOT / "audiorouter").rglob("*.py")):
        # Inspect is no part of the environment that the others are tested in.
        if ">>>" in path.read_text("utf-8") and "inspect_ai" not in path.parts:
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__")


@pytest.mark.weights
@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_in_docstrings_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, built strictly: links, anchors, and what pages load are checked."""
    pytest.importorskip("mkdocs")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.slow
def test_a_page_opens_as_a_file_plays_what_is_clicked_and_is_found(site, browser):
    page, complaints = browser.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda asked: asked.url.startswith("http") and complaints.append(asked.url))
    page.goto((site / "tools" / "chords.html").as_uri())
    page.locator("svg.heard .span").nth(1).click()
    page.wait_for_function("document.querySelector('audio').currentTime > 1.8")
    page.click("input.md-search__input")
    page.keyboard.type("metre", delay=30)
    page.wait_for_function(
        "document.querySelector('.md-search-result__meta').innerText.includes('matching')"
    )
    for option in ("--cost-weight", "--report", "--shard", "--judge", "--measure", "-o"):
        page.fill("input.md-search__input", "")
        page.wait_for_selector(".md-search-result__list > li", state="detached")
        page.keyboard.type(option, delay=10)
        page.wait_for_selector('.md-search-result__list > li:first-child a[href*="cli.html"]')
    for letter in string.ascii_lowercase:  # each may come upon another word that breaks the search
        page.fill("input.md-search__input", "")
        page.wait_for_selector(".md-search-result__list > li", state="detached")
        page.keyboard.type(letter)
        page.wait_for_selector(".md-search-result__list > li")
    page.keyboard.press("Escape")
    assert not page.locator(".sideways").is_visible()
    page.set_viewport_size(viewer_browser.NARROW)
    assert page.locator(".sideways").is_visible()
    page.close()
    assert complaints == []


@pytest.mark.slow
def test_no_page_asks_for_the_root_of_a_host_or_a_disk(site):
    rooted = [
        (path.name, found)
        for path in site.rglob("*.html")
        for found in re.findall(r'(?:href|src)="?(/[^"\s>]*)', path.read_text("utf-8"))
    ]
    assert rooted == []


def test_what_a_page_would_load_from_elsewhere_is_found():
    page = '<link rel="icon" href="a.svg"><script src="//cdn.org/x.js"></script><a href="//x.org">'
    assert links.loaded_from_elsewhere(page) == ["//cdn.org/x.js"]
    page = '<img alt="a" src=https://x.org/a.png><img src="../images/a.png">'
    assert links.loaded_from_elsewhere(page) == ["https://x.org/a.png"]
