"""A real browser for tests of the viewer, and pages whose console has to stay empty.

Where no browser is installed such tests are skipped, unless AUDIOROUTER_TEST_BROWSER is `required`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import viewer_samples

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE = {"width": 1400, "height": 900}
NARROW = {"width": 400, "height": 800}

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _lacking("playwright")
    if chromium is None:
        _lacking("chromium")
    profile = tmp_path_factory.mktemp("profile")
    with sync_playwright() as started:
        context = started.chromium.launch_persistent_context(
            profile, executable_path=chromium, headless=True, args=FLAGS, viewport=WIDE
        )
        context.set_default_timeout(30_000)
        yield context
        context.close()


def _lacking(name: str) -> None:
    if os.environ.get("AUDIOROUTER_TEST_BROWSER") == "required":
        pytest.fail(f"{name} is not installed")
    pytest.skip(f"{name} is not installed")


@pytest.fixture
def open_url(browser: Any) -> Iterator[Open]:
    """Opens pages; in the end their consoles have to be empty, and nothing may have been fetched
    from anywhere but where they lie."""
    pages, complaints = [], []

    def opened(url: str, size: dict[str, int] = WIDE) -> Any:
        allowed = (url.partition("#")[0].rpartition("/")[0], "blob:", "data:")

        def check(fetched: str) -> None:
            if not fetched.startswith(allowed):
                complaints.append(f"fetched {fetched}")

        page = browser.new_page()
        pages.append(page)
        page.set_viewport_size(size)
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: check(request.url))
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        return page

    yield opened
    for page in pages:
        page.close()
    assert complaints == []


def sound_ready(page: Any) -> None:
    """Wait until the clip of the row can be played."""
    page.wait_for_selector(".sound[data-ready]")


def now(page: Any) -> float:
    """Where the clip is played, in s."""
    return float(page.locator(".clock").inner_text().split("/")[0])


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a report by name, written once."""
    folder = tmp_path_factory.mktemp("reports")
    rows = {
        "one": lambda: viewer_samples.one_run(30),
        "two": lambda: viewer_samples.two_runs(30),
        "hostile": viewer_samples.hostile,
        "large": lambda: viewer_samples.one_run(10_000),
    }
    made: dict[str, Path] = {}

    def page_of(name: str) -> Path:
        if name not in made:
            made[name] = viewer_samples.write(folder / name, rows[name]())
        return made[name]

    return page_of


@pytest.fixture
def open_page(open_url: Open, report: Callable[[str], Path]) -> Open:
    """Opens a report by name."""

    def opened(name: str, address: str = "", size: dict[str, int] = WIDE) -> Any:
        return open_url(f"{report(name).as_uri()}{address}", size)

    return opened


def shown_count(page: Any) -> str:
    return str(page.locator("#shown-count").inner_text())
