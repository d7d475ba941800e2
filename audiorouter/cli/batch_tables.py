"""What the commands show a person: answers, summaries and plans as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from audiorouter.cli.answer_lines import AnswerLine, shown_calls, table_of_answers
from audiorouter.cli.intervals import share_range
from audiorouter.cli.table import Column, Kind, Table, cell, in_step
from audiorouter.providers.prices import Tokens, tokens_of
from audiorouter.text import counted

if TYPE_CHECKING:
    from audiorouter.batch.authors_score import AuthorsScore
    from audiorouter.batch.health import Health
    from audiorouter.batch.rows import Row
    from audiorouter.batch.summary import Summary
    from audiorouter.scoring import Proportion

_FAILURES_SHOWN = 10


def answers_table(rows: Sequence[Row], fields: Sequence[str] = ()) -> Table:
    """One line a question, with what is asked for besides; wrong ones say what is right."""
    return table_of_answers(
        [
            AnswerLine(
                (row.question.id, row.question.audio, row.question.text),
                row.prediction or f"({row.complaint})",
                row.correct,
                " or ".join(row.right_choices_or_answers),
                shown_calls([call.label for call in row.route.calls]) if row.route else "",
                [cell(row.extra_fields()[name]) for name in fields],
            )
            for row in rows
            if not row.left
        ],
        fields,
    )


def summary_report(summary: Summary) -> Iterator[str | Table]:
    """What a batch came to, in a few lines."""
    yield (
        f"{summary.answered} of {counted(summary.questions, 'question')} answered in "
        f"{summary.seconds:.1f} s "
        f"({summary.provider}, router {summary.router})"
    )
    if summary.accuracy.total:
        yield ""
        for table in _accuracy_tables(summary):
            yield from (table, "")
    lines = [
        f"tool calls {summary.tool_calls} run, {summary.tool_calls_cached} from the store; "
        f"answers {summary.answers} made, {summary.answers_cached} from the store"
    ]
    lines += [] if summary.health is None else _health_lines(summary.health)
    lines += [_used(summary)] if summary.usage else []
    if summary.open_scored_by is not None:
        lines.append(_scoring(summary))
    if summary.authors is not None:
        lines.append(_by_authors(summary.authors))
    if summary.tool_seconds:
        spent = ", ".join(f"{name} {seconds:.1f}" for name, seconds in summary.tool_seconds.items())
        lines.append(f"seconds: {spent}, reasoner {summary.reason_seconds:.1f}")
    if summary.skipped:
        skipped = ", ".join(f"{count} {why}" for why, count in summary.skipped.items())
        lines.append(f"files of the folder that were skipped: {skipped}")
    lines += summary.notes
    for what, count, said in (
        ("remarks", summary.remarked, summary.remarks),
        ("errors", summary.failed, summary.failures),
    ):
        if said:
            lines.append(f"{counted(count, 'row')} with {what}:")
            lines += [f"  {' '.join(line.split())}" for line in said[:_FAILURES_SHOWN]]
            if count > _FAILURES_SHOWN:
                lines.append(f"  … and {count - _FAILURES_SHOWN} more")
    if summary.left:
        how = (
            "the same command without --fresh goes on, and takes older results for the rest where "
            "the store has them; with it all is computed anew"
            if summary.fresh
            else "the same command goes on from there"
        )
        left = counted(summary.left, "question")
        lines.append(f"{summary.status}: {left} left; what is done is in the store, and {how}")
    yield from lines


def _health_lines(health: Health) -> list[str]:
    """What is not zero of it, in a line or two."""
    counts = {
        "unparsed": health.unparsed,
        "cut off": health.cut,
        "refused": health.refused,
        "retried": health.retried,
        "skipped": health.skipped,
        "failed tool calls": health.failed_calls,
        "whole from the store": health.cached,
    }
    said = ", ".join(f"{number:,} {what}" for what, number in counts.items() if number)
    lines = [f"health: {said}"] if said else []
    if health.latency_p50 is not None and health.latency_p95 is not None:
        lines.append(
            f"seconds an answer: p50 {health.latency_p50:.2f}, p95 {health.latency_p95:.2f}"
        )
    return lines


def _by_authors(score: AuthorsScore) -> str:
    """The figure that a paper would give, and by which rule."""
    text = f"as the authors of {score.benchmark} score: {score.share}, n = {score.share.total:,}"
    uncounted = f"; {score.left_out:,} not counted" if score.left_out else ""
    return f"{text}{uncounted} ({score.rule}: {score.rule.in_words})"


def _used(summary: Summary) -> str:
    """What the answers that were made took, and what that cost."""
    line = f"tokens of what was made: {tokens_text(tokens_of(summary.usage))}"
    return line if summary.cost is None else f"{line}; cost {summary.cost:.4g}"


def tokens_text(tokens: Tokens) -> str:
    """Tokens in words."""

    def count(number: float | None) -> str:
        return "unknown" if number is None else f"{number:,.0f}"

    apart = "" if tokens.audio is None else f" ({count(tokens.audio)} of them audio)"
    return f"{count(tokens.prompt)} in prompts{apart}, {count(tokens.answer)} in answers"


def _scoring(summary: Summary) -> str:
    """How open-ended answers were scored."""
    line = f"open-ended answers are scored by {summary.open_scored_by}"
    if summary.judgements or summary.judgements_cached:
        line += (
            f": {counted(summary.judgements, 'judgement')} made, "
            f"{summary.judgements_cached} from the store"
        )
    if (found := summary.word_error_rate) is not None:
        line += f": word error rate {found.rate:.1%}, {found.errors} errors in {found.words} words"
    return line


def _accuracy_tables(summary: Summary) -> list[Table]:
    """Of all questions, by domain and by category."""
    groups = {
        "accuracy": {"all": summary.accuracy},
        "domain": summary.by_domain,
        "category": summary.by_category,
    }
    return in_step([_accuracy_table(what, shares) for what, shares in groups.items() if shares])


def _accuracy_table(what: str, groups: Mapping[str, Proportion]) -> Table:
    return Table(
        [
            Column(what, Kind.NAME),
            Column("right", Kind.NUMBER),
            Column("n", Kind.NUMBER),
            Column("rate", Kind.NUMBER),
            Column("95% interval", Kind.NUMBER),
        ],
        [
            [name, str(p.right), str(p.total), f"{p.rate:.1%}", share_range(p)]
            for name, p in groups.items()
        ],
    )
