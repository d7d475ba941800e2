"""What a language model imitates, and that a training which was killed goes on as if it was not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from outcome_tables import table

from audiorouter.learning.distributed import Processes
from audiorouter.learning.language_model.options import LanguageModelOptions
from audiorouter.learning.language_model.rewards import DecisionRewards
from audiorouter.learning.language_model.states import Noted, last_state
from audiorouter.learning.outcome_table import Outcome
from audiorouter.learning.training_data import TrainingData
from audiorouter.plugins import load_registry
from audiorouter.toolbox import ToolCall

TOOLS = {name: load_registry(third_party=False).tools[name] for name in ("tempo", "key")}
ASKED = ("Which key is heard in the first 3 s?", "How fast is it?", "Which key?", "Fast or slow?")
TEMPO, KEY = ToolCall("tempo"), ToolCall("key")
IN_3_S = {"end": 3.0}
DECISIONS = (
    "[]",
    '[{"tool":"tempo"}]',
    '[{"tool":"key"}]',
    '[{"tool":"key","arguments":{"end":3.0}}]',
    '[{"tool":"tempo","arguments":{"start":1.0}}]',
    '[{"tool":"key"},{"tool":"tempo"}]',
    "key",
)


def known(quality=0.8):
    """`tempo` and `key` each mend two of four questions, and say nothing about the others."""
    right = [[0, 0, 1], [0, 1, 0], [0, 0, 1], [0, 1, 0]]
    sure = [[0.2, *(quality if one else 0.3 for one in row[1:])] for row in right]
    return replace(table(right, sure, [[0, 1, 1]] * 4, asked=ASKED), routes=((), (TEMPO,), (KEY,)))


def made(question, call):
    return TOOLS[call.tool].call_for(call, question.text, question.choices)


def rewards(*, quality=0.8, max_calls=2):
    offered = [["tempo", "key"]] * 4
    return DecisionRewards(
        known(quality), offered, TOOLS, made, max_calls=max_calls, cost_weight=0.1
    )


class Source:
    """Outcomes by what is called: both together are the best, a part of a clip is the worst."""

    made = staticmethod(made)

    def __init__(self):
        self.asked = []

    def ask(self, pairs):
        self.asked += [(question.text, calls) for question, calls in pairs]
        return [Outcome(0.95 if len(calls) == 2 else 0.1, len(calls) == 2, 0.5, 2.0)
                for _, calls in pairs]  # fmt: skip


def test_what_is_imitated_has_the_arguments_of_the_call_that_was_made():
    values = rewards()
    assert values.best(0) == (ToolCall("key", IN_3_S),), "as its question says"
    assert values.best(1) == (TEMPO,), "which names no part"


def test_a_call_is_the_same_with_the_arguments_that_its_question_names():
    values = rewards()
    bare, told = '[{"tool":"key"}]', '[{"tool":"key","arguments":{"end":3.0}}]'
    assert len(set(values(completions=[bare, told], row=[0, 0]))) == 1 and not values.missing
    assert values(completions=[told], row=[2]) == [None]
    assert values.missing == {(2, (ToolCall("key", IN_3_S),))}, "its question names no part"


def test_the_best_calls_together_are_asked_and_imitated_where_they_are_better():
    values = rewards()
    together = (ToolCall("tempo", IN_3_S), ToolCall("key", IN_3_S))
    assert values.longer(0) == [together], "in the table's order"
    assert rewards(max_calls=1).longer(0) == [], "no more than may be called"
    assert rewards(quality=1.0).longer(0) == [], "nothing is better than a sure right answer"
    values.add({(0, together): Outcome(0.95, True, 0.5, 2.0)})
    assert values.best(0) == together
    values.add({(0, together): Outcome(0.7, True, 0.5, 2.0)})
    assert values.best(0) == together[1:]


def test_what_was_noted_is_kept_with_a_state_that_is_whole(tmp_path):
    place = (3, (TEMPO, ToolCall("key", IN_3_S)))
    noted = Noted([place], [(1, ())], {"none": 2})
    noted.write(tmp_path / "checkpoint-3")
    assert last_state(tmp_path) is None, "the rest of it was not written"
    (tmp_path / "checkpoint-3" / "trainer_state.json").write_text('{"global_step": 3}')
    assert Noted.read(last_state(tmp_path)) == noted


@pytest.fixture
def training(checkpoint, monkeypatch):
    """Builds a training with a source of its own; decisions are drawn without the model."""
    from accelerate import Accelerator

    from audiorouter.learning.language_model import trainers, training
    from audiorouter.routing.language_model.base import locate_base

    base = locate_base(str(checkpoint("qwen2")))

    class Offered:
        def __init__(self, tools, *_more):
            self._tools = tools

        def of(self, requests):
            return [list(self._tools)] * len(requests)

    def draw(trainer, prompts, *_more):
        tokens = trainer.processing_class
        drawn = torch.randint(len(DECISIONS), (len(prompts),)).tolist()
        return [
            tokens(DECISIONS[number])["input_ids"] + [tokens.eos_token_id] for number in drawn
        ], None

    monkeypatch.setattr(training, "Shortlist", Offered)
    monkeypatch.setattr(trainers.GroupTrainer, "_generate_single_turn", draw)

    def build(scratch, **options):
        data = TrainingData(tuple(TOOLS.values()), {}, 1.0, known(), known(), {})
        source, said = Source(), []
        scratch.mkdir(exist_ok=True)
        made = training.LanguageModelTraining(
            data, source, base,
            LanguageModelOptions(
                rank=2, max_calls=2, group_size=4, questions_a_step=2, warm_epochs=1, **options
            ),
            candidates=None, cost_weight=0.1, accelerator=Accelerator(cpu=True),
            processes=Processes(), scratch=scratch, encoder=None, say=said.append,
        )  # fmt: skip
        return made, source, said

    return build


@pytest.mark.slow
def test_imitation_writes_arguments_and_several_calls(training, tmp_path, monkeypatch):
    from audiorouter.learning.language_model import trainers

    shown = []
    monkeypatch.setattr(trainers, "imitate", lambda *given, **_more: shown.extend(given[2:4]))
    trained, source, said = training(tmp_path, epochs=0)
    trained.run()
    both = '[{"tool":"tempo"},{"tool":"key"}]'
    assert shown[1][1:] == [both] * 3
    part = '"arguments":{"end":3.0}}'
    assert shown[1][0] == '[{"tool":"tempo",' + part + ',{"tool":"key",' + part + "]"
    assert "calls a tool for 4 of 4, several for 4, with arguments for 1" in "\n".join(said)
    assert {text for text, calls in source.asked if len(calls) == 2} == set(ASKED)


@pytest.mark.slow
@pytest.mark.parametrize(
    "step", [2, 3, 4], ids=["within an epoch", "between epochs", "within the second epoch"]
)
def test_a_training_that_goes_on_draws_what_it_would_have_drawn(training, tmp_path, step):
    whole, source, _ = training(tmp_path / "whole", epochs=2)
    drawn = noting(whole)
    trained = whole.run()
    asked = set(source.asked)
    assert any(len(calls) == 1 for _, calls in asked), "something was missing and asked"

    killed, _, _ = training(tmp_path / "killed", epochs=2)
    before = noting(killed, stop_at=step)
    with pytest.raises(KeyboardInterrupt):
        killed.run()
    goes_on, source, said = training(tmp_path / "killed", epochs=2)
    after = noting(goes_on)
    again = goes_on.run()
    steps = len(drawn) - len(after)
    assert 0 < steps < len(drawn)
    assert before[:steps] + after == drawn
    rewarded = [[entry["reward"] for entry in one.log] for one in (trained, again)]
    assert rewarded[0] == rewarded[1]
    assert trained.validations == again.validations
    assert asked <= set(source.asked), "what was noted before is asked as well"
    assert all((trained.adapter[name] == again.adapter[name]).all() for name in trained.adapter)
    counts = [line for line in said if "decisions drawn" in line]
    assert counts and all("16 decisions drawn" in line for line in counts), "of whole epochs"


def noting(training, *, stop_at=None):
    """What is drawn, a list that grows, until so many times were rewarded."""
    values, drawn = training._train, []
    scored = type(values).__call__

    class Noting(DecisionRewards):
        def __call__(self, *, completions, row, **more):
            if len(drawn) + 1 == stop_at:
                raise KeyboardInterrupt
            drawn.append((tuple(row), tuple(completions)))
            return scored(self, completions=completions, row=row, **more)

    values.__class__ = Noting
    return drawn
