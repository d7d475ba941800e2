"""The page of an evaluation in a real browser: figures, strategies, no label on another."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import evaluation_samples
import pytest
from viewer_browser import NARROW, WIDE, Open

pytestmark = pytest.mark.slow
pytest_plugins = ["viewer_browser"]

SAMPLES: dict[str, dict[str, Any]] = {
    "usual": {},
    "one": {"strategies": 1, "tools": 1},
    "few": {"questions": 3, "tools": 2, "strategies": 2},
    "many": {"tools": 40, "strategies": 30},
    "hostile": {"tools": 6, "strategies": 6, "hostile": True},
}
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a sample by name, written once."""
    folder = tmp_path_factory.mktemp("evaluations")
    made: dict[str, Path] = {}

    def page_of(name: str) -> Path:
        if name not in made:
            sample = evaluation_samples.evaluation(**SAMPLES[name])
            made[name] = evaluation_samples.write(folder / name, sample)
        return made[name]

    return page_of


@pytest.fixture
def open_page(open_url: Open, report: Callable[[str], Path]) -> Open:
    """Opens a sample by name."""

    def opened(name: str, address: str = "", size: dict[str, int] = WIDE) -> Any:
        page = open_url(f"{report(name).as_uri()}{address}", size)
        if not address:
            page.wait_for_selector(".point-label")
        return page

    return opened


def boxes(page: Any, selector: str) -> list[dict[str, float]]:
    """Where the texts of a plot are, and that plot."""
    found = page.evaluate(
        """selector => [...document.querySelectorAll(selector)].map((text) => {
            const box = text.getBoundingClientRect();
            const plot = text.closest("svg").getBoundingClientRect();
            return {x: box.x, y: box.y, right: box.right, bottom: box.bottom, left: plot.x,
                    end: plot.right, plot: plot.y};
        })""",
        selector,
    )
    return [box for box in found if box["right"] > box["x"]]


@SIZES
@pytest.mark.parametrize("name", SAMPLES)
def test_no_label_lies_on_another_and_nothing_runs_off_the_side(
    open_page: Open, name: str, size: dict[str, int]
) -> None:
    page = open_page(name, size=size)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    detail = page.evaluate(
        "(d => d.scrollWidth - d.clientWidth)(document.getElementById('detail'))"
    )
    assert detail <= 0
    texts = [box for kind in (".plot text", ".track text") for box in boxes(page, kind)]
    assert len(texts) > 10
    for box in texts:
        assert box["x"] >= box["left"] - 1 and box["right"] <= box["end"] + 1
    for one, other in itertools.combinations(texts, 2):
        if (one["left"], one["plot"]) != (other["left"], other["plot"]):
            continue
        apart = one["right"] <= other["x"] + 1 or other["right"] <= one["x"] + 1
        assert apart or one["bottom"] <= other["y"] + 3 or other["bottom"] <= one["y"] + 3
    names = page.locator(".track-name").count()
    assert names == page.evaluate(
        """[...document.querySelectorAll(".track-name")].filter(
            (name) => name.scrollWidth <= name.clientWidth + 1).length"""
    )


def test_every_strategy_is_in_the_plot_and_in_the_table_beneath(open_page: Open) -> None:
    page = open_page("usual")
    found = evaluation_samples.evaluation()
    assert page.locator(".point-label").count() == len(found.strategies)
    rows = page.locator(".figure[data-title='Accuracy against cost'] tbody tr")
    for row, (name, score) in zip(rows.all(), found.strategies.items(), strict=True):
        text = row.inner_text()
        assert found.label(name) in text and f"{score.accuracy.mean:.1%}" in text
        assert f"{score.accuracy.low:.1%} … {score.accuracy.high:.1%}" in text
    worth_of = ".figure[data-title='What each tool is worth']"
    tools = page.locator(f"{worth_of} .track-row:not(.track-axis)")
    worth = sorted(found.contribution_intervals.items(), key=lambda item: -round(item[1].mean, 4))
    assert [row.split()[:2] for row in tools.all_inner_texts()] == [n.split() for n, _ in worth]


def test_marks_and_lines_differ_without_colours(open_page: Open) -> None:
    page = open_page("usual")
    shapes = page.evaluate(
        """[...document.querySelectorAll(".legend")].map((legend) => [...legend.querySelectorAll(
            ".marker")].map((marker) => marker.getAttribute("class")))"""
    )
    assert shapes and all(len(set(some)) == len(some) for some in shapes)
    dashes = page.evaluate(
        """[".curve", ".ideal", ".leader"].map(
            (name) => getComputedStyle(document.querySelector(name)).strokeDasharray)"""
    )
    assert "none" not in dashes and len(set(dashes)) == 3


def test_a_table_is_sorted_by_its_titles_with_what_is_unknown_last(open_page: Open) -> None:
    page = open_page("usual")
    page.locator("details.numbers summary").nth(1).click()
    table = page.locator("table.figures", has_text="headroom closed")
    page.locator("table.figures button", has_text="waste").click()
    shares = [row.split("\t")[5] for row in table.locator("tbody tr").all_inner_texts()]
    known = [float(share.rstrip("%")) for share in shares if share != "–"]
    assert known == sorted(known, reverse=True) and shares[-1] == "–"
    assert table.locator("th[aria-sort=descending]").inner_text().startswith("waste")
    page.keyboard.press("Enter")
    assert table.locator("th[aria-sort=ascending]").inner_text().startswith("waste")


def test_what_a_router_loses_against_another_is_listed_and_said_why(open_page: Open) -> None:
    page = open_page("usual")
    found = evaluation_samples.evaluation()
    page.select_option("#first", "router 1")
    page.select_option("#second", "all")
    router, every = (found.strategies[name] for name in ("router 1", "all"))
    lost = [n for n in range(60) if every.correct[n] and not router.correct[n]]
    page.click("[data-kind=nowright]")
    assert page.locator("#shown-count").inner_text() == f"{len(lost)} of 60 questions"
    page.locator("#list [role=option]").first.click()
    page.wait_for_selector(".routes")
    assert page.locator(".badge").first.inner_text() == "Lost: only the second is right"
    text = page.locator("#detail").inner_text()
    assert "router 1: drawn" in text and "taken by" in text
    right = int(found.table.correct[lost[0]].sum())
    assert f"{right} of 7 routes are right." in text
    first, second = page.locator(".verdict").all_inner_texts()
    assert "Wrong" in first and "Right" in second
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(".routes")
    assert page.locator("#first").input_value() == "router 1"


def test_a_difference_leads_to_its_questions(open_page: Open) -> None:
    page = open_page("usual")
    part = page.locator(".figure[data-title='Routers against the others']")
    part.locator(".track-name button", has_text="none").first.click()
    assert page.locator("#second").input_value() == "none"
    assert page.locator("[data-kind=changed]").get_attribute("aria-pressed") == "true"
    page.keyboard.press("o")
    assert page.locator("h2", has_text="Routers side by side").is_visible()


@pytest.mark.parametrize("name", ["hostile", "few"])
def test_what_stands_in_names_is_only_shown(open_page: Open, name: str) -> None:
    page = open_page(name, size=NARROW)
    assert page.title() == "test.csv – AudioRouter"
    page.locator(".back").click()
    page.locator("#list [role=option]").first.click()
    page.wait_for_selector(".routes")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator("#detail script, #detail img").count() == 0
    assert "NaN" not in page.locator("body").inner_text()


@SIZES
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["", "#row=1"])
def test_axe_finds_nothing_serious(
    open_page: Open, size: dict[str, int], scheme: str, address: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page("usual", address, size)
    page.emulate_media(color_scheme=scheme)
    if address:
        page.wait_for_selector(".routes")
    options = {"preload": False, "resultTypes": ["violations"]}
    found = axe.Axe().run(page, options=options).response["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == []


def test_one_file_holds_everything(open_url: Open, tmp_path: Path) -> None:
    made = evaluation_samples.evaluation()
    page = open_url(evaluation_samples.write(tmp_path / "page.html", made).as_uri())
    page.wait_for_selector(".point-label")
    page.locator("#list [role=option]").first.click()
    page.wait_for_selector(".routes")
