"""A row of the answers: everything that happened to one question."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from audiorouter.clips import ClipFacts, Sources
from audiorouter.json_values import json_text
from audiorouter.providers.interface import Answer
from audiorouter.questions import Question
from audiorouter.routing.interface import Route
from audiorouter.scoring import Measure, WordErrors, string_match, word_errors
from audiorouter.stopwatch import seconds_together
from audiorouter.text import encodable
from audiorouter.toolbox.results import CallResult

ASKED = ("id", "audio", "question", "choices", "answer")
"""Fields that say what was asked."""
FIELDS = (
    *ASKED,
    "prediction",
    "prediction_index",
    "correct",
    "scored_by",
    "confidence",
    "route",
    "tool_seconds",
    "reason_seconds",
    "cached",
    "error",
    "remark",
)
"""Our fields, in the order in which files have them."""
EXTRA_FIELDS = ("run", "reason", "findings", "probabilities", "domain", "category")
"""Those that files have besides where they are asked for."""
DOMAIN_COLUMNS = ("domain", "task", "modality")
CATEGORY_COLUMNS = ("category", "skill", "sub-category")

GO_ON = "(run it again to go on)"
"""With what the error of a row ends that a batch did not come to."""
_LONGEST_QUOTE = 1_000
"""Characters of an answer that names no choice, in what is said of it."""


@dataclass(frozen=True)
class Judgement:
    """What somebody says of an answer, in place of the built-in scoring."""

    by: str
    """Who: "plugin", or the model."""
    correct: bool | None = None
    """None where they could not tell."""
    error: str | None = None
    """Why not."""


@dataclass
class Row:
    """One question with its route, its tool calls and its answer, as far as it got."""

    question: Question
    facts: ClipFacts | None = None
    """What the clip is, once known."""
    sources: Sources = field(default_factory=dict, repr=False)
    """By what its file was decoded besides us."""
    route: Route | None = None
    results: Sequence[CallResult] = field(default_factory=list)
    """The route's calls; the reasoner's own listening calls are not among them."""
    answer: Answer | None = None
    answer_key: str | None = None
    answer_cached: bool = False
    measure: Measure = Measure.CONTAINS
    """How it is scored where it is open-ended."""
    judge: str | None = None
    """Who scores it then instead, if anybody does."""
    judgement: Judgement | None = None
    heard: str | None = None
    """How the reasoner heard the clip, where that was not all of it at once."""
    unprepared_by: tuple[str, ...] = ()
    """Plugins that were to prepare what it is asked, and failed."""
    error: str | None = None
    """Why there is no answer."""
    left: bool = False
    """Whether the batch ended before it was come to: it is neither right nor wrong."""
    run: int | None = None
    """Number of the run that it is of, in the store."""

    @property
    def clip(self) -> str | None:
        """Hash of the clip's audio."""
        return None if self.facts is None else self.facts.audio_hash

    @property
    def duration(self) -> float | None:
        """Length of the clip in s."""
        return None if self.facts is None else self.facts.duration

    @property
    def prediction(self) -> str | None:
        """The answer's text; for multiple choice one of the choices, verbatim."""
        if self.answer is None:
            return None
        if self.question.choices:
            index = self.answer.index
            return None if index is None else self.question.written_choices[index]
        return self.answer.text

    @property
    def correct(self) -> bool | None:
        """Right or wrong, None where that is not known; unanswered is wrong."""
        if self.judgement is not None:
            return self.judgement.correct
        question = self.question
        if self.left:
            return None
        if question.choices:
            if question.gold_index is None:
                return None
            return self.answer is not None and self.answer.index in question.gold_indices
        if not self.right_answers or self.unjudged:
            return None
        return self.answer is not None and self.measure.right(self.right_answers, self.answer.text)

    @property
    def unjudged(self) -> bool:
        """Whether its judge has not scored it yet."""
        wanted = self.judge is not None and not self.question.choices and bool(self.right_answers)
        return wanted and self.answer is not None and self.judgement is None

    @property
    def scored_by(self) -> str | None:
        """What `correct` goes by: "choice", a measure, "plugin", or the model that judged."""
        if self.judgement is not None:
            return self.judgement.by
        if self.correct is None:
            return None
        return "choice" if self.question.closed else self.judge or str(self.measure)

    @property
    def right_answers(self) -> tuple[str, ...]:
        """All that are given, of which each is right."""
        return self.question.answers

    @property
    def right_choices_or_answers(self) -> list[str]:
        """The right choices, verbatim as the file has them; of an open question its answers."""
        choices = self.question.written_choices
        return [choices[i] for i in self.question.gold_indices] or list(self.question.answers)

    @property
    def word_errors(self) -> WordErrors | None:
        """Errors of an open-ended answer, where those are its measure; unanswered misses all."""
        scored = self.measure is Measure.WER and not self.question.closed and not self.left
        if not scored or not self.right_answers:
            return None
        return word_errors(self.right_answers, "" if self.answer is None else self.answer.text)

    @property
    def matches_string(self) -> bool | None:
        """Right or wrong by the string match of MMAU's and MMAR's authors."""
        question = self.question
        if self.left:
            return None
        if question.gold_index is None:
            # Choices that could not be read: wrong here as well.
            unread = question.closed and question.problem is not None and question.answer
            return False if unread else None
        choices = question.written_choices
        return any(
            string_match(choices[gold], self.prediction or "", choices)
            for gold in question.gold_indices
        )

    @property
    def confidence(self) -> float | None:
        """Probability of the chosen choice, where the reasoner gives one."""
        if self.answer is None or self.answer.probabilities is None or self.answer.index is None:
            return None
        return self.answer.probabilities[self.answer.index]

    @property
    def complaint(self) -> str | None:
        """Everything that went wrong with the row, answered or not."""
        unjudged = None if self.judgement is None else self.judgement.error
        parts = [self.error, self.unparsed, unjudged, self.question.remark]
        parts += [result.error for result in self.results if result.error]
        # Errors name files, and not every file's name can be written as it is.
        return encodable("; ".join(part for part in parts if part)) or None

    @property
    def remark(self) -> str | None:
        """What is odd about the row, its clip or how it was asked though nothing went wrong."""
        clip = None if self.facts is None else self.facts.remark
        asked = None if self.answer is None else self.answer.remark
        parts = (self.question.note, clip, self.heard, asked)
        return encodable("; ".join(part for part in parts if part)) or None

    @property
    def unparsed(self) -> str | None:
        """What is wrong with words that name no choice, or several."""
        if self.answer is None or not self.question.choices or self.answer.index is not None:
            return None
        words = repr(self.answer.text[:_LONGEST_QUOTE])
        more = "" if len(self.answer.text) <= _LONGEST_QUOTE else " …"
        return f"unparsed: the reasoner's words name no choice, or several: {words}{more}"

    @property
    def failed(self) -> bool:
        """Whether something went wrong with the row; it may still have an answer."""
        return self.complaint is not None

    @property
    def calls(self) -> list[Mapping[str, Any]]:
        """The route's tool calls as JSON."""
        return [] if self.route is None else [call.as_json() for call in self.route.calls]

    @property
    def tool_seconds(self) -> float:
        """Seconds of the route's tools on this clip, each front end counted once."""
        return seconds_together(result.parts for result in self.results)

    @property
    def cached(self) -> bool:
        """Whether nothing had to be computed for its answer."""
        return self.answer_cached and all(result.cached for result in self.results)

    def fields(self) -> dict[str, Any]:
        """Our fields of the row, as values of JSON; `wer` where that is measured."""
        question = self.question
        choices = question.written_choices
        right = self.right_choices_or_answers
        gold = right[0] if len(set(right)) == 1 else right or None
        values = (
            question.id,
            question.audio,
            question.text,
            list(choices),
            gold,
            self.prediction,
            None if self.answer is None else self.answer.index,
            self.correct,
            self.scored_by,
            None if self.confidence is None else round(self.confidence, 4),
            self.calls,
            round(self.tool_seconds, 3),
            0.0 if self.answer is None else round(self.answer.seconds, 3),
            self.cached,
            self.complaint,
            self.remark,
        )
        measured = {} if self.word_errors is None else {"wer": round(self.word_errors.rate, 4)}
        return dict(zip(FIELDS, values, strict=True)) | measured

    def _repr_html_(self) -> str:
        """What a notebook shows: the viewer's row, with the clip to listen to."""
        from audiorouter.batch.notebook import row_html

        return row_html(self)

    def extra_fields(self) -> dict[str, Any]:
        """What answers files have where it is asked for, see `EXTRA_FIELDS`.

        A finding is its call, its sentence, how sure it is, and the error of a call that failed;
        domain and category are those by which accuracies are summed up.
        """
        findings = [
            {
                "call": result.call.label,
                "text": result.finding.text if result.finding else None,
                "confidence": result.finding.confidence if result.finding else None,
                "error": None if result.error is None else encodable(result.error),
            }
            for result in self.results
        ]
        probabilities = None if self.answer is None else self.answer.probabilities
        values = (
            self.run,
            None if self.route is None else self.route.reason,
            findings,
            None if probabilities is None else [round(p, 4) for p in probabilities],
            self.first_of(DOMAIN_COLUMNS),
            self.first_of(CATEGORY_COLUMNS),
        )
        return dict(zip(EXTRA_FIELDS, values, strict=True))

    def first_of(self, columns: Sequence[str]) -> str | None:
        """What the question's row has in the first of these columns in which it has anything."""
        return next((found for c in columns if (found := self.question.metadata(c))), None)

    def record(self, position: int, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The row, with its `fields()`, as the store keeps it, see the table `run_rows`."""
        correct = fields["correct"]
        return {
            "position": position,
            "question_id": self.question.id,
            "audio": self.question.audio,
            "question": self.question.text,
            "answer": self.question.answer,
            "prediction": fields["prediction"],
            "correct": None if correct is None else int(correct),
            "clip": self.clip,
            "route": json.dumps(fields["route"]),
            "answer_key": self.answer_key,
            "error": fields["error"],
            "fields": json_text({**fields, **self.extra_fields()}),
        }
