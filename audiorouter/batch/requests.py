"""What router and reasoner are told about a question, in the batch and in its plan alike."""

from __future__ import annotations

from collections.abc import Iterable

from audiorouter.clips import ClipFacts
from audiorouter.providers.interface import Evidence, Request
from audiorouter.questions import Question
from audiorouter.routing.interface import RouteRequest
from audiorouter.toolbox.toolbox import CallResult


def evidence(results: Iterable[CallResult]) -> tuple[Evidence, ...]:
    """What those calls found that did not fail."""
    return tuple(
        Evidence(result.call, result.finding.text)
        for result in results
        if result.finding is not None
    )


def route_request(
    question: Question, facts: ClipFacts, sensed: Iterable[CallResult]
) -> RouteRequest:
    """The question as a router gets it; `sensed` are the results of the router's senses."""
    return RouteRequest(question.text, question.choices, facts, evidence(sensed))


def reasoner_request(
    question: Question,
    facts: ClipFacts,
    *,
    heard: Iterable[CallResult],
    found: Iterable[CallResult],
) -> Request:
    """The question as the reasoner gets it; `heard` are the results of its own ears."""
    assert question.path is not None
    return Request(
        clip=question.path,
        audio_hash=facts.audio_hash,
        question=question.text,
        choices=question.choices,
        findings=evidence(found),
        heard=evidence(heard),
    )
