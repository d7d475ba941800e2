"""Kinds of questions are found by their column, and drawn again where there are enough of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from outcome_tables import table

from audiorouter.evaluation.bootstrap import Bootstrap
from audiorouter.evaluation.comparison import Evaluation
from audiorouter.evaluation.question_groups import (
    domain_column,
    drawn_groups,
    group_column,
    groups_by,
)


def questions(*records):
    asked = table([[1]] * len(records)).questions
    return [replace(q, record=record) for q, record in zip(asked, records, strict=True)]


@pytest.mark.parametrize("name", ["Skill", "sub-category", "Sub Category", "subcategory", "TASK"])
def test_the_column_may_be_written_in_any_way_and_be_missing_in_the_first_row(name):
    found = questions({}, {name: ""}, {name: "x"}, {name.upper(): "y"})
    assert group_column(found) == name
    assert groups_by(found, name) == [None, None, "x", "y"]


def test_the_finest_column_is_taken():
    assert group_column(questions({"category": "a", "task": "t"}, {"sub-category": "s"})) == (
        "sub-category"
    )
    assert group_column(questions({"domain": "speech"})) is None
    assert groups_by(questions({}, {}), None) == [None, None]


def test_domains_are_found_by_the_names_that_batches_know():
    assert domain_column(questions({"task": "speech", "category": "a"}, {})) == "task"
    assert domain_column(questions({"modality": "sound"}, {"domain": "music"})) == "domain"
    assert domain_column(questions({"category": "a"})) is None


@pytest.mark.parametrize(
    ("groups", "drawn"),
    [
        ([*"abcdefgh"] * 2, True),
        ([*"abcdefg"] * 20, False),  # too few
        (["yes", "no"] * 500, False),
        ([str(i) for i in range(40)], False),  # a question each
        ([*"abcdefgh"] * 2 + [None], False),
        ([*"abcdefgh"] * 3 + [None], True),
        ([*"ab"] * 30 + [None] * 10, False),
    ],
)
def test_groups_are_drawn_where_there_are_enough_and_of_enough_questions(groups, drawn):
    found = drawn_groups(groups)
    assert (found is not None) is drawn
    if found is not None:
        assert len(set(found)) == len(set(groups) - {None}) + groups.count(None)


def evaluation(skills):
    found = table([[1]] * len(skills), skills=skills)
    groups = drawn_groups(groups_by(found.questions, "skill"))
    return Evaluation(found, Bootstrap(found.clips, groups), {}, (), 0.05, 0.0, {}, {})


def test_what_is_drawn_is_said():
    assert evaluation([*"abcdefgh"] * 2).drawn == ("clip", "skill")
    assert evaluation([*"abcdefgh"] * 2).drawn_text == "clip × skill"
    few = evaluation([*"ab"] * 8)
    assert few.drawn == ("clip",) and few.drawn_text.startswith("clip alone (skill: fewer than 8")
    assert few.by("skill").keys() == {"a", "b"}, "tables have few groups all the same"
    assert evaluation([""] * 4).drawn_text == "clip"
