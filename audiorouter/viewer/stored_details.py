"""What the store knows of rows besides their fields: calls, answers and lengths of clips."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from audiorouter.batch.past_rows import PastRow
from audiorouter.store import Store, StoredAnswer, StoredCall
from audiorouter.toolbox.interface import ToolCall
from audiorouter.viewer.rows import AnswerBefore, CallDetails


class StoredDetails:
    """Calls and answers about the clips of some rows, asked for in one go; see `rows.Details`."""

    def __init__(self, store: Store, rows: Sequence[PastRow]):
        clips = {row.clip for row in rows if row.clip is not None}
        self._durations = store.clip_seconds(clips)
        self._calls: dict[tuple[str, str], list[StoredCall]] = {}
        self._answers: dict[tuple[str, str, str, str], list[StoredAnswer]] = {}
        self._by_key: dict[str, StoredAnswer] = {}
        for call in store.calls_about(clips):
            label = ToolCall(call.tool, json.loads(call.arguments)).label
            self._calls.setdefault((call.clip, label), []).append(call)
        for answer in store.answers_about(clips):
            asked = (answer.clip, answer.question, answer.choices, answer.identity)
            self._answers.setdefault(asked, []).append(answer)
            self._by_key[answer.key] = answer

    def duration(self, row: PastRow) -> float | None:
        """Length of the clip in s."""
        return None if row.clip is None else self._durations.get(row.clip)

    def call(self, row: PastRow, label: str, text: str | None) -> CallDetails | None:
        """The call that found this; of several versions the one that says the same."""
        calls = self._calls.get((row.clip or "", label), [])
        call = next((call for call in calls if call.text == text), None)
        if call is None:
            return None
        data = json.loads(call.data or "{}")
        return CallDetails(call.seconds, data if isinstance(data, Mapping) else {})

    def asked(self, row: PastRow) -> str | None:
        """What the reasoner was given: each finding in its words, the question, the choices."""
        answer = self._answer(row)
        if answer is None:
            return None
        told = [f"{label}: {text}" for label, text in json.loads(answer.findings)]
        choices = [f"- {choice}" for choice in json.loads(answer.choices)]
        return "\n".join([*told, *([""] if told else []), answer.question, *choices])

    def before(self, row: PastRow) -> AnswerBefore | None:
        """What the same reasoner says to the same without the findings of the row's calls."""
        answer = self._answer(row)
        labels = {finding["call"] for finding in row.fields.get("findings") or ()}
        if answer is None or not labels:
            return None
        heard = [told for told in json.loads(answer.findings) if told[0] not in labels]
        asked = (answer.clip, answer.question, answer.choices, answer.identity)
        for other in self._answers.get(asked, []):
            if other.key != answer.key and json.loads(other.findings) == heard:
                probabilities = json.loads(other.probabilities or "null")
                return AnswerBefore(other.prediction, other.prediction_index, probabilities)
        return None

    def _answer(self, row: PastRow) -> StoredAnswer | None:
        return None if row.answer_key is None else self._by_key.get(row.answer_key)
