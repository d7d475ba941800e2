"""How many tokens answers take, those that are not asked for yet, and what they cost.

The words of a prompt are known, or nearly; how many tokens they and a clip are is the server's to
say. Where the store has answers of which it counted them, the same counts are taken to hold for
a character of text, a second of audio and an answer. Before that a character is a quarter of a
token, and audio is not guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from audiorouter.batch.reasoning.windows import window_edges
from audiorouter.errors import ReasonerError
from audiorouter.providers.interface import Evidence, Reasoner, Request
from audiorouter.providers.prices import Tokens, money_of, tokens_of
from audiorouter.providers.prompt import user_text
from audiorouter.store.row_shapes import usage_of
from audiorouter.store.stored import AnswerUse
from audiorouter.toolbox.interface import ToolCall

if TYPE_CHECKING:
    from audiorouter.batch.reasoning.reasoning_counters import ReasoningCounters
    from audiorouter.store import Store

CHARACTERS_A_TOKEN = 4.0
"""Of English in the tokens of most models."""


class Prompt(NamedTuple):
    """What will be sent: characters of text, and seconds of audio."""

    characters: float
    seconds: float


@dataclass(frozen=True)
class TokenPlan:
    """Tokens of answers to be made; None is unknown. `money` is by the prices that were given."""

    prompt: int
    """Of prompts; without those of audio where they are unknown."""
    audio: int | None
    answers: int | None
    answers_at_most: bool
    """Whether `answers` is a bound, since no answer was counted yet."""
    by_answers: int
    """From how many answers in the store this was told; from none it is guessed by characters."""
    money: float | None

    def as_json(self) -> dict[str, Any]:
        """The tokens as values of JSON."""
        return dict(vars(self))


class _Rates(NamedTuple):
    """Tokens of a character, of a second of audio (None: unknown), and of an answer."""

    character: float
    second: float | None
    answer: float | None


def plan_tokens(count: int, prompts: Prompt, reasoner: Reasoner, store: Store) -> TokenPlan | None:
    """Tokens that a reasoner takes for so many `prompts` together; None where nobody counts any."""
    kept = store.used(reasoner.name)
    sent = [told for use in kept if (told := _sent(use, reasoner)) is not None]
    # Where audio is counted apart, what took none was about words, such as a judgement.
    sent = [told for told in sent if told[1].audio] or sent
    if not reasoner.counts_tokens and not sent:
        return None
    rates = _rates(sent, reasoner)
    text = prompts.characters * rates.character
    audio = None
    if rates.second is not None:
        audio = prompts.seconds * rates.second
    each, bound = rates.answer, False
    if each is None and reasoner.most_tokens is not None:
        each, bound = reasoner.most_tokens, True
    answers = None if each is None else count * each
    money = None
    if reasoner.prices is not None and audio is not None:
        money = reasoner.prices.of(Tokens(text + audio, answers, audio))
    return TokenPlan(
        prompt=round(text + (audio or 0.0)),
        audio=None if audio is None else round(audio),
        answers=None if answers is None else round(answers),
        answers_at_most=bound,
        by_answers=len(sent),
        money=None if money is None else float(f"{money:.4g}"),
    )


def _sent(use: AnswerUse, reasoner: Reasoner) -> tuple[Prompt, Tokens] | None:
    """The prompt of a stored answer and what it took; None where that is not known.

    An answer about a window of a clip is kept with that clip.
    """
    usage = usage_of(use.usage)
    tokens = None if usage is None else tokens_of(usage)
    if tokens is None or tokens.prompt is None:
        return None
    try:
        characters = _characters(use.question, use.choices, use.findings)
    except (ValueError, TypeError, RecursionError):
        return None
    windows = len(window_edges(reasoner, use.duration)) - 1
    return Prompt(characters, use.duration / windows), tokens


def _rates(sent: Sequence[tuple[Prompt, Tokens]], reasoner: Reasoner) -> _Rates:
    """What the answers so far say, as far as there are any."""
    answers = [tokens.answer for _, tokens in sent if tokens.answer is not None]
    answer = sum(answers) / len(answers) if answers else None
    characters = sum(prompt.characters for prompt, _ in sent)
    seconds = sum(prompt.seconds for prompt, _ in sent)
    whole = sum(tokens.prompt or 0.0 for _, tokens in sent)
    if not reasoner.sends_audio:
        return _Rates(whole / characters if characters else 1 / CHARACTERS_A_TOKEN, 0.0, answer)
    if not sent or not characters or not seconds:
        return _Rates(1 / CHARACTERS_A_TOKEN, None, answer)
    apart = [tokens.audio for _, tokens in sent if tokens.audio]
    if len(apart) == len(sent):
        return _Rates(max(0.0, whole - sum(apart)) / characters, sum(apart) / seconds, answer)
    text = characters / CHARACTERS_A_TOKEN
    return _Rates(1 / CHARACTERS_A_TOKEN, max(0.0, whole - text) / seconds, answer)


def cost_of(asked: Iterable[tuple[Reasoner, ReasoningCounters | None]]) -> float | None:
    """What reasoners took together costs; None where any of it is unknown, or nothing was asked."""
    costs = [
        money_of(used.usage, reasoner.prices)
        for reasoner, used in asked
        if used is not None and used.answers_made and (reasoner.counts_tokens or used.usage)
    ]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if known and len(known) == len(costs) else None


def prompt_characters(question: str, choices: Sequence[str], findings: Sequence[str]) -> int:
    """Characters of a prompt, whoever found what."""
    evidence = tuple(Evidence(ToolCall("tool"), text) for text in findings)
    try:
        return len(user_text(Request(Path(), "", question, tuple(choices), evidence)))
    except ReasonerError:  # more choices than letters, which is said of the row
        return len(question) + sum(map(len, [*choices, *findings]))


def _characters(question: str, choices: str, findings: str) -> int:
    """The same of a stored answer."""
    found = [text for _, text in json.loads(findings)]
    return prompt_characters(question, json.loads(choices), found)
