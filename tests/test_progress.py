"""What is shown of work that takes a while."""

import re
import time
from collections.abc import Iterator

import pytest

from audiorouter.batch.activity import Activity
from audiorouter.batch.progress import LineProgress, line_of


@pytest.fixture
def clock(monkeypatch):
    """Seconds that go by only as they are added."""
    now = [0.0]
    monkeypatch.setattr("audiorouter.batch.activity.time.monotonic", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    return wait


def call(activity: Activity, tool: str, seconds: float) -> None:
    tools = activity.tools
    tools.waiting[tool] -= 1
    tools.calls_run += 1
    tools.runs_by_tool[tool] += 1
    tools.tool_seconds += seconds
    tools.seconds_by_tool[tool] = tools.seconds_by_tool.get(tool, 0.0) + seconds


def answer(activity: Activity, seconds: float) -> None:
    activity.reasoning.answers_made += 1
    if seconds:  # else they are counted where it runs
        activity.reasoning.running.ended_seconds += seconds
        activity.reasoning.running.ended += 1
    activity.question_done(failed=False)


def test_the_rest_is_reckoned_by_the_kinds_of_work_that_are_left(clock):
    """100 questions, each a slow and a quick call and an answer, by two processes at once."""
    activity = Activity(100)
    assert activity.seconds_left() is None
    clock(30)  # models are loaded: that is no rate of anything
    activity.routed = 20
    activity.tools.waiting.update({"slow": 20, "quick": 20})
    for done in range(1, 21):
        call(activity, "slow", 3.0)
        call(activity, "quick", 1.0)
        answer(activity, 2.0)
        clock(3.0)  # 6 s of work
        left, really = activity.seconds_left(), 3.0 * (100 - done)
        if done > 10:
            assert really / 1.5 < left < really * 1.5, done


def test_calls_that_wait_and_those_not_yet_known_both_count(clock):
    activity = Activity(10, routed=5)
    activity.tools.waiting.update({"slow": 5})
    call(activity, "slow", 0.0)
    answer(activity, 0.0)
    assert activity.seconds_left() is None
    for _ in range(2):
        call(activity, "slow", 4.0)
        answer(activity, 1.0)
        clock(5.0)
    # Two of five calls wait and as much again and more of the questions without a route.
    assert 20 < activity.seconds_left() < 60


def test_what_comes_from_the_store_is_reckoned_by_rows(clock):
    activity = Activity(100, routed=100)
    for _ in range(50):
        activity.question_done(failed=False)
        activity.seconds_left()
        clock(0.1)
    assert activity.seconds_left() == pytest.approx(5, rel=0.1)


def test_answers_that_come_many_at_once_are_counted_down_while_they_are_made(clock):
    """Batches of 20 questions take 10 s each, beside calls that take a tenth of that."""
    activity = Activity(200, routed=200)
    activity.tools.waiting["quick"] = 200
    for batch in range(10):
        for _ in range(20):
            call(activity, "quick", 0.05)
        with activity.reasoning.running.one(20):
            for second in range(10):
                left, really = activity.seconds_left(), 100 - 10 * batch - second
                if batch > 1 and really > 5:
                    assert is_right(left, really), (batch, second)
                clock(1.0)
        for _ in range(20):
            answer(activity, 0.0)  # its seconds are those that it was running


def test_a_batch_that_takes_longer_than_others_does_not_end_the_rest(clock):
    activity = Activity(200, routed=200)
    for _ in range(3):
        with activity.reasoning.running.one(20):
            clock(10.0)
        for _ in range(20):
            answer(activity, 0.0)
        activity.note()
    with activity.reasoning.running.one(20):
        for _ in range(20):
            clock(10.0)  # the machine is busy now
            left = activity.seconds_left()
            assert left is not None and left > 60 / 1.5, "six more batches"


def test_a_reasoner_that_does_not_say_how_long_it_took_ends_no_estimate(clock):
    activity = Activity(100, routed=100)
    activity.tools.waiting["quick"] = 100
    for done in range(100):
        with activity.reasoning.running.one():
            clock(1.0)
        call(activity, "quick", 0.1)
        answer(activity, 0.0)
        left = activity.seconds_left()
        if 20 < done < 95:
            assert is_right(left, 99 - done), done


def test_what_the_reasoner_did_for_others_before_counts_for_nothing(clock):
    activity = Activity(100, routed=100)
    with activity.reasoning.running.one():
        clock(1000.0)
    for done in range(100):
        with activity.reasoning.running.one():
            clock(1.0)
        answer(activity, 0.0)
        left = activity.seconds_left()
        if 20 < done < 95:
            assert is_right(left, 99 - done), done


def test_questions_that_all_fail_take_time_as_well(clock):
    activity = Activity(200, routed=200)
    for done in range(200):
        activity.reasoning.under_way = 1
        with activity.reasoning.running.one():
            clock(0.5)
            assert (done == 0) == ("loading the reasoner" in activity.phase)
            left = activity.seconds_left()
            if 10 < done < 190:
                assert is_right(left, 199.5 - done), done
            clock(0.5)
        activity.question_done(failed=True)


def test_who_goes_on_with_a_batch_is_not_told_that_it_is_about_to_end(clock):
    """The store has the first 4,000 answers; the last 30 take 3 s each."""
    activity = Activity(4030, routed=4030)
    for _ in range(4000):
        clock(0.002)
        activity.question_done(failed=False)
        activity.note()
    for made in range(30):
        with activity.reasoning.running.one():
            for second in range(3):
                left = activity.seconds_left()
                if made > 0:
                    really = 3 * (30 - made) - second
                    assert left is None or really <= 5 or is_right(left, really), made
                clock(1.0)
        answer(activity, 0.0)
    assert left is not None


def test_what_fails_at_once_is_no_answer_that_was_made(clock):
    """Of a batch that goes on some fail again at once, and the last 30 take 3 s each."""
    activity = Activity(2030, routed=2030)
    for number in range(2000):
        clock(0.002)
        activity.question_done(failed=number % 20 == 0)
        activity.note()
    for made in range(30):
        with activity.reasoning.running.one():
            clock(3.0)
        answer(activity, 0.0)
        left, really = activity.seconds_left(), 3 * (29 - made)
        assert left is None or really <= 6 or is_right(left, really), made
    assert left is not None


def test_where_nothing_is_known_but_what_is_done_bursts_are_evened(clock):
    """Machines of a cluster hand in 64 questions at a time, each once a minute."""
    activity = Activity(64 * 100, routed=64 * 100)
    for chunk in range(1, 100):
        clock(60.0 if chunk % 4 == 0 else 0.1)
        for _ in range(64):
            activity.question_done(failed=False)
        activity.note()
        left = activity.seconds_left()
        if 20 < chunk < 90:
            assert is_right(left, 15.1 * (100 - chunk)), chunk


def test_something_is_said_of_the_rest_long_before_a_share_of_many_questions_is_done(clock):
    activity = Activity(10_000, routed=10_000)
    for _ in range(10):
        clock(10.0)
        answer(activity, 10.0)
        activity.note()
    assert is_right(activity.seconds_left(), 99_900)
    assert activity.questions_a_second() == pytest.approx(0.1)


def is_right(left: float | None, really: float) -> bool:
    return left is not None and really / 1.5 < left < really * 1.5


def made_first(activity: Activity, clock, questions: int) -> Iterator[int]:
    """The first hundred answers are made, the others the store has; yields how many are done."""
    for done in range(1, questions + 1):
        made = done <= 100
        clock(3.0 if made else 0.05)
        answer(activity, 6.0) if made else activity.question_done(failed=False)
        yield done


def test_what_the_store_has_is_not_reckoned_by_what_was_made_before(clock):
    activity = Activity(1000, routed=1000)
    for done in made_first(activity, clock, 1000):
        left = activity.seconds_left()
        if 200 < done < 950:
            assert is_right(left, 0.05 * (1000 - done)), done


def test_what_is_made_is_not_reckoned_by_what_the_store_had(clock):
    activity = Activity(1000, routed=1000)
    for done in range(1, 1001):
        made = done > 300
        clock(1.0 if made else 0.05)
        answer(activity, 2.0) if made else activity.question_done(failed=False)
        left = activity.seconds_left()
        if 450 < done < 1000:
            assert is_right(left, 1000 - done), done


def test_a_log_is_as_right_as_a_bar_which_looks_at_it_more_often(clock):
    activity = Activity(1000, routed=1000)
    for _ in made_first(activity, clock, 500):
        activity.note()
    assert is_right(activity.seconds_left(), 0.05 * 500)


@pytest.mark.parametrize("looked_at", [True, False])
def test_work_of_days_is_remembered_by_some_hundreds_of_moments(clock, looked_at):
    activity = Activity(16_000, routed=16_000)
    for done in range(1, 8_001):
        clock(0.5)
        if done % 2:
            clock(2.0)  # nothing is done for a while
            activity.note()
        answer(activity, 1.0)
        activity.seconds_left() if looked_at else activity.note()
    assert len(activity._moments) < 1500
    assert is_right(activity.seconds_left(), 1.5 * 8_000)


def test_what_is_loaded_once_is_not_reckoned_again(clock):
    activity = Activity(100, routed=100)
    activity.tools.waiting["slow"] = 100
    for done in range(1, 101):
        loading = 5.0 if done < 10 else 0.0
        clock(1.0 + loading)
        activity.tools.load_seconds += loading
        call(activity, "slow", 1.0)
        activity.question_done(failed=False)
        left = activity.seconds_left()
        if 7 < done < 100:
            assert is_right(left, 100 - done + max(0, 9 - done) * 5), done


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0005, "2,000 a second"),
        (0.5, "2.0 a second"),
        (4.0, "15 a minute"),
        (100.0, "36 an hour"),
    ],
)
def test_how_many_are_done_in_some_time_is_said(clock, seconds, said):
    activity = Activity(40_000, routed=40_000)
    for _ in range(5000):
        clock(seconds)
        answer(activity, seconds)
        activity.note()
    assert re.match(rf"5000/40000 questions, {said}, about .* left; ", line_of(activity))


@pytest.mark.slow
def test_a_log_gets_a_line_within_two_seconds_and_one_at_once_when_it_is_stopped(capfd):
    activity = Activity(8, clips=2, clips_heard=1)
    with LineProgress(activity):
        time.sleep(1.6)
        activity.tools.busy_workers, activity.reasoning.under_way = 2, 1
        with activity.reasoning.running.one():
            activity.stop()
        activity.tools.busy_workers = activity.reasoning.under_way = 0  # they were cancelled
        time.sleep(0.6)
    first, second = capfd.readouterr().err.splitlines()
    assert re.search("0/8 questions; listening 1/2 clips, routed 0", first)
    assert "stopping: 2 tool calls and 1 answer under way; what is finished is kept" in second


@pytest.mark.parametrize(("asked_for", "said"), [(208, "4 answers"), (3, "3 answers")])
def test_answers_that_wait_for_their_batch_are_not_under_way(asked_for, said):
    activity = Activity(300)
    activity.reasoning.under_way = asked_for  # with the reasoner is a batch of 4, also of others
    with activity.reasoning.running.one(4):
        activity.stop()
    assert f"stopping: 0 tool calls and {said} under way" in activity.phase


def test_what_takes_less_than_a_second_says_nothing(capfd):
    with LineProgress(Activity(8)):
        pass
    assert capfd.readouterr().err == ""
