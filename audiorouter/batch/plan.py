"""What a batch would do, without doing it: calls and answers to be made, and how long they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audiorouter.batch.run import BatchOptions
from audiorouter.clips import Clip, ClipFacts, FileStamp
from audiorouter.errors import ClipError
from audiorouter.paths import default_store_path
from audiorouter.plugins import Registry
from audiorouter.questions import read_questions
from audiorouter.routing.interface import RouteRequest
from audiorouter.selection import open_reasoner, open_router
from audiorouter.store import Store
from audiorouter.toolbox.interface import ToolCall
from audiorouter.toolbox.toolbox import default_workers

GUESSED_TOOL_RATE = 0.1
"""Seconds of computing a second of audio, for a tool that never ran on this machine."""
GUESSED_ANSWER_SECONDS = 0.7
"""Seconds an answer, for a reasoner that never answered on this machine."""


@dataclass(frozen=True)
class Plan:
    """Work that lies ahead. Seconds are of computing; `wall_seconds` is for this many workers."""

    questions: int
    unanswerable: int
    clips: int
    audio_seconds: float
    tool_calls: Mapping[str, int]
    tool_calls_stored: int
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
    wanted: dict[str, tuple[ToolCall, ClipFacts]] = {}
    unanswerable = 0
    with Store(options.store or default_store_path()) as store:
        for question in found:
            if question.path is None or question.problem is not None:
                unanswerable += 1
                continue
            try:
                known = facts.get(question.path) or _facts(store, question.path)
            except ClipError:
                unanswerable += 1
                continue
            facts[question.path] = known
            (route,) = router.route([RouteRequest(question.text, question.choices, known)])
            for call in (*reasoner.ears, *route.calls):
                tool = registry.tool(call.tool)
                key = tool.key(known.audio_hash, tool.normalised(call.arguments))
                wanted[key] = (call, known)
        stored = store.calls(wanted)
        measured = store.seconds_by_tool()
        per_answer = store.seconds_per_answer(reasoner.name)
    ahead = [item for key, item in wanted.items() if key not in stored]
    counts = Counter(call.tool for call, _ in ahead)
    tool_seconds = dict.fromkeys(counts, 0.0)
    for call, known in ahead:
        _, rate = measured.get(call.tool, (0.0, GUESSED_TOOL_RATE))
        tool_seconds[call.tool] += rate * known.duration
    answerable = len(found) - unanswerable
    reason = answerable * (GUESSED_ANSWER_SECONDS if per_answer is None else per_answer)
    total_tools = sum(tool_seconds.values())
    workers = options.workers or default_workers()
    return Plan(
        questions=len(found),
        unanswerable=unanswerable,
        clips=len(facts),
        audio_seconds=round(sum(known.duration for known in facts.values()), 1),
        tool_calls=dict(counts.most_common()),
        tool_calls_stored=len(wanted) - len(ahead),
        tool_seconds={name: round(seconds, 1) for name, seconds in tool_seconds.items()},
        reason_seconds=round(reason, 1),
        wall_seconds=round(
            max(total_tools / workers, (total_tools + reason) / default_workers()), 1
        ),
        measured=per_answer is not None and all(name in measured for name in counts),
    )


def _facts(store: Store, path: Path) -> ClipFacts:
    stamp = FileStamp.of(path)
    known = store.clip_of_file(path, stamp)
    if known is not None:
        return known[1]
    facts = Clip(path).facts
    store.save_clip(path, stamp, facts)
    return facts
