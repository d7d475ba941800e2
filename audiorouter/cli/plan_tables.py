"""What the commands show a person of work that lies ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from audiorouter.cli.batch_tables import tokens_text
from audiorouter.cli.table import Column, Kind, Table
from audiorouter.providers.prices import Tokens
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.batch.planning.plan import Plan
    from audiorouter.batch.planning.token_use import TokenPlan
    from audiorouter.batch.planning.work_ahead import Work
    from audiorouter.learning.outcomes_ahead import OutcomePlan


def plan_report(plan: Plan) -> Iterator[str | Table]:
    """What a batch would run."""
    yield from (plan.reading, *plan.notes)
    if plan.first:
        yield from ("", "the first question, as it is put to a model:", "")
        yield from (f"    {line}".rstrip() for line in plan.first.splitlines())
        yield ""
    yield _questions(counted(plan.questions, "question"), plan)
    if plan.unanswerable:
        left_out = f"{plan.unanswerable:,} cannot be answered as they stand"
        yield f"{left_out}, such as {plan.why_not}"
    yield from _work(plan, [counted(plan.judgements, "judgement")] if plan.judgements else [])
    if plan.judge_takes_tokens:
        yield "the tokens of the judge are not counted here: they, and what they cost, come on top"


def outcome_plan_report(plan: OutcomePlan) -> Iterator[str | Table]:
    """What a training or an evaluation would run."""
    yield from plan.notes
    asked = ", ".join(
        f"{counted(count, 'question')} for {what}" for what, count in plan.questions.items()
    )
    yield _questions(asked, plan)
    if plan.unscorable:
        yield (
            f"{counted(plan.unscorable, 'more question')} cannot be scored or heard, and "
            f"{'is' if plan.unscorable == 1 else 'are'} left out, such as {plan.why_not}"
        )
    yield from _work(plan)
    if plan.at_most:
        more = f"up to {counted(plan.at_most, 'more answer')}"
        yield (
            f"besides, {more} to routes that are only known while it learns; they are in none of "
            "these figures"
        )


def _questions(asked: str, work: Work) -> str:
    return f"{asked}, about {counted(work.clips, 'clip')} ({work.audio_seconds:.0f} s of audio)"


def _work(work: Work, judged: Sequence[str] = ()) -> Iterator[str | Table]:
    if names := dict.fromkeys([*work.tool_calls, *work.stored_by_tool]):
        yield from ("", _tools_table(work, names), "")
    calls = counted(sum(work.tool_calls.values()), "tool call")
    most = "at most " if work.answers_at_most else ""
    ahead = [calls, most + counted(work.answers, "answer"), *judged]
    yield f"to be made: {', '.join(ahead)}"
    yield (
        f"in the store already: {counted(work.tool_calls_stored, 'tool call')}, "
        f"{counted(work.answers_stored, 'answer')}"
    )
    if work.tokens is not None and work.answers:
        yield from _tokens(work.tokens)
    basis = "as measured" if work.measured else "partly guessed: not everything was measured"
    yield (
        f"about {work.wall_seconds:.0f} s in all; computing for the reasoner alone: "
        f"{work.reason_seconds:.0f} s ({basis})"
    )


def _tools_table(work: Work, names: Iterable[str]) -> Table:
    return Table(
        [
            Column("tool", Kind.NAME),
            Column("calls", Kind.NUMBER),
            Column("in the store", Kind.NUMBER),
            Column("seconds by itself", Kind.NUMBER),
        ],
        [
            [
                name,
                str(work.tool_calls.get(name, 0)),
                str(work.stored_by_tool.get(name, 0)),
                f"{work.tool_seconds.get(name, 0.0):.1f}",
            ]
            for name in names
        ],
    )


def _tokens(plan: TokenPlan) -> Iterator[str]:
    text = tokens_text(Tokens(plan.prompt, plan.answers, plan.audio))
    if plan.answers_at_most:
        text += " at most"
    basis = "at 4 characters a token, since no answer was counted yet"
    if plan.by_answers:
        basis = f"by what {counted(plan.by_answers, 'answer')} in the store took"
    yield f"tokens: about {text} ({basis})"
    if plan.audio is None:
        yield "those of the audio come on top: unknown before the first answers"
    if plan.money is not None:
        yield f"cost: about {plan.money:.4g}, in the money of the prices given by -P"
