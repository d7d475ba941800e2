"""Two runs beside each other on the viewer's page, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import viewer_samples
from viewer_browser import Open, shown_count

pytestmark = pytest.mark.slow
pytest_plugins = ["viewer_browser"]


def test_two_runs_beside_each_other(open_page: Open) -> None:
    page = open_page("two")
    rows = viewer_samples.two_runs(30)
    now_right = [row for row in rows if not row["correct"] and row["other"]["correct"]]
    now_wrong = [row for row in rows if row["correct"] and not row["other"]["correct"]]
    assert (
        f"{len(now_right)} now right, {len(now_wrong)} now wrong"
        in page.locator("#detail").inner_text()
    )
    routes = page.locator("#list [role=option] .option-tools")
    assert routes.first.inner_text().endswith(" › no call")
    assert "›" not in routes.nth(1).inner_text()
    page.click("[data-kind=nowwrong]")
    assert shown_count(page) == f"{len(now_wrong)} of 30 questions"
    page.click("[data-kind=nowright]")
    assert shown_count(page) == f"{len(now_right)} of 30 questions"
    page.locator("#list [role=option]").first.click()
    page.wait_for_selector(".two-runs")
    first, second = page.locator(".answer").all_inner_texts()
    assert "Wrong: two" in first and "learned: transcribe" in first
    assert "Right: four" in second and "rules: a count" in second
    assert "1,200 in the prompt, 3 in the answer" in first and "0.00125" in first


def test_a_question_of_one_run_alone_has_not_changed(browser: Any, tmp_path: Path) -> None:
    rows = viewer_samples.two_runs(4)
    rows[3]["other"] = None
    page = browser.new_page()
    page.goto(f"{viewer_samples.write(tmp_path, rows).as_uri()}#row=4")
    page.wait_for_selector(".row-head")
    assert "run 2 was not asked this question" in page.locator("#detail").inner_text()
    assert page.locator("#question-3").inner_text().startswith("✔")
    page.click("[data-kind=changed]")
    assert shown_count(page) == "2 of 4 questions"
    page.close()


def test_a_question_that_the_first_run_did_not_come_to_has_not_changed(
    browser: Any, tmp_path: Path
) -> None:
    rows = viewer_samples.two_runs(4)
    rows[2] |= viewer_samples.LEFT
    assert rows[2]["other"]["correct"] is True
    page = browser.new_page()
    page.goto(viewer_samples.write(tmp_path, rows).as_uri())
    page.wait_for_selector("body[data-ready]")
    text = page.locator("#detail").inner_text()
    assert "1 now right, 1 now wrong, 0 with another answer, 1 as before" in text
    for kind, count in (("changed", 2), ("nowright", 1), ("nowwrong", 1), ("errors", 0)):
        assert page.locator(f"[data-kind={kind}] .number").inner_text() == str(count), kind
    assert page.locator("#question-2").inner_text().startswith("–")
    assert "not asked › four" in page.locator("#question-2").inner_text()
    page.click("#question-2")
    page.wait_for_selector(".row-head")
    assert page.locator(".row-head .badge").count() == 0
    assert "run 1 was not asked this question" in page.locator("#detail").inner_text()
    page.close()


def test_errors_of_either_run_are_in_the_list(browser: Any, tmp_path: Path) -> None:
    rows = viewer_samples.two_runs(4)
    why = "no reply within 60 s"
    rows[3]["other"] |= {"prediction": None, "index": None, "correct": False, "error": why}
    page = browser.new_page()
    page.goto(viewer_samples.write(tmp_path, rows).as_uri())
    page.wait_for_selector("body[data-ready]")
    page.click("[data-kind=errors]")
    assert shown_count(page) == "1 of 4 questions"
    option = page.locator("#question-3")
    assert f"four › {why}" in option.inner_text()
    assert option.locator(".option-marks .error").count() == 1
    page.close()
