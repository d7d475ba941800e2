"""Learning from questions without a right answer: by how sure the reasoner is of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from outcome_tables import table as table_of
from reasoners import Listens, Unsure
from trainings import train_with
from typer.testing import CliRunner

from audiorouter import UsageError
from audiorouter.cli.app import app
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.outcome_table import Outcome
from audiorouter.learning.reward import relative_reward, route_reward
from audiorouter.providers import Answer
from audiorouter.routing.learned import LearnedRouter

SHORT = TrainingOptions(epochs=40, members=2, max_calls=1)


class Surer(Listens):
    """Is sure only of what `silences` tells, and never of the first choice."""

    identity = "surer"
    tool = "silences"

    def one(self, request):
        told = any(item.call.tool == self.tool for item in request.findings)
        sure = 0.9 if told else 0.6
        return Answer(request.choices[1], 1, (1 - sure, sure))


@pytest.fixture
def without_answers(question_file):
    """The four questions, of which nobody knows the right answers."""
    text = question_file.read_text().replace(",yes|no,yes", ",yes|no,")
    path = question_file.with_name("unlabelled.csv")
    path.write_text(text)
    return path


def test_rewards_are_of_right_answers_where_those_are_known_and_of_certainty_elsewhere():
    table = table_of(correct=[[0, 1, 0], [0, 0, 0]], seconds=[[0, 1, 3], [0, 1, 3]])
    unknown = replace(table.questions[1], gold_index=None, answer=None)
    table = replace(
        table,
        questions=(table.questions[0], unknown),
        confidence=np.array([[0.5, 0.6, 0.7], [0.4, 0.9, 0.3]]),
        quality=np.array([[0.2, 0.6, 0.3], [0.0, 0.0, 0.0]]),
    )
    rewards = relative_reward(table, cost_weight=0.0)
    # Half of being right and half of the right choice's probability; the second by its own choice.
    assert rewards[0].tolist() == pytest.approx([0.0, 0.5 * (1 + 0.6) - 0.1, 0.05])
    assert rewards[1].tolist() == pytest.approx([0.0, 0.5, -0.1])
    drawn = Outcome(quality=0.0, correct=False, confidence=0.7, tool_seconds=2.0)
    cost = 0.5 * 2.0 / table.mean_all_seconds
    assert route_reward(table, 1, drawn, cost_weight=0.5) == pytest.approx(0.7 - 0.4 - cost)
    silent = drawn._replace(confidence=None)
    assert np.isnan(route_reward(table, 1, silent, cost_weight=0.5)), "nothing is known of it"
    failed = Outcome.unanswered(2.0)
    assert route_reward(table, 1, failed, cost_weight=0.5) == pytest.approx(-0.4 - cost)


def test_a_question_that_every_route_leaves_as_sure_teaches_nothing():
    table = table_of(correct=[[0, 0], [0, 0]], seconds=[[0, 1], [0, 1]])
    unknown = tuple(replace(q, gold_index=None, answer=None) for q in table.questions)
    table = replace(table, questions=unknown, confidence=np.array([[0.5, 0.5], [0.5, np.nan]]))
    assert table.share_without_signal() == 1.0
    surer = replace(table, confidence=np.array([[0.5, 0.5], [0.5, 0.6]]))
    assert surer.share_without_signal() == 0.5


@pytest.mark.slow
@pytest.mark.weights
def test_a_router_learns_to_call_what_makes_the_reasoner_sure(
    two_tools, without_answers, clips, tmp_path
):
    quick = replace(SHORT, epochs=150, patience=150, learning_rate=0.01, kl_weight=0.0)
    trained, lines = train_with(
        Surer(), without_answers, clips, tmp_path, two_tools, quick, unlabelled=True
    )
    said = "\n".join(lines)
    assert "4 without a right answer" in said and "60.0% sure, 90.0% by the surest call" in said
    assert trained.card.scores == {} and trained.card.worth is None, "nobody knows what is right"
    assert "no right answer is known to judge it by, or to weigh costs by" in said
    with pytest.raises(UsageError, match="no right answers were known to it"):
        LearnedRouter(tmp_path / "router", two_tools.tools, cost_weight=1.0)
    shares = trained.histories[0].tool_share
    silences = 1 + [tool.name for tool in trained.data.tools].index("silences")
    assert shares[-1][silences] > 0.95 > shares[0][silences], "which is called more and more"


@pytest.mark.slow
@pytest.mark.weights
def test_what_is_known_of_some_questions_judges_a_router_that_learns_from_all(
    two_tools, question_file, without_answers, clips, tmp_path
):
    head, *rows = without_answers.read_text().splitlines()
    labelled = [
        row.removesuffix("yes") + "no" for row in question_file.read_text().splitlines()[1:3]
    ]
    without_answers.write_text("\n".join([head, *labelled, *rows[2:]]))
    trained, _ = train_with(
        Surer(), without_answers, clips, tmp_path, two_tools, SHORT, unlabelled=True
    )
    assert trained.data.train.labelled.tolist() == [True, True, False, False]
    assert trained.card.scores == {"direct": 1.0, "router": 1.0}, "of the two it is right"
    assert trained.card.questions["unlabelled"] == trained.card.questions["scored"] == 2


@pytest.mark.slow
@pytest.mark.weights
def test_what_says_not_how_sure_it_is_teaches_nothing(two_tools, without_answers, clips, tmp_path):
    with pytest.raises(UsageError, match="does not say how sure it is"):
        train_with(Unsure(), without_answers, clips, tmp_path, two_tools, SHORT, unlabelled=True)


@pytest.mark.slow
@pytest.mark.weights
def test_a_wrong_answer_column_is_no_missing_one(two_tools, question_file, clips, tmp_path):
    text = question_file.read_text()
    question_file.write_text(text.replace("2.wav,Is it loud?,yes|no,yes", "2.wav,Q,yes|no,maybe"))
    idle = replace(SHORT, group_size=4)
    _, lines = train_with(
        Listens(), question_file, clips, tmp_path, two_tools, idle, unlabelled=True
    )
    assert any("--group-size changes nothing" in line for line in lines)
    assert idle.without_idle() == SHORT
    why = "the answer 'maybe' names none of the choices, and may be empty where it is not known"
    assert any(line.startswith("train: left out: ") and line.endswith(why) for line in lines)


@pytest.mark.weights
def test_who_forgets_the_option_is_told_of_it(without_answers, clips, tmp_path):
    given = ["train", str(without_answers), "--clips", str(clips), "-o", str(tmp_path / "r")]
    result = CliRunner().invoke(app, given)
    assert isinstance(result.exception, UsageError)
    assert "the right answer is not known" in str(result.exception)
    assert "--unlabelled learns from questions without right answers" in str(result.exception)
    text = without_answers.read_text().replace(",yes|no,", ",,")
    without_answers.write_text(text)
    result = CliRunner().invoke(app, given)
    assert "choices with the right answer among them, are needed" in str(result.exception)
    assert "--unlabelled" not in str(result.exception), "which would be of no use"
