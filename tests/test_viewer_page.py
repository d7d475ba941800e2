"""The viewer's page in a real browser: opens, plays, filters, compares; safe and accessible."""

from __future__ import annotations

import base64
import functools
import http.server
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import viewer_samples
from viewer_browser import NARROW, WIDE, Open, now, shown_count, sound_ready

from audiorouter.scoring import ClipCounts, Proportion

COVERED_NAMES = """() => {
  const boxes = (selector) => [...document.querySelectorAll(selector)].map(
    (one) => one.getBoundingClientRect());
  const lines = boxes(".lane-cursor:not([hidden])");
  if (!lines.length) return ["no line is shown"];
  const meet = (a, b) => a.left < b.right && b.left < a.right
    && a.top < b.bottom && b.top < a.bottom;
  return boxes(".lanes .lane-name, .lanes summary")
    .filter((name) => lines.some((line) => meet(line, name))).map(({ top }) => top);
}"""
"""Names of lanes that a line at the time that plays runs over."""

pytestmark = pytest.mark.slow
pytest_plugins = ["viewer_browser"]


def heading(page: Any) -> str:
    return str(page.locator(".row-head h2").inner_text())


def test_opens_with_the_list_and_how_many_are_right(open_page: Open) -> None:
    page = open_page("one")
    assert shown_count(page) == "30 questions"
    assert page.locator("#list [role=option]").first.inner_text().startswith("✔")
    line = page.locator(".accuracy-line").inner_text()
    right = sum(row["correct"] for row in viewer_samples.one_run(30))
    assert f"{right} of 30 right" in line
    assert page.locator("#detail h2").first.inner_text() == "All 30 questions"


def test_intervals_are_those_of_the_summary(open_page: Open) -> None:
    page = open_page("one")
    rows = viewer_samples.one_run(30)
    share = _share(rows)
    assert f"{share.low:.1%}–{share.high:.1%}" in page.locator(".accuracy-line").inner_text()
    music = [row for row in rows if row["domain"] == "music"]
    line = page.locator(".groups tr", has_text="music").inner_text().split()
    assert line == ["music", str(len(music)), f"{_share(music).rate:.0%}"], "4 clips have none"


def _share(rows: list[dict[str, Any]]) -> Proportion:
    counts = ClipCounts()
    for row in rows:
        counts.add(row["audio"], row["correct"])
    return counts.proportion


def test_filters_follow_each_other_and_so_does_the_accuracy(open_page: Open) -> None:
    page = open_page("one")
    rows = viewer_samples.one_run(30)
    page.click("[data-kind=wrong]")
    wrong = [row for row in rows if not row["correct"]]
    assert shown_count(page) == f"{len(wrong)} of 30 questions"
    page.select_option("#filter-domain", "music")
    music = [row for row in wrong if row["domain"] == "music"]
    assert shown_count(page) == f"{len(music)} of 30 questions"
    assert f"0 of {len(music)} right" in page.locator(".accuracy-line").inner_text()
    page.click("[data-kind=errors]")
    failed = [row for row in rows if row["error"] and row["domain"] == "music"]
    assert shown_count(page) == f"{len(failed)} of 30 questions"
    page.go_back()
    assert shown_count(page) == f"{len(music)} of 30 questions"


def test_confidence_search_tool_and_no_call(open_page: Open) -> None:
    page = open_page("one")
    rows = viewer_samples.one_run(30)
    page.fill("#filter-from", "70")
    page.press("#filter-from", "Enter")
    sure = [row for row in rows if row["confidence"] is not None and row["confidence"] >= 0.7]
    assert shown_count(page) == f"{len(sure)} of 30 questions"
    page.fill("#filter-from", "")
    page.press("#filter-from", "Enter")
    page.select_option("#filter-tool", "speakers")
    assert shown_count(page) == f"{sum(len(row['calls']) == 2 for row in rows)} of 30 questions"
    page.select_option("#filter-tool", "")
    page.click("[data-kind=nocall]")
    assert shown_count(page) == f"{sum(not row['calls'] for row in rows)} of 30 questions"
    page.click("[data-kind=all]")
    page.fill("#search", "BEEPS_3.wav")
    assert (
        shown_count(page) == f"{sum(row['audio'] == 'beeps_3.wav' for row in rows)} of 30 questions"
    )
    page.fill("#search", "nothing has this")
    assert page.locator("#nothing").is_visible()
    page.click("#clear")
    assert shown_count(page) == "30 questions"


def test_sorts_with_the_unknown_last(open_page: Open) -> None:
    page = open_page("one", "#sort=confidence&down=1")
    texts = page.locator("#list [role=option] .option-confidence").all_inner_texts()
    known = [int(text.rstrip("%")) for text in texts if text]
    assert known == sorted(known, reverse=True)
    rows = viewer_samples.one_run(30)
    page.locator("#list").press("End")
    assert rows[int(page.url.split("row=")[1].split("&")[0]) - 1]["confidence"] is None


def test_a_deep_link_shows_the_row_and_its_filters(open_page: Open) -> None:
    page = open_page("one", "#row=11&show=wrong&search=beeps")
    assert "11. time" in heading(page)
    assert page.locator("[data-kind=wrong]").get_attribute("aria-pressed") == "true"
    assert page.locator("#search").input_value() == "beeps"
    assert "not among" not in page.locator(".row-bar").inner_text()
    assert page.locator("[aria-selected=true]").count() == 1


def test_a_link_to_a_row_that_is_not_there_says_so(open_page: Open) -> None:
    page = open_page("one", "#row=no+such+row")
    assert "no question with the id no such row" in page.locator("#detail").inner_text()


def test_a_row_says_what_was_chosen_why_and_from_what(open_page: Open) -> None:
    page = open_page("one", "#row=2")
    text = page.locator("#detail").inner_text()
    for words in (
        "Wrong: two",
        "right: four",
        "learned: transcribe 71%",
        "93% sure",
        "✔ right answer",
        "✘ chosen",
    ):
        assert words in text
    assert page.locator(".choices tbody tr").count() == 3
    assert page.locator(".choices tbody td").all_inner_texts()[:2] == ["30%", "20%"]
    page.click(".asked summary")
    assert page.locator(".asked pre").inner_text() == "Question: How many beeps are heard?"
    page.goto(page.url.replace("row=2", "row=7"))
    page.wait_for_selector(".verdict.error")
    assert "timed out" in page.locator("#detail").inner_text()


def test_plays_and_stops(open_page: Open) -> None:
    page = open_page("one", "#row=1")
    sound_ready(page)
    page.keyboard.press("Space")
    page.wait_for_function("() => parseFloat(document.querySelector('.clock').textContent) > 0.2")
    page.keyboard.press("Space")
    stopped = now(page)
    page.wait_for_timeout(300)
    assert now(page) == pytest.approx(stopped, abs=0.15)


def test_an_item_of_a_lane_plays_just_its_span(open_page: Open) -> None:
    page = open_page("one", "#row=1")
    sound_ready(page)
    page.click(".lane-item.span >> nth=2")
    page.wait_for_function("() => document.querySelector('.play').ariaLabel === 'Pause'")
    assert now(page) >= 2.0
    page.wait_for_function("() => document.querySelector('.play').ariaLabel === 'Play'")
    assert now(page) == pytest.approx(2.5, abs=0.3)


def test_lanes_lie_where_their_times_are(open_page: Open) -> None:
    page = open_page("one", "#row=1")
    sound_ready(page)
    track = page.locator(".lane-track").nth(1).bounding_box()
    for zoomed in (1, 4):
        item = page.locator(".lane-item.span").nth(1).bounding_box()
        assert item["x"] - track["x"] == pytest.approx(zoomed * track["width"] / 4, abs=3)
        assert item["width"] == pytest.approx(zoomed * track["width"] / 8, abs=3)
        page.keyboard.press("+")
        page.keyboard.press("+")
    page.hover(".lane-item.span >> nth=0")
    assert page.locator("#tooltip").inner_text().split("\n") == ["one", "0.00 s to 0.50 s"]


def test_a_clip_without_sound_says_why_and_keeps_its_lanes(browser: Any, tmp_path: Path) -> None:
    why = "the clip is longer than 10 minutes"
    path = viewer_samples.write(tmp_path, viewer_samples.one_run(3), {"beeps": {"missing": why}})
    page = browser.new_page()
    page.goto(f"{path.as_uri()}#row=1")
    page.wait_for_selector(".sound.silent")
    assert why in page.locator(".sound").inner_text()
    track = page.locator(".lane-track").nth(1).bounding_box()
    item = page.locator(".lane-item.span").nth(1).bounding_box()
    assert item["x"] - track["x"] == pytest.approx(track["width"] / 4, abs=3)
    page.close()


@pytest.mark.parametrize("kind", ["slow", "no sound"])
def test_a_clip_that_the_browser_cannot_play_says_so_and_keeps_its_lanes(
    browser: Any, tmp_path: Path, kind: str
) -> None:
    sound = (
        viewer_samples.beeps(1000) if kind == "slow" else base64.b64encode(b"text" * 99).decode()
    )
    clip = {"type": "audio/wav", "base64": sound}
    page = browser.new_page()
    path = viewer_samples.write(tmp_path, viewer_samples.one_run(3), {"beeps": clip})
    page.goto(f"{path.as_uri()}#row=1")
    page.wait_for_selector(".sound.silent")
    assert "this browser cannot play the clip" in page.locator(".sound .note").inner_text()
    assert page.locator(".lane-item.span").nth(1).is_visible()
    page.close()


def test_keys_step_and_find_the_next_wrong_one(open_page: Open) -> None:
    page = open_page("one")
    rows = viewer_samples.one_run(30)
    wrong = [position for position, row in enumerate(rows) if not row["correct"]]
    for key, position in (
        ("j", 0),
        ("j", 1),
        ("k", 0),
        ("n", wrong[0]),
        ("n", wrong[1]),
        ("N", wrong[0]),
    ):
        page.keyboard.press(key)
        page.wait_for_function(
            "text => document.querySelector('.row-head h2')?.textContent.includes(text)",
            arg=f"the {position + 1}. time",
        )
    page.keyboard.press("/")
    page.keyboard.type("jn")
    assert page.locator("#search").input_value() == "jn"
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.locator("dialog").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()


@pytest.mark.parametrize("name", ["toString", "constructor", "__proto__"])
def test_a_link_with_an_order_that_is_none_shows_the_list(open_page: Open, name: str) -> None:
    page = open_page("one", f"#sort={name}&show={name}")
    assert shown_count(page) == "30 questions"
    assert page.locator("#sort").input_value() == "file"
    assert page.locator("[data-kind=all]").get_attribute("aria-pressed") == "true"


def test_rows_with_the_same_id_have_links_of_their_own(browser: Any, tmp_path: Path) -> None:
    rows = [viewer_samples.row(position, id="same") for position in range(3)]
    page = browser.new_page()
    page.goto(f"{viewer_samples.write(tmp_path, rows).as_uri()}#row=same")
    page.wait_for_selector(".row-head")
    assert "1. time" in heading(page)
    page.click("#question-2")
    page.wait_for_selector("#question-2[aria-selected=true]")
    page.reload()
    page.wait_for_selector(".row-head")
    assert "3. time" in heading(page)
    page.close()


def test_many_lanes_fold_by_tool(browser: Any, tmp_path: Path) -> None:
    call = viewer_samples.row(0)["calls"][0]
    calls = [call | {"label": f"tool_{number}"} for number in range(10)]
    page = browser.new_page()
    path = viewer_samples.write(tmp_path, [viewer_samples.row(0, calls=calls)])
    page.goto(f"{path.as_uri()}#row=1")
    sound_ready(page)
    groups = page.locator("details.lane-group")
    assert groups.count() == 10
    assert page.locator("details.lane-group[open]").count() < 4
    groups.last.locator("summary").click()
    item = groups.last.locator(".lane-item.span").nth(1).bounding_box()
    track = groups.last.locator(".lane-track").first.bounding_box()
    assert item["x"] - track["x"] == pytest.approx(track["width"] / 4, abs=3)
    page.close()


def test_works_from_a_server_below_a_path(browser: Any, report: Callable[[str], Path]) -> None:
    folder = report("one").parent
    handler = functools.partial(_Quiet, directory=folder.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"http://127.0.0.1:{server.server_port}/{folder.name}/index.html#row=1")
        sound_ready(page)
        page.click(".play")
        page.wait_for_function("() => parseFloat(document.querySelector('.clock').textContent) > 0")
        page.close()
        server.shutdown()
    assert complaints == []


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


def test_a_report_without_its_data_says_so(browser: Any, tmp_path: Path) -> None:
    path = viewer_samples.write(tmp_path, viewer_samples.one_run(3))
    (tmp_path / "data" / "rows-0000.js").unlink()
    page = browser.new_page()
    page.goto(f"{path.as_uri()}#row=1")
    page.wait_for_selector(".problem")
    assert "data/rows-0000.js could not be read" in page.locator("#detail").inner_text()
    page.close()


def test_a_narrow_page_shows_the_list_then_the_row(open_page: Open) -> None:
    page = open_page("one", size=NARROW)
    assert page.locator("#list").is_visible() and not page.locator("#detail").is_visible()
    assert page.locator("#overview-button").get_attribute("aria-pressed") == "false"
    page.evaluate("document.getElementById('list').scrollTop = 18 * 54")
    page.click("#question-20")
    sound_ready(page)
    assert not page.locator("#list").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(COVERED_NAMES) == []
    page.go_back()
    assert page.locator("#question-20").is_visible()
    page.locator("#list [role=option]").nth(1).click()
    page.click(".row-bar .back")
    assert page.locator("#list").is_visible()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_hostile_texts_stay_texts(open_page: Open, size: dict[str, int]) -> None:
    page = open_page("hostile", size=size)
    for text in viewer_samples.HOSTILE:
        page.evaluate("id => { location.hash = new URLSearchParams({row: id}); }", text[:200])
        page.wait_for_function(
            "text => document.querySelector('.row-head h2')?.textContent.startsWith(text)",
            arg=text[:20].split("\r")[0],
        )
        sound_ready(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.title() == "questions.csv – AudioRouter"
    assert page.evaluate("document.querySelectorAll('img, main script').length") == 0


def test_ten_thousand_rows_scroll_and_few_are_drawn(open_page: Open) -> None:
    page = open_page("large")
    assert shown_count(page) == "10,000 questions"
    page.evaluate("document.getElementById('list').scrollTop = 5000 * 54")
    page.wait_for_selector("#question-5000")
    assert page.locator("#list [role=option]").count() < 60
    page.keyboard.press("k")
    page.wait_for_selector("#question-9999[aria-selected=true]")
    assert "10000. time" in heading(page)


@pytest.mark.parametrize(
    ("name", "address", "size", "scheme"),
    [
        ("one", "", WIDE, "light"),
        ("two", "", WIDE, "dark"),
        ("two", "", NARROW, "light"),
        ("one", "#row=1", WIDE, "dark"),
        ("two", "#row=2", WIDE, "light"),
        ("one", "#row=7&show=errors", NARROW, "dark"),
    ],
)
def test_axe_finds_nothing_serious(
    open_page: Open, name: str, address: str, size: dict[str, int], scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page(name, size=size)
    page.emulate_media(color_scheme=scheme)
    page.evaluate("hash => { location.hash = hash; }", address)
    if address:
        sound_ready(page)
    # Preloading has axe fetch the style sheet, which the page forbids.
    options = {"resultTypes": ["violations"], "preload": False}
    found = axe.Axe().run(page, options=options).response["violations"]
    assert [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]][:3])
        for violation in found
        if violation["impact"] in ("serious", "critical")
    ] == []
