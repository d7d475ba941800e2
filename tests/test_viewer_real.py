"""Real runs in a real browser: as a folder, as one file, and from the local server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import command
from viewed_runs import NASTY, make_run, viewed
from viewer_browser import Open, now, sound_ready

from audiorouter.machine.paths import default_store_path
from audiorouter.store import Store
from audiorouter.viewer.report import write_report

pytestmark = pytest.mark.slow
pytest_plugins = ["viewer_browser"]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Where reports of two runs of the same questions are: `folder`, and `one.html`."""
    numbers = make_run(tmp_path, router="none"), make_run(tmp_path)
    with Store(default_store_path()) as store:
        for name in ("folder", "one.html"):
            write_report(tmp_path / name, viewed(store, *numbers))
    return tmp_path


def check_row(page: Any) -> None:
    """The first row, of two runs: what stands in it, and that its clip can be played."""
    sound_ready(page)
    text = page.locator("main").inner_text()
    for part in ("Is there a gap 0?", "silences", "0.wav"):
        assert part in text
    page.keyboard.press("Space")
    for _ in range(100):
        page.wait_for_timeout(100)
        if now(page) > 0.1:
            break
    assert 0.1 < now(page) <= 3.0


@pytest.mark.parametrize("name", ["folder/index.html", "one.html"])
def test_a_report_opens_from_the_disk_and_plays(report: Path, open_url: Open, name: str) -> None:
    page = open_url(f"{(report / name).as_uri()}#row=0")
    check_row(page)
    page.keyboard.press("j")
    page.wait_for_selector(".row-head h2:has-text('alert(1)')")
    # Marks that nobody sees are not in what a page says that it shows.
    assert NASTY.split("\u2028")[0] in page.locator(".row-head h2").inner_text()


@pytest.fixture
def address(report: Path) -> Iterator[str]:
    """Of the viewer, in a process of its own."""
    arguments = command("view", "1", "2", "--no-browser")
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, text=True, env=os.environ.copy()
    ) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()
        assert server.wait(20) in (0, 130, -15, 143)


def test_the_command_serves_a_run_to_the_browser(address: str, open_url: Open) -> None:
    assert address.startswith("http://127.0.0.1:")
    check_row(open_url(f"{address}#row=0"))


def test_a_page_from_elsewhere_gets_nothing_of_it(
    address: str, browser: Any, tmp_path: Path
) -> None:
    # Even one that has learned the address, by which nothing may be loaded into another page.
    (tmp_path / "evil.html").write_text(f'<script src="{address}data/index.js"></script>')
    page = browser.new_page()
    page.goto((tmp_path / "evil.html").as_uri())
    assert page.evaluate("window.audiorouter === undefined")
    page.close()
