"""What the commands show a person of work that lies ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audiorouter.cli.output import table
from audiorouter.cli.tables import tokens_text
from audiorouter.providers.prices import Tokens
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.batch.ahead import Work
    from audiorouter.batch.plan import Plan
    from audiorouter.batch.token_use import TokenPlan
    from audiorouter.learning.ahead import OutcomePlan


def plan_table(plan: Plan) -> str:
    """What a batch would run."""
    lines = [plan.reading, *plan.notes]
    if plan.first:
        lines += ["", "the first question, as it is put to a model:", ""]
        lines += [f"    {line}".rstrip() for line in plan.first.splitlines()] + [""]
    lines.append(_questions(counted(plan.questions, "question"), plan))
    if plan.unanswerable:
        lines.append(f"{plan.unanswerable} of them cannot be answered as they stand")
    judged = [counted(plan.judgements, "judgement")] if plan.judgements else []
    return "\n".join([*lines, *_work(plan, judged)])


def outcome_plan_table(plan: OutcomePlan) -> str:
    """What a training or an evaluation would run."""
    asked = ", ".join(
        f"{counted(count, 'question')} for {what}" for what, count in plan.questions.items()
    )
    lines = [*plan.notes, _questions(asked, plan)]
    if plan.unscorable:
        lines.append(
            f"{counted(plan.unscorable, 'more question')} cannot be scored or heard, and "
            f"{'is' if plan.unscorable == 1 else 'are'} left out"
        )
    lines += _work(plan)
    if plan.at_most:
        more = f"up to {counted(plan.at_most, 'more answer')}"
        lines.append(
            f"besides, {more} to routes that are only known while it learns; they are in none of "
            "these figures"
        )
    return "\n".join(lines)


def _questions(asked: str, work: Work) -> str:
    return f"{asked}, about {counted(work.clips, 'clip')} ({work.audio_seconds:.0f} s of audio)"


def _work(work: Work, judged: list[str] | None = None) -> list[str]:
    lines = []
    if names := dict.fromkeys([*work.tool_calls, *work.stored_by_tool]):
        rows = [
            [
                name,
                str(work.tool_calls.get(name, 0)),
                str(work.stored_by_tool.get(name, 0)),
                f"{work.tool_seconds.get(name, 0.0):.1f}",
            ]
            for name in names
        ]
        lines += ["", table(["tool", "calls", "in the store", "seconds by itself"], rows), ""]
    calls = counted(sum(work.tool_calls.values()), "tool call")
    ahead = [calls, counted(work.answers, "answer"), *(judged or [])]
    lines += [
        f"to be made: {', '.join(ahead)}",
        f"in the store already: {counted(work.tool_calls_stored, 'tool call')}, "
        f"{counted(work.answers_stored, 'answer')}",
    ]
    if work.tokens is not None and work.answers:
        lines += _tokens(work.tokens)
    basis = "as measured" if work.measured else "partly guessed: not everything was measured"
    lines.append(
        f"about {work.wall_seconds:.0f} s in all; computing for the reasoner alone: "
        f"{work.reason_seconds:.0f} s ({basis})"
    )
    return lines


def _tokens(plan: TokenPlan) -> list[str]:
    text = tokens_text(Tokens(plan.prompt, plan.answers, plan.audio))
    if plan.answers_at_most:
        text += " at most"
    basis = "at 4 characters a token, since no answer was counted yet"
    if plan.by_answers:
        basis = f"by what {counted(plan.by_answers, 'answer')} in the store took"
    lines = [f"tokens: about {text} ({basis})"]
    if plan.audio is None:
        lines.append("those of the audio come on top: unknown before the first answers")
    if plan.money is not None:
        lines.append(f"cost: about {plan.money:.4g}, in the money of the prices given by -P")
    return lines
