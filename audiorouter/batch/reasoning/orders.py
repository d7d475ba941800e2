"""Asking a question with its choices in several orders, and averaging over them.

Audio language models prefer some positions to others; the mean over orders does so less (Zheng et
al., "Large Language Models Are Not Robust Multiple Choice Selectors", ICLR 2024).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import factorial

from audiorouter.providers.interface import Answer, Reasoner, Request
from audiorouter.providers.prices import add_usage

Order = tuple[int, ...]
"""Positions in the question of the choices as they are shown."""


def orders_of(request: Request, count: int) -> list[Order]:
    """`count` different orders, the question's own first; fewer where there are no more.

    The same question is always shown in the same orders, and a larger count only adds to them.
    """
    size = len(request.choices)
    orders = [tuple(range(size))]
    draw = random.Random(f"{request.question}\n{request.choices}")
    while len(orders) < min(count, factorial(size)):
        drawn = list(range(size))
        draw.shuffle(drawn)
        if tuple(drawn) not in orders:
            orders.append(tuple(drawn))
    return orders


def idle_orders(reasoner: Reasoner, count: int) -> str | None:
    """What to say where several orders change nothing: choices are scored one by one."""
    if count == 1 or reasoner.order_matters:
        return None
    return f"{reasoner.name} scores choices one by one: --shuffle-choices changed nothing"


def in_order(request: Request, order: Order) -> Request:
    """The request with its choices as `order` shows them."""
    return replace(request, choices=tuple(request.choices[i] for i in order))


def averaged(request: Request, orders: Sequence[Order], answers: Sequence[Answer]) -> Answer:
    """One answer from one an order: mean probabilities or, where some have none, votes.

    An answer that named no choice votes for none; a tie goes to the order that was asked first.
    """
    size = len(request.choices)
    means = [0.0] * size
    votes: Counter[int] = Counter()
    for order, answer in zip(orders, answers, strict=True):
        chosen = () if answer.index is None else (answer.index,)
        votes.update(order[i] for i in chosen)
        given = answer.probabilities or [float(i in chosen) for i in range(size)]
        for shown, probability in enumerate(given):
            means[order[shown]] += probability / len(answers)
    best = max(means)
    first = (
        order[answer.index]
        for order, answer in zip(orders, answers, strict=True)
        if answer.index is not None
    )
    tied = [i for i, mean in enumerate(means) if best - mean < 1e-12]
    index = None if not votes else next((i for i in first if i in tied), tied[0])
    usage: dict[str, float] = {}
    for answer in answers:
        add_usage(usage, answer.usage)
    return Answer(
        answers[0].text if index is None else request.choices[index],
        index,
        tuple(round(mean, 6) for mean in means),
        sum(answer.seconds for answer in answers),
        usage or None,
        first_remark(answers),
    )


def first_remark(answers: Sequence[Answer]) -> str | None:
    """What is told of the first of several answers of which anything is."""
    return next((answer.remark for answer in answers if answer.remark is not None), None)
