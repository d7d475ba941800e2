"""Counting the work that lies ahead: what the store lacks of questions, and how long that takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any, TypeVar

from audiorouter.batch.planning.ahead import AskedQuestion, LookAhead
from audiorouter.batch.planning.answer_times import answer_seconds
from audiorouter.batch.planning.token_use import Prompt, TokenPlan, plan_tokens, prompt_characters
from audiorouter.batch.reasoning.kept_answers import answer_key
from audiorouter.batch.reasoning.orders import in_order, orders_of
from audiorouter.batch.reasoning.windows import window_edges, windows_within
from audiorouter.clips import ClipFacts
from audiorouter.machine.seen import Seen
from audiorouter.providers.interface import Request
from audiorouter.store import canonical_json
from audiorouter.toolbox.costs import Source, read_costs
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.toolbox import default_workers

T = TypeVar("T")
GUESSED_FINDING = 150.0
"""Characters of a finding, of a tool that never found anything on this machine."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """Work that lies ahead. Seconds are of computing, `wall_seconds` of waiting.

    `tool_seconds` are those of each tool by itself; `wall_seconds` counts what tools share of a
    clip once.
    """

    clips: int
    audio_seconds: float
    tool_calls: Mapping[str, int]
    """Those to be made, by tool."""
    tool_calls_stored: int
    stored_by_tool: Mapping[str, int]
    answers: int
    """Those to be made; one that is averaged over orders of the choices is one for each."""
    answers_at_most: bool
    """Whether `answers` is a bound: a question by two routes, now or earlier, is one prompt where
    what one of them calls measures nothing, which is only known afterwards."""
    answers_stored: int
    tool_seconds: Mapping[str, float]
    reason_seconds: float
    wall_seconds: float
    measured: bool
    """Whether every estimate rests on a measurement, on this machine or published ones."""
    tokens: TokenPlan | None
    """Tokens of the answers to be made; None where nobody counts any."""

    def as_json(self) -> dict[str, Any]:
        """The work as values of JSON."""
        return {**vars(self), "tokens": None if self.tokens is None else self.tokens.as_json()}


class WorkCount:
    """Counts what is to be made for questions, as many as there may be, a few at a time.

    Each clip, call and answer counts once. Memory does not grow with their number, see `Seen`.
    """

    def __init__(self, ahead: LookAhead):
        self._ahead = ahead
        self._reasoner = ahead.reasoner
        self._orders = ahead.options.shuffle_choices
        self._costs = read_costs(ahead.toolbox.tools, ahead.store)
        self._lengths = ahead.store.finding_lengths()
        self._seen = Seen()
        self._clips, self._audio_seconds = 0, 0.0
        self._calls, self._calls_stored = Counter[str](), Counter[str]()
        self._tool_seconds: dict[str, float] = {}
        self._seconds = 0.0
        """Of all calls to be made, what they share of a clip counted once."""
        self._answers, self._answers_stored = 0, 0
        self._prompts = Prompt(0.0, 0.0)
        """Those of all answers to be made together."""
        self._unknown_calls = False
        """Whether a question is asked by calls of which nothing is known yet."""
        self._several_ways = False
        """Whether a question about a clip is asked by more than one route."""

    def add(
        self,
        asked: Sequence[AskedQuestion],
        heard: Iterable[tuple[ClipFacts, Sequence[ToolCall]]] = (),
    ) -> None:
        """Count what is to be made so that questions are answered, and calls `heard` of clips."""
        ahead = self._ahead
        for facts, calls in heard:
            self._add_calls(facts, [ahead.toolbox.normalised(call) for call in calls])
        for each in asked:
            self._add_calls(each.facts, [*ahead.reasoner_calls, *each.calls])
        self._add_answers(asked)

    def work(self) -> Work:
        """All that was counted."""
        ahead, count = self._ahead, self._answers
        cores = default_workers()
        reason, measured = answer_seconds(ahead.store, self._reasoner, count)
        tools = self._seconds / min(ahead.options.workers or cores, cores)
        costs = self._costs.by_tool
        return Work(
            clips=self._clips,
            audio_seconds=round(self._audio_seconds, 1),
            tool_calls=dict(self._calls.most_common()),
            tool_calls_stored=self._calls_stored.total(),
            stored_by_tool=dict(self._calls_stored.most_common()),
            answers=count,
            answers_at_most=self._unknown_calls and (self._has_answered() or self._several_ways),
            answers_stored=self._answers_stored,
            tool_seconds={name: round(each, 1) for name, each in self._tool_seconds.items()},
            reason_seconds=round(reason, 1),
            wall_seconds=round(tools + reason / self._reasoner.in_flight, 1),
            measured=measured
            and all(costs[name].source is not Source.GUESSED for name in self._calls),
            tokens=plan_tokens(count, self._prompts, self._reasoner, ahead.store),
        )

    def _add_calls(self, facts: ClipFacts, calls: Collection[ToolCall]) -> None:
        clip, duration = facts.audio_hash, facts.duration
        if self._seen.is_new("clip", clip):
            self._clips += 1
            self._audio_seconds += duration
        known = self._ahead.stored(facts, calls)
        for call in calls:
            if not self._seen.is_new("call", self._ahead.toolbox.key(facts, call)):
                continue
            if call in known:
                self._calls_stored[call.tool] += 1
                continue
            self._calls[call.tool] += 1
            alone = self._costs.tool_seconds(call, duration)
            self._tool_seconds[call.tool] = self._tool_seconds.get(call.tool, 0.0) + alone
            own, shared = self._costs.parts(call, duration)
            self._seconds += own + sum(
                self._seen.growth("front end", clip, name, number=seconds)
                for name, seconds in shared.items()
            )

    def _add_answers(self, asked: Iterable[AskedQuestion]) -> None:
        """Count the prompts of what has to be answered, and how many answers are there."""
        keys: dict[str, tuple[AskedQuestion, Request]] = {}
        for each in asked:
            if each.request is None:
                self._add_unknown(each)
                continue
            key = answer_key(self._reasoner, each.request, orders=self._orders)
            if self._seen.is_new("answer", key):
                keys[key] = each, each.request
                self._note_way(each)
        single: dict[str, tuple[AskedQuestion, Request]] = {}
        for key, (each, request) in self._lacking(keys).items():
            if self._in_orders(each):
                shown = [in_order(request, one) for one in orders_of(request, self._orders)]
                single |= {answer_key(self._reasoner, one): (each, one) for one in shown}
            else:
                single[key] = each, request
        single = self._lacking(self._new("single", single))
        # An answer about a clip that is heard in windows is one about each, and is pooled of these.
        parts = {
            answer_key(self._reasoner, part): each
            for each, request in single.values()
            for part in windows_within(self._reasoner, request, each.facts.duration) or [request]
        }
        for each in self._lacking(self._new("part", parts)).values():
            self._add_prompts(each, 1)

    def _add_unknown(self, asked: AskedQuestion) -> None:
        """Count a question of which the store lacks a finding that is told to the reasoner."""
        calls = canonical_json([call.as_json() for call in asked.calls])
        if not self._seen.is_new("unknown", *_way(asked), calls):
            return
        self._note_way(asked)
        self._unknown_calls = self._unknown_calls or bool(asked.calls)
        orders = 1
        if self._in_orders(asked):
            orders = min(self._orders, factorial(len(asked.question.choices)))
        self._add_prompts(asked, orders * self._windows(asked))

    def _note_way(self, asked: AskedQuestion) -> None:
        self._several_ways = not self._seen.is_new("way", *_way(asked)) or self._several_ways

    def _in_orders(self, asked: AskedQuestion) -> bool:
        choices = asked.question.choices if asked.request is None else asked.request.choices
        return bool(choices) and self._orders > 1 and self._reasoner.order_matters

    def _new(self, kind: str, by_key: Mapping[str, T]) -> dict[str, T]:
        return {key: value for key, value in by_key.items() if self._seen.is_new(kind, key)}

    def _lacking(self, by_key: Mapping[str, T]) -> dict[str, T]:
        """Those that the store has no answer for; the others are counted."""
        kept = self._ahead.kept(by_key)
        self._answers_stored += len(kept)
        return {key: value for key, value in by_key.items() if key not in kept}

    def _has_answered(self) -> bool:
        """Whether the store has any answers of the reasoner that would be taken from it."""
        ahead = self._ahead
        return not ahead.fresh and ahead.store.has_answers(self._reasoner.name)

    def _add_prompts(self, asked: AskedQuestion, count: int) -> None:
        each = self._prompt(asked)
        characters, seconds = self._prompts
        self._answers += count
        self._prompts = Prompt(characters + count * each.characters, seconds + count * each.seconds)

    def _prompt(self, asked: AskedQuestion) -> Prompt:
        if (request := asked.request) is not None:
            found = [item.text for item in (*request.heard, *request.findings)]
        else:
            calls = [*self._ahead.reasoner_calls, *asked.calls]
            known = self._ahead.stored(asked.facts, calls)
            findings = {call: result.finding for call, result in known.items() if result.finding}
            found = [
                findings[call].text
                if call in findings
                else "x" * round(self._lengths.get(call.tool, GUESSED_FINDING))
                for call in calls
            ]
        question = asked.question
        characters = prompt_characters(question.text, question.choices, found)
        return Prompt(characters, asked.facts.duration / self._windows(asked))

    def _windows(self, asked: AskedQuestion) -> int:
        """In how many windows the reasoner hears the clip."""
        return len(window_edges(self._reasoner, asked.facts.duration)) - 1


def _way(asked: AskedQuestion) -> tuple[str, str, str]:
    """What is asked of which clip, by whatever calls."""
    question = asked.question
    return asked.facts.audio_hash, question.text, canonical_json(list(question.choices))
