"""What a training is asked for, and reading the questions that it names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from audiorouter.batch.cluster.options import ClusterOptions
from audiorouter.batch.options import EngineOptions
from audiorouter.bounds import check_numbers
from audiorouter.errors import UsageError
from audiorouter.learning.language_model.options import LanguageModelOptions
from audiorouter.learning.objective import TrainingOptions
from audiorouter.learning.reading import read_file_of
from audiorouter.learning.reward import DEFAULT_COST_WEIGHT
from audiorouter.learning.scorable import check_enough, in_both, only_category
from audiorouter.machine.paths import StrPath
from audiorouter.plugins import Registry
from audiorouter.questions import Question

Say = Callable[[str], None]


@dataclass(frozen=True)
class TrainRequest:
    """What to train on, and where the router goes.

    Raises:
        UsageError: a number is out of its bounds, see `audiorouter.bounds`.
    """

    questions: StrPath
    clips: StrPath
    output: StrPath
    """Folder for the router."""
    validation: StrPath | None = None
    limit: int | None = None
    """Only the first so many training questions."""
    tools: str | Sequence[str] | None = None
    """Names of the only tools to route to, also with commas; None means all usable ones."""
    cost_weight: float = DEFAULT_COST_WEIGHT
    training: TrainingOptions = field(default_factory=TrainingOptions)
    engine: EngineOptions = field(default_factory=EngineOptions)
    cluster: ClusterOptions | None = None
    """The Ray cluster whose machines answer; None is this machine."""
    allow_outside: bool = False
    """Whether clips may lie outside the folder of clips."""
    every_clip: bool = False
    """Whether every question may be asked of every clip where that makes more than 10,000 rows."""
    candidates: int | None = None
    """How many tools are tried for each question, the nearest ones; None tries all."""
    language_model: LanguageModelOptions | None = None
    """A language model to train as router, in place of the small policies of `training`."""
    text_only: bool = False
    """Whether policies are told nothing of the clips: a twin to compare with
    (`evaluation.text_only`), not to be used by itself."""
    tracker: str | None = None
    """tensorboard, wandb or another tracker that accelerate knows."""
    start: StrPath | None = None
    """A trained router to go on from: its folder, `hub:OWNER/NAME`, or `learned`, which comes with
    the package, for this provider or else for another. It is held to what it decides, keeps how
    many policies and calls it has and whether it sees margins, and is kept where no training makes
    it better."""
    unlabelled: bool = False
    """Whether questions without a right answer are learned from as well: by how sure they make the
    reasoner, see `reward`."""
    replace: bool = False
    """Whether the router of another training that is in the folder may be replaced."""

    def __post_init__(self) -> None:
        check_numbers(self)

    def candidates_of(self, tools: Collection[str]) -> int | None:
        """How many of these tools are tried for each question; None where that is all of them."""
        few = self.candidates is not None and self.candidates < len(tools)
        return self.candidates if few else None


def read_for_training(
    request: TrainRequest, registry: Registry, say: Say
) -> tuple[tuple[Question, ...], tuple[Question, ...] | None]:
    """The questions to train on, and those to validate on where there are some apart.

    Raises:
        UsageError: they cannot be read, or are too few.
    """
    questions = read_file_of(request, request.questions, registry, say)[: request.limit]
    validation = None
    if request.validation is not None:
        validation = read_file_of(request, request.validation, registry, say)
    files = questions, request.questions, validation, request.validation
    if (lacking := _lacking(*files, unlabelled=request.unlabelled)) is not None:
        without_answers = request.language_model is None and not request.unlabelled
        if without_answers and _lacking(*files, unlabelled=True) is None:
            lacking += (
                "\n--unlabelled learns from questions without right answers too, by how sure the "
                "reasoner is"
            )
        raise UsageError(lacking)
    asked = [*questions, *(validation or ())]
    if request.unlabelled and all(question.answer is not None for question in asked):
        say("--unlabelled changes nothing: no question is without a right answer")
    if (alone := only_category(questions)) is not None:
        say(alone)
    if validation is not None and (shared := in_both(questions, validation)) is not None:
        say(shared)
    return questions, validation


def _lacking(*files: Any, unlabelled: bool) -> str | None:
    """What `check_enough` says of files that have too little; None where they have enough."""
    try:
        check_enough(*files, unlabelled=unlabelled)
    except UsageError as error:
        return str(error)
    return None
