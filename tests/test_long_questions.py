"""Clips that are longer than the reasoner hears: cut, or asked about window by window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from reasoners import Opens

from audiorouter import Answer, BatchOptions, Clip, run_batch
from audiorouter.batch.planning.plan import make_plan
from audiorouter.batch.reasoning.windows import pooled
from audiorouter.decoding import Samples
from audiorouter.errors import ClipError, ReasonerError
from audiorouter.plugins import load_registry
from audiorouter.providers import Reasoner
from audiorouter.providers.interface import Long, Request
from audiorouter.scoring import Measure
from audiorouter.store import Store
from audiorouter.toolbox.reading import ReadClip

RATE = 8_000


class HearsTenSeconds(Reasoner):
    """Says how likely it is loud, by what it hears, of which ten seconds reach it."""

    longest = 10.0
    order_matters = False

    def __init__(self, long: Long):
        self.long = long
        self.name = self.identity = f"ten seconds {long}"
        self.heard: list[int] = []

    def answer(self, requests):
        answers = []
        for request in requests:
            audio = request.open_clip().mono(RATE, longest=self.longest)
            self.heard.append(len(audio))
            loud = float(np.abs(audio).mean() > 0.05)
            sure = (0.9, 0.1) if loud else (0.2, 0.8)
            answers.append(Answer(request.choices[int(not loud)], int(not loud), sure, 0.5))
        return answers


@pytest.fixture
def questions(tmp_path):
    """Five seconds of quiet, then 25 of noise; and a short clip."""
    noise = np.random.default_rng(0).uniform(-0.3, 0.3, 30 * RATE)
    noise[: 10 * RATE] *= 0.01
    soundfile.write(tmp_path / "long.wav", noise, RATE)
    soundfile.write(tmp_path / "short.wav", noise[: 5 * RATE], RATE)
    path = tmp_path / "questions.csv"
    path.write_text(
        "id,audio,question,choices\n"
        "long,long.wav,How loud is it?,loud|quiet\n"
        "short,short.wav,How loud is it?,loud|quiet\n"
    )
    return path


def asked(questions, tmp_path, reasoner):
    return {row.question.id: row for row in done(questions, tmp_path, reasoner).rows}


def done(questions, tmp_path, reasoner):
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(reasoner)
    options = BatchOptions(provider="fake", router="none", workers=1, store=tmp_path / "s.db")
    return run_batch(questions.parent, questions, options, registry=registry)


def test_cut_is_what_happens_unless_told_and_the_row_says_so(questions, tmp_path):
    reasoner = HearsTenSeconds(Long.CUT)
    rows = asked(questions, tmp_path, reasoner)
    assert rows["long"].prediction == "quiet" and reasoner.heard == [10 * RATE, 5 * RATE]
    assert rows["long"].remark == "the model hears the first 10 s of 30"
    assert rows["short"].remark is None


@pytest.mark.parametrize("long", list(Long))
def test_what_was_not_answered_was_not_heard(questions, tmp_path, long):
    class Fails(HearsTenSeconds):
        def answer(self, requests):
            raise ReasonerError("not today")

    row = asked(questions, tmp_path, Fails(long))["long"]
    assert row.error == "not today" and row.remark is None


def test_windows_are_answered_one_by_one_and_pooled(questions, tmp_path):
    reasoner = HearsTenSeconds(Long.WINDOW)
    rows = asked(questions, tmp_path, reasoner)
    assert sorted(reasoner.heard) == [5 * RATE, 10 * RATE, 10 * RATE, 10 * RATE]
    assert rows["long"].prediction == "loud"
    assert rows["long"].answer.probabilities == pytest.approx((2 / 3, 1 / 3), abs=1e-4)
    assert "in 3 windows of up to 10 s" in rows["long"].remark
    again = HearsTenSeconds(Long.WINDOW)
    assert asked(questions, tmp_path, again)["long"].answer_cached
    assert again.heard == []


def test_what_is_said_of_windows_is_pooled_without_their_times():
    request = Request(Path("a.wav"), "a", "How many dogs bark?")
    answers = [Answer("two dogs", seconds=1.0), Answer("one dog", seconds=2.0)]
    pool = pooled(request, answers)
    assert pool.text == "two dogs; one dog" and pool.seconds == 3.0
    assert not Measure.CONTAINS.right(["30"], pool.text)


def test_an_answer_made_of_windows_is_no_further_answer(questions, tmp_path):
    result = done(questions, tmp_path, HearsTenSeconds(Long.WINDOW))
    assert result.reasoning.answers_made == 4
    taken = [row.answer.seconds for row in result.rows]
    assert result.reasoning.seconds == pytest.approx(sum(taken))
    with Store(tmp_path / "s.db") as store:
        mean = store.seconds_per_answer(str(HearsTenSeconds(Long.WINDOW).name))
    assert mean == pytest.approx(sum(taken) / 4)


def test_a_plan_counts_an_answer_a_window_and_what_is_there_of_them(questions, tmp_path):
    def planned(reasoner):
        registry = load_registry(third_party=False)
        registry.providers["fake"] = Opens(reasoner)
        options = BatchOptions(provider="fake", router="none", workers=1, store=tmp_path / "s.db")
        return make_plan(questions.parent, questions, options, registry=registry)

    assert planned(HearsTenSeconds(Long.CUT)).answers == 2
    reasoner = HearsTenSeconds(Long.WINDOW)
    assert (planned(reasoner).answers, planned(reasoner).answers_stored) == (4, 0)
    asked(questions, tmp_path, reasoner)
    assert (planned(reasoner).answers, planned(reasoner).answers_stored) == (0, 2)


class CountsTokens(HearsTenSeconds):
    """Takes 100 tokens for a second of audio, and 20 for words."""

    counts_tokens = sends_audio = True

    def answer(self, requests):
        heard = [100 * request.open_clip().duration for request in requests]
        usage = [{"prompt_tokens": 20 + h, "prompt_audio_tokens": h} for h in heard]
        return [replace(a, usage=u) for a, u in zip(super().answer(requests), usage, strict=True)]


def test_tokens_of_windows_tell_those_to_come(questions, tmp_path):
    asked(questions, tmp_path, CountsTokens(Long.WINDOW))
    questions.write_text(questions.read_text().replace("How", "So how"))
    registry = load_registry(third_party=False)
    registry.providers["fake"] = Opens(CountsTokens(Long.WINDOW))
    options = BatchOptions(provider="fake", router="none", store=tmp_path / "s.db")
    planned = make_plan(questions.parent, questions, options, registry=registry).tokens
    assert planned.audio == 35 * 100


def test_a_batch_that_was_killed_goes_on_at_the_next_window(questions, tmp_path):
    class FailsAtTheEnd(HearsTenSeconds):
        def answer(self, requests):
            answers = super().answer(requests)
            if len(self.heard) >= 3:
                raise RuntimeError("gone")
            return answers

    failing = FailsAtTheEnd(Long.WINDOW)
    failing.batch_size = 1
    assert asked(questions, tmp_path, failing)["long"].answer is None
    rest = HearsTenSeconds(Long.WINDOW)
    rest.batch_size = 1
    assert asked(questions, tmp_path, rest)["long"].prediction == "loud"
    assert len(rest.heard) < 4


def test_of_a_part_no_more_comes_over_than_that(questions):
    clip = Clip(questions.parent / "long.wav")
    asked_for = []

    def read(rate, longest, start):
        asked_for.append((rate, longest, start))
        return Samples(np.zeros((1, 8), np.float32), RATE)

    whole = ReadClip(clip.path, known=clip.facts, read=read)
    part = whole.part(10.0, 25.0).part(5.0, 60.0)
    assert part.duration == 10.0 and part.facts.duration == 10.0
    assert len(part.mono(RATE)) == len(part.mono(RATE, longest=2.0)) == 8
    assert part.samples.sample_rate == RATE
    assert asked_for == [(RATE, 10.0, 15.0), (RATE, 2.0, 15.0), (None, 10.0, 15.0)]
    with pytest.raises(ClipError, match="nothing lies"):
        whole.part(31.0, 32.0)
