"""Plans of batches, trainings and evaluations: what they say is what is then asked."""

from __future__ import annotations

import json
import weakref
from dataclasses import replace

import pytest
from audio_server import AudioServer, Behaviour
from commands import run
from reasoners import Listens, Opens
from trainings import QUICK

from audiorouter import BatchOptions, EngineOptions, run_batch
from audiorouter.batch.planning.ahead import LookAhead
from audiorouter.batch.planning.plan import make_plan
from audiorouter.batch.summary import summarise
from audiorouter.cli.batch_tables import summary_report
from audiorouter.cli.output import report_text
from audiorouter.cli.plan_tables import outcome_plan_report, plan_report
from audiorouter.clips import ClipFacts, FileStamp
from audiorouter.errors import UsageError
from audiorouter.evaluation.evaluate import EvaluateRequest, evaluate
from audiorouter.evaluation.plan import plan_evaluation
from audiorouter.learning.plan import plan_training
from audiorouter.learning.request import TrainRequest
from audiorouter.learning.train import train
from audiorouter.providers.prices import Prices, Tokens
from audiorouter.store import Store

FAKE = EngineOptions(provider="fake")
PRICES = {"price_in": "2", "price_out": "10"}


@pytest.fixture
def reasoner(two_tools):
    reasoner = Listens()
    two_tools.providers["fake"] = Opens(reasoner)
    return reasoner


@pytest.fixture
def several(question_file):
    """Four clips with eight questions, one of which has no right answer."""
    lines = question_file.read_text().splitlines()
    lines += [line.replace("Is it loud?", "Is it soft?") for line in lines[1:4]]
    question_file.write_text("\n".join([*lines, "0.wav,Who is it?,Ann|Bob,"]) + "\n")
    return question_file


@pytest.mark.slow
@pytest.mark.weights
def test_an_evaluation_asks_what_its_plan_says(several, clips, two_tools, reasoner, own_store):
    request = EvaluateRequest(
        questions=several, training=several, clips=clips, routers=["all", "rules"], engine=FAKE
    )
    plan = plan_evaluation(request, registry=two_tools)
    assert reasoner.asked == 0 and plan.answers_stored == 0 and plan.unscorable == 2
    assert plan.questions == {"evaluation": 7, "training": 7} and plan.clips == 4
    with Store(own_store) as store:
        assert store.stats().tool_calls == store.stats().answers == 0
    evaluate(request, registry=two_tools)
    assert reasoner.asked == plan.answers == 7 * 4
    with Store(own_store) as store:
        assert store.stats().tool_calls == sum(plan.tool_calls.values()) == 8
    done = plan_evaluation(request, registry=two_tools)
    assert (done.answers, dict(done.tool_calls)) == (0, {})
    assert done.answers_stored == plan.answers and reasoner.asked == plan.answers


@pytest.mark.slow
@pytest.mark.weights
def test_a_training_asks_what_its_plan_says(several, clips, two_tools, reasoner, tmp_path):
    request = TrainRequest(several, clips, tmp_path / "router", training=QUICK, engine=FAKE)
    plan = plan_training(request, registry=two_tools)
    assert plan.answers == 7 * 3 and plan.questions == {"training": 7} and plan.at_most > 0
    assert plan.tool_calls == {"loudness": 4, "silences": 4}
    assert reasoner.asked == 0 and not (tmp_path / "router").exists()
    train(request, registry=two_tools)
    assert plan.answers <= reasoner.asked <= plan.answers + plan.at_most
    # On questions apart each of the policies may choose another route.
    drawn = QUICK.group_size * 7
    other = replace(request, validation=several, output=tmp_path / "apart")
    apart = plan_training(other, registry=two_tools)
    assert plan.at_most == drawn + 7 * 2 and apart.at_most == 2 * drawn + 7 * 2 * QUICK.members
    done = plan_training(request, registry=two_tools)
    assert done.answers == 0 and done.answers_stored == plan.answers
    text = report_text(outcome_plan_report(plan))
    assert "to be made: 8 tool calls, at most 21 answers" in text
    assert "only known while it learns" in text


def test_a_call_that_may_measure_nothing_makes_the_answers_a_bound(several, clips, two_tools,
                                                                   reasoner):  # fmt: skip
    def plan(router):
        options = BatchOptions(provider="fake", router=router)
        return make_plan(clips, several, options, registry=two_tools)

    first = plan("tools:silences")
    assert first.answers == 8 and not first.answers_at_most
    run_batch(clips, several, BatchOptions(provider="fake", router="none"), registry=two_tools)
    bound = plan("tools:silences")
    assert bound.answers == 8 and bound.answers_at_most and bound.as_json()["answers_at_most"]
    assert "4 tool calls, at most 8 answers" in report_text(plan_report(bound))


@pytest.mark.weights
def test_plans_of_training_find_what_would_stop_it(several, clips, two_tools, reasoner, tmp_path):
    (tmp_path / "router").mkdir()
    (tmp_path / "router" / "router.json").write_text("{}")
    request = TrainRequest(several, clips, tmp_path / "router", training=QUICK, engine=FAKE)
    with pytest.raises(UsageError, match="holds a router already"):
        plan_training(request, registry=two_tools)
    several.write_text(several.read_text().replace(",choices,", ",choises,"))
    with pytest.raises(UsageError, match="did you mean `choices`") as error:
        plan_training(request, registry=two_tools)
    assert "line 2: open-ended or a single choice" in str(error.value)


@pytest.mark.weights
def test_what_is_validated_on_is_told_where_it_is_trained_on_too(
    several, clips, two_tools, reasoner, tmp_path
):
    head, *rows = several.read_text().splitlines()
    apart = several.with_name("val.csv")
    apart.write_text("\n".join([head, rows[0], rows[1].replace("loud", "near"), "no.wav,Q?,a|b,a"]))
    request = TrainRequest(
        several, clips, tmp_path / "router", validation=apart, training=QUICK, engine=FAKE
    )
    plan = plan_training(request, registry=two_tools)
    told = "2 validation questions of 3 are about clips that are trained on, 1 of them the same"
    assert any(told in note for note in plan.notes)
    text = " ".join(report_text(outcome_plan_report(plan)).split())
    assert "are left out, such as training, line 9: the right answer is not known" in text


@pytest.mark.weights
def test_commands_print_plans_as_json(several, clips, tmp_path, own_store):
    given = [several, "--clips", clips, "--tools", "loudness,silences", "--plan"]
    trained = run("train", *given, "-o", tmp_path / "router", "--json")
    assert json.loads(trained.stdout)["tool_calls"]["silences"] == 4
    run("evaluate", *given, "--router", "none", "--json", tmp_path / "plan.json")
    assert json.loads((tmp_path / "plan.json").read_text())["answers"] == 28
    refused = run("train", several, "--clips", clips, "-o", tmp_path / "r", "--json", code=2)
    assert "--json is for --plan" in refused.stderr


@pytest.mark.parametrize("router", ["none", "tools:loudness,silences"])
def test_a_plan_in_pieces_says_what_it_says_of_the_whole(
    several, clips, two_tools, reasoner, monkeypatch, router
):
    reasoner.order_matters = True
    options = BatchOptions(provider="fake", router=router, shuffle_choices=2, judge="fake")
    run_batch(clips, several, replace(options, limit=3), registry=two_tools)
    whole = make_plan(clips, several, options, registry=two_tools)
    monkeypatch.setattr("audiorouter.batch.planning.plan.ROWS_TOGETHER", 3)
    assert make_plan(clips, several, options, registry=two_tools) == whole
    assert whole.answers and whole.answers_stored and whole.clips == 4


def test_a_plan_holds_no_more_questions_than_a_batch_reads_together(
    clips, tone, two_tools, reasoner, monkeypatch, tmp_path, own_store
):
    clip = tone("a.wav", seconds=0.1)
    with Store(own_store) as store:  # which knows it: nothing is decoded
        store.save_clip(clip, FileStamp.of(clip), ClipFacts("0" * 40, 0.1, 16_000, 1, -20.0, -3.0))
    path = tmp_path / "q.csv"
    rows = [f"{n},a.wav,Question {n}?,dog|cat,dog" for n in range(200)]
    path.write_text("\n".join(["id,audio,question,choices,answer", *rows]))
    seen, most = [], []
    asked = LookAhead.asked

    async def noted(self, question, facts, calls):
        seen.append(weakref.ref(question))
        most.append(sum(each() is not None for each in seen))
        return await asked(self, question, facts, calls)

    monkeypatch.setattr(LookAhead, "asked", noted)
    monkeypatch.setattr("audiorouter.batch.planning.plan.ROWS_TOGETHER", 20)
    plan = make_plan(clips, path, BatchOptions(provider="fake", router="none"), registry=two_tools)
    assert plan.answers == 200 == len(most) and max(most) <= 40


@pytest.fixture
def priced(several, clips, two_tools):
    """Plans and runs batches by a server that counts tokens."""
    with AudioServer(Behaviour()) as running:

        def options(prices=PRICES, **more):
            given = {"base_url": running.url, **prices}
            return BatchOptions(
                provider="openai:hears", provider_options=given, router="none", **more
            )

        class Priced:
            def plan(self, *given, **more):
                return make_plan(clips, several, options(*given, **more), registry=two_tools)

            def run(self, *given, **more):
                result = run_batch(clips, several, options(*given, **more), registry=two_tools)
                return summarise(result)

        yield Priced()


def test_a_server_plan_names_tokens_and_says_what_it_does_not_know(priced, monkeypatch):
    plan = priced.plan()
    tokens = plan.tokens
    assert plan.answers == 8 and tokens is not None
    assert tokens.audio is None and tokens.money is None and tokens.by_answers == 0
    assert 8 * 20 < tokens.prompt < 8 * 60 and tokens.answers == 8 * 128
    text = report_text(plan_report(plan))
    assert "at most" in text and "those of the audio come on top: unknown" in text
    silent = priced.plan({**PRICES, "audio": "none"}).tokens
    assert silent.audio == 0 and silent.money == pytest.approx(
        (2 * silent.prompt + 10 * silent.answers) / 1e6, rel=0.01
    )


def test_tokens_so_far_tell_those_to_come_and_what_they_cost(priced):
    priced.run(limit=4)
    plan = priced.plan()
    assert plan.answers == 4 and plan.answers_stored == 4 and plan.tokens.by_answers == 4
    summary = priced.run()
    used = summary.usage
    assert summary.answers == 4
    assert plan.tokens.prompt == pytest.approx(used["prompt_tokens"], rel=0.1)
    assert plan.tokens.audio == pytest.approx(used["prompt_audio_tokens"], rel=0.1)
    cost = (2 * used["prompt_tokens"] + 10 * used["completion_tokens"]) / 1e6
    assert summary.cost == pytest.approx(cost) and plan.tokens.money == pytest.approx(cost, rel=0.2)
    text = report_text(summary_report(summary))
    assert f"{used['prompt_tokens']:,.0f} in prompts" in text and f"cost {cost:.4g}" in text
    assert text.count("tokens") == text.count("cost") == 1
    again = priced.run()
    assert (again.answers, again.usage, again.cost) == (0, {}, None)


def test_a_plan_says_that_the_judge_takes_tokens_as_well(priced, several):
    several.write_text("audio,question,answer\n0.wav,What is it?,a tone\n1.wav,And this?,a tone\n")
    plan = priced.plan(judge="openai:judges")
    assert plan.judgements == 2 and plan.as_json()["judge_takes_tokens"]
    assert "tokens of the judge are not counted" in report_text(plan_report(plan))
    alone = priced.plan()
    assert not alone.judge_takes_tokens and "judge" not in report_text(plan_report(alone))


def test_another_price_asks_nothing_anew(priced):
    priced.run()
    again = priced.run({"price_in": "3", "price_out": "4", "price_audio": "5"})
    assert (again.answers, again.answers_cached) == (0, 8)
    assert priced.run({}).answers == 0


def test_half_a_price_is_refused(priced):
    for given in ({"price_in": "2"}, {"price_audio": "2"}):
        with pytest.raises(UsageError, match=r"prices need price_(out|in)"):
            priced.plan(given)


def test_audio_may_have_a_price_of_its_own():
    tokens = Tokens(prompt=1500.0, answer=100.0, audio=500.0)
    assert Prices(2.0, 10.0).of(tokens) == pytest.approx(0.004)
    assert Prices(2.0, 10.0, 40.0).of(tokens) == pytest.approx(0.023)
    assert Prices(2.0, 10.0).of(Tokens(None, 3.0)) is None


@pytest.mark.slow
def test_orders_of_the_choices_are_answers_each(priced):
    plan = priced.plan(shuffle_choices=2)
    assert plan.answers == 16
    summary = priced.run(shuffle_choices=2)
    assert summary.answers == 16
    done = priced.plan(shuffle_choices=2)
    assert done.answers == 0
    used = priced.plan(shuffle_choices=1).tokens
    assert used is not None and used.by_answers == 16
