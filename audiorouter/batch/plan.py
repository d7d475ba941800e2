"""What a batch would do, without doing it: calls and answers to be made, and how long they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiorouter.batch.reasoning import answer_key
from audiorouter.batch.run import BatchOptions
from audiorouter.clips import Clip, ClipFacts, FileStamp
from audiorouter.errors import ClipError
from audiorouter.paths import default_store_path
from audiorouter.plugins import Registry
from audiorouter.providers.interface import Evidence, Request
from audiorouter.questions import Question, read_questions
from audiorouter.routing.interface import RouteRequest
from audiorouter.selection import open_reasoner, open_router
from audiorouter.store import Store, StoredCall
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.toolbox import default_workers

GUESSED_TOOL_RATE = 0.1
"""Seconds of computing a second of audio, for a tool that never ran on this machine."""
GUESSED_ANSWER_SECONDS = 0.7
"""Seconds an answer, for a reasoner that never answered on this machine."""


@dataclass(frozen=True)
class Plan:
    """Work that lies ahead. Seconds are of computing, `wall_seconds` of waiting."""

    questions: int
    unanswerable: int
    clips: int
    audio_seconds: float
    tool_calls: Mapping[str, int]
    tool_calls_stored: int
    answers: int
    tool_seconds: Mapping[str, float]
    reason_seconds: float
    wall_seconds: float
    measured: bool
    """Whether every estimate rests on earlier runs on this machine."""

    def as_json(self) -> dict[str, Any]:
        """The plan as values of JSON."""
        return dict(vars(self))


def make_plan(clips: Path, questions: Path, options: BatchOptions, *, registry: Registry) -> Plan:
    """Read the questions, route them, and count what the store does not have.

    Clips that the store does not know are decoded here, one after the other, for their length.
    """
    found = read_questions(
        questions, clips, allow_outside=options.allow_outside, limit=options.limit
    ).questions
    reasoner = open_reasoner(registry, options.provider)
    router = open_router(registry, options.router)
    facts: dict[Path, ClipFacts] = {}
    asked: list[tuple[Question, ClipFacts, Sequence[ToolCall]]] = []
    with Store(options.store or default_store_path()) as store:
        for question in found:
            if question.path is None or question.problem is not None:
                continue
            try:
                known = facts.get(question.path) or _facts(store, question.path)
            except ClipError:
                continue
            facts[question.path] = known
            (route,) = router.route([RouteRequest(question.text, question.choices, known)])
            asked.append((question, known, route.calls))

        def key_of(call: ToolCall, known: ClipFacts) -> str:
            tool = registry.tool(call.tool)
            return tool.key(known.audio_hash, tool.normalised(call.arguments))

        wanted = {
            key_of(call, known): (call, known)
            for _, known, calls in asked
            for call in (*reasoner.ears, *calls)
        }
        stored = store.calls(wanted)
        requests = [
            _request(question, known, *(
                [(call, stored.get(key_of(call, known))) for call in some]
                for some in (reasoner.ears, calls)
            ))
            for question, known, calls in asked
        ]  # fmt: skip
        keys = [answer_key(reasoner, request) for request in requests if request is not None]
        answers = len(set(keys)) - len(store.answers(keys)) + requests.count(None)
        measured = store.seconds_by_tool()
        per_answer = store.seconds_per_answer(reasoner.name)
    ahead = [item for key, item in wanted.items() if key not in stored]
    counts = Counter(call.tool for call, _ in ahead)
    tool_seconds = dict.fromkeys(counts, 0.0)
    for call, known in ahead:
        tool_seconds[call.tool] += measured.get(call.tool, GUESSED_TOOL_RATE) * known.duration
    reason = answers * (GUESSED_ANSWER_SECONDS if per_answer is None else per_answer)
    total = sum(tool_seconds.values()) + reason
    return Plan(
        questions=len(found),
        unanswerable=len(found) - len(asked),
        clips=len(facts),
        audio_seconds=round(sum(known.duration for known in facts.values()), 1),
        tool_calls=dict(counts.most_common()),
        tool_calls_stored=len(wanted) - len(ahead),
        answers=answers,
        tool_seconds={name: round(seconds, 1) for name, seconds in tool_seconds.items()},
        reason_seconds=round(reason, 1),
        wall_seconds=round(total / min(default_workers(), (options.workers or 99) + 1), 1),
        measured=per_answer is not None and all(name in measured for name in counts),
    )


def _request(
    question: Question,
    known: ClipFacts,
    heard: Sequence[tuple[ToolCall, StoredCall | None]],
    found: Sequence[tuple[ToolCall, StoredCall | None]],
) -> Request | None:
    """What the reasoner would be asked; None where a finding is still to be made."""
    assert question.path is not None
    if any(row is None for _, row in (*heard, *found)):
        return None
    said = [
        tuple(Evidence(c, row.text) for c, row in part if row is not None and row.text is not None)
        for part in (heard, found)
    ]
    return Request(
        clip=question.path,
        audio_hash=known.audio_hash,
        question=question.text,
        choices=question.choices,
        heard=said[0],
        findings=said[1],
    )


def _facts(store: Store, path: Path) -> ClipFacts:
    stamp = FileStamp.of(path)
    known = store.clip_of_file(path, stamp)
    if known is not None:
        return known[1]
    facts = Clip(path).facts
    store.save_clip(path, stamp, facts)
    return facts
