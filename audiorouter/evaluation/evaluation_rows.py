"""Each question of an evaluation by every route that was asked: what was found, and answered."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from audiorouter.evaluation.scores import StrategyScore
from audiorouter.learning.outcome_table import Calls
from audiorouter.store import Store, StoredCall, StoredOutcome
from audiorouter.store.row_shapes import findings_of
from audiorouter.toolbox.interface import ToolCall
from audiorouter.viewer.rows import Values, shown_call
from audiorouter.viewer.stored_details import StoredClips, call_details, words_asked

if TYPE_CHECKING:
    from audiorouter.evaluation.comparison import Evaluation

_UNANSWERED = "The reasoner could not answer by this route: it counts as wrong."


class EvaluationRows:
    """Questions by their place in the table, routes by their place in `routes`."""

    def __init__(self, evaluation: Evaluation):
        self._evaluation = evaluation
        taken = [route for score in evaluation.strategies.values() for route in score.routes]
        self.routes: tuple[Calls, ...] = tuple(dict.fromkeys([*evaluation.table.routes, *taken]))
        self._place = {route: place for place, route in enumerate(self.routes)}

    def taken(self, row: int) -> list[int]:
        """The route that each strategy took, in their order."""
        return [self._place[score.routes[row]] for score in self._evaluation.strategies.values()]

    def answered(self, row: int) -> dict[int, Values]:
        """What came of each route that was asked."""
        table, by_route = self._evaluation.table, {}
        for place, route in enumerate(self.routes):
            known = table.outcome(row, route)
            if known is not None:
                by_route[place] = self._answered(
                    row, route, known.correct, known.confidence, known.tool_seconds
                )
        for score in self._evaluation.strategies.values():
            place = self._place[score.routes[row]]
            if place not in by_route:
                by_route[place] = self._of_strategy(row, score)
        return by_route

    def shown(self, store: Store, rows: Sequence[int]) -> list[Values]:
        """Questions with all that the store knows of them, asked for in one go."""
        known = StoredClips(store, {self._evaluation.table.clips[row] for row in rows})
        return [self._shown(row, known) for row in rows]

    def _of_strategy(self, row: int, score: StrategyScore) -> Values:
        confidence = float(score.confidence[row])
        return self._answered(
            row,
            score.routes[row],
            bool(score.correct[row]),
            None if math.isnan(confidence) else confidence,
            float(score.tool_seconds[row]),
        )

    def _answered(
        self, row: int, route: Calls, correct: bool, confidence: float | None, seconds: float
    ) -> Values:
        kept = self._evaluation.answers.get((row, route))
        unanswered = kept is None and bool(self._evaluation.answers)
        index = None if kept is None else kept.prediction_index
        choices = self._evaluation.table.questions[row].choices
        return {
            "prediction": None if index is None else choices[index],
            "correct": correct,
            "confidence": None if confidence is None else round(confidence, 4),
            "seconds": round(seconds, 4),
            "error": _UNANSWERED if unanswered else None,
            "index": index,
        }

    def _shown(self, row: int, known: StoredClips) -> Values:
        table = self._evaluation.table
        question, clip = table.questions[row], table.clips[row]
        found: dict[str, Values] = {}
        routes = {
            place: answered | self._details(row, place, known, found)
            for place, answered in self.answered(row).items()
        }
        gold = question.gold_indices
        return {
            "id": question.id,
            "audio": question.audio,
            "clip": clip,
            "duration": known.duration(clip),
            "question": question.text,
            "choices": list(question.choices),
            "right": list(gold),
            "answers": [question.choices[index] for index in gold],
            "routes": routes,
            "found": found,
            "reasons": [
                score.reasons[row] if score.reasons else None
                for score in self._evaluation.strategies.values()
            ],
        }

    def _details(
        self, row: int, place: int, known: StoredClips, found: dict[str, Values]
    ) -> Values:
        """What the list has not of an answer; calls that are new go to `found`."""
        clip, route = self._evaluation.table.clips[row], self.routes[place]
        kept = self._evaluation.answers.get((row, route))
        answer = None if kept is None else known.answer(kept.answer_key)
        texts = {} if answer is None else dict(findings_of(answer.findings))
        labels = _labels(route, kept)
        for label in labels:
            if label not in found or (found[label]["text"] is None and label in texts):
                finding = _finding(label, texts.get(label), known.calls(clip, label))
                details = call_details(known.call(clip, label, finding["text"]))
                found[label] = shown_call(finding, known.duration(clip), details)
        return {
            "calls": labels,
            "probabilities": None
            if kept is None or kept.probabilities is None
            else json.loads(kept.probabilities),
            "asked": None if answer is None else words_asked(answer),
            "reason_seconds": None if kept is None else round(kept.reason_seconds, 3),
        }


def _labels(route: Calls, kept: StoredOutcome | None) -> list[str]:
    """The calls of a route as they were made."""
    if kept is None:
        return [call.label for call in route]
    calls = json.loads(kept.route)
    return [ToolCall(call["tool"], call.get("arguments") or {}).label for call in calls]


def _finding(label: str, told: str | None, calls: Sequence[StoredCall]) -> dict[str, Any]:
    """What a call said as an answers file has it; where it was not told, the latest known."""
    same = (call for call in calls if call.text == told)
    call = next(same, None) or next(iter(calls), None)
    return {
        "call": label,
        "text": told if told is not None or call is None else call.text,
        "confidence": None if call is None else call.confidence,
        "error": None if call is None else call.error,
    }
