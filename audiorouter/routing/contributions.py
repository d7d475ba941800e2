"""What each tool is worth: Shapley values from the outcome table."""

from __future__ import annotations

from audiorouter.routing.outcomes import OutcomeTable


def shapley_values(table: OutcomeTable) -> dict[str, float]:
    """Share of the oracle's gain over the direct answer that each tool brings.

    The value of a set of tools is the accuracy of the best choice in hindsight among the direct
    answer and single calls of the set; a tool's value is its mean marginal gain over all orders in
    which tools could be added (Shapley, "A Value for n-Person Games", 1953). They add up to the
    oracle's accuracy less that of the direct answer.

    A question is won by any of the tools that answer it, so the gain of such a question is divided
    evenly among them, and no sum over sets is needed.
    """
    names = [route[0].tool for route in table.single_calls]
    columns = [table.routes.index(route) for route in table.single_calls]
    right = table.correct[:, columns] & ~table.correct[:, :1]
    winners = right.sum(axis=1, keepdims=True).clip(min=1)
    return dict(zip(names, (right / winners).mean(axis=0).tolist(), strict=True))
