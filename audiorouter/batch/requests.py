"""What router and reasoner are told about a question, in the batch and in its plan alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from audiorouter.clips import Clip, ClipFacts, Sources
from audiorouter.providers.interface import Answer, Evidence, Request
from audiorouter.questions import Question
from audiorouter.routing.interface import RouteRequest
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.results import CallResult


def evidence(results: Iterable[CallResult]) -> tuple[Evidence, ...]:
    """What those calls found that did not fail."""
    return tuple(
        # A call of its own: what is handed to others must not change what was called.
        Evidence(ToolCall(result.call.tool, dict(result.call.arguments)), result.finding.text)
        for result in results
        if result.finding is not None
    )


def told(results: Iterable[CallResult]) -> list[CallResult]:
    """What a reasoner that is to answer is told of: that there is no music answers nothing."""
    return [result for result in results if result.measured]


def route_request(
    question: Question,
    facts: ClipFacts,
    sensed: Iterable[CallResult],
    *,
    direct: Answer | None = None,
) -> RouteRequest:
    """The question as a router gets it; `sensed` are the results of the router's own calls.

    `direct` is the reasoner's answer without tools, for routers that want to know how sure it is.
    """
    margin = None if direct is None else margin_of(direct.probabilities)
    return RouteRequest(question.text, question.choices, facts, evidence(sensed), margin)


def margin_of(probabilities: Sequence[float] | None) -> float | None:
    """By how much the likeliest choice is likelier than the next; None where that is unknown."""
    if probabilities is None or len(probabilities) < 2:
        return None
    second, first = sorted(probabilities)[-2:]
    return first - second


def reasoner_request(
    question: Question,
    facts: ClipFacts,
    *,
    heard: Iterable[CallResult],
    found: Iterable[CallResult],
    sources: Sources,
    opens: Callable[[], Clip] | None = None,
) -> Request:
    """The question as the reasoner gets it; `heard` are the results of its own calls.

    `opens` is what opens the clip for it; where it is to decode it itself, `sources` may have to.
    """
    assert question.path is not None
    return Request(
        clip=question.path,
        audio_hash=facts.audio_hash,
        question=question.text,
        choices=question.choices,
        findings=evidence(found),
        heard=evidence(heard),
        sources=sources,
        opens=opens,
    )
