"""Models: which are there, who needs those that are not, and how to get them."""

from __future__ import annotations

from collections.abc import Iterator

from audiorouter.doctor.checks import Check, Subject, ok, problem, warning
from audiorouter.machine.called import to_type
from audiorouter.providers.cascade import ENCODER, MODEL
from audiorouter.text import counted
from audiorouter.weights import State, Weights, find, state
from audiorouter.weights.local import remedy


def weights(subject: Subject) -> Iterator[Check]:
    """Every set of weights: those that are ready in one line, each other one by itself."""
    known = subject.registry.weights.values()
    states = {one.name: state(one) for one in known}
    ready = [one for one in known if states[one.name] is State.READY]
    if ready:
        size = sum(one.size for one in ready) / 1e6
        names = ", ".join(one.name for one in ready)
        yield ok(f"{counted(len(ready), 'set')} of weights ready ({size:.0f} MB): {names}")
    lacking = [one for one in known if one not in ready and not one.optional]
    if len(lacking) > 1:
        size = sum(one.size for one in lacking) / 1e6
        yield warning(
            f"{len(lacking)} sets of weights are not ready",
            f"`{to_type('models', 'pull')}` fetches all of them ({size:.0f} MB at most)",
        )
    needed = {MODEL, ENCODER}
    needed |= {find(one, known).name for tool in subject.heard_through for one in tool.weights}
    for one in known:
        if states[one.name] is not State.READY:
            yield _missing(one, states[one.name], subject, needed=one.name in needed)


def _missing(one: Weights, condition: State, subject: Subject, *, needed: bool) -> Check:
    tools = [
        tool.name
        for tool in subject.registry.tools.values()
        if one.name in {find(w, subject.registry.weights.values()).name for w in tool.weights}
    ]
    readers = ["the reasoner cascade", "the router"] if one.name in (MODEL, ENCODER) else []
    users = ", ".join([*readers, *tools])
    found = f"{one.name} is {condition}{f': needed by {users}' if users else ''}"
    how = f"{remedy(one)} ({one.size / 1e6:.1f} MB)"
    if needed:
        return problem(found, how)
    if one.optional or not users:
        return ok(f"{found}; {one.description}, which nothing needs unless you name it", how)
    return warning(found, how)
