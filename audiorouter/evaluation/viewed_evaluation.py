"""An evaluation as the viewer's page asks for it: figures and a list, then rows in parts.

The figures are those of `evaluate --json`. The list has what came of each question by each route
once, and which route each strategy took: the page holds any two strategies against each other.
"""

from __future__ import annotations

from functools import cached_property

from audiorouter.clips import NO_SOURCES, Sources
from audiorouter.evaluation.comparison import ALL, DIRECT, IN_HINDSIGHT, Evaluation
from audiorouter.evaluation.evaluation_rows import EvaluationRows
from audiorouter.evaluation.question_groups import groups_by
from audiorouter.store import Store
from audiorouter.viewer.rows import Values
from audiorouter.viewer.sound import sound_of
from audiorouter.viewer.viewed import PART_SIZE

COLUMNS = ("id", "audio", "question", "right", "domain", "category", "taken", "made")
"""What the list has of each question. `taken` is the place of each strategy's route, `made` what
came of each route by its place: `ANSWERED`."""
ANSWERED = ("prediction", "correct", "confidence", "seconds", "error")


class ViewedEvaluation:
    """What the page is told of an evaluation; `title` is that of its questions file."""

    def __init__(
        self,
        store: Store,
        evaluation: Evaluation,
        *,
        title: str,
        sources: Sources = NO_SOURCES,
    ):
        self._store = store
        self._evaluation = evaluation
        self._title = title
        self._sources = sources

    @cached_property
    def _rows(self) -> EvaluationRows:
        return EvaluationRows(self._evaluation)

    @property
    def parts(self) -> int:
        """How many there are."""
        return -(-len(self._evaluation.table) // PART_SIZE)

    def index(self) -> Values:
        """The figures, and what the list and its filters show."""
        evaluation = self._evaluation
        table = evaluation.table
        categories = groups_by(table.questions, evaluation.category_column)
        domains = groups_by(table.questions, evaluation.domain_column)
        rows = [
            [
                question.id,
                question.audio,
                question.text,
                ", ".join(question.choices[i] for i in question.gold_indices),
                domains[row],
                categories[row],
                self._rows.taken(row),
                {
                    route: [answered[name] for name in ANSWERED]
                    for route, answered in self._rows.answered(row).items()
                },
            ]
            for row, question in enumerate(table.questions)
        ]
        return {
            "kind": "evaluation",
            "title": self._title,
            "version": evaluation.provenance.get("version"),
            "runs": [],
            "part_size": PART_SIZE,
            "columns": list(COLUMNS),
            "answered": list(ANSWERED),
            "rows": rows,
            "notes": self._notes(),
            "routes": [[call.label for call in route] for route in self._rows.routes],
            "strategies": [
                {"name": name, "label": evaluation.label(name), "kind": self._kind(name)}
                for name in evaluation.strategies
            ],
            "pair": list(self._pair()),
            "category": evaluation.category_column,
            "figures": evaluation.as_json()
            | {"drawn": evaluation.drawn_text, "legend": list(evaluation.legend)},
        }

    def part(self, number: int) -> list[Values]:
        """The questions of a part, by each route; none beyond the last part."""
        first = number * PART_SIZE
        places = range(first, min(first + PART_SIZE, len(self._evaluation.table)))
        return self._rows.shown(self._store, places)

    def clips(self) -> list[str]:
        """The hashes of its clips, each once, in order."""
        return list(dict.fromkeys(self._evaluation.table.clips))

    def sound(self, clip: str) -> Values:
        """A clip as the page plays it, or why there is nothing to hear."""
        return sound_of(self._store, clip, sources=self._sources)

    def _pair(self) -> tuple[str, str]:
        """The strategies that are held against each other first: a router, and calling all."""
        first = next(iter(self._evaluation.routers), ALL)
        return first, DIRECT if first == ALL else ALL

    def _kind(self, name: str) -> str:
        """How a strategy is marked: by what it may know."""
        if name in self._evaluation.routers:
            return "router"
        if name in (DIRECT, ALL):
            return "end"
        return "hindsight" if name in IN_HINDSIGHT else "baseline"

    def _notes(self) -> list[str]:
        if self._evaluation.answers:
            return []
        return ["It is not known here what was answered: only what was right."]
