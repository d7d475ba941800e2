"""What the store knows of rows besides their fields: calls, answers and lengths of clips."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from audiorouter.batch.past.past_rows import PastRow
from audiorouter.store import Store, StoredAnswer, StoredCall
from audiorouter.store.row_shapes import findings_of, numbers_of, usage_of, value_of
from audiorouter.toolbox.interface import ToolCall
from audiorouter.viewer.rows import AnswerBefore, CallDetails


class StoredClips:
    """Calls and answers about some clips, asked for in one go."""

    def __init__(self, store: Store, clips: Iterable[str]):
        wanted = set(clips)
        # What is damaged is left out, also a number that no page can hold.
        lengths = store.clip_seconds(wanted).items()
        self._durations = {clip: length for clip, length in lengths if math.isfinite(length)}
        self._calls: dict[tuple[str, str], list[StoredCall]] = {}
        self._answers: dict[tuple[str, str, str, str], list[StoredAnswer]] = {}
        self._by_key: dict[str, StoredAnswer] = {}
        for call in store.calls_about(wanted):
            arguments = value_of(call.arguments, dict)
            if arguments is not None and math.isfinite(call.seconds):
                label = ToolCall(call.tool, arguments).label
                self._calls.setdefault((call.clip, label), []).append(call)
        for answer in store.answers_about(wanted):
            asked = (answer.clip, answer.question, answer.choices, answer.identity)
            self._answers.setdefault(asked, []).append(answer)
            self._by_key[answer.key] = answer

    def duration(self, clip: str | None) -> float | None:
        """Length of a clip in s."""
        return None if clip is None else self._durations.get(clip)

    def calls(self, clip: str | None, label: str) -> list[StoredCall]:
        """All calls of that name about a clip, the latest first."""
        return self._calls.get((clip or "", label), [])

    def call(self, clip: str | None, label: str, text: str | None) -> StoredCall | None:
        """The call that found this; of several versions the one that says the same."""
        return next((call for call in self.calls(clip, label) if call.text == text), None)

    def answer(self, key: str | None) -> StoredAnswer | None:
        """An answer by its key."""
        return None if key is None else self._by_key.get(key)

    def answer_before(self, answer: StoredAnswer, labels: set[str]) -> StoredAnswer | None:
        """What the same reasoner says to the same without the findings of the calls `labels`."""
        heard = [finding for finding in findings_of(answer.findings) if finding[0] not in labels]
        asked = (answer.clip, answer.question, answer.choices, answer.identity)
        for other in self._answers.get(asked, []):
            if other.key != answer.key and findings_of(other.findings) == heard:
                return other
        return None


class StoredDetails:
    """What the store knows of some rows; see `rows.Details`."""

    def __init__(self, store: Store, rows: Sequence[PastRow]):
        self._clips = StoredClips(store, (row.clip for row in rows if row.clip is not None))

    def duration(self, row: PastRow) -> float | None:
        """Length of the clip in s."""
        return self._clips.duration(row.clip)

    def call(self, row: PastRow, label: str, text: str | None) -> CallDetails | None:
        """The call that found this; of several versions the one that says the same."""
        return call_details(self._clips.call(row.clip, label, text))

    def asked(self, row: PastRow) -> str | None:
        """What the reasoner was given."""
        answer = self._clips.answer(row.answer_key)
        return None if answer is None else words_asked(answer)

    def before(self, row: PastRow) -> AnswerBefore | None:
        """What the same reasoner says to the same without the findings of the row's calls."""
        answer = self._clips.answer(row.answer_key)
        labels = {finding["call"] for finding in row.fields.get("findings") or ()}
        if answer is None or not labels:
            return None
        other = self._clips.answer_before(answer, labels)
        if other is None:
            return None
        probabilities = numbers_of(other.probabilities)
        return AnswerBefore(other.prediction, other.prediction_index, probabilities)

    def usage(self, row: PastRow) -> dict[str, float] | None:
        """What a server said that the answer took."""
        answer = self._clips.answer(row.answer_key)
        return None if answer is None else usage_of(answer.usage)


def call_details(call: StoredCall | None) -> CallDetails | None:
    """What is known of a call besides what its finding says."""
    if call is None:
        return None
    return CallDetails(call.seconds, value_of(call.data, dict) or {})


def words_asked(answer: StoredAnswer) -> str:
    """What the reasoner was given: each finding in its words, the question, the choices."""
    findings = [f"{label}: {text}" for label, text in findings_of(answer.findings)]
    choices = [f"- {choice}" for choice in value_of(answer.choices, list) or []]
    return "\n".join([*findings, *([""] if findings else []), answer.question, *choices])
