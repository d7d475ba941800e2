"""Which questions a batch or its plan is about: those of a file, or of a benchmark by its name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from audiorouter.batch.options import BatchOptions
from audiorouter.batch.question_shard import QuestionShard, check_store
from audiorouter.benchmarks import Benchmark, named_benchmark, questions_file
from audiorouter.clips import Sources
from audiorouter.questions import QuestionSet, open_questions


@dataclass(frozen=True)
class Asked:
    """A questions file, and the benchmark that it is of where that was named in its place."""

    path: Path
    benchmark: Benchmark | None = None

    def read(self, clips: Path, options: BatchOptions, sources: Sources) -> QuestionSet:
        """The questions about the clips in a folder.

        Raises:
            QuestionFileError, UsageError: see `open_questions`; or a shard's store is shared.
        """
        if options.shard is not None:
            check_store(options.store_path)
        found = open_questions(
            self.path,
            clips,
            allow_outside=options.allow_outside,
            every_clip=options.every_clip,
            limit=options.limit,
            sources=sources,
        )
        if options.shard is not None:
            found = QuestionShard.read(options.shard).of(found, clips)
        if self.benchmark is None:
            return found
        return replace(found, benchmark=self.benchmark.name, authors_rule=self.benchmark.rule)

    def notes(self, found: QuestionSet) -> tuple[str, ...]:
        """What a user should know of the benchmark before it is asked."""
        if self.benchmark is None:
            return ()
        expected, given = self.benchmark.questions, len(found.questions)
        size = "" if expected in (None, given) else f", {given:,} of its {expected:,} questions"
        return (f"{self.benchmark.name} from {self.path}{size}",)


def asked_questions(questions: Path, clips: Path) -> Asked:
    """What `questions` names: a file, or a benchmark whose file is in the folder of clips.

    Raises:
        UsageError: the benchmark is not there, or has to be prepared first.
    """
    benchmark = named_benchmark(questions)
    if benchmark is None:
        return Asked(questions)
    return Asked(questions_file(benchmark, clips), benchmark)
